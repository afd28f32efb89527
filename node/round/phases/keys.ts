import { assert, ProtocolError } from "../../../shared/base/errors.ts";
import { isEqualBytes } from "../../../shared/base/bytes.ts";
import { generateDhKey } from "../../../shared/crypto/key-agreement.ts";
import { isMatch, type Charter } from "../../../shared/protocol/charter.ts";
import { decodeJob, jobDigest, verifyJob, type JobSpec } from "../../../shared/protocol/job.ts";
import type { Notice } from "../../../shared/protocol/relay.ts";
import { createRoundContext } from "../../../shared/protocol/round-context.ts";
import { entriesBody, KEYS_LABEL, keysEntryBody } from "../../../shared/protocol/round-messages.ts";
import type { AttemptRow } from "../../data/round-store.ts";
import { stepOf } from "../learning-state.ts";
import { positionOf, sendToCoordinator, type RoundNode } from "../round-node.ts";

/**
 * Job → Keys: rebuilds the job spec from the approved charter, refuses any difference, draws three key pairs (one
 * for each use, never two uses for one key) and the seeds of this attempt's masks, and reveals the nonce.
 */
export function sendKeys(node: RoundNode, row: AttemptRow, notice: Notice): void {
  assert(row.commitment !== null, "a willing node has committed");
  const charter = node.consent(row.charter);
  const job = decodeJob(notice.body);
  const self = positionOf(charter, node.name);
  verifyJob(job, charter, {
    charterDigest: row.charter,
    rosterDigest: node.rosterDigest(),
    commitment: row.commitment,
    position: self,
    step: isMatch(charter) ? null : stepOf(row),
    nowMs: node.clock.nowMs(),
  });
  if (job.attempt !== row.attempt || job.matchAttempt !== row.matchAttempt || !isEqualBytes(job.round, row.round)) {
    throw new ProtocolError("integrity", "job spec: round, attempt or matchAttempt is not what preflight asked");
  }
  const secrets = {
    envelope: generateDhKey(node.random),
    pair: generateDhKey(node.random),
    mask: generateDhKey(node.random),
  };
  for (const [name, { secretKey }] of Object.entries(secrets)) node.vault.put(row, name, secretKey);
  node.vault.put(row, "self-mask", node.random.bytes(32));
  node.vault.put(row, "result-mask", node.random.bytes(32));
  const entry = keysEntryBody.parse({
    job: jobDigest(notice.body),
    party: self,
    nonce: node.vault.get(row, "nonce"),
    envelopeKey: secrets.envelope.publicKey,
    pairKey: secrets.pair.publicKey,
    maskKey: secrets.mask.publicKey,
  });
  node.rounds.move(row, { state: "keyed", job: notice.body, deadlineMs: lastMs(charter, job) });
  sendToCoordinator(node, row, "keys", node.signer.sign(KEYS_LABEL, { ...entry }), null);
}

/** Until when this node waits: a step of learning is followed by the next, which takes a moment to be asked for. */
function lastMs(charter: Charter, { deadlines }: JobSpec): number {
  return isMatch(charter) ? deadlines.openMs : deadlines.openMs + Math.round(charter.deadlines.stepMinutes * 60_000);
}

/** Entries → Match: checks every signed entry and finds its own unchanged among them; from here on J* is fixed. */
export function acceptEntries(node: RoundNode, row: AttemptRow, notice: Notice): void {
  assert(row.job !== null, "a keyed attempt has its job");
  const charter = node.consent(row.charter);
  const { statements } = entriesBody.decode(notice.body);
  const context = createRoundContext(charter, row.job, statements, node.verifierFor(charter));
  const own = context.entries[positionOf(charter, node.name)];
  if (own === null || own === undefined || !isEqualBytes(own.nonce, node.vault.get(row, "nonce"))) {
    throw new ProtocolError("integrity", "entries: this node's own entry is not the one it sent");
  }
  node.rounds.move(row, { state: "matching", entries: notice.body });
}
