import {
  areSafe,
  countRange,
  outward,
  protectAuc,
  ratio,
  shareOfTable,
  showCount,
  type PublishedBracket,
} from "./published-figures.ts";
import { largestGap, sum, type Bracket } from "./ranking.ts";
import { leastHolders } from "./holders.ts";
import { comparedGroups, groupValues, type GroupCounts, type LabelCounts, type ScoreCounts } from "./score-counts.ts";
import { hitsOfGroups, type ShownHits } from "./top-hits.ts";
import type { ValueMap } from "../base/encoding.ts";
import type { Protected } from "../disclosure/protect-count.ts";
import type { EvaluationTask, LearningControls } from "./task.ts";

/**
 * Figures by group, protected. A value of an attribute with too few positives or negatives, or that too few boroughs have,
 * is withheld whole; and what is
 * not shown of an attribute (withheld values, rows without one) is a group too, known as the difference to all rows: while
 * that is small, the smallest value that is shown is withheld as well.
 */
export interface PublishedGroup extends ValueMap {
  readonly attribute: string;
  readonly values: readonly PublishedGroupValue[];
  readonly gaps: {
    readonly auc: PublishedBracket;
    readonly recall: PublishedBracket;
    readonly precision: PublishedBracket;
    readonly recallAt: readonly PublishedBracket[];
  };
}

/** As ExactGroupValue. */
export interface PublishedGroupValue extends ValueMap {
  readonly value: string;
  readonly rows: Protected;
  readonly positives: Protected;
  readonly auc: PublishedBracket;
  readonly recall: PublishedBracket;
  readonly precision: PublishedBracket;
  readonly recallAt: readonly PublishedBracket[];
}

export function protectGroups(
  evaluate: EvaluationTask,
  counts: ScoreCounts,
  ofAll: readonly ShownHits[],
  controls: LearningControls,
): PublishedGroup[] {
  return comparedGroups(evaluate).map((group, index) => {
    const ofValues = counts.groups[index]!;
    const shown = shownValues(counts.all, ofValues, controls);
    const hits = hitsOfGroups(evaluate.top, ofAll, {
      values: ofValues.map((value, place) => (shown.has(place) ? value : null)),
      all: counts.all,
      controls,
    });
    const values = groupValues(group).map((value, place) =>
      shown.has(place)
        ? protectValue(value, { counts: ofValues[place]!, hits: hits[place]!, controls })
        : withheldValue(value, evaluate.top),
    );
    // Between what is published only: whatever else there is, no reader learns it from a gap.
    const gap = (figure: (value: PublishedGroupValue) => PublishedBracket): PublishedBracket => {
      const gap = largestGap(values.map((value) => asBracket(figure(value))));
      return gap === null ? "c" : outward(gap, controls.publicDigits);
    };
    return {
      attribute: group.name,
      values,
      gaps: {
        auc: gap(({ auc }) => auc),
        recall: gap(({ recall }) => recall),
        precision: gap(({ precision }) => precision),
        recallAt: evaluate.top.map((_, place) => gap(({ recallAt }) => recallAt[place]!)),
      },
    };
  });
}

/** Places of the values that may be shown. */
function shownValues(all: LabelCounts, values: readonly GroupCounts[], controls: LearningControls): Set<number> {
  const labels = (counts: LabelCounts): number[] => [sum(counts.negatives), sum(counts.positives)];
  const isHeld = (groups: readonly GroupCounts[]): boolean =>
    Math.max(0, ...groups.map(({ holders }) => holders)) >= leastHolders(controls);
  const shown = new Set<number>();
  for (const [place, value] of values.entries()) {
    if (labels(value).every((rows) => rows >= controls.minimumCount) && isHeld([value])) shown.add(place);
  }
  const rest = labels(all);
  for (const place of shown) labels(values[place]!).forEach((rows, label) => (rest[label]! -= rows));
  const bySize = [...shown].sort((a, b) => sum(labels(values[a]!)) - sum(labels(values[b]!)));
  // How many boroughs hold one or the other of the rest is not in the sums; those of the most widely held do at least.
  const isRestSafe = (): boolean => {
    const hidden = values.filter(({ holders }, place) => holders > 0 && !shown.has(place));
    return areSafe(rest, controls) && (hidden.length === 0 || isHeld(hidden));
  };
  for (const place of bySize) {
    if (isRestSafe()) break;
    shown.delete(place);
    labels(values[place]!).forEach((rows, label) => (rest[label]! += rows));
  }
  return shown;
}

function protectValue(
  value: string,
  { counts, hits, controls }: { counts: LabelCounts; hits: readonly ShownHits[]; controls: LearningControls },
): PublishedGroupValue {
  const [negatives, positives] = [sum(counts.negatives), sum(counts.positives)];
  const { flaggedNegatives, flaggedPositives } = counts;
  const table = [flaggedPositives, positives - flaggedPositives, flaggedNegatives, negatives - flaggedNegatives];
  const isTableSafe = areSafe(table, controls);
  return {
    value,
    rows: showCount(negatives + positives, controls),
    positives: showCount(positives, controls),
    auc: protectAuc(counts, controls),
    recall: isTableSafe ? shareOfTable(flaggedPositives, table.slice(0, 2), controls) : "c",
    precision: isTableSafe ? shareOfTable(flaggedPositives, [flaggedPositives, flaggedNegatives], controls) : "c",
    recallAt: hits.map((own) => {
      if (typeof own === "string") return own;
      const recall = ratio(own, countRange(positives, controls));
      return recall === null ? "z" : outward(recall, controls.publicDigits);
    }),
  };
}

function withheldValue(value: string, top: readonly number[]): PublishedGroupValue {
  const figures = { auc: "c", recall: "c", precision: "c", recallAt: top.map(() => "c" as const) } as const;
  return { value, rows: "c", positives: "c", ...figures };
}

function asBracket(figure: PublishedBracket): Bracket | null {
  return typeof figure === "string" ? null : figure;
}
