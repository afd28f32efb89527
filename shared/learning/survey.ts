import { ProtocolError } from "../base/errors.ts";
import { MAX_MODEL_ROWS, MAX_PARTIES } from "../base/limits.ts";
import { BLOCK_ROWS, flushBlock, gridRounder } from "./fixed-sum.ts";
import type { StepLayout } from "./learner.ts";
import { labelBounds } from "./rows.ts";
import type { LearningRows, LearningTask } from "./task.ts";

/**
 * The first sum: how many rows there are, and how every feature is spread. Numbers travel as u = (x − least)/(most −
 * least), so a sum over every row of every party stays below 2^31. Openers take coarse working constants from it
 * (standardise.ts); the sums themselves never become public.
 */
const MOMENT_BITS = 32;

/** What a value counts as beside its label: 0 or not; a linear label has no classes. */
function classesOf({ family }: LearningTask): 1 | 2 {
  return family === "linear" ? 1 : 2;
}

/** Words of a feature's counts: levels × classes, then the missing × classes. A number counts only the missing. */
function levelsOf(task: LearningTask): number[] {
  return task.features.map((feature) =>
    feature.type === "number" ? 0 : feature.type === "flag" ? 2 : feature.codes.length,
  );
}

export function surveyLayout(task: LearningTask): StepLayout {
  const levels = levelsOf(task).reduce((sum, count) => sum + count + 1, 1);
  const counts = levels * classesOf(task);
  const moments = 2 * (1 + task.features.length);
  return {
    words: counts + moments,
    parts: [
      { name: "counts", length: counts, fractionBits: 0 },
      { name: "moments", length: moments, fractionBits: MOMENT_BITS },
    ],
  };
}

/** The rows' words, as totals that add. Missing values count in `usable` rows alone. */
export function surveyTotals(task: LearningTask, rows: LearningRows, usable: Int32Array): BigInt64Array {
  const classes = classesOf(task);
  const { words, parts } = surveyLayout(task);
  const totals = new BigInt64Array(words);
  const counts = new Float64Array(parts[0]!.length);
  const moments = new Float64Array(parts[1]!.length);
  const classOf = (row: number) => (classes === 2 && rows.label[row]! > 0 ? 1 : 0);
  for (const row of usable) counts[classOf(row)]!++;
  let offset = classes;
  levelsOf(task).forEach((levels, index) => {
    const column = rows.features[index]!;
    for (const row of usable) {
      const value = column[row]!;
      if (Number.isNaN(value)) counts[offset + levels * classes + classOf(row)]!++;
      else if (levels > 0) counts[offset + value * classes + classOf(row)]!++;
    }
    offset += (levels + 1) * classes;
  });
  flushBlock(counts, totals, 0, 0);

  const columns = [
    { values: rows.label, ...labelBounds(task) },
    ...task.features.map((feature, index) => ({ values: rows.features[index]!, ...boundsOf(feature) })),
  ];
  const round = gridRounder(MOMENT_BITS);
  for (let start = 0; start < usable.length; start += BLOCK_ROWS) {
    const block = usable.subarray(start, start + BLOCK_ROWS);
    columns.forEach(({ values, least, most }, index) => {
      for (const row of block) {
        const value = values[row]!;
        if (Number.isNaN(value)) continue;
        const u = (value - least) / (most - least);
        moments[2 * index]! += u + round - round;
        moments[2 * index + 1]! += u * u + round - round;
      }
    });
    flushBlock(moments, totals, counts.length, MOMENT_BITS);
  }
  return totals;
}

function boundsOf(feature: LearningTask["features"][number]): { least: number; most: number } {
  return feature.type === "number" ? feature : { least: 0, most: feature.type === "flag" ? 1 : feature.codes.length };
}

/** What an opened survey says. Openers alone. */
export interface Survey {
  /** Usable rows. */
  readonly rows: number;
  /** By class: label 0, label above 0. A linear model has one class. */
  readonly classes: readonly number[];
  readonly label: Moments;
  readonly features: readonly FeatureSurvey[];
}
export interface FeatureSurvey {
  /** By level (a flag: no, yes; a number: none), rows by class. */
  readonly levels: readonly (readonly number[])[];
  readonly missing: readonly number[];
  readonly moments: Moments;
}
/** Of u in [0, 1], over the rows that are not missing. */
export interface Moments {
  readonly mean: number;
  readonly variance: number;
}

/** @throws ProtocolError "integrity" where the figures cannot be a sum of rows: someone's share was false */
export function readSurvey(task: LearningTask, words: BigUint64Array): Survey {
  const classes = classesOf(task);
  const { parts } = surveyLayout(task);
  const count = (index: number): number => {
    if (words[index]! > BigInt(MAX_MODEL_ROWS * MAX_PARTIES)) throw bad("a count is none");
    return Number(words[index]!);
  };
  const byClass = (offset: number) => Array.from({ length: classes }, (_, index) => count(offset + index));
  const momentsOf = (index: number, rows: number): Moments => {
    const at = parts[0]!.length + 2 * index;
    const [sum, squares] = [words[at]!, words[at + 1]!].map((word) => Number(word) / 2 ** MOMENT_BITS) as [
      number,
      number,
    ];
    // u² ≤ u, to the grid's half place a row.
    if (sum > rows || squares > sum + rows / 2 ** MOMENT_BITS) throw bad("a sum is beyond its rows");
    const mean = rows === 0 ? 0 : sum / rows;
    return { mean, variance: rows < 2 ? 0 : Math.max(0, (squares - sum * mean) / (rows - 1)) };
  };

  const own = byClass(0);
  const rows = total(own);
  let offset = classes;
  const features = levelsOf(task).map((length, index): FeatureSurvey => {
    const levels = Array.from({ length }, (_, level) => byClass(offset + level * classes));
    const missing = byClass(offset + length * classes);
    offset += (length + 1) * classes;
    own.forEach((most, at) => {
      const found = total(levels.map((counts) => counts[at]!)) + missing[at]!;
      if (found > most || (length > 0 && found < most)) throw bad("a feature's counts are not the rows'");
    });
    return { levels, missing, moments: momentsOf(index + 1, rows - total(missing)) };
  });
  return { rows, classes: own, label: momentsOf(0, rows), features };
}

export function total(counts: readonly number[]): number {
  return counts.reduce((sum, value) => sum + value, 0);
}

function bad(what: string): ProtocolError {
  return new ProtocolError("integrity", `opened survey: ${what}`);
}
