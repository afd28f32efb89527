import { ProtocolError } from "../../../shared/base/errors.ts";
import { bytesToHex, concatBytes, isEqualBytes } from "../../../shared/base/bytes.ts";
import { encodeValue, type Value } from "../../../shared/base/encoding.ts";
import { openSum } from "../../../shared/aggregation/opener.ts";
import { wordsToCounts } from "../../../shared/aggregation/fixed-point.ts";
import { digest } from "../../../shared/crypto/hash.ts";
import { protectRelease, type OpenedFigures } from "../../../shared/disclosure/protect-release.ts";
import { asksFor, isTraining, openers } from "../../../shared/protocol/charter.ts";
import { charterLayout } from "../../../shared/protocol/job.ts";
import { parseReleasedEvaluation } from "../../../shared/protocol/evaluation-text.ts";
import { modelDocument } from "../../../shared/protocol/model-document.ts";
import { openPairFigures, pairStatements } from "../../../shared/protocol/pair-figures.ts";
import type { Notice } from "../../../shared/protocol/relay.ts";
import {
  openingBody,
  PROTECTED_RESULT_LABEL,
  protectedResultBody,
  releaseBody,
  type ProtectedResult,
} from "../../../shared/protocol/round-messages.ts";
import {
  isMatchAttempt,
  sendToCoordinator,
  type AnyAttempt,
  type Attempt,
  type MatchAttempt,
  type RoundNode,
} from "../round-node.ts";
import { abortAttempt } from "./end.ts";
import { signStep } from "./learning.ts";
import { collectedFigures } from "./pair-figures.ts";

/** More matches than all pairs of boroughs could have: a sum beyond it was tampered with. */
const MOST_MATCHES = 2 ** 48;

/**
 * Open, as an opener: fetches the opening, checks it against what the boroughs agreed to, takes off the result
 * masks, protects the sum and signs the protected result. The raw sum lives in this function alone.
 */
export async function openResult(node: RoundNode, attempt: AnyAttempt, messageId: Uint8Array): Promise<void> {
  const { members, sum } = await fetchSum(node, attempt, messageId);
  try {
    if (isMatchAttempt(attempt)) openMatches(node, attempt, members, sum);
    else signStep(node, attempt, members, sum);
  } finally {
    sum.fill(0n);
  }
}

async function fetchSum(node: RoundNode, attempt: Attempt, messageId: Uint8Array) {
  const { row, context, self } = attempt;
  const parts: Uint8Array[] = [];
  for await (const part of node.relay.fetch(messageId, 0)) parts.push(part);
  const envelopeSecret = node.vault.get(row, "envelope");
  return openSum(context.sum, { self, envelopeSecret }, concatBytes(...parts));
}

function openMatches(node: RoundNode, attempt: MatchAttempt, members: readonly number[], sum: BigUint64Array): void {
  const [total, ...cells] = wordsToCounts(sum, MOST_MATCHES);
  const { table } = charterLayout(attempt.charter);
  if (table !== null && cells.reduce((all, cell) => all + cell, 0) !== total) {
    throw new ProtocolError("integrity", "opened sum: the cells do not add up to the total");
  }
  signResult(node, attempt, members, { total: total!, table: table === null ? null : { ...table, cells } });
}

/** Open without a sum, as an opener: once every pair's figure is here. True if it was signed. */
export function openPairs(node: RoundNode, attempt: MatchAttempt): boolean {
  const members = attempt.job.contributors;
  if (collectedFigures(node, attempt, members) === null) return false;
  signResult(node, attempt, members, { total: null, table: null });
  return true;
}

