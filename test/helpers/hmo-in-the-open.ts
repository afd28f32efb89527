import { hmoAttributes, hmoLabel, type CoreFeature, type ExtraFeature } from "../../scripts/generator/hmo-learning.ts";
import type { HmoRow } from "../../scripts/generator/hmo.ts";
import type { Feature, LearningRows } from "../../shared/learning/task.ts";

/**
 * A plain logistic regression over rows that lie in one place, and how well it ranks: what the workload is checked
 * with. Ridge on the standardised scale, intercept not penalised, a missing cell told by an indicator; as the network's
 * own learner is to do it, though by none of its code.
 */
export function featureOf(name: CoreFeature | ExtraFeature | typeof hmoLabel): Feature {
  return { name, ...hmoAttributes[name] };
}

/** Rows with a label, read as the features are declared. */
export function readRows(rows: Iterable<HmoRow>, features: readonly Feature[]): LearningRows {
  const label: number[] = [];
  const columns = features.map((): number[] => []);
  for (const { cells } of rows) {
    if (cells[hmoLabel] === "") continue;
    label.push(Number(cells[hmoLabel]));
    for (const [index, feature] of features.entries()) {
      columns[index]!.push(readValue(feature, cells[feature.name as CoreFeature].trim()));
    }
  }
  return {
    count: label.length,
    label: Float64Array.from(label),
    features: columns.map((column) => Float64Array.from(column)),
    groups: [],
  };
}

function readValue(feature: Feature, text: string): number {
  if (text === "") return NaN;
  if (feature.type === "flag") return Number(feature.yes.includes(text));
  if (feature.type === "category") {
    const place = feature.codes.indexOf(text);
    return place < 0 ? NaN : place;
  }
  const value = Number(text);
  return value >= feature.least && value <= feature.most ? value : NaN;
}

export function pooled(boroughs: readonly LearningRows[]): LearningRows {
  const joined = (columns: readonly Float64Array[]) => Float64Array.from(columns.flatMap((column) => [...column]));
  return {
    count: boroughs.reduce((sum, { count }) => sum + count, 0),
    label: joined(boroughs.map(({ label }) => label)),
    features: boroughs[0]!.features.map((_, feature) => joined(boroughs.map(({ features }) => features[feature]!))),
    groups: [],
  };
}

export interface Fit {
  /** Higher is likelier, a number for each row. */
  score(rows: LearningRows): Float64Array;
}

/** Newton's method with step halving. A column that never varies gets no weight. */
export function fitLogistic(train: LearningRows, features: readonly Feature[], l2: number): Fit {
  const columns = columnsFor(train, features);
  const width = 1 + columns.length;
  const rows = design(train, columns);
  let beta = new Float64Array(width);
  let loss = lossOf(rows, train.label, beta, l2);
  for (let iteration = 0; iteration < 50; iteration++) {
    const step = newtonStep(rows, train.label, beta, l2);
    const tried = halvings.map((factor) => beta.map((value, index) => value + factor * step[index]!));
    const next = tried.find((each) => lossOf(rows, train.label, each, l2) <= loss);
    if (next === undefined) break;
    const gain = loss - lossOf(rows, train.label, next, l2);
    beta = next;
    loss -= gain;
    if (gain < 1e-9 * (1 + loss)) break;
  }
  return {
    score(other) {
      const others = design(other, columns);
      return other.label.map((_, row) => dot(others, row * width, beta));
    },
  };
}

const halvings = Array.from({ length: 12 }, (_, index) => 0.5 ** index);

/** Of a row's values by feature, what enters the model. */
type Column = (values: (feature: number) => number) => number;

/** A number, a flag, each code of a category but the first; then an indicator of each feature that has gaps. */
function columnsFor(rows: LearningRows, features: readonly Feature[]): Column[] {
  const raw = features.flatMap((feature, index): Column[] => {
    if (feature.type !== "category") return [(of) => of(index)];
    return feature.codes.slice(1).map(
      (_, code): Column =>
        (of) =>
          Number.isNaN(of(index)) ? NaN : Number(of(index) === code + 1),
    );
  });
  const scaled = raw.map((column): Column => {
    const values = Array.from(rows.label, (_, row) => column((feature) => rows.features[feature]![row]!));
    const known = values.filter((value) => !Number.isNaN(value));
    const mean = known.reduce((sum, value) => sum + value, 0) / Math.max(1, known.length);
    const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    const sd = Math.sqrt(squares / Math.max(1, known.length - 1));
    return (of) => {
      const value = column(of);
      return Number.isNaN(value) || sd === 0 ? 0 : (value - mean) / sd;
    };
  });
  const gaps = features.flatMap((_, index): Column[] => {
    return rows.features[index]!.some(Number.isNaN) ? [(of) => Number(Number.isNaN(of(index)))] : [];
  });
  return [...scaled, ...gaps];
}

