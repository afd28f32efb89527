import { ProtocolError } from "../base/errors.ts";
import type { StepPart } from "./learner.ts";
import type { LearningRows, LearningTask } from "./task.ts";

/**
 * The words of an evaluation of predicted numbers (linear, Poisson): sums from which the mean squared error, R² and, for
 * counts, the mean deviance and its share explained follow exactly. Labels and predictions enter as parts of the
 * declared range of the label, so that the ring's room is known beforehand.
 */
export interface NumberCounts {
  readonly rows: number;
  /** Of (label − least) / (most − least), as all below but the two of poisson. */
  readonly labels: number;
  readonly squaredLabels: number;
  readonly errors: number;
  readonly squaredErrors: number;
  /** poisson: Σ y·ln y and the unit deviances Σ 2(y·ln(y/μ) − y + μ). Null for linear. */
  readonly poisson: { readonly logLabels: number; readonly deviance: number } | null;
}

/** How far beyond the label's range, in its widths, a prediction may lie before the model is taken to be broken. */
const FURTHEST = 16;
/** A unit deviance may be as large; an expected count nearly 0 where there were many makes it larger. */
const FURTHEST_DEVIANCE = 4096;

export function labelRange({ label: { attribute } }: LearningTask): { least: number; width: number } {
  if (attribute.type !== "number" || !(attribute.most > attribute.least)) {
    throw new ProtocolError("bad-input", `label: ${attribute.name} is not a number with a range`);
  }
  return { least: attribute.least, width: attribute.most - attribute.least };
}

export function numberParts(task: LearningTask): StepPart[] {
  const most = labelRange(task).least + labelRange(task).width;
  return [
    { name: "rows", length: 1, fractionBits: 0 },
    { name: "labels", length: 1, fractionBits: bitsFor(1) },
    { name: "squared-labels", length: 1, fractionBits: bitsFor(1) },
    { name: "errors", length: 1, fractionBits: bitsFor(FURTHEST) },
    { name: "squared-errors", length: 1, fractionBits: bitsFor(FURTHEST ** 2) },
    ...(task.family === "poisson"
      ? [
          { name: "log-labels", length: 1, fractionBits: bitsFor(most * Math.max(1, Math.log(most))) },
          { name: "deviance", length: 1, fractionBits: bitsFor(FURTHEST_DEVIANCE) },
        ]
      : []),
  ];
}

/** Binary places such that 2^31 rows of at most `most` each stay below 2^63. */
function bitsFor(most: number): number {
  return 31 - Math.ceil(Math.log2(most));
}

/**
 * Adds rows from `start` to before `end`; rows without a label or a prediction are left out.
 * @returns how many rows were counted
 * @throws ProtocolError "bad-input" where a label is outside its declared range, or a prediction too far outside it
 */
export function addNumbers(
  target: Float64Array,
  { task, scores, rows }: { task: LearningTask; scores: Float64Array; rows: LearningRows },
  [start, end]: readonly [start: number, end: number],
): number {
  const { least, width } = labelRange(task);
  const scales = numberParts(task).map(({ fractionBits }) => 2 ** fractionBits);
  const add = (part: number, value: number): void => {
    target[part]! += Math.round(value * scales[part]!);
  };
  let counted = 0;
  for (let row = start; row < end; row++) {
    const label = rows.label[row]!;
    const score = scores[row]!;
    if (Number.isNaN(label) || Number.isNaN(score)) continue;
    const part = (label - least) / width;
    const error = (score - label) / width;
    if (!(part >= 0 && part <= 1)) throw new ProtocolError("bad-input", "evaluation: a label is outside its range");
    if (!(Math.abs(error) <= FURTHEST)) throw tooFar();
    counted++;
    add(0, 1);
    add(1, part);
    add(2, part * part);
    add(3, error);
    add(4, error * error);
    if (task.family !== "poisson") continue;
    const logLabel = label === 0 ? 0 : label * Math.log(label);
    const deviance = 2 * (logLabel - (label === 0 ? 0 : label * Math.log(score)) - label + score);
    if (!(score > 0 && deviance <= FURTHEST_DEVIANCE)) throw tooFar();
    add(5, logLabel);
    add(6, Math.max(0, deviance));
  }
  return counted;
}

function tooFar(): ProtocolError {
  return new ProtocolError("bad-input", "evaluation: a prediction is too far from its label", {
    hint: "the model does not fit these rows: was a feature given in another unit?",
  });
}

/** The figures in an opened sum. @throws ProtocolError "integrity" where no rows could have made it */
export function readNumbers(parts: ReadonlyMap<string, readonly number[]>): NumberCounts {
  const one = (name: string): number => parts.get(name)![0]!;
  const [rows, labels, squaredLabels] = [one("rows"), one("labels"), one("squared-labels")];
  const [errors, squaredErrors] = [one("errors"), one("squared-errors")];
  // Each row's rounding is at most half of the last place.
  const slack = rows * 2 ** -31;
  const errorSlack = rows * 2 ** -bitsFor(FURTHEST ** 2);
  must(labels >= 0 && labels <= rows + slack && squaredLabels <= labels + slack, "labels outside their range");
  must(isSquareOf(squaredLabels, labels, rows, slack), "labels whose squares are too small");
  must(squaredErrors <= FURTHEST ** 2 * rows + errorSlack, "errors beyond what a row may have");
  must(isSquareOf(squaredErrors, errors, rows, errorSlack), "errors whose squares are too small");
  const poisson = parts.has("deviance") ? { logLabels: one("log-labels"), deviance: one("deviance") } : null;
  must(poisson === null || (poisson.logLabels >= 0 && poisson.deviance >= 0), "a figure of counts below 0");
  return { rows, labels, squaredLabels, errors, squaredErrors, poisson };
}

/** Whether rows could have both sums: (Σx)² ≤ n·Σx², by Cauchy and Schwarz. */
function isSquareOf(squares: number, total: number, rows: number, slack: number): boolean {
  return squares >= 0 && Math.max(0, Math.abs(total) - slack) ** 2 <= rows * (squares + slack);
}

function must(condition: boolean, what: string): void {
  if (!condition) throw new ProtocolError("integrity", `evaluation: the opened sum has ${what}`);
}
