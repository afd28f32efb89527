import { calibrationGroups, calibrationInTheLarge, calibrationSlope } from "./calibration.ts";
import { evaluationOf, type OpenedEvaluation } from "./evaluation.ts";
import { exactNumbers } from "./exact-evaluation.ts";
import { protectGroups, type PublishedGroup } from "./group-release.ts";
import type { NumberCounts } from "./number-counts.ts";
import {
  areSafe,
  countRange,
  outward,
  protectAuc,
  ratio,
  shareOfTable,
  showCount,
  significant,
  type PublishedBracket,
  type PublishedFigure,
} from "./published-figures.ts";
import { sum, type Bracket } from "./ranking.ts";
import type { ScoreCounts } from "./score-counts.ts";
import { hitsOfAll, type ShownHits } from "./top-hits.ts";
import type { Protected } from "../disclosure/protect-count.ts";
import type { ValueMap } from "../base/encoding.ts";
import type { EvaluationTask, LearningControls, LearningTask } from "./task.ts";

/**
 * What may be published of an opened evaluation (disclosure.md): counts by threshold, then rounding; every percentage a
 * range worked out from the rounded counts, so that it holds the exact one and says no more than they do. A table of
 * which a cell is small is withheld whole. Means and areas are rounded. Nothing else of the histogram leaves an opener.
 *
 * "c" is withheld, "z" has no value (no such rows), null was not asked for.
 */
export type PublishedEvaluation = PublishedProbabilities | PublishedNumbers;

export interface PublishedProbabilities extends ValueMap {
  readonly rows: Protected;
  readonly positives: Protected;
  readonly accuracy: PublishedBracket | null;
  readonly auc: PublishedBracket | null;
  readonly brier: PublishedFigure | null;
  readonly calibration: PublishedCalibration | "c" | null;
  readonly top: readonly PublishedTop[];
  readonly groups: readonly PublishedGroup[];
}

interface PublishedCalibration extends ValueMap {
  readonly inTheLarge: PublishedFigure;
  readonly slope: PublishedFigure;
  readonly groups: readonly PublishedCalibrationGroup[];
}

interface PublishedCalibrationGroup extends ValueMap {
  readonly rows: Protected;
  readonly positives: Protected;
  readonly predicted: number;
  readonly observed: Bracket;
}

export interface PublishedTop extends ValueMap {
  readonly k: number;
  readonly precision: PublishedBracket | null;
  readonly recall: PublishedBracket | null;
  readonly lift: PublishedBracket | null;
}

export interface PublishedNumbers extends ValueMap {
  readonly rows: Protected;
  readonly meanError: PublishedFigure;
  readonly rootMeanSquaredError: PublishedFigure;
  readonly rSquared: PublishedFigure;
  readonly meanDeviance: PublishedFigure | null;
  readonly devianceExplained: PublishedFigure | null;
}

export function protectEvaluation(task: LearningTask, opened: OpenedEvaluation): PublishedEvaluation {
  return opened.kind === "probabilities"
    ? protectProbabilities(evaluationOf(task), opened.counts, task.controls)
    : protectNumbers(task, opened.counts);
}

function protectProbabilities(
  evaluate: EvaluationTask,
  counts: ScoreCounts,
  controls: LearningControls,
): PublishedProbabilities {
  const { all } = counts;
  const [negatives, positives] = [sum(all.negatives), sum(all.positives)];
  const rows = negatives + positives;
  const isSafe = areSafe([negatives, positives], controls);
  const asked = (metric: EvaluationTask["metrics"][number]): boolean => evaluate.metrics.includes(metric);
  const correct = all.flaggedPositives + negatives - all.flaggedNegatives;
  const hits = hitsOfAll(evaluate.top, all, controls);
  return {
    rows: showCount(rows, controls),
    positives: isSafe ? showCount(positives, controls) : "c",
    accuracy: asked("accuracy") ? shareOfTable(correct, [correct, rows - correct], controls) : null,
    auc: asked("auc") ? protectAuc(all, controls) : null,
    brier: counts.squaredErrors === null ? null : isSafe ? mean(counts.squaredErrors, rows, controls) : "c",
    calibration: protectCalibration(counts, controls),
    top: evaluate.top.map((k, place) => protectTop(k, hits[place]!, { counts, asked, controls })),
    groups: asked("group-gaps") ? protectGroups(evaluate, counts, hits, controls) : [],
  };
}

