import { ProtocolError } from "../base/errors.ts";
import { MAX_PARTIES } from "../base/limits.ts";
import { sum, type LabelHistogram } from "./ranking.ts";
import type { StepPart } from "./learner.ts";
import type { EvaluationTask, Feature, LearningRows } from "./task.ts";

/**
 * The words of an evaluation of probabilities: a histogram of the scores by label, of all rows and of each value of each
 * group attribute, and what a histogram cannot say exactly. A row adds whole numbers only, so any split of the rows has
 * the same sum.
 */

/** One borough's words, or the sum of all, before they are words: whole numbers, already scaled by their parts' bits. */
type Whole = Float64Array;

export interface ScoreCounts {
  readonly all: LabelCounts;
  /** Sum of the scores by bin; null without "calibration". */
  readonly scores: readonly number[] | null;
  /** Sum of (score − label)²; null without "brier". */
  readonly squaredErrors: number | null;
  /** By group attribute, by value; empty without "group-gaps". */
  readonly groups: readonly (readonly GroupCounts[])[];
}

export interface GroupCounts extends LabelCounts {
  /** Boroughs that have a row of it at least. */
  readonly holders: number;
}

export interface LabelCounts extends LabelHistogram {
  /** Rows with a score above 0.5. */
  readonly flaggedNegatives: number;
  readonly flaggedPositives: number;
}

/** A score is below 1 or in the last bin: 31 bits leave room for 2^31 rows, and the error of a sum of n is n·2^-32. */
const SCORE_BITS = 31;

/** The values that rows can have in a group attribute, as people read them. */
export function groupValues(group: Feature): readonly string[] {
  switch (group.type) {
    case "category":
      return group.codes;
    case "flag":
      return ["no", "yes"];
    case "number":
      throw new ProtocolError("bad-input", `evaluate.groups: ${group.name} is a number, not a category or a flag`);
  }
}

export function scoreParts(evaluate: EvaluationTask): StepPart[] {
  const counts = (of: string): StepPart[] => [
    { name: `${of}negatives`, length: evaluate.bins, fractionBits: 0 },
    { name: `${of}positives`, length: evaluate.bins, fractionBits: 0 },
    { name: `${of}flagged`, length: 2, fractionBits: 0 },
  ];
  return [
    ...counts(""),
    ...(hasScores(evaluate) ? [{ name: "scores", length: evaluate.bins, fractionBits: SCORE_BITS }] : []),
    ...(hasSquares(evaluate) ? [{ name: "squared-errors", length: 1, fractionBits: SCORE_BITS }] : []),
    ...comparedGroups(evaluate).flatMap((group) =>
      groupValues(group).flatMap((value) => [
        ...counts(`${group.name}=${value} `),
        { name: `${group.name}=${value} holders`, length: 1, fractionBits: 0 },
      ]),
    ),
  ];
}

/**
 * Adds rows from `start` to before `end`. Rows without a label or a score are left out; who holds a group is for
 * `markHolders`, once a borough.
 * @param target as `scoreParts` lays it out @param scores probabilities; NaN where a row has none
 * @returns how many rows were counted
 * @throws ProtocolError "bad-input" where a score is no probability, or a label neither 0 nor 1, or a group value none of its codes
 */
export function addScores(
  target: Whole,
  { evaluate, scores, rows }: { evaluate: EvaluationTask; scores: Float64Array; rows: LearningRows },
  [start, end]: readonly [start: number, end: number],
): number {
  const { bins } = evaluate;
  const scale = 2 ** SCORE_BITS;
  const scoresAt = hasScores(evaluate) ? labelWords(evaluate) : -1;
  const squaresAt = hasSquares(evaluate) ? labelWords(evaluate) + (scoresAt < 0 ? 0 : bins) : -1;
  const blockWords = labelWords(evaluate) + 1;
  const groups = groupBlocks(evaluate).map((block, index) => ({ ...block, values: rows.groups[index]! }));

  let counted = 0;
  for (let row = start; row < end; row++) {
    const label = rows.label[row]!;
    const score = scores[row]!;
    if (Number.isNaN(label) || Number.isNaN(score)) continue;
    if (label !== 0 && label !== 1) throw new ProtocolError("bad-input", "evaluation: a label is neither 0 nor 1");
    if (!(score >= 0 && score <= 1)) throw new ProtocolError("bad-input", "evaluation: a score is not from 0 to 1");
    counted++;
    const bin = Math.min(bins - 1, Math.floor(score * bins));
    const cell = label * bins + bin;
    const flag = score > 0.5 ? 2 * bins + label : -1;
    target[cell]!++;
    if (flag >= 0) target[flag]!++;
    if (scoresAt >= 0) target[scoresAt + bin]! += Math.round(score * scale);
    if (squaresAt >= 0) target[squaresAt]! += Math.round((score - label) ** 2 * scale);
    for (const { name, at, places, values } of groups) {
      const value = values[row]!;
      if (Number.isNaN(value)) continue;
      // Any other place would be counted as another group's rows.
      if (!Number.isInteger(value) || value < 0 || value >= places) {
        throw new ProtocolError("bad-input", `evaluation: group ${name} has a value outside what is declared`);
      }
      const block = at + value * blockWords;
      target[block + cell]!++;
      if (flag >= 0) target[block + flag]!++;
    }
  }
  return counted;
}

