import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeFixed, encodeFixed, wordsToCounts } from "../../../../shared/aggregation/fixed-point.ts";
import { codeOf } from "../crypto/support.ts";

describe("fixed point", () => {
  it("gives back every value to half a step", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1000, max: 1000, noNaN: true }), { maxLength: 20 }),
        fc.integer({ min: 0, max: 40 }),
        (values, scaleBits) => {
          const back = decodeFixed(encodeFixed(values, { scaleBits, range: 1000, owners: 33 }), scaleBits);
          for (const [i, value] of values.entries()) {
            expect(Math.abs((back[i] ?? NaN) - value)).toBeLessThanOrEqual(2 ** -scaleBits / 2);
          }
        },
      ),
    );
  });

  it("adds in the ring as the rounded values add, negative ones too", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -(2 ** 20), max: 2 ** 20 }), { minLength: 3, maxLength: 40 }), (steps) => {
        const scaleBits = 32;
        const words = steps.map((step) =>
          encodeFixed([step / 256], { scaleBits, range: 2 ** 12, owners: steps.length }).at(0),
        );
        const sum = BigUint64Array.of(words.reduce<bigint>((all, word) => BigInt.asUintN(64, all + (word ?? 0n)), 0n));
        expect(decodeFixed(sum, scaleBits)).toEqual([steps.reduce((all, step) => all + step, 0) / 256]);
      }),
    );
  });

  it("refuses what could overflow in the sum, and accepts the last range that cannot", () => {
    // N · range · 2^F < 2^63: with N = 4 and F = 32, range < 2^29.
    const most = { scaleBits: 32, range: 2 ** 29 - 1, owners: 4 };
    expect(decodeFixed(encodeFixed([most.range, -most.range], most), 32)).toEqual([most.range, -most.range]);
    expect(codeOf(() => encodeFixed([0], { ...most, range: 2 ** 29 }))).toBe("bad-input");
    expect(codeOf(() => encodeFixed([0], { ...most, owners: 5 }))).toBe("bad-input");
    expect(codeOf(() => encodeFixed([0], { ...most, scaleBits: 33 }))).toBe("bad-input");
  });

  it("refuses a value beyond its range and never clips it", () => {
    const options = { scaleBits: 8, range: 10, owners: 3 };
    expect(codeOf(() => encodeFixed([10], options))).toBe("no error");
    for (const value of [10.001, -10.001, Infinity, -Infinity, NaN]) {
      expect(codeOf(() => encodeFixed([0, value], options))).toBe("bad-input");
    }
  });

  it("names the coordinate and not the value", () => {
    expect(() => encodeFixed([1, 2, 98765], { scaleBits: 0, range: 10, owners: 3 })).toThrow(
      /coordinate 2 (?!.*98765)/,
    );
  });

  it("refuses a range that is no finite number", () => {
    for (const range of [NaN, Infinity, -1]) {
      expect(codeOf(() => encodeFixed([0], { scaleBits: 0, range, owners: 3 }))).toBe("bad-input");
    }
  });
});

describe("counts from an opened sum", () => {
  it("come out from zero to the most", () => {
    expect(wordsToCounts(BigUint64Array.of(0n, 7n, 100n), 100)).toEqual([0, 7, 100]);
  });

  it("are refused beyond the most and below zero", () => {
    expect(codeOf(() => wordsToCounts(BigUint64Array.of(101n), 100))).toBe("integrity");
    expect(codeOf(() => wordsToCounts(BigUint64Array.of(BigInt.asUintN(64, -1n)), 100))).toBe("integrity");
  });
});
