import type { RandomSource } from "../base/clock.ts";
import { ProtocolError } from "../base/errors.ts";
import { MAX_WORKING_COEFFICIENT } from "../base/limits.ts";
import { freshOrder } from "../crypto/permutation.ts";
import { rowFamily } from "./family.ts";
import { totalsToWords } from "./fixed-sum.ts";
import { gradientParts } from "./gradient-parts.ts";
import { columnMaker } from "./matrix.ts";
import type { ModelState } from "./newton-state.ts";
import type { GradientSettings, LearningRows, LearningTask } from "./task.ts";

/**
 * One borough's round: from the public coefficients so many steps of stochastic gradient descent, each on the mean loss of
 * a batch, the batches walking through the rows in a fresh order each time. FedProx pulls every step back to the
 * coefficients that all began from: the gradient of ½·mu·|b − b_global|² (Li et al. 2020, equation 2).
 */
export interface LocalRound {
  readonly task: LearningTask;
  readonly settings: GradientSettings;
  readonly state: ModelState;
  readonly rows: LearningRows;
  /** Places of the rows that count. */
  readonly usable: Int32Array;
  readonly random: RandomSource;
}

/**
 * The round's words: n, and n·(b_own − b) on the grid.
 * @throws ProtocolError "bad-input" where the steps diverge
 */
export function trainLocally(round: LocalRound): BigUint64Array {
  const { task, state, usable } = round;
  if (usable.length > 2 ** state.rowsBits) {
    throw new ProtocolError("bad-input", "learning: more rows than the survey's layout promises for all boroughs");
  }
  const parts = gradientParts(task, state, null);
  const scale = 2 ** parts[1]!.fractionBits;
  const update = localCoefficients(round).map((value, index) => value - state.coefficients[index]!);
  const totals = BigInt64Array.from([usable.length, ...update.map((value) => value * usable.length * scale)], (value) =>
    BigInt(Math.round(value)),
  );
  return totalsToWords(totals, parts, usable.length);
}

function localCoefficients({ task, settings, state, rows, usable, random }: LocalRound): number[] {
  const { localUpdates, batch, learningRate, mu } = settings;
  const global = state.coefficients;
  const own = [...global];
  const size = own.length;
  const fill = columnMaker(task, state);
  const family = rowFamily(task, state);
  const matrix = new Float64Array(Math.min(batch, usable.length) * size);
  const places = new Int32Array(Math.min(batch, usable.length));
  const figures = { weight: 0, residual: 0, likelihood: 0, held: 0 };
  const gradient = new Float64Array(size);

  let order = freshOrder(usable.length, random);
  let next = 0;
  for (let step = 0; step < localUpdates; step++) {
    if (next === order.length) {
      order = freshOrder(usable.length, random);
      next = 0;
    }
    // The last batch of a walk may be smaller.
    const count = Math.min(batch, order.length - next);
    for (let at = 0; at < count; at++) places[at] = usable[order[next + at]!]!;
    next += count;
    const used = places.subarray(0, count);
    fill(rows, used, matrix);
    gradient.fill(0);
    for (let at = 0; at < count; at++) {
      let predictor = 0;
      for (let column = 0; column < size; column++) predictor += own[column]! * matrix[at * size + column]!;
      family.at(predictor, rows.label[used[at]!]!, figures);
      for (let column = 0; column < size; column++) gradient[column]! += figures.residual * matrix[at * size + column]!;
    }
    for (let column = 0; column < size; column++) {
      own[column]! += learningRate * (gradient[column]! / count - mu * (own[column]! - global[column]!));
      if (!(Math.abs(own[column]!) <= MAX_WORKING_COEFFICIENT)) throw diverged();
    }
  }
  return own;
}

function diverged(): ProtocolError {
  return new ProtocolError("bad-input", "learning: the local steps diverge", {
    hint: "propose the charter again with a smaller algorithm.learningRate",
  });
}
