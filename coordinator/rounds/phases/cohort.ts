import { encodeCohort, readShares } from "../../../shared/aggregation/server.ts";
import { pairKey, type RoundContext } from "../../../shared/protocol/round-context.ts";
import { decodeHeldPairs } from "../../../shared/protocol/held-pairs.ts";
import { chooseCohort } from "../choose-cohort.ts";
import { retryOrAbort } from "../retry.ts";
import type { Transition } from "../round-row.ts";
import { contextOf, departed, isOverdue, partyName, readEach, type RoundAccess } from "../round-access.ts";

/** Match → Input: names the cohort U2 and passes on the sealed envelopes, each to its reader. */
export async function nameCohort(access: RoundAccess): Promise<Transition | null> {
  const { round, charter } = access;
  const context = contextOf(access);
  const announcements = await readEach(access, "shares", (from, body) => readShares(context.sum, from, body));
  const gone = await departed(access);
  const awaited = context.job.contributors.filter((position) => !announcements.has(position) && !gone.has(position));
  if (awaited.length > 0 && !isOverdue(access)) return null;

  const held = new Map([...announcements].map(([from, { held }]) => [from, decodeHeldPairs(held)]));
  const cohort = chooseCohort(context.pairs, held);
  const lost = context.job.contributors.filter((position) => !cohort.includes(position));
  if (cohort.length < context.job.minimumContributors || (context.job.step > 0 && lost.length > 0)) {
    return retryOrAbort(access, whoFailed(context, held), round.attempt + 1);
  }
  const members = cohort.map((position) => announcements.get(position)!);
  return {
    change: { state: "input", cohort, deadlineMs: context.job.deadlines.inputMs },
    notices: cohort.map((recipient) => ({
      to: partyName(charter, recipient),
      type: "cohort",
      body: encodeCohort(members, recipient),
    })),
    event: `cohort of ${cohort.length}${lost.length > 0 ? `, without ${lost.map((p) => partyName(charter, p)).join(", ")}` : ""}`,
  };
}

/** Who is to blame for a match that broke: owners that fell silent, and matchers that left a pair of others unanswered. */
function whoFailed(context: RoundContext, held: ReadonlyMap<number, ReadonlySet<string>>): number[] {
  const silent = context.job.contributors.filter((position) => !held.has(position));
  const unanswered = context.pairs.filter(
    (pair) => pair.every((end) => held.has(end)) && pair.some((end) => held.get(end)?.has(pairKey(pair)) !== true),
  );
  // An owner that announced its own shares is alive: its lists may only have come late to it.
  const matchers = unanswered.map(context.matcherOf).filter((matcher) => !held.has(matcher));
  return [...new Set([...silent, ...matchers])];
}
