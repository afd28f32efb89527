import fc from "fast-check";
import { evaluationWords, readEvaluation, type OpenedEvaluation } from "../../../../shared/learning/evaluation.ts";
import type {
  EvaluationMetric,
  EvaluationTask,
  Feature,
  LearningControls,
  LearningRows,
  LearningTask,
} from "../../../../shared/learning/task.ts";

export const SEX: Feature = { name: "sex", type: "flag", yes: ["1"] };
export const WARD: Feature = { name: "ward", type: "category", codes: ["north", "south", "west"] };
const METRICS: readonly EvaluationMetric[] = [
  "accuracy",
  "auc",
  "brier",
  "calibration",
  "precision-at",
  "recall-at",
  "lift-at",
  "group-gaps",
];

/** As a charter has them. */
export const CONTROLS: LearningControls = {
  minimumCount: 10,
  roundTo: 5,
  minimumRows: 100,
  minimumLevelCount: 10,
  publicDigits: 4,
};

/** Rows are opened as of one borough. */
export function scoreTask(
  evaluate: Partial<EvaluationTask> = {},
  rest: Partial<Omit<LearningTask, "evaluate">> = {},
): LearningTask {
  return {
    family: "logistic",
    label: { attribute: { name: "num", type: "number", least: 0, most: 4 }, positive: { is: ">", than: 0 } },
    features: [],
    missing: "drop-row",
    standardise: "pooled",
    algorithm: { name: "newton", l2: 0, tolerance: 1e-10, maximumIterations: 25 },
    outputs: [],
    controls: { ...CONTROLS, minimumHolders: 1 },
    ...rest,
    evaluate: { metrics: METRICS, groups: [SEX, WARD], bins: 16, top: [], ...evaluate },
  };
}

export interface ScoredRow {
  readonly score: number;
  readonly label: number;
  readonly sex: number;
  readonly ward: number;
}

export function rowsOf(scored: readonly ScoredRow[]): { scores: Float64Array; rows: LearningRows } {
  const column = (of: (row: ScoredRow) => number): Float64Array => Float64Array.from(scored, of);
  return {
    scores: column(({ score }) => score),
    rows: {
      count: scored.length,
      label: column(({ label }) => label),
      features: [],
      groups: [column(({ sex }) => sex), column(({ ward }) => ward)],
    },
  };
}

/** Through words, each borough its own. */
export function opened(task: LearningTask, ...boroughs: readonly (readonly ScoredRow[])[]): OpenedEvaluation {
  const words = boroughs.map((scored) => {
    const { scores, rows } = rowsOf(scored);
    return evaluationWords(task, scores, rows);
  });
  return readEvaluation(
    task,
    words[0]!.map((_, index) => words.reduce((sum, own) => sum + own[index]!, 0n)),
  );
}

/** Scores at edges of bins, at 0 and 1, near 0.5, and anywhere. */
const score = fc.oneof(
  fc.constantFrom(0, 0.25, 0.5, 0.5 + 2 ** -40, 1, 1 - 2 ** -53),
  fc.double({ min: 0, max: 1, noNaN: true }),
);

export const scoredRows = fc.array(
  fc.record({
    score,
    label: fc.constantFrom(0, 1),
    sex: fc.constantFrom(0, 1, Number.NaN),
    ward: fc.constantFrom(0, 1, 2),
  }),
  { maxLength: 60 },
);

/** Enough rows of everything that figures are shown. */
export const manyScoredRows = fc
  .tuple(fc.integer({ min: 40, max: 400 }), fc.integer({ min: 0, max: 1_000_000 }))
  .map(([count, seed]) => {
    let state = seed;
    const next = (): number => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
    return Array.from({ length: count }, (): ScoredRow => {
      const score = next();
      return {
        score,
        label: next() < 0.2 + 0.6 * score ? 1 : 0,
        sex: next() < 0.05 ? Number.NaN : next() < 0.3 ? 1 : 0,
        ward: Math.floor(next() * 3),
      };
    });
  });

/** The area under the curve from the rows themselves, a tie counted as half. */
export function exactAuc(scored: readonly ScoredRow[]): number | null {
  let right = 0;
  let pairs = 0;
  for (const positive of scored.filter(({ label }) => label === 1)) {
    for (const negative of scored.filter(({ label }) => label === 0)) {
      pairs++;
      right += positive.score > negative.score ? 1 : positive.score === negative.score ? 0.5 : 0;
    }
  }
  return pairs === 0 ? null : right / pairs;
}

/** Positives among the first k by score, ties in the order they stand. */
export function exactHits(
  scored: readonly ScoredRow[],
  k: number,
  of: (row: ScoredRow) => boolean = () => true,
): number {
  const sorted = [...scored].sort((a, b) => b.score - a.score);
  return sorted.slice(0, k).filter((row) => row.label === 1 && of(row)).length;
}
