import { possibleValues, type CountControls, type Protected } from "./protect-count.ts";

/** An interval of a withheld cell with fewer integers than this says too much (disclosure.md, "Table"). */
export const LEAST_INTEGERS = 5;

/**
 * What a reader could work out: from everything published (cells, total, rounding) the integers each withheld figure
 * could be. One total over all cells is one equation, for which interval arithmetic is exact.
 * @returns the fewest integers left to any withheld cell, or null where none is withheld
 */
export function auditTable(total: Protected, cells: readonly Protected[], controls: CountControls): number | null {
  const ranges = cells.map((cell) => possibleValues(cell, controls));
  const [totalLeast, totalMost] = possibleValues(total, controls);
  const sumLeast = ranges.reduce((sum, [least]) => sum + least, 0);
  const sumMost = ranges.reduce((sum, [, most]) => sum + most, 0);
  let fewest: number | null = null;
  for (const [index, cell] of cells.entries()) {
    if (cell !== "c") continue;
    const [least, most] = ranges[index]!;
    const low = Math.max(least, totalLeast - (sumMost - most));
    const high = Math.min(most, totalMost - (sumLeast - least));
    fewest = Math.min(fewest ?? Infinity, high - low + 1);
  }
  return fewest;
}
