import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { auditSplits, LEAST_INTEGERS } from "../../../../shared/disclosure/audit.ts";
import { possibleValues, protectCount, type Protected } from "../../../../shared/disclosure/protect-count.ts";
import { protectPairFigure } from "../../../../shared/disclosure/protect-pair.ts";
import { protectRelease } from "../../../../shared/disclosure/protect-release.ts";
import { codeOf } from "../crypto/support.ts";

const controls = { minimumCount: 10, roundTo: 5 };

/** A table of 2 × 2 with its own sum as total. */
function release(cells: readonly number[]) {
  const total = cells.reduce((sum, cell) => sum + cell, 0);
  return protectRelease(
    { total, table: { left: 2, right: 2, triangular: false, cells }, pairs: null, ownersWithLists: 0 },
    controls,
  );
}

/** Tries every combination of counts that would be published alike. */
function possibleCounts(total: Protected | null, cells: readonly Protected[]): Set<number>[] {
  const seen = cells.map(() => new Set<number>());
  const totals = total === null ? [0, Infinity] : possibleValues(total, controls);
  const walk = (chosen: readonly number[], sum: number) => {
    if (chosen.length === cells.length) {
      if (sum >= totals[0]! && sum <= totals[1]!) chosen.forEach((value, index) => seen[index]!.add(value));
      return;
    }
    const [least, most] = possibleValues(cells[chosen.length]!, controls);
    for (let value = least; value <= most; value++) walk([...chosen, value], sum + value);
  };
  walk([], 0);
  return seen;
}

/** Tries every combination of two ways to split one total. */
function possibleOfTwo(total: Protected | null, one: readonly Protected[], other: readonly Protected[]) {
  const sumsOf = (figures: readonly Protected[]) =>
    figures.reduce<number[]>(
      (sums, figure) => {
        const [least, most] = possibleValues(figure, controls);
        const next = sums.flatMap((sum) => Array.from({ length: most - least + 1 }, (_, value) => sum + least + value));
        return [...new Set(next)];
      },
      [0],
    );
  const [least, most] = total === null ? [0, Infinity] : possibleValues(total, controls);
  const others = new Set(sumsOf(other).filter((sum) => sum >= least && sum <= most));
  return one.map((figure, index) => {
    const rest = sumsOf(one.filter((_, at) => at !== index));
    const [low, high] = possibleValues(figure, controls);
    const values = Array.from({ length: high - low + 1 }, (_, value) => low + value);
    return new Set(values.filter((value) => rest.some((sum) => others.has(sum + value))));
  });
}

const anyCount = fc.oneof(fc.nat(40), fc.integer({ min: 1, max: 9 }));
const protect = (counts: readonly number[]) => counts.map((count) => protectCount(count, controls));
const addUp = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);

describe("auditSplits", () => {
  it("finds as few integers for a withheld cell as trying every combination does", () => {
    fc.assert(
      fc.property(fc.array(anyCount, { minLength: 1, maxLength: 4 }), fc.boolean(), (counts, withTotal) => {
        const cells = protect(counts);
        const total = withTotal ? protectCount(addUp(counts), controls) : null;
        const left = possibleCounts(total, cells)
          .filter((_, index) => cells[index] === "c")
          .map(({ size }) => size);
        expect(auditSplits(total, [cells], controls)).toBe(left.length === 0 ? null : Math.min(...left));
      }),
    );
  });

  it("sees that a table narrows a pair's figure through the total they share, and the other way round", () => {
    fc.assert(
      fc.property(
        fc.array(anyCount, { minLength: 1, maxLength: 3 }),
        fc.nat(),
        fc.boolean(),
        (counts, cut, withTotal) => {
          const sum = addUp(counts);
          const first = sum === 0 ? 0 : cut % (sum + 1);
          const [cells, pairs] = [protect(counts), protect([first, sum - first])];
          const total = withTotal ? protectCount(sum, controls) : null;
          const sizes = [...possibleOfTwo(total, cells, pairs), ...possibleOfTwo(total, pairs, cells)].map(
            ({ size }) => size,
          );
          const left = sizes.filter((_, index) => [...cells, ...pairs][index] === "c");
          expect(auditSplits(total, [cells, pairs], controls)).toBe(left.length === 0 ? null : Math.min(...left));
        },
      ),
    );
  });
});

