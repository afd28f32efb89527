import { MAX_ATTEMPTS } from "../../shared/base/limits.ts";
import { isMatch, needsMatcher, owners } from "../../shared/protocol/charter.ts";
import { leastContributors } from "../../shared/protocol/job.ts";
import { endRound, partyName, type RoundAccess } from "./round-access.ts";
import { FRESH_ATTEMPT, type Transition } from "./round-row.ts";

/**
 * An attempt that lost somebody: one more without them, or the end. With `matchAttempt` of the failed attempt the
 * result shares are summed again under fresh masks ("only the sum is retried"); with the next attempt's number the
 * whole match is made anew; always so where an output rests on what the pair's matcher keeps.
 */
export function retryOrAbort(access: RoundAccess, lost: readonly number[], matchAttempt: number): Transition {
  const { round, charter, clock } = access;
  // A second sum at the same model would show by the difference what a few boroughs hold: launch again instead.
  if (!isMatch(charter)) return endRound("aborted", "a step's deadline passed");
  const excluded = [...new Set([...round.excluded, ...lost])].sort((a, b) => a - b);
  const remaining = owners(charter).filter((position) => !excluded.includes(position)).length;
  if (round.attempt >= MAX_ATTEMPTS) return endRound("aborted", "a step's deadline passed");
  if (remaining < leastContributors(charter)) return endRound("aborted", "too few boroughs take part");
  return {
    change: {
      state: "proposed",
      attempt: round.attempt + 1,
      matchAttempt: needsMatcher(charter) ? round.attempt + 1 : matchAttempt,
      excluded,
      deadlineMs: clock.nowMs(),
      ...FRESH_ATTEMPT,
    },
    notices: [],
    event: `attempt ${round.attempt} ended without ${lost.map((p) => partyName(charter, p)).join(", ")}; trying again`,
  };
}
