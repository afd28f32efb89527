import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { possibleValues, protectCount } from "../../../../shared/disclosure/protect-count.ts";

const tenFive = { minimumCount: 10, roundTo: 5 };

describe("protectCount", () => {
  it.each<[number, number | "c"]>([
    [0, 0],
    [1, "c"],
    [9, "c"],
    [10, 10],
    [12, 10],
    [13, 15],
    [17, 15],
    [18, 20],
    [1_000_002, 1_000_000],
  ])("publishes %i as %s under threshold 10 and rounding to 5", (value, published) => {
    expect(protectCount(value, tenFive)).toBe(published);
  });

  it("rounds half up", () => {
    expect(protectCount(25, { minimumCount: 10, roundTo: 10 })).toBe(30);
    expect(protectCount(24, { minimumCount: 10, roundTo: 10 })).toBe(20);
  });
});

describe("possibleValues", () => {
  it("spans exactly the counts that are published alike", () => {
    const anyControls = fc.record({
      minimumCount: fc.integer({ min: 2, max: 40 }),
      roundTo: fc.integer({ min: 1, max: 40 }),
    });
    fc.assert(
      fc.property(anyControls, fc.nat(200), (controls, value) => {
        const published = protectCount(value, controls);
        const alike = [...Array(400).keys()].filter((other) => protectCount(other, controls) === published);
        expect(possibleValues(published, controls)).toEqual([alike[0], alike.at(-1)]);
      }),
      { numRuns: 500 },
    );
  });
});