/** Precision, recall and lift of the first k rows: the table of being among them by label. */
function protectTop(
  k: number,
  hits: ShownHits,
  {
    counts: { all },
    asked,
    controls,
  }: {
    counts: ScoreCounts;
    asked: (metric: EvaluationTask["metrics"][number]) => boolean;
    controls: LearningControls;
  },
): PublishedTop {
  const [negatives, positives] = [sum(all.negatives), sum(all.positives)];
  const publish = (of: (hits: Bracket) => Bracket | null): PublishedBracket => {
    if (typeof hits === "string") return hits;
    const figure = of(hits);
    if (figure === null) return "z";
    // A lift of 12.34 has as many figures as a precision of 0.1234.
    return outward(figure, controls.publicDigits - Math.ceil(Math.log10(Math.max(1, figure.most))));
  };
  const precision = (hits: Bracket): Bracket => ({ least: hits.least / k, most: hits.most / k });
  const [whole, marked] = [countRange(negatives + positives, controls), countRange(positives, controls)];
  return {
    k,
    precision: asked("precision-at") ? publish(precision) : null,
    recall: asked("recall-at") ? publish((hits) => ratio(hits, marked)) : null,
    lift: asked("lift-at")
      ? publish((hits) => {
          const { least, most } = precision(hits);
          return marked.least === 0
            ? null
            : { least: (least * whole.least) / marked.most, most: (most * whole.most) / marked.least };
        })
      : null,
  };
}

function protectCalibration(counts: ScoreCounts, controls: LearningControls): PublishedCalibration | "c" | null {
  if (counts.scores === null) return null;
  const histogram = { ...counts.all, scores: counts.scores };
  const labels = [sum(histogram.negatives), sum(histogram.positives)];
  if (labels.some((rows) => rows < controls.minimumCount)) return "c";
  const figure = (value: number | null): PublishedFigure =>
    value === null ? "z" : significant(value, controls.publicDigits);
  return {
    inTheLarge: figure(calibrationInTheLarge(histogram)),
    slope: figure(calibrationSlope(histogram)),
    groups: calibrationGroups(histogram, controls.minimumCount).map(({ rows, positives, expected }) => ({
      rows: showCount(rows, controls),
      positives: showCount(positives, controls),
      predicted: significant(expected / rows, controls.publicDigits),
      observed: outward(ratio(countRange(positives, controls), countRange(rows, controls))!, controls.publicDigits),
    })),
  };
}

function protectNumbers(task: LearningTask, counts: NumberCounts): PublishedNumbers {
  const { rows, ...figures } = exactNumbers(task, counts);
  const isPoisson = task.family === "poisson";
  const show = (value: number | null): PublishedFigure => {
    if (rows < task.controls.minimumCount) return rows === 0 ? "z" : "c";
    return value === null ? "z" : significant(value, task.controls.publicDigits);
  };
  return {
    rows: showCount(rows, task.controls),
    meanError: show(figures.meanError),
    rootMeanSquaredError: show(figures.rootMeanSquaredError),
    rSquared: show(figures.rSquared),
    meanDeviance: isPoisson ? show(figures.meanDeviance) : null,
    devianceExplained: isPoisson ? show(figures.devianceExplained) : null,
  };
}

function mean(total: number, rows: number, controls: LearningControls): PublishedFigure {
  return rows === 0 ? "z" : significant(total / rows, controls.publicDigits);
}
