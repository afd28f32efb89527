import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { auditTable, LEAST_INTEGERS } from "../../../../shared/disclosure/audit.ts";
import { possibleValues, protectCount, type Protected } from "../../../../shared/disclosure/protect-count.ts";
import { protectRelease } from "../../../../shared/disclosure/protect-release.ts";

const controls = { minimumCount: 10, roundTo: 5 };

/** A table of 2 × 2 with its own sum as total. */
function release(cells: readonly number[]) {
  const total = cells.reduce((sum, cell) => sum + cell, 0);
  return protectRelease({ total, table: { left: 2, right: 2, triangular: false, cells } }, controls);
}

/** Tries every combination of counts that would be published alike. */
function possibleCounts(total: Protected, cells: readonly Protected[]): Set<number>[] {
  const seen = cells.map(() => new Set<number>());
  const totals = possibleValues(total, controls);
  const walk = (chosen: readonly number[], sum: number) => {
    if (chosen.length === cells.length) {
      if (sum >= totals[0] && sum <= totals[1]) chosen.forEach((value, index) => seen[index]!.add(value));
      return;
    }
    const [least, most] = possibleValues(cells[chosen.length]!, controls);
    for (let value = least; value <= most; value++) walk([...chosen, value], sum + value);
  };
  walk([], 0);
  return seen;
}

describe("auditTable", () => {
  it("finds as few integers for a withheld cell as trying every combination does", () => {
    const anyCell = fc.oneof(fc.nat(40), fc.integer({ min: 1, max: 9 }));
    fc.assert(
      fc.property(fc.array(anyCell, { minLength: 1, maxLength: 4 }), (counts) => {
        const cells = counts.map((count) => protectCount(count, controls));
        const total = protectCount(
          counts.reduce((sum, count) => sum + count, 0),
          controls,
        );
        const left = possibleCounts(total, cells)
          .filter((_, index) => cells[index] === "c")
          .map(({ size }) => size);
        expect(auditTable(total, cells, controls)).toBe(left.length === 0 ? null : Math.min(...left));
      }),
    );
  });
});

describe("protectRelease", () => {
  it("publishes a total alone, protected", () => {
    expect(protectRelease({ total: 123, table: null }, controls)).toEqual({ result: { total: 125, table: null } });
    expect(protectRelease({ total: 7, table: null }, controls)).toEqual({ result: { total: "c", table: null } });
    expect(protectRelease({ total: 0, table: null }, controls)).toEqual({ result: { total: 0, table: null } });
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
