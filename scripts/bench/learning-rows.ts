import { assert } from "../../shared/base/errors.ts";
import type { PublicState } from "../../shared/learning/learner.ts";
import type { NewtonLearner } from "../../shared/learning/newton.ts";
import type { Feature, LearningRows, LearningTask } from "../../shared/learning/task.ts";

/** Rows made up for the clock alone: a yes or no that follows from numbers, or from numbers and flags in turn. */
export interface RowsAsked {
  readonly rows: number;
  /** Columns of the model beside the intercept: every feature is one. */
  readonly features: number;
  /** Every other feature is a flag, which one row in five has. */
  readonly mixed: boolean;
}

const MOST = 4;
const FLAG_SHARE = 0.2;

export function speedTask({ features, mixed }: Omit<RowsAsked, "rows">): LearningTask {
  return {
    family: "logistic",
    label: { attribute: { name: "label", type: "flag", yes: ["1"] }, positive: null },
    features: Array.from({ length: features }, (_, index): Feature => {
      const name = `x${index + 1}`;
      if (mixed && index % 2 === 1) return { name, type: "flag", yes: ["1"] };
      return { name, type: "number", least: -MOST, most: MOST };
    }),
    missing: "drop-row",
    standardise: "pooled",
    algorithm: { name: "newton", l2: 0, tolerance: 1e-10, maximumIterations: 25 },
    outputs: ["coefficients", "standard-errors", "deviance"],
    evaluate: null,
    // Where one borough is timed, its flags stay columns.
    controls: {
      minimumCount: 10,
      roundTo: 5,
      minimumRows: 20,
      minimumLevelCount: 0,
      publicDigits: 4,
      minimumHolders: 1,
    },
  };
}

/** The same rows for the same borough. */
export function speedRows(task: LearningTask, count: number, borough: number): LearningRows {
  const next = numbers(borough + 1);
  const predictors = new Float64Array(count).fill(-1);
  const features = task.features.map(({ type }, index) => {
    const column = new Float64Array(count);
    const slope = (index % 5) / 10 - 0.2;
    for (let row = 0; row < count; row++) {
      const value = type === "flag" ? Number(next() < FLAG_SHARE) : (next() + next() - 1) * MOST;
      column[row] = value;
      predictors[row]! += slope * value;
    }
    return column;
  });
  const label = predictors.map((predictor) => Number(next() < 1 / (1 + Math.exp(-predictor))));
  return { count, label, features, groups: [] };
}

/** Numbers in [0, 1) that a seed fixes: Marsaglia's xorshift of 32 bits, "Xorshift RNGs" (2003). */
function numbers(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

export interface FitStart {
  readonly state: PublicState;
  /** What an opener keeps: the argument of the next `learn`. */
  readonly memory: Extract<ReturnType<NewtonLearner["learn"]>, { kind: "next" }>["memory"];
}

/** The first state that the rows are passed over at, from a survey in the open. */
export function fitStart(
  learner: NewtonLearner,
  boroughs: number,
  rowsOf: (borough: number) => LearningRows,
): FitStart {
  const survey = learner.begin();
  const sum = new BigUint64Array(learner.layout(survey).words);
  for (let borough = 0; borough < boroughs; borough++) {
    learner.contribute(survey, rowsOf(borough)).forEach((word, index) => (sum[index]! += word));
  }
  const learned = learner.learn(survey, null, sum, boroughs);
  assert(learned.kind === "next", "a survey of such rows leads to a fit");
  return learned;
}
