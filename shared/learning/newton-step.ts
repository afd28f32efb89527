import { factorise, solve, triangleIndex, type Factor } from "./cholesky.ts";
import type { Standard } from "./standard-scale.ts";

/**
 * One Newton step of the penalised log-likelihood, ½·l2·|β|² on the standardised coefficients without the intercept.
 * Working coefficients throughout: β = b·sd.
 */
export interface Sums {
  readonly size: number;
  readonly information: Float64Array;
  readonly score: Float64Array;
  readonly logLikelihood: number;
}

/** Of a column, on the scale where the information has a unit diagonal: what the columns before it leave of it. */
const LEAST_PIVOT = 2 ** -30;

export function penalised({ size, information }: Sums, { sds }: Standard, l2: number): Float64Array {
  const out = information.slice();
  sds.forEach((sd, index) => (out[triangleIndex(size, index + 1, index + 1)]! += l2 * sd * sd));
  return out;
}

/** −2·log-likelihood + l2·|β|²: what a step must not make worse. */
export function objective({ logLikelihood }: Sums, { sds }: Standard, l2: number, b: readonly number[]): number {
  let squares = 0;
  sds.forEach((sd, index) => (squares += (sd * b[index + 1]!) ** 2));
  return -2 * logLikelihood + l2 * squares;
}

export type Step =
  | {
      readonly kind: "step";
      readonly direction: readonly number[];
      /** max |Δβ|, standardised. */
      readonly length: number;
      /** What rounding to the grid alone may make of it. */
      readonly floor: number;
    }
  | { readonly kind: "singular"; readonly column: number };

/** @param noise by column, of the score's sums: what rounding may come to */
export function newtonStep(sums: Sums, standard: Standard, l2: number, b: readonly number[], noise: number): Step {
  const found = factorise(penalised(sums, standard, l2), sums.size, LEAST_PIVOT);
  if (found.kind === "dependent") return { kind: "singular", column: found.column };
  const gradient = sums.score.map((value, index) => {
    return index === 0 ? value : value - l2 * standard.sds[index - 1]! ** 2 * b[index]!;
  });
  const direction = [...solve(found.factor, gradient)];
  const scaled = direction.map((value, index) => Math.abs(value) * (index === 0 ? 1 : standard.sds[index - 1]!));
  return { kind: "step", direction, length: Math.max(...scaled), floor: noise * widest(found.factor, standard) };
}

/** How far a unit of noise in every score may move a standardised coefficient, about: the largest variance. */
function widest(factor: Factor, { sds }: Standard): number {
  let most = 0;
  for (let column = 0; column < factor.size; column++) {
    const unit = new Float64Array(factor.size);
    unit[column] = 1;
    const moved = Math.hypot(...solve(factor, unit));
    most = Math.max(most, moved * (column === 0 ? 1 : sds[column - 1]!));
  }
  return most;
}

/**
 * Columns (from 0, the intercept not counted) that are combinations of the columns before them.
 * @param noise of a sum of the information: what rounding may come to
 */
export function dependentColumns({ size, information }: Sums, noise: number): Set<number> {
  const diagonal = Array.from({ length: size }, (_, index) => information[triangleIndex(size, index, index)]!);
  const leastPivot = LEAST_PIVOT + (16 * noise) / Math.max(Math.min(...diagonal), 2 ** -30);
  const out = new Set<number>();
  let kept = Array.from({ length: size }, (_, index) => index);
  for (;;) {
    const upper = Float64Array.from(
      kept.flatMap((i, at) => kept.slice(at).map((j) => information[triangleIndex(size, i, j)]!)),
    );
    const found = factorise(upper, kept.length, leastPivot);
    if (found.kind === "factor") return out;
    out.add(kept[found.column]! - 1);
    kept = kept.filter((_, at) => at !== found.column);
  }
}

/** Length of the standardised coefficients, without the intercept. */
export function coefficientNorm(b: readonly number[], { sds }: Standard): number {
  return Math.hypot(...sds.map((sd, index) => sd * b[index + 1]!));
}