/** @param words of all rows of one borough: each of its groups adds 1 to who holds it, or 0 */
export function markHolders(words: BigUint64Array, evaluate: EvaluationTask): void {
  const own = labelWords(evaluate);
  for (const { at, places } of groupBlocks(evaluate)) {
    for (let block = at; block < at + places * (own + 1); block += own + 1) {
      words[block + own] = words.subarray(block, block + own).some((count) => count > 0n) ? 1n : 0n;
    }
  }
}

/** Rows by bin and label, and those flagged. */
function labelWords({ bins }: EvaluationTask): number {
  return 2 * bins + 2;
}

/** Where each group attribute's values begin: a block each, whose last word is its holders. */
function groupBlocks(evaluate: EvaluationTask): { name: string; at: number; places: number }[] {
  let next = labelWords(evaluate) + (hasScores(evaluate) ? evaluate.bins : 0) + (hasSquares(evaluate) ? 1 : 0);
  return comparedGroups(evaluate).map((group) => {
    const places = groupValues(group).length;
    const at = next;
    next += places * (labelWords(evaluate) + 1);
    return { name: group.name, at, places };
  });
}

/**
 * The figures in an opened sum.
 * @throws ProtocolError "integrity" where no rows could have made it: a group larger than all, scores outside their bin,
 *   rows flagged whose bin says otherwise
 */
export function readScores(evaluate: EvaluationTask, parts: ReadonlyMap<string, readonly number[]>): ScoreCounts {
  const { bins } = evaluate;
  // Only in the bin of 0.5 may a row be flagged or not.
  const middle = Math.floor(bins / 2);
  const canBe = (flagged: number, rows: readonly number[]): boolean =>
    flagged >= sum(rows.slice(middle + 1)) && flagged <= sum(rows.slice(middle));
  const counts = (of: string): LabelCounts => {
    const negatives = parts.get(`${of}negatives`)!;
    const positives = parts.get(`${of}positives`)!;
    const [flaggedNegatives, flaggedPositives] = parts.get(`${of}flagged`)! as [number, number];
    must(canBe(flaggedNegatives, negatives) && canBe(flaggedPositives, positives), "rows flagged that cannot be");
    return { negatives, positives, flaggedNegatives, flaggedPositives };
  };
  const all = counts("");
  const scores = parts.get("scores") ?? null;
  const squaredErrors = parts.get("squared-errors")?.[0] ?? null;
  const grid = 2 ** -SCORE_BITS;
  scores?.forEach((score, bin) => {
    const rows = all.negatives[bin]! + all.positives[bin]!;
    const isWithin = score >= rows * (bin / bins - grid) && score <= rows * ((bin + 1) / bins + grid);
    must(isWithin, "scores outside their bin");
  });
  if (squaredErrors !== null) {
    const slack = grid * (sum(all.negatives) + sum(all.positives));
    // The least and the most of an error: a negative's score from 0, a positive's from 1.
    const squares = (near: 0 | 1): number =>
      sum(all.negatives.map((rows, bin) => rows * ((bin + near) / bins) ** 2)) +
      sum(all.positives.map((rows, bin) => rows * (1 - (bin + 1 - near) / bins) ** 2));
    const isWithin = squaredErrors >= squares(0) - slack && squaredErrors <= squares(1) + slack;
    must(isWithin, "squared errors that its scores cannot have");
  }
  const groups = comparedGroups(evaluate).map((group) =>
    groupValues(group).map((value): GroupCounts => {
      const own = counts(`${group.name}=${value} `);
      const [holders] = parts.get(`${group.name}=${value} holders`)! as [number];
      const most = Math.min(MAX_PARTIES, sum(own.negatives) + sum(own.positives));
      must(holders <= most && (holders > 0 || most === 0), "a group's holders that are not its rows'");
      return { ...own, holders };
    }),
  );
  for (const values of groups) {
    for (const label of ["negatives", "positives"] as const) {
      const isWithin = all[label].every((rows, bin) => sum(values.map((value) => value[label][bin]!)) <= rows);
      must(isWithin, "groups with more rows than there are");
    }
    for (const flagged of ["flaggedNegatives", "flaggedPositives"] as const) {
      must(sum(values.map((value) => value[flagged])) <= all[flagged], "groups with more rows flagged than there are");
    }
  }
  return { all, scores, squaredErrors, groups };
}

export function comparedGroups(evaluate: EvaluationTask): readonly Feature[] {
  return evaluate.metrics.includes("group-gaps") ? evaluate.groups : [];
}

function hasScores(evaluate: EvaluationTask): boolean {
  return evaluate.metrics.includes("calibration");
}

function hasSquares(evaluate: EvaluationTask): boolean {
  return evaluate.metrics.includes("brier");
}

function must(condition: boolean, what: string): void {
  if (!condition) throw new ProtocolError("integrity", `evaluation: the opened sum has ${what}`);
}
