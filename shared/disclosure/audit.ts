import { possibleValues, type CountControls, type Protected } from "./protect-count.ts";

/** An interval of a withheld cell with fewer integers than this says too much (disclosure.md, "Table"). */
export const LEAST_INTEGERS = 5;

type Interval = readonly [least: number, most: number];

/**
 * What a reader could work out: from everything published (the total, and each way it is split up: cells of a table,
 * pairs of boroughs) the integers each withheld figure could be. Every split adds up to the one total, so its figures
 * narrow the total and through it the other splits'; with one equation a split, interval arithmetic is exact.
 *
 * A pair's figure may be withheld for being a whole set (protect-pair.ts); it is taken for a small one here, which is
 * the narrower reading.
 * @param total null where none is published
 * @returns the fewest integers left to any withheld figure, or null where none is withheld
 */
export function auditSplits(
  total: Protected | null,
  splits: readonly (readonly Protected[])[],
  controls: CountControls,
): number | null {
  const ranges = splits.map((figures) => figures.map((figure) => possibleValues(figure, controls)));
  const whole = ranges
    .map(addUp)
    .reduce(overlap, total === null ? [0, Number.MAX_SAFE_INTEGER] : possibleValues(total, controls));
  let fewest: number | null = null;
  for (const [split, figures] of splits.entries()) {
    const [sumLeast, sumMost] = addUp(ranges[split]!);
    for (const [index, figure] of figures.entries()) {
      if (figure !== "c") continue;
      const [least, most] = ranges[split]![index]!;
      const left = overlap([least, most], [whole[0] - (sumMost - most), whole[1] - (sumLeast - least)]);
      fewest = Math.min(fewest ?? Infinity, left[1] - left[0] + 1);
    }
  }
  return fewest;
}

function addUp(ranges: readonly Interval[]): Interval {
  return ranges.reduce<Interval>(([least, most], [low, high]) => [least + low, most + high], [0, 0]);
}

function overlap(one: Interval, other: Interval): Interval {
  return [Math.max(one[0], other[0]), Math.min(one[1], other[1])];
}
