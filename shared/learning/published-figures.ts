import { possibleValues, protectCount, type CountControls, type Protected } from "../disclosure/protect-count.ts";
import { aucBracket, sum, type Bracket, type LabelHistogram } from "./ranking.ts";

/** From counts to published figures: ranges that hold the exact figure and follow from rounded counts alone. */

export interface ReleaseControls extends CountControls {
  readonly publicDigits: number;
}

/** "c" withheld, "z" without a value. */
export type PublishedBracket = Bracket | "c" | "z";
export type PublishedFigure = number | "c" | "z";

/** Each count is nothing, or enough to be shown. */
export function areSafe(counts: readonly number[], { minimumCount }: CountControls): boolean {
  return counts.every((count) => count === 0 || count >= minimumCount);
}

export function showCount(count: number, controls: CountControls): Protected {
  return protectCount(count, controls);
}

/** What a reader of the published count knows of it. */
export function countRange(count: number, controls: CountControls): Bracket {
  const [least, most] = possibleValues(protectCount(count, controls), controls);
  return { least, most };
}

/** Of a part to its whole. Null where the whole is nothing. */
export function ratio(part: Bracket, whole: Bracket): Bracket | null {
  if (whole.most === 0) return null;
  return { least: Math.min(1, part.least / whole.most), most: Math.min(1, part.most / Math.max(1, whole.least)) };
}

/** Rounded away from its middle: still holds what it held, but for the last places of a double. */
export function outward({ least, most }: Bracket, decimals: number): Bracket {
  const scale = 10 ** decimals;
  return { least: Math.floor(least * scale + NOISE) / scale, most: Math.ceil(most * scale - NOISE) / scale + 0 };
}

/** 0.68 · 10⁴ is a little more than 6800. */
const NOISE = 1e-6;

export function significant(value: number, digits: number): number {
  return Number(value.toPrecision(digits)) + 0;
}

/** A share of all cells of a table; withheld with any of them. */
export function shareOfTable(part: number, cells: readonly number[], controls: ReleaseControls): PublishedBracket {
  if (!areSafe(cells, controls)) return "c";
  const share = ratio(countRange(part, controls), countRange(sum(cells), controls));
  return share === null ? "z" : outward(share, controls.publicDigits);
}

/**
 * Withheld unless each label has the minimum of rows. With as few, an area says how many pairs are in order, so it never
 * has a digit beyond one pair.
 */
export function protectAuc(histogram: LabelHistogram, controls: ReleaseControls): PublishedBracket {
  const [negatives, positives] = [sum(histogram.negatives), sum(histogram.positives)];
  if (!areSafe([negatives, positives], controls)) return "c";
  const auc = aucBracket(histogram);
  if (auc === null) return "z";
  return outward(auc, Math.min(controls.publicDigits, Math.floor(Math.log10(negatives * positives))));
}
