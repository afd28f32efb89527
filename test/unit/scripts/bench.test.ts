import { describe, expect, it } from "vitest";
import { median, medianRatio, runInTurns } from "../../../scripts/bench/harness.ts";
import { cascadeFields, peopleLines, plantedMatches } from "../../../scripts/bench/pair-people.ts";
import { formatCount, formatTable } from "../../../scripts/bench/table.ts";

describe("median", () => {
  it("takes the middle value, whatever the order", () => {
    expect(median([3])).toBe(3);
    expect(median([9, 1, 100])).toBe(9);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  it("sorts by size and leaves its values alone", () => {
    const values = [10, 9, 100];
    expect(median(values)).toBe(10);
    expect(values).toEqual([10, 9, 100]);
  });

  it("refuses to make one of nothing", () => {
    expect(() => median([])).toThrow("a median needs a value");
  });
});

describe("runInTurns", () => {
  /** A clock that only the contestants move, by the milliseconds told for each run. */
  async function race(slow: readonly number[], fast: readonly number[]) {
    let nowMs = 0;
    const order: string[] = [];
    const contestant = (name: string, runsMs: readonly number[]) => {
      let turn = 0;
      const run = () => {
        order.push(name);
        nowMs += runsMs[turn++] ?? 0;
        return turn;
      };
      return { name, run };
    };
    const measured = await runInTurns([contestant("slow", slow), contestant("fast", fast)], slow.length, () => nowMs);
    return { order, measured };
  }

  it("lets the contestants take turns and keeps each run's seconds and result", async () => {
    const { order, measured } = await race([6000, 2000, 30_000], [1000, 1000, 3000]);
    expect(order).toEqual(["slow", "fast", "slow", "fast", "slow", "fast"]);
    expect(measured).toEqual([
      { name: "slow", seconds: [6, 2, 30], medianSeconds: 6, results: [1, 2, 3] },
      { name: "fast", seconds: [1, 1, 3], medianSeconds: 1, results: [1, 2, 3] },
    ]);
  });

  it("forms ratios within a run, so that a run in which all is slow does not count more", async () => {
    // Ratios 10, 2 and 2; the ratio of the medians would be 10.
    const { measured } = await race([10_000, 20_000, 1000], [1000, 10_000, 500]);
    expect(medianRatio(measured[0]!, measured[1]!)).toBe(2);
  });
});

describe("the people of the pair suite", () => {
  it("agree on the key that they are dealt to and on those after it, and on none before", () => {
    const [rows, keys] = [41, 3];
    const read = (side: "left" | "right") => {
      const [header = "", ...lines] = peopleLines(side, rows, keys);
      expect(header.split(",")).toEqual(cascadeFields(keys));
      return lines.map((line) => line.split(","));
    };
    const valuesOf = ([forename, surname, birth, nino, nhsNumber]: string[]) => [
      `${forename!} ${surname!} ${birth!}`,
      nino!,
      nhsNumber!,
    ];
    const left = read("left").map(valuesOf);
    const right = read("right").map(valuesOf);
    expect([left.length, right.length]).toEqual([rows, rows]);
    const firstAgreed = new Array<number>(keys).fill(0);
    for (const mine of left) {
      const partners = right.filter((theirs) => theirs.some((value, key) => value === mine[key]));
      expect(partners.length).toBeLessThan(2);
      for (const theirs of partners) {
        const first = theirs.findIndex((value, key) => value === mine[key]);
        firstAgreed[first]!++;
        expect(theirs.slice(first)).toEqual(mine.slice(first));
      }
    }
    expect(firstAgreed).toEqual([7, 7, 6]);
    expect(plantedMatches(rows, keys)).toEqual([7, 7, 6]);
  });
});

describe("formatTable", () => {
  it("makes columns as wide as their widest cell", () => {
    const table = formatTable(
      ["", "tags/s"],
      [
        ["a", "5"],
        ["long name", formatCount(1_234_567)],
      ],
    );
    expect(table).toBe(["              tags/s", "a                  5", "long name  1,234,567"].join("\n"));
  });
});
