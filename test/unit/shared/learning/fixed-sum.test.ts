import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  BLOCK_ROWS,
  flushBlock,
  fractionBitsFor,
  gridRounder,
  totalsToWords,
} from "../../../../shared/learning/fixed-sum.ts";

describe("rounding to the grid", () => {
  it("is to the nearest place, within the bounds that the bits promise", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -4, max: 20 }),
        fc.integer({ min: 0, max: 31 }),
        fc.double({ min: -1, max: 1, noNaN: true }),
        (valueBits, rowsBits, part) => {
          const bits = fractionBitsFor(valueBits, rowsBits);
          const round = gridRounder(bits);
          const value = part * 2 ** valueBits;
          const rounded = value + round - round;
          expect(Number.isInteger(rounded * 2 ** bits)).toBe(true);
          expect(Math.abs(rounded - value)).toBeLessThanOrEqual(2 ** (-bits - 1));
        },
      ),
    );
  });

  it("keeps 32 places where they fit, fewer where values or rows need the room", () => {
    expect(fractionBitsFor(0, 20)).toBe(32);
    expect(fractionBitsFor(11, 10)).toBe(32);
    expect(fractionBitsFor(12, 10)).toBe(31);
    expect(fractionBitsFor(6, 26)).toBe(30);
  });

  it("adds a block of the largest values without error", () => {
    for (const valueBits of [-2, 0, 11, 20]) {
      const bits = fractionBitsFor(valueBits, 10);
      const round = gridRounder(bits);
      const block = new Float64Array(1);
      const value = 2 ** valueBits - 2 ** -bits;
      for (let row = 0; row < BLOCK_ROWS; row++) block[0]! += value + round - round;
      const totals = new BigInt64Array(1);
      flushBlock(block, totals, 0, bits);
      expect(totals[0]).toBe(BigInt(BLOCK_ROWS) * (2n ** BigInt(valueBits + bits) - 1n));
      expect(block[0]).toBe(0);
    }
  });
});

describe("totals beyond what the layout promises", () => {
  const parts = [{ name: "score", length: 1, valueBits: 1, fractionBits: 4 }];

  it("are refused, whichever their sign", () => {
    for (const total of [97n, -97n, 2n ** 62n]) {
      expect(() => totalsToWords(BigInt64Array.of(total), parts, 3)).toThrow(/score is beyond the range/);
    }
  });

  it("are none at the bound, and travel as two's complement", () => {
    expect(totalsToWords(BigInt64Array.of(96n), parts, 3)).toEqual(BigUint64Array.of(96n));
    expect(totalsToWords(BigInt64Array.of(-96n), parts, 3)).toEqual(BigUint64Array.of(2n ** 64n - 96n));
  });
});
