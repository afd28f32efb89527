import { assert, ProtocolError } from "../base/errors.ts";
import { MAX_MODEL_ROWS } from "../base/limits.ts";
import { triangleLength } from "./cholesky.ts";
import { designColumns } from "./design.ts";
import { BLOCK_ROWS, flushBlock, gridRounder } from "./fixed-sum.ts";
import { columnMaker } from "./matrix.ts";
import { rowFamily } from "./family.ts";
import { rowParts, type ModelState } from "./newton-state.ts";
import { checkRows, usableRows } from "./rows.ts";
import { surveyTotals } from "./survey.ts";
import type { LearningRows, LearningTask } from "./task.ts";
import type { NewtonState } from "./newton-state.ts";

/**
 * One pass over a run of rows: additive, so that threads may take a run each and the totals add to the same bits. The
 * heart is a row's products w·x·x′, each rounded to the grid, 861 of them where a model has 41 columns.
 */
export interface RowsPass {
  readonly rows: number;
  readonly totals: BigInt64Array;
  /** The largest weights, at most DOMINANT_ROWS − 1 of them: who would carry the information. */
  readonly heaviest: Float64Array;
}

/** Fewer rows than these may not carry nine tenths of a borough's information (disclosure.md). */
export const DOMINANT_ROWS = 10;

/** @throws ProtocolError "bad-input" for a value outside what is declared, "too-large" for too many rows */
export function passRows(task: LearningTask, state: NewtonState, rows: LearningRows): RowsPass {
  if (rows.count > MAX_MODEL_ROWS) {
    throw new ProtocolError("too-large", `learning: more than ${MAX_MODEL_ROWS} rows`);
  }
  checkRows(task, rows);
  const usable = usableRows(task, rows);
  if (state.stage !== "survey") return modelPass(task, state, rows, usable);
  return { rows: usable.length, totals: surveyTotals(task, rows, usable), heaviest: new Float64Array(0) };
}

/** @throws ProtocolError "bad-input" where together they are more rows than one borough may have */
export function addPasses(passes: readonly RowsPass[]): RowsPass {
  const [first] = passes;
  assert(first !== undefined, "a pass");
  const totals = first.totals.slice();
  for (const pass of passes.slice(1)) {
    for (let index = 0; index < totals.length; index++) totals[index]! += pass.totals[index]!;
  }
  const heaviest = Float64Array.from(passes.flatMap((pass) => [...pass.heaviest])).sort();
  return {
    rows: passes.reduce((sum, { rows }) => sum + rows, 0),
    totals,
    heaviest: heaviest.slice(-(DOMINANT_ROWS - 1)),
  };
}

function modelPass(task: LearningTask, state: ModelState, rows: LearningRows, usable: Int32Array): RowsPass {
  const parts = rowParts(task, state);
  const [information, score, likelihood, , label] = parts;
  const size = designColumns(task, state.design).length + 1;
  const totals = new BigInt64Array(parts.reduce((sum, { length }) => sum + length, 0));
  const offsets = parts.map((_, at) => parts.slice(0, at).reduce((sum, { length }) => sum + length, 0));
  const block = {
    information: new Float64Array(triangleLength(size)),
    score: new Float64Array(size),
    likelihood: new Float64Array(1),
    counts: new Float64Array(3),
    label: new Float64Array(label?.length ?? 0),
  };
  const matrix = new Float64Array(BLOCK_ROWS * size);
  const fill = columnMaker(task, state);
  const family = rowFamily(task, state);
  const row = { weight: 0, residual: 0, likelihood: 0, held: 0 };
  const figures = new Float64Array(3);
  const likelihoodRound = gridRounder(likelihood!.fractionBits);
  const labelRound = gridRounder(label?.fractionBits ?? 0);
  let heaviest = new Float64Array(DOMINANT_ROWS - 1);

  const weights = new Float64Array(BLOCK_ROWS);
  const residuals = new Float64Array(BLOCK_ROWS);
  for (let start = 0; start < usable.length; start += BLOCK_ROWS) {
    const places = usable.subarray(start, start + BLOCK_ROWS);
    fill(rows, places, matrix);
    for (let at = 0; at < places.length; at++) {
      const y = rows.label[places[at]!]!;
      family.at(predictor(matrix, at * size, state.coefficients), y, row);
      weights[at] = row.weight;
      residuals[at] = row.residual;
      block.likelihood[0]! += row.likelihood + likelihoodRound - likelihoodRound;
      block.counts[1]! += y > 0 ? 1 : 0;
      block.counts[2]! += row.held;
      if (label === undefined) continue;
      family.label(y, figures);
      for (let index = 0; index < 3; index++) block.label[index]! += figures[index]! + labelRound - labelRound;
    }
    block.counts[0] = places.length;
    heaviest = withLargest(heaviest, weights.subarray(0, places.length));
    const used = { matrix, size, rows: places.length };
    addProducts(used, weights, block.information, gridRounder(information!.fractionBits));
    addScores(used, residuals, block.score, gridRounder(score!.fractionBits));
    Object.values(block).forEach((sums, index) => {
      if (sums.length > 0) flushBlock(sums, totals, offsets[index]!, parts[index]!.fractionBits);
    });
  }
  return { rows: usable.length, totals, heaviest };
}

/** In the order of the columns, everywhere: another order has other bits. */
function predictor(matrix: Float64Array, offset: number, coefficients: readonly number[]): number {
  let sum = 0;
  for (let column = 0; column < coefficients.length; column++) sum += coefficients[column]! * matrix[offset + column]!;
  return sum;
}

interface Used {
  readonly matrix: Float64Array;
  readonly size: number;
  readonly rows: number;
}

/** Upper triangle of Σ w·x·x′, row by row. The hot loop: a zero, as most levels are, adds nothing and is passed over. */
function addProducts({ matrix, size, rows }: Used, weights: Float64Array, sums: Float64Array, round: number): void {
  for (let row = 0; row < rows; row++) {
    const start = row * size;
    const end = start + size;
    const weight = weights[row]!;
    let place = 0;
    for (let i = start; i < end; i++) {
      const left = weight * matrix[i]!;
      if (left === 0) {
        place += end - i;
        continue;
      }
      for (let j = i; j < end; j++, place++) sums[place]! += left * matrix[j]! + round - round;
    }
  }
}

function addScores({ matrix, size, rows }: Used, residuals: Float64Array, sums: Float64Array, round: number): void {
  for (let row = 0; row < rows; row++) {
    const residual = residuals[row]!;
    const start = row * size;
    for (let column = 0; column < size; column++) {
      sums[column]! += residual * matrix[start + column]! + round - round;
    }
  }
}

/** The largest of both, as many as `largest` holds, ascending. */
function withLargest(largest: Float64Array, weights: Float64Array): Float64Array<ArrayBuffer> {
  const kept = Float64Array.from(largest);
  for (const weight of weights) {
    if (weight <= kept[0]!) continue;
    let at = 0;
    for (; at + 1 < kept.length && kept[at + 1]! < weight; at++) kept[at] = kept[at + 1]!;
    kept[at] = weight;
  }
  return kept;
}
