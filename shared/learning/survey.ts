import { ProtocolError } from "../base/errors.ts";
import { MAX_MODEL_ROWS, MAX_PARTIES } from "../base/limits.ts";
import { BLOCK_ROWS, flushBlock, gridRounder } from "./fixed-sum.ts";
import type { StepLayout } from "./learner.ts";
import { labelBounds } from "./rows.ts";
import type { LearningRows, LearningTask } from "./task.ts";

/**
 * The first sum: how many rows there are, and how every feature is spread. Numbers travel as u = (x − least)/(most −
 * least), so a sum over every row of every party stays below 2^31. Openers take coarse working constants from it
 * (standardise.ts); the sums themselves never become public. What is counted a borough and not a row, who holds a level,
 * enters once from a borough's totals over all of its rows (surveyWords), never from a run of them.
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
  const holders = levelsOf(task).reduce((sum, count) => sum + Math.max(1, count) + 1, 0);
  return {
    words: counts + moments + holders,
    parts: [
      { name: "counts", length: counts, fractionBits: 0 },
      { name: "moments", length: moments, fractionBits: MOMENT_BITS },
      { name: "holders", length: holders, fractionBits: 0 },
    ],
  };
}

/** The rows' counts and moments, as totals that add. Missing values count in `usable` rows alone. */
export function surveyTotals(task: LearningTask, rows: LearningRows, usable: Int32Array): BigInt64Array {
  const classes = classesOf(task);
  const { parts } = surveyLayout(task);
  const counts = new Float64Array(parts[0]!.length);
  const moments = new Float64Array(parts[1]!.length);
  const totals = new BigInt64Array(counts.length + moments.length);
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

/** A borough's words, from the totals over all of its rows: each of its groups adds 1 to who holds it, or 0. */
export function surveyWords(task: LearningTask, totals: BigInt64Array): BigUint64Array {
  const words = new BigUint64Array(surveyLayout(task).words);
  words.set(new BigUint64Array(totals.buffer, totals.byteOffset, totals.length));
  const groups = groupCounts(task, (index) => Number(totals[index]!)).flat();
  groups.forEach((counts, index) => (words[totals.length + index] = total(counts) > 0 ? 1n : 0n));
  return words;
}

/** By feature, rows by class of its levels (a number: of where it is there), then of where it is missing. */
function groupCounts(task: LearningTask, count: (index: number) => number): number[][][] {
  const classes = classesOf(task);
  const byClass = (offset: number) => Array.from({ length: classes }, (_, index) => count(offset + index));
  const own = byClass(0);
  let offset = classes;
  return levelsOf(task).map((levels) => {
    const counted = Array.from({ length: levels + 1 }, (_, level) => byClass(offset + level * classes));
    offset += counted.length * classes;
    return levels > 0 ? counted : [own.map((rows, at) => rows - counted[0]![at]!), ...counted];
  });
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
  /** A flag: no, yes; a number: one, where it is there. */
  readonly levels: readonly Group[];
  readonly missing: Group;
  readonly moments: Moments;
}
/** Rows that have something in common. */
export interface Group {
  /** By class. */
  readonly counts: readonly number[];
  /** Boroughs that have one at least. */
  readonly holders: number;
}
/** Of u in [0, 1], over the rows that are not missing. */
export interface Moments {
  readonly mean: number;
  readonly variance: number;
}

/**
 * @param members how many boroughs the sum is of, where that is known
 * @throws ProtocolError "integrity" where the figures cannot be a sum of rows: someone's share was false
 */
export function readSurvey(task: LearningTask, words: BigUint64Array, members = MAX_PARTIES): Survey {
  const { parts } = surveyLayout(task);
  const count = (index: number): number => {
    if (words[index]! > BigInt(MAX_MODEL_ROWS * MAX_PARTIES)) throw bad("a count is none");
    return Number(words[index]!);
  };
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

  const own = Array.from({ length: classesOf(task) }, (_, index) => count(index));
  const rows = total(own);
  let held = parts[0]!.length + parts[1]!.length;
  const groupOf = (counts: readonly number[]): Group => {
    const holders = words[held++]!;
    const most = BigInt(Math.min(members, total(counts)));
    if (holders > most || (holders === 0n && most > 0n)) throw bad("a level's holders are not its rows'");
    return { counts, holders: Number(holders) };
  };
  const features = groupCounts(task, count).map((groups, index): FeatureSurvey => {
    own.forEach((all, at) => {
      const isNegative = groups.some((counts) => counts[at]! < 0);
      if (isNegative || total(groups.map((counts) => counts[at]!)) !== all) {
        throw bad("a feature's counts are not the rows'");
      }
    });
    const read = groups.map(groupOf);
    const missing = read.pop()!;
    return { levels: read, missing, moments: momentsOf(index + 1, rows - total(missing.counts)) };
  });
  return { rows, classes: own, label: momentsOf(0, rows), features };
}

export function total(counts: readonly number[]): number {
  return counts.reduce((sum, value) => sum + value, 0);
}

function bad(what: string): ProtocolError {
  return new ProtocolError("integrity", `opened survey: ${what}`);
}
