/** What may be published of a count: itself rounded, or "c", confidential. */
export type Protected = number | "c";

export interface CountControls {
  /** Below it, from 1 on, a count is withheld. */
  readonly minimumCount: number;
  readonly roundTo: number;
}

/**
 * Threshold, then rounding to the nearest multiple, half up (the ONS "10-5 rule", disclosure.md). A true zero is shown.
 */
export function protectCount(value: number, { minimumCount, roundTo }: CountControls): Protected {
  if (value === 0) return 0;
  if (value < minimumCount) return "c";
  return Math.floor(value / roundTo + 0.5) * roundTo;
}

/** The integers a published value could stand for, least and most. */
export function possibleValues(
  value: Protected,
  { minimumCount, roundTo }: CountControls,
): [least: number, most: number] {
  if (value === "c") return [1, minimumCount - 1];
  const mostRounded = value + Math.ceil(roundTo / 2) - 1;
  // Zero is also what a count of at least the minimum rounds to where roundTo is more than twice as much.
  if (value === 0) return [0, mostRounded >= minimumCount ? mostRounded : 0];
  return [Math.max(minimumCount, value - Math.floor(roundTo / 2)), mostRounded];
}
