import { describe, expect, it } from "vitest";
import { byCode, dealOut } from "../../../scripts/simulation/train/split-rows.ts";

const records = (codes: readonly string[]) => codes.map((code, row) => [String(row), code]);

describe("a file split by a column", () => {
  it("makes one borough of each code, whatever signs tell codes apart", () => {
    const split = byCode(records(["<50", ">50", " <50", "A b", "a-b"]), ["row", "age"], "age");
    expect([...split].map(([name, rows]) => [name, rows.map(([row]) => row)])).toEqual([
      ["at-50", ["0", "2"]],
      ["at-50-2", ["1"]],
      ["at-a-b", ["3"]],
      ["at-a-b-2", ["4"]],
    ]);
  });

  it("refuses a column that is not there, or of more codes than parties can be", () => {
    expect(() => byCode(records(["a"]), ["row", "age"], "sex")).toThrow(
      "split.by: the file has no attribute or column",
    );
    const many = records(Array.from({ length: 101 }, (_, row) => `c${row}`));
    expect(() => byCode(many, ["row", "age"], "age")).toThrow("split.by: age has 101 codes, and at most 100");
  });
});

describe("a file dealt out at random", () => {
  it("gives every row to one borough, the same for the same seed", () => {
    const rows = records(Array.from({ length: 200 }, () => ""));
    const split = dealOut(rows, 4, 7);
    expect([...split.keys()]).toEqual(["borough-01", "borough-02", "borough-03", "borough-04"]);
    const dealt = [...split.values()].flat().map(([row]) => Number(row));
    expect(dealt.toSorted((a, b) => a - b)).toEqual(rows.map((_, row) => row));
    expect([...dealOut(rows, 4, 7)]).toEqual([...split]);
    expect([...dealOut(rows, 4, 8)]).not.toEqual([...split]);
  });

  it("refuses more boroughs than rows", () => {
    expect(() => dealOut(records(["", ""]), 3, 7)).toThrow("split.into: 3 boroughs for 2 rows");
  });
});
