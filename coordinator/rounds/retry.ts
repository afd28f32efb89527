import { MAX_ATTEMPTS } from "../../shared/base/limits.ts";
import { owners } from "../../shared/protocol/charter.ts";
import { quorum } from "../../shared/aggregation/context.ts";
import { endRound, partyName, type RoundAccess } from "./round-access.ts";
import type { Transition } from "./round-row.ts";

/**
 * An attempt that lost somebody: one more without them, or the end. With `matchAttempt` of the failed attempt the
 * result shares are summed again under fresh masks ("only the sum is retried"); with the next attempt's number the
 * whole match is made anew.
 */
export function retryOrAbort(access: RoundAccess, lost: readonly number[], matchAttempt: number): Transition {
  const { round, charter, clock } = access;
  const excluded = [...new Set([...round.excluded, ...lost])].sort((a, b) => a - b);
  const remaining = owners(charter).filter((position) => !excluded.includes(position)).length;
  const least = Math.max(quorum(owners(charter).length), charter.controls.minimumContributors);
  if (round.attempt >= MAX_ATTEMPTS) return endRound("aborted", "a step's deadline passed");
  if (remaining < least) return endRound("aborted", "too few boroughs take part");
  return {
    change: {
      state: "proposed",
      attempt: round.attempt + 1,
      matchAttempt,
      excluded,
      deadlineMs: clock.nowMs(),
      job: null,
      entries: null,
      cohort: null,
      inputs: null,
      agreements: null,
    },
    notices: [],
    event: `attempt ${round.attempt} ended without ${lost.map((p) => partyName(charter, p)).join(", ")}; trying again`,
  };
}
