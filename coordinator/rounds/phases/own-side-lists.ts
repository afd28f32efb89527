import { assert } from "../../../shared/base/errors.ts";
import { jobPairs } from "../../../shared/protocol/job.ts";
import { pairKey } from "../../../shared/protocol/round-context.ts";
import type { Transition } from "../round-row.ts";
import { isOverdue, type RoundAccess } from "../round-access.ts";

/**
 * Lists → Released: waits until both owners of every released pair have fetched their own-side lists, or the time is
 * over. The result is out already; the mailbox only stays open for what follows it.
 */
export async function awaitLists(access: RoundAccess): Promise<Transition | null> {
  const { round, charter } = access;
  assert(round.inputs !== null, "a released round has its inputs");
  const taken = new Set(
    (await access.posted("own-side-list")).flatMap((posted) =>
      posted.taken ? [`${pairKey(posted.pair)} ${posted.to}`] : [],
    ),
  );
  const expected = jobPairs(charter, round.inputs).flatMap((pair) => pair.map((owner) => `${pairKey(pair)} ${owner}`));
  const missing = expected.filter((list) => !taken.has(list)).length;
  if (missing > 0 && !isOverdue(access)) return null;
  return {
    change: { state: "released" },
    notices: [],
    event: missing === 0 ? `${expected.length} own-side lists delivered` : `${missing} own-side lists not delivered`,
  };
}
