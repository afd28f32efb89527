import { ProtocolError } from "../base/errors.ts";
import type { Feature, LearningRows, LearningTask } from "./task.ts";

/**
 * What a borough's rows must hold before a figure of theirs enters a sum. Errors name the feature, never a value or a
 * place: a bound that does not hold is the mapping's fault, and the whole step is refused rather than a row clipped.
 */

/** @throws ProtocolError "bad-input" where a column has another length, or holds what the declaration excludes */
export function checkRows(task: LearningTask, rows: LearningRows): void {
  if (rows.features.length !== task.features.length) throw bad("other features than the task's");
  checkColumn(rows.label, rows.count, "label", labelBounds(task));
  task.features.forEach((feature, index) => {
    checkColumn(rows.features[index]!, rows.count, `feature ${feature.name}`, featureBounds(feature));
  });
}

/** The label's range, whole numbers or not. @throws ProtocolError "bad-input" where the family cannot have it */
export function labelBounds(task: LearningTask): { least: number; most: number; whole: boolean } {
  if (task.family === "logistic") return { least: 0, most: 1, whole: true };
  const { attribute } = task.label;
  if (attribute.type !== "number" || !(attribute.least < attribute.most)) {
    throw bad(`label ${attribute.name}: a ${task.family} model needs a number with least below most`);
  }
  if (task.family === "poisson" && attribute.least < 0) {
    throw bad(`label ${attribute.name}: a poisson model needs a count from 0, and least is below it`);
  }
  return { least: attribute.least, most: attribute.most, whole: task.family === "poisson" };
}

function featureBounds(feature: Feature): { least: number; most: number; whole: boolean } {
  if (feature.type === "number") return { least: feature.least, most: feature.most, whole: false };
  return { least: 0, most: feature.type === "flag" ? 1 : feature.codes.length - 1, whole: true };
}

function checkColumn(
  column: Float64Array,
  count: number,
  what: string,
  { least, most, whole }: { least: number; most: number; whole: boolean },
): void {
  if (column.length !== count) throw bad(`${what}: its column has another length`);
  for (let row = 0; row < count; row++) {
    const value = column[row]!;
    // NaN is missing; an infinite value is beyond any range.
    if (value < least || value > most || (whole && value % 1 !== 0 && !Number.isNaN(value))) {
      throw bad(`${what}: a value is outside what is declared`, "check the mapping, then `node charter check`");
    }
  }
}

/** Places of the rows that count: with a label, and, where rows with gaps are left out, without a gap. */
export function usableRows(task: LearningTask, rows: LearningRows): Int32Array {
  const places = new Int32Array(rows.count);
  let found = 0;
  for (let row = 0; row < rows.count; row++) {
    if (Number.isNaN(rows.label[row]!)) continue;
    if (task.missing === "drop-row" && rows.features.some((column) => Number.isNaN(column[row]!))) continue;
    places[found++] = row;
  }
  return places.subarray(0, found);
}

/** A run of the rows, from `from` up to `to`. */
export function sliceRows(rows: LearningRows, from: number, to: number): LearningRows {
  return {
    count: to - from,
    label: rows.label.slice(from, to),
    features: rows.features.map((column) => column.slice(from, to)),
    groups: rows.groups.map((column) => column.slice(from, to)),
  };
}

function bad(what: string, hint?: string): ProtocolError {
  return new ProtocolError("bad-input", `learning: ${what}`, hint === undefined ? {} : { hint });
}