/** The intercept's 1 and the columns, row by row. */
function design({ label, features }: LearningRows, columns: readonly Column[]): Float64Array {
  const width = 1 + columns.length;
  const out = new Float64Array(label.length * width);
  for (let row = 0; row < label.length; row++) {
    out[row * width] = 1;
    for (const [index, column] of columns.entries()) {
      out[row * width + 1 + index] = column((feature) => features[feature]![row]!);
    }
  }
  return out;
}

function dot(rows: Float64Array, from: number, beta: Float64Array): number {
  let sum = 0;
  for (let column = 0; column < beta.length; column++) sum += rows[from + column]! * beta[column]!;
  return sum;
}

function lossOf(rows: Float64Array, label: Float64Array, beta: Float64Array, l2: number): number {
  const width = beta.length;
  let loss = 0;
  for (let column = 1; column < width; column++) loss += 0.5 * l2 * beta[column]! ** 2;
  for (let row = 0; row < label.length; row++) {
    const odds = dot(rows, row * width, beta);
    loss += Math.max(odds, 0) + Math.log1p(Math.exp(-Math.abs(odds))) - label[row]! * odds;
  }
  return loss;
}

function newtonStep(rows: Float64Array, label: Float64Array, beta: Float64Array, l2: number): Float64Array {
  const width = beta.length;
  const gradient = new Float64Array(width);
  const hessian = Array.from({ length: width }, () => new Float64Array(width));
  for (let row = 0; row < label.length; row++) {
    const from = row * width;
    const p = 1 / (1 + Math.exp(-dot(rows, from, beta)));
    const weight = p * (1 - p);
    for (let i = 0; i < width; i++) {
      const x = rows[from + i]!;
      if (x === 0) continue;
      gradient[i]! += (label[row]! - p) * x;
      const line = hessian[i]!;
      for (let j = 0; j <= i; j++) line[j]! += weight * x * rows[from + j]!;
    }
  }
  for (let i = 0; i < width; i++) {
    if (i > 0) gradient[i]! -= l2 * beta[i]!;
    // The second part keeps a column that never varies, or follows from others, from dividing by zero.
    hessian[i]![i]! += (i > 0 ? l2 : 0) + 1e-6;
  }
  return solveCholesky(hessian, gradient);
}

/** Of the lower triangle. */
function solveCholesky(matrix: readonly Float64Array[], right: Float64Array): Float64Array {
  const n = right.length;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i]![j]!;
      for (let k = 0; k < j; k++) sum -= matrix[i]![k]! * matrix[j]![k]!;
      matrix[i]![j] = i === j ? Math.sqrt(sum) : sum / matrix[j]![j]!;
    }
  }
  const x = Float64Array.from(right);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i]! -= matrix[i]![k]! * x[k]!;
    x[i]! /= matrix[i]![i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i]! -= matrix[k]![i]! * x[k]!;
    x[i]! /= matrix[i]![i]!;
  }
  return x;
}

/** Of a positive and a negative row, how often the positive one scores higher; a tie counts half. */
export function aucOf(scores: Float64Array, label: Float64Array): number {
  const order = Array.from(scores.keys()).sort((a, b) => scores[a]! - scores[b]!);
  let ranks = 0;
  for (let from = 0; from < order.length;) {
    let to = from + 1;
    while (to < order.length && scores[order[to]!] === scores[order[from]!]) to++;
    for (let at = from; at < to; at++) ranks += label[order[at]!]! * ((from + to + 1) / 2);
    from = to;
  }
  const positives = label.reduce((sum, value) => sum + value, 0);
  return (ranks - (positives * (positives + 1)) / 2) / (positives * (label.length - positives));
}

/** How many times as many positives as evenly drawn rows have are among the `top` that score highest. */
export function liftAt(top: number, scores: Float64Array, label: Float64Array): number {
  const order = Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]! || a - b);
  const share = (rows: readonly number[]) => rows.reduce((sum, row) => sum + label[row]!, 0) / rows.length;
  return share(order.slice(0, top)) / share(order);
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