describe("protectPairFigure", () => {
  const both = (left: number, right: number) => ({ sizes: { left, right }, rows: { left: 1024, right: 1024 } });
  const sizes = both(500, 300);
  it("protects as any count does", () => {
    expect([0, 1, 9, 10, 123].map((common) => protectPairFigure(common, sizes, controls))).toEqual([
      0,
      "c",
      "c",
      10,
      125,
    ]);
  });

  it("withholds a figure that is all but one side's whole set: it says something of everybody in it", () => {
    expect(protectPairFigure(290, sizes, controls)).toBe(290);
    for (const common of [291, 299, 300]) expect(protectPairFigure(common, sizes, controls)).toBe("c");
    expect(protectPairFigure(0, both(5, 5), controls)).toBe(0);
  });

  it.each([
    ["more rows than the list has", 50, both(1025, 300)],
    ["fewer rows than have matched", 50, both(500, 49)],
  ])("stops at an owner that says %s", (_, common, told) => {
    expect(codeOf(() => protectPairFigure(common, told, controls))).toBe("integrity");
  });
});

describe("protectRelease", () => {
  it("publishes a total alone, protected", () => {
    expect(protectRelease({ total: 123, table: null, pairs: null, ownersWithLists: 0 }, controls)).toEqual({
      result: { total: 125, table: null },
    });
    expect(protectRelease({ total: 7, table: null, pairs: null, ownersWithLists: 0 }, controls)).toEqual({
      result: { total: "c", table: null },
    });
    expect(protectRelease({ total: 0, table: null, pairs: null, ownersWithLists: 0 }, controls)).toEqual({
      result: { total: 0, table: null },
    });
  });

  it("publishes pairs beside a total, or alone, and refuses where they say too much together", () => {
    const pairs = (total: number | null, figures: Protected[]) =>
      protectRelease({ total, table: null, pairs: figures, ownersWithLists: 0 }, controls);
    expect(pairs(null, ["c", 25])).toEqual({ result: { total: null, table: null } });
    expect(pairs(60, ["c", 25, "c", 30])).toHaveProperty("result");
    // 98…102 less 98…102: the withheld pair would be 1…4.
    expect(pairs(101, ["c", 100])).toEqual({ refused: expect.stringContaining("worked out") as string });
    // Withheld for being a whole set: with the total it could be told.
    expect(pairs(340, ["c", 40])).toHaveProperty("refused");
  });

  it("refuses a total where three owners with lists of their own rows could take their pairs from it", () => {
    const refuses = (ownersWithLists: number, pairs: Protected[] | null, total: number | null = 90) =>
      "refused" in protectRelease({ total, table: null, pairs, ownersWithLists }, controls);
    expect(refuses(3, null)).toBe(true);
    expect(refuses(3, ["c", 40, 45])).toBe(true);
    // What is published anyway need not be worked out; without a total there is nothing to take from.
    expect(refuses(3, [10, 40, 40])).toBe(false);
    expect(refuses(3, ["c", 40, 45], null)).toBe(false);
    expect(refuses(4, null)).toBe(false);
    expect(refuses(0, null)).toBe(false);
  });

  it("publishes every cell protected, in its place", () => {
    expect(release([12, 4, 0, 33])).toEqual({
      result: { total: 50, table: { left: 2, right: 2, triangular: false, cells: [10, "c", 0, 35] } },
    });
  });

  it("refuses a table of which more than half is withheld", () => {
    expect(release([3, 4, 5, 100])).toEqual({ refused: expect.stringContaining("more than half") as string });
    expect(release([3, 4, 200, 100])).toHaveProperty("result");
  });

  it("refuses where the rounded figures leave a withheld cell too few values", () => {
    // 98…102 and 108…112 in all: the withheld cell is 6…9.
    expect(release([102, 9, 0, 0])).toEqual({ refused: expect.stringContaining("worked out") as string });
    // The same cells with another withheld one beside: no longer.
    expect(release([102, 9, 1, 0])).toHaveProperty("result");
  });

  it("never publishes a table in which a withheld cell could be one of fewer than five counts", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(30), { minLength: 4, maxLength: 4 }), (cells) => {
        const outcome = release(cells);
        if ("refused" in outcome || outcome.result.table === null) return;
        const published = outcome.result.table.cells;
        for (const [index, possible] of possibleCounts(outcome.result.total, published).entries()) {
          if (published[index] === "c") expect(possible.size).toBeGreaterThanOrEqual(LEAST_INTEGERS);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("never names a figure in a refusal", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(60), { minLength: 4, maxLength: 4 }), (cells) => {
        const outcome = release(cells);
        if ("refused" in outcome) expect(outcome.refused).not.toMatch(/\d/);
      }),
    );
  });
});
