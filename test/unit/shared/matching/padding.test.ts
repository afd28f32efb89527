import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_LIST_ROWS, MIN_LIST_ROWS } from "../../../../shared/base/limits.ts";
import { paddedRows } from "../../../../shared/matching/padding.ts";

describe("paddedRows", () => {
  it.each([
    [0, 1024],
    [1, 1024],
    [1024, 1024],
    [1025, 1088],
    [1088, 1088],
    [1089, 1152],
    [2047, 2048],
    // 2^19 ≤ n < 2^20: exponent 19 has five bits, so 14 low bits are cleared upwards.
    [1_000_000, 1_015_808],
    [1_048_577, 1_081_344],
  ])("pads %i rows to %i", (rows, padded) => {
    expect(paddedRows(rows)).toBe(padded);
  });

  it("never shrinks, adds at most 12 %, grows with the rows, and is a bucket itself", () => {
    fc.assert(
      fc.property(fc.integer({ min: MIN_LIST_ROWS, max: MAX_LIST_ROWS }), (rows) => {
        const padded = paddedRows(rows);
        expect(padded).toBeGreaterThanOrEqual(rows);
        expect(padded).toBeLessThanOrEqual(rows * 1.12);
        expect(padded).toBeLessThanOrEqual(paddedRows(rows + 1));
        expect(paddedRows(padded)).toBe(padded);
      }),
    );
  });
});
