import { invert, factorise, triangleIndex } from "./cholesky.ts";
import { rowFamily } from "./family.ts";
import { readParts } from "./fixed-sum.ts";
import type { FinalExtra, Learned } from "./learner.ts";
import { columnMaker } from "./matrix.ts";
import { bytesToWords, type NewtonMemory } from "./newton-memory.ts";
import { firstStandard, readSums } from "./newton-opener.ts";
import { clusterParts, rowParts, type ModelState } from "./newton-state.ts";
import { penalised } from "./newton-step.ts";
import type { RowsPass } from "./pass.ts";
import { modelResult } from "./result.ts";
import { checkRows, usableRows } from "./rows.ts";
import { readSurvey } from "./survey.ts";
import type { LearningRows, LearningTask } from "./task.ts";

/**
 * The last sum: the information at the coefficients that converged, and beside the rows' own words one borough's outer
 * product of its score, for errors that allow for boroughs as clusters, and what evaluation counts. A borough's score
 * itself never leaves outside the sum.
 */

/** The words after the rows' own. */
export function finalWords(
  task: LearningTask,
  state: ModelState,
  extra: FinalExtra | null,
  pass: RowsPass,
  heldOut: LearningRows,
): BigUint64Array {
  const [clusters] = clusterParts(task, state);
  const counted = extra === null ? new BigUint64Array(0) : extra.words(scoreRows(task, state, heldOut), heldOut);
  const out = new BigUint64Array((clusters?.length ?? 0) + counted.length);
  if (clusters !== undefined) {
    const rows = readParts(new BigUint64Array(pass.totals.slice().buffer), rowParts(task, state));
    const score = rows.get("score")!.map((value) => value * 2 ** -state.rowsBits);
    const scale = 2 ** clusters.fractionBits;
    let place = 0;
    for (let i = 0; i < score.length; i++) {
      for (let j = i; j < score.length; j++) {
        out[place++] = BigInt.asUintN(64, BigInt(Math.round(score[i]! * score[j]! * scale)));
      }
    }
  }
  out.set(counted, clusters?.length ?? 0);
  return out;
}

/** The model's mean for every row that has a label and what the task asks for; NaN for the others. */
export function scoreRows(task: LearningTask, state: ModelState, rows: LearningRows): Float64Array {
  checkRows(task, rows);
  const usable = usableRows(task, rows);
  const family = rowFamily(task, state);
  const fill = columnMaker(task, state);
  const { coefficients } = state;
  const scores = new Float64Array(rows.count).fill(NaN);
  const own = new Float64Array(coefficients.length);
  for (let at = 0; at < usable.length; at++) {
    fill(rows, usable.subarray(at, at + 1), own);
    scores[usable[at]!] = family.mean(coefficients.reduce((sum, value, column) => sum + value * own[column]!, 0));
  }
  return scores;
}

/** @throws ProtocolError "integrity" where the sum is not of the survey's rows */
export function finishModel(
  task: LearningTask,
  state: ModelState,
  memory: NewtonMemory,
  words: BigUint64Array,
  members: number,
  extra: FinalExtra | null,
): Learned {
  const run = memory.run!;
  const survey = readSurvey(task, bytesToWords(memory.survey));
  const sums = readSums(task, state, words, survey);
  if (sums.held > 0) return { kind: "stopped", why: "a predictor is beyond its range at the end" };
  const standard = firstStandard(task, state, run, survey);
  const found = factorise(penalised(sums, standard, run.ridge), sums.size, 0);
  if (found.kind === "dependent") return { kind: "stopped", why: "the information at the end is singular" };

  let offset = rowParts(task, state).reduce((sum, { length }) => sum + length, 0);
  const [clusters] = clusterParts(task, state);
  const inverse = invert(found.factor);
  let robust: Float64Array | null = null;
  const warnings: string[] = [];
  if (clusters !== undefined) {
    const products = readParts(words.subarray(offset, offset + clusters.length), [clusters]).get("clusters")!;
    const scale = 2 ** (2 * state.rowsBits) * clusterFactor(task, members, survey.rows, sums.size);
    const covariance = sandwich(inverse, products, sums.size);
    const noise = Math.sqrt(members / 12) * 2 ** -clusters.fractionBits;
    if (isTold(covariance, inverse, sums.size, noise)) robust = covariance.map((value) => value * scale);
    else warnings.push(COARSE_CLUSTERS);
    offset += clusters.length;
  }
  const evaluated = extra === null ? null : extra.read(words.subarray(offset));
  const fit = { state, memory, run, survey, standard, sums, inverse, robust, warnings, members };
  const { published, exact } = modelResult(task, fit);
  if (evaluated === null) return { kind: "finished", published, exact };
  return {
    kind: "finished",
    published: { ...published, evaluation: evaluated.published },
    exact: { ...exact, evaluation: evaluated.exact },
  };
}

/** Stata's small-sample factor: G/(G − 1), and for linear models (n − 1)/(n − k) besides. */
function clusterFactor({ family }: LearningTask, clusters: number, rows: number, size: number): number {
  const factor = clusters / Math.max(1, clusters - 1);
  return family === "linear" ? (factor * (rows - 1)) / (rows - size) : factor;
}

/** Variances this many times what rounding may add give errors to three figures. */
const LEAST_VARIANCES_TO_NOISE = 1000;
const COARSE_CLUSTERS =
  "cluster-robust errors left out: rounding hides them. Declare a narrower least and most, unless the features tell the boroughs apart";

/** @param noise of one product's sum: what rounding may come to */
function isTold(covariance: Float64Array, inverse: Float64Array, size: number, noise: number): boolean {
  for (let i = 0; i < size; i++) {
    const moved = noise * inverse.subarray(i * size, (i + 1) * size).reduce((sum, value) => sum + value * value, 0);
    if (!(covariance[i * size + i]! > LEAST_VARIANCES_TO_NOISE * moved)) return false;
  }
  return true;
}

/** inverse · products · inverse, in full rows. */
function sandwich(inverse: Float64Array, products: Float64Array, size: number): Float64Array {
  const middle = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++)
      middle[i * size + j] = products[triangleIndex(size, Math.min(i, j), Math.max(i, j))]!;
  }
  return product(product(inverse, middle, size), inverse, size);
}

function product(left: Float64Array, right: Float64Array, size: number): Float64Array {
  const out = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < size; k++) {
      const factor = left[i * size + k]!;
      for (let j = 0; j < size; j++) out[i * size + j]! += factor * right[k * size + j]!;
    }
  }
  return out;
}
