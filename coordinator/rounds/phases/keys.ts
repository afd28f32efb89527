import { assert, ProtocolError } from "../../../shared/base/errors.ts";
import { isEqualBytes } from "../../../shared/base/bytes.ts";
import { decodeJob, jobDigest } from "../../../shared/protocol/job.ts";
import { entriesBody, KEYS_LABEL, keysEntryBody } from "../../../shared/protocol/round-messages.ts";
import { retryOrAbort } from "../retry.ts";
import type { Transition } from "../round-row.ts";
import { departed, isOverdue, noticeToAll, readEach, type RoundAccess } from "../round-access.ts";

/** Keys → Match: relays every signed Keys entry to every party of the job. All of them, or the attempt ends. */
export async function relayEntries(access: RoundAccess): Promise<Transition | null> {
  const { round, charter } = access;
  assert(round.job !== null, "a round in keys has its job");
  const job = decodeJob(round.job);
  const digest = jobDigest(round.job);
  const parties = job.commitments.flatMap((commitment, position) => (commitment === null ? [] : [position]));
  const statements = await readEach(access, "keys", (from, statement) => {
    const entry = keysEntryBody.parse(access.verifier.open(from, KEYS_LABEL, statement));
    if (!isEqualBytes(entry.job, digest)) throw new ProtocolError("integrity", "keys entry: job is another one");
    return statement;
  });
  const missing = parties.filter((position) => !statements.has(position));
  if (missing.length > 0) {
    const gone = await departed(access);
    const hopeless = missing.some((position) => gone.has(position));
    return hopeless || isOverdue(access) ? retryOrAbort(access, missing, round.attempt + 1) : null;
  }
  const entries = entriesBody.encode({
    job: digest,
    statements: job.commitments.map((_, position) => statements.get(position) ?? null),
  });
  return {
    change: { state: "match", entries, deadlineMs: job.deadlines.sharesMs },
    notices: noticeToAll(charter, parties, "entries", entries),
    event: `keys of ${parties.length} parties relayed`,
  };
}
