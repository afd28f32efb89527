/**
 * What a histogram of scores by label says about an order, as brackets: rows of one bin could stand in any order, so
 * every figure is given with the least and the most it could be. The exact figure, of the rows themselves, always lies
 * between the two. Numbers only: protecting them is evaluation-release.ts's.
 */

/** Rows by bin, from the lowest scores to the highest. */
export interface LabelHistogram {
  readonly negatives: readonly number[];
  readonly positives: readonly number[];
}

/** `least` ≤ the exact figure ≤ `most`. */
export interface Bracket {
  readonly [key: string]: number;
  readonly least: number;
  readonly most: number;
}

/**
 * The area under the ROC curve, the share of pairs (positive, negative) in the right order: pairs within a bin are all
 * counted as wrong (`least`) and all as right (`most`), which also holds for the usual half of a true tie.
 * @returns null where a label has no row
 */
export function aucBracket({ negatives, positives }: LabelHistogram): Bracket | null {
  let below = 0;
  let right = 0;
  let together = 0;
  for (const [bin, positive] of positives.entries()) {
    right += positive * below;
    together += positive * negatives[bin]!;
    below += negatives[bin]!;
  }
  const pairs = sum(positives) * below;
  return pairs === 0 ? null : { least: right / pairs, most: (right + together) / pairs };
}

/** Where the first k rows from the top end: all of the bins above `bin`, and `taken` rows of those in it. */
export interface Cut {
  readonly bin: number;
  readonly taken: number;
  /** Rows in `bin`. */
  readonly rows: number;
}

/** @returns null where there are fewer rows than k */
export function cutAt(k: number, { negatives, positives }: LabelHistogram): Cut | null {
  let left = k;
  for (let bin = positives.length - 1; bin >= 0; bin--) {
    const rows = negatives[bin]! + positives[bin]!;
    if (rows >= left) return { bin, taken: left, rows };
    left -= rows;
  }
  return null;
}

/**
 * How many of some rows are among the first k of all.
 * @param part by bin, no more than all rows in any @param cut of all rows
 */
export function aboveCut(part: readonly number[], { bin, taken, rows }: Cut): Bracket {
  const above = sum(part.slice(bin + 1));
  const inside = part[bin]!;
  return { least: above + Math.max(0, taken - (rows - inside)), most: above + Math.min(taken, inside) };
}

/**
 * The largest difference between any two of the figures.
 * @returns null where there are not two
 */
export function largestGap(figures: readonly (Bracket | null)[]): Bracket | null {
  const known = figures.filter((figure) => figure !== null);
  if (known.length < 2) return null;
  const most = known.map((figure, index) =>
    Math.max(...known.filter((_, other) => other !== index).map((other) => figure.most - other.least)),
  );
  return {
    least: Math.max(0, Math.max(...known.map(({ least }) => least)) - Math.min(...known.map(({ most }) => most))),
    most: Math.max(0, ...most),
  };
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