function signResult(
  node: RoundNode,
  attempt: MatchAttempt,
  members: readonly number[],
  sum: Pick<OpenedFigures, "total" | "table">,
): void {
  const { row, charter, context } = attempt;
  const wantsPairs = asksFor(charter, "pair-matrix");
  const collected = wantsPairs ? collectedFigures(node, attempt, members) : null;
  if (wantsPairs && collected === null) {
    throw new ProtocolError("unavailable", "opening: the figure of a pair has not come yet");
  }
  const pairs = collected?.figures.map(({ figure }) => figure) ?? null;
  const ownersWithLists = asksFor(charter, "own-side-list") ? members.length : 0;
  const outcome = protectRelease({ ...sum, pairs, ownersWithLists }, charter.controls);
  if ("refused" in outcome) {
    node.log.warn({ rule: outcome.refused }, "the result is withheld");
    abortAttempt(node, row, "disclosure control withholds the result");
    return;
  }
  const result: Value = {
    ...outcome.result,
    pairs: collected?.statements ?? null,
    contributors: members.length,
  };
  const body = protectedResultBody.parse({ jobKey: context.jobKey, members: [...members], result });
  node.rounds.transaction(() => {
    node.vault.put(row, "opened", new Uint8Array(0));
    const statement = node.signer.sign(PROTECTED_RESULT_LABEL, { ...body });
    sendToCoordinator(node, row, "protected-result", statement, context.jobKey);
  });
}

/** The body an opener was told to fetch; remembered, because fetching may take more than one try. */
export function acceptOpening(node: RoundNode, attempt: Attempt, notice: Notice): void {
  const { row, context, self } = attempt;
  if (!context.sum.openers.includes(self)) throw new ProtocolError("wrong-phase", "opening: this node is no opener");
  const { messageId } = openingBody.decode(notice.body);
  if (!node.vault.has(row, "opening")) node.vault.put(row, "opening", messageId);
}

/** Open → Released: at least two openers of the charter signed the same result. Logged as an inbound entry of the ledger. */
export function acceptRelease(node: RoundNode, attempt: AnyAttempt, notice: Notice): { readonly members: number[] } {
  const { row, charter, context } = attempt;
  const { statements, charter: released } = releaseBody.decode(notice.body);
  if (!isEqualBytes(released, row.charter)) throw new ProtocolError("integrity", "release: of another charter");
  const signers = new Set<number>();
  const contents = new Set<string>();
  let result: ProtectedResult | null = null;
  for (const { party, statement } of statements) {
    const body = context.sum.verifier.open(party, PROTECTED_RESULT_LABEL, statement);
    const signed = protectedResultBody.parse(body);
    if (!openers(charter).includes(party)) throw new ProtocolError("integrity", "release: a signer is no opener");
    if (!isEqualBytes(signed.jobKey, context.jobKey)) {
      throw new ProtocolError("integrity", "release: signed for another attempt");
    }
    signers.add(party);
    result = signed;
    contents.add(bytesToHex(digest("portmoot/released-content/v1", encodeValue(body))));
  }
  if (signers.size < 2 || contents.size !== 1 || result === null) {
    throw new ProtocolError("integrity", "release: not signed alike by two openers");
  }
  if (isMatchAttempt(attempt)) verifyPairs(attempt, result);
  else if (isTraining(attempt.charter)) {
    const model = modelDocument(attempt.charter, attempt.job, result);
    node.models.add(model, { origin: "round", atMs: node.clock.nowMs() });
  } else parseReleasedEvaluation(result);
  node.rounds.addResult(row.round, row.charter, notice.body, node.clock.nowMs());
  node.gate.recordInbound({
    round: row.round,
    attempt: row.attempt,
    charterDigest: row.charter,
    jobKey: context.jobKey,
    type: "result",
    body: notice.body,
  });
  return { members: result.members };
}

/** Openers could leave out, add or move what the matchers signed. */
function verifyPairs({ charter, context }: MatchAttempt, { members, result }: ProtectedResult): void {
  const statements = pairStatements(result);
  if ((statements !== null) !== asksFor(charter, "pair-matrix")) {
    throw new ProtocolError(
      "integrity",
      "release: pairs are there where the charter asks for none, or the other way round",
    );
  }
  if (statements !== null) openPairFigures(context, members, statements);
}
