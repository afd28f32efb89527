import { MIN_LIST_ROWS } from "../base/limits.ts";

/**
 * The length a list is padded to: Padmé (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and
 * Communication with PURBs", PoPETs 2019, algorithm 1), which shows O(log log n) bits of n and adds at most 12 %; never
 * below MIN_LIST_ROWS.
 * @param rows 0 … 2^31
 */
export function paddedRows(rows: number): number {
  if (rows <= MIN_LIST_ROWS) return MIN_LIST_ROWS;
  const exponent = 31 - Math.clz32(rows);
  const kept = 32 - Math.clz32(exponent);
  const step = 2 ** (exponent - kept);
  return Math.ceil(rows / step) * step;
}
