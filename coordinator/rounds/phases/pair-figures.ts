import { requireMatch } from "../../../shared/protocol/charter.ts";
import { pairKey, type RoundContext } from "../../../shared/protocol/round-context.ts";
import type { NodeToNode } from "../../../shared/protocol/messages.ts";
import type { Pair } from "../../../shared/protocol/job.ts";
import { retryOrAbort } from "../retry.ts";
import type { Transition } from "../round-row.ts";
import { contextOf, departed, isOverdue, type Posted, type RoundAccess } from "../round-access.ts";

/** Match → Open without a sum: once each pair's matcher has sealed its figure to every opener but itself. */
export async function awaitPairFigures(access: RoundAccess): Promise<Transition | null> {
  const context = contextOf(access);
  const posted = await access.posted("pair-figure");
  const open = context.pairs.filter((pair) => !hasFigure(context, pair, posted));
  if (open.length === 0) {
    const { contributors, deadlines } = context.job;
    return {
      change: { state: "open", cohort: contributors, inputs: contributors, deadlineMs: deadlines.openMs },
      notices: [],
      event: `figures of ${context.pairs.length} pairs ready for ${context.sum.openers.length} openers`,
    };
  }
  const gone = await departed(access);
  const isHopeless = open.some((pair) => [...pair, context.matcherOf(pair)].some((party) => gone.has(party)));
  if (!isHopeless && !isOverdue(access)) return null;
  return retryOrAbort(access, [...gone, ...(await whoFailed(access, context, open))], access.round.attempt + 1);
}

function hasFigure(context: RoundContext, pair: Pair, posted: readonly Posted[]): boolean {
  const matcher = context.matcherOf(pair);
  return context.sum.openers
    .filter((opener) => opener !== matcher)
    .every((opener) => posted.some((each) => isOf(pair)(each) && each.from === matcher && each.to === opener));
}

/** Of pairs without a figure: owners that sent no list; where both have, the matcher. */
async function whoFailed(access: RoundAccess, context: RoundContext, open: readonly Pair[]): Promise<number[]> {
  const { protocol } = requireMatch(access.charter).operation;
  const kinds: NodeToNode[] = protocol === "single-salt" ? ["list"] : ["masked-list", "remasked-list"];
  const lists = await Promise.all(kinds.map((kind) => access.posted(kind)));
  const failed = open.flatMap((pair) => {
    const silent = pair.filter((owner) =>
      lists.some((posted) => !posted.some((each) => isOf(pair)(each) && each.from === owner)),
    );
    return silent.length > 0 ? silent : [context.matcherOf(pair)];
  });
  return [...new Set(failed)];
}

function isOf(pair: Pair) {
  return (posted: Posted) => pairKey(posted.pair) === pairKey(pair);
}
