import { triangleIndex } from "./cholesky.ts";
import { designColumns, type Column, type Design } from "./design.ts";
import { linearLabel } from "./family.ts";
import type { ModelState } from "./newton-state.ts";
import type { LearningTask } from "./task.ts";

/**
 * From the working scale to the one that coefficients are reported on. Every change is affine: a coefficient is
 * multiplied, the intercept takes up the centres. The exact means and standard deviations (n − 1) follow from the
 * first fitting sum, where every row has the same weight; they stay with the openers.
 */
export interface Standard {
  /** Of the working columns after the intercept. */
  readonly means: readonly number[];
  readonly sds: readonly number[];
}

/** @param information X'WX at a state whose only coefficient is the intercept */
export function standardOf(information: Float64Array, size: number, rows: number): Standard {
  const whole = information[0]!;
  const means: number[] = [];
  const sds: number[] = [];
  for (let column = 1; column < size; column++) {
    const mean = information[column]! / whole;
    const square = information[triangleIndex(size, column, column)]! / whole;
    means.push(mean);
    sds.push(Math.sqrt(Math.max(0, square - mean * mean) * (rows / (rows - 1))));
  }
  return { means, sds };
}

/** β = multipliers·b; the intercept takes `offset` and `shares`·b more. */
export interface Scale {
  readonly multipliers: readonly number[];
  readonly offset: number;
  readonly shares: readonly number[];
}

/** Means 0 and standard deviations 1, the label in its own units. */
export function standardScale(task: LearningTask, state: ModelState, { means, sds }: Standard): Scale {
  const { unit, offset } = labelUnit(task, state);
  return {
    multipliers: [unit, ...sds.map((sd) => sd * unit)],
    offset,
    shares: [0, ...means.map((mean) => mean * unit)],
  };
}

/** The features' and the label's own units. A missing number stands for `centreValue`. */
export function naturalScale(task: LearningTask, state: ModelState): Scale {
  const { unit, offset } = labelUnit(task, state);
  const columns = designColumns(task, state.design);
  const slopes = columns.map((column) => unit / workingUnit(task, column));
  return {
    multipliers: [unit, ...slopes],
    offset,
    shares: [0, ...columns.map((column, index) => -centreValue(task, column) * slopes[index]!)],
  };
}

/** What one step of a working column is in the feature's units. */
function workingUnit(task: LearningTask, { feature, kind, scale }: Column): number {
  const own = task.features[feature]!;
  // The indicator of a missing number is 0 or 1, whatever the number's range.
  return kind === "number" && own.type === "number" ? scale * (own.most - own.least) : 1;
}

function centreValue(task: LearningTask, { feature, kind, centre }: Column): number {
  const own = task.features[feature]!;
  return kind === "number" && own.type === "number" ? own.least + centre * (own.most - own.least) : 0;
}

/** In the feature's units, what a missing value enters as: a number's centre, 0 for a flag. */
export function missingValue(task: LearningTask, design: Design, feature: number): number {
  const own = task.features[feature]!;
  const at = design[feature]!;
  return own.type === "number" && at.kind === "number" ? own.least + at.centre * (own.most - own.least) : 0;
}

function labelUnit(task: LearningTask, state: ModelState): { unit: number; offset: number } {
  if (task.family !== "linear") return { unit: 1, offset: 0 };
  const { unit, from } = linearLabel(task, state);
  return { unit, offset: from(0) };
}

export function rescale({ multipliers, offset, shares }: Scale, coefficients: readonly number[]): number[] {
  const out = coefficients.map((value, index) => value * multipliers[index]!);
  coefficients.forEach((value, index) => (out[0]! += value * shares[index]!));
  out[0]! += offset;
  return out;
}

/** Standard errors on a scale. @param covariance of the working coefficients, in full rows */
export function rescaledErrors({ multipliers, shares }: Scale, covariance: Float64Array): number[] {
  const size = multipliers.length;
  const row = shares.map((share, index) => share + (index === 0 ? multipliers[0]! : 0));
  return multipliers.map((multiplier, index) => {
    if (index > 0) return Math.abs(multiplier) * Math.sqrt(covariance[index * size + index]!);
    let variance = 0;
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) variance += row[i]! * row[j]! * covariance[i * size + j]!;
    }
    return Math.sqrt(Math.max(0, variance));
  });
}
