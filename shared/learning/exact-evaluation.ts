import { calibrationGroups, calibrationInTheLarge, calibrationSlope, type CalibrationGroup } from "./calibration.ts";
import { evaluationOf, type OpenedEvaluation } from "./evaluation.ts";
import { labelRange, type NumberCounts } from "./number-counts.ts";
import { aboveCut, aucBracket, cutAt, largestGap, sum, type Bracket } from "./ranking.ts";
import { comparedGroups, groupValues, type LabelCounts, type ScoreCounts } from "./score-counts.ts";
import type { ValueMap } from "../base/encoding.ts";
import type { EvaluationTask, LearningTask } from "./task.ts";

/**
 * Figures of an opened evaluation as they are, unprotected: what an opener must never send, and a simulation's observer
 * may see. Null is a metric that was not asked for, or has no value (no row of a label, fewer rows than k).
 */
export type ExactEvaluation = ExactProbabilities | ExactNumbers;

export interface ExactProbabilities extends ValueMap {
  readonly rows: number;
  readonly positives: number;
  /** Share of rows with the label that "score above 0.5" says. */
  readonly accuracy: number | null;
  readonly auc: Bracket | null;
  /** Mean squared error of the probability. */
  readonly brier: number | null;
  readonly calibration: {
    readonly inTheLarge: number | null;
    readonly slope: number | null;
    readonly groups: readonly CalibrationGroup[];
  } | null;
  readonly top: readonly ExactTop[];
  readonly groups: readonly ExactGroup[];
}

export interface ExactTop extends ValueMap {
  readonly k: number;
  readonly precision: Bracket | null;
  readonly recall: Bracket | null;
  readonly lift: Bracket | null;
}

export interface ExactGroup extends ValueMap {
  readonly attribute: string;
  readonly values: readonly ExactGroupValue[];
  readonly gaps: GroupGaps;
}

export interface ExactGroupValue extends ValueMap {
  readonly value: string;
  readonly rows: number;
  readonly positives: number;
  readonly auc: Bracket | null;
  /** At 0.5. */
  readonly recall: number | null;
  readonly precision: number | null;
  /** Of the group's positives, the share among the first k rows of all; by k of task.evaluate.top. */
  readonly recallAt: readonly (Bracket | null)[];
}

/** The largest difference between two values of the attribute. */
export interface GroupGaps extends ValueMap {
  readonly auc: Bracket | null;
  readonly recall: Bracket | null;
  readonly precision: Bracket | null;
  readonly recallAt: readonly (Bracket | null)[];
}

/** In the label's own unit. */
export interface ExactNumbers extends ValueMap {
  readonly rows: number;
  readonly meanError: number | null;
  readonly rootMeanSquaredError: number | null;
  /** 1 − Σ(y − ŷ)² / Σ(y − ȳ)²: below 0 where the mean would have done better. */
  readonly rSquared: number | null;
  /** poisson */
  readonly meanDeviance: number | null;
  readonly devianceExplained: number | null;
}

export function exactEvaluation(task: LearningTask, opened: OpenedEvaluation): ExactEvaluation {
  return opened.kind === "probabilities"
    ? exactProbabilities(evaluationOf(task), opened.counts)
    : exactNumbers(task, opened.counts);
}

function exactProbabilities(evaluate: EvaluationTask, counts: ScoreCounts): ExactProbabilities {
  const { all, scores, squaredErrors } = counts;
  const [negatives, positives] = [sum(all.negatives), sum(all.positives)];
  const rows = negatives + positives;
  const asked = (metric: EvaluationTask["metrics"][number]): boolean => evaluate.metrics.includes(metric);
  const correct = all.flaggedPositives + negatives - all.flaggedNegatives;
  const histogram = scores === null ? null : { ...all, scores };
  return {
    rows,
    positives,
    accuracy: asked("accuracy") ? share(correct, rows) : null,
    auc: asked("auc") ? aucBracket(all) : null,
    brier: squaredErrors === null ? null : share(squaredErrors, rows),
    calibration:
      histogram === null
        ? null
        : {
            inTheLarge: calibrationInTheLarge(histogram),
            slope: calibrationSlope(histogram),
            groups: calibrationGroups(histogram, 0),
          },
    top: evaluate.top.map((k) => {
      const cut = cutAt(k, all);
      const found = cut === null ? null : aboveCut(all.positives, cut);
      return {
        k,
        precision: asked("precision-at") ? over(found, k) : null,
        recall: asked("recall-at") ? over(found, positives) : null,
        lift: asked("lift-at") ? over(found, (k * positives) / rows) : null,
      };
    }),
    groups: comparedGroups(evaluate).map((group, index) => {
      const values = groupValues(group).map((value, place) =>
        exactGroupValue(value, { counts: counts.groups[index]![place]!, all, top: evaluate.top }),
      );
      const gap = (figure: (value: ExactGroupValue) => number | Bracket | null): Bracket | null =>
        largestGap(values.map((value) => asBracket(figure(value))));
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
    }),
  };
}

function exactGroupValue(
  value: string,
  { counts, all, top }: { counts: LabelCounts; all: LabelCounts; top: readonly number[] },
): ExactGroupValue {
  const positives = sum(counts.positives);
  return {
    value,
    rows: sum(counts.negatives) + positives,
    positives,
    auc: aucBracket(counts),
    recall: share(counts.flaggedPositives, positives),
    precision: share(counts.flaggedPositives, counts.flaggedPositives + counts.flaggedNegatives),
    recallAt: top.map((k) => {
      const cut = cutAt(k, all);
      return cut === null ? null : over(aboveCut(counts.positives, cut), positives);
    }),
  };
}

export function exactNumbers(task: LearningTask, counts: NumberCounts): ExactNumbers {
  const { rows, labels, squaredLabels, errors, squaredErrors, poisson } = counts;
  const { least, width } = labelRange(task);
  const spread = squaredLabels - labels ** 2 / Math.max(rows, 1);
  // Labels all alike leave nothing to explain but the rounding of their sum.
  const isSpread = spread > rows * 2 ** -30;
  const total = rows * least + labels * width;
  const nullDeviance =
    poisson === null || total <= 0 ? 0 : Math.max(0, 2 * (poisson.logLabels - total * Math.log(total / rows)));
  return {
    rows,
    meanError: share(errors * width, rows),
    rootMeanSquaredError: rows === 0 ? null : width * Math.sqrt(Math.max(0, squaredErrors) / rows),
    rSquared: isSpread ? 1 - squaredErrors / spread : null,
    meanDeviance: poisson === null ? null : share(poisson.deviance, rows),
    devianceExplained: poisson === null || !isSpread ? null : 1 - poisson.deviance / nullDeviance,
  };
}

/** Minus zero has no place in a canonical value. */
function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole + 0;
}

function over(found: Bracket | null, whole: number): Bracket | null {
  return found === null || whole === 0 ? null : { least: found.least / whole, most: found.most / whole };
}

function asBracket(figure: number | Bracket | null): Bracket | null {
  return typeof figure === "number" ? { least: figure, most: figure } : figure;
}
