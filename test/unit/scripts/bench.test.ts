import { describe, expect, it } from "vitest";
import { bytesToHex } from "../../../shared/base/bytes.ts";
import { keyDigest } from "../../../shared/matching/match-key.ts";
import { median, medianRatio, runInTurns } from "../../../scripts/bench/harness.ts";
import {
  cascadeFields,
  MAX_BOROUGHS,
  MAX_KEYS,
  peopleCascade,
  peopleLines,
  plantedMatches,
  sharedPeople,
  type Network,
} from "../../../scripts/bench/people.ts";
import { formatCount, formatTable } from "../../../scripts/text-table.ts";

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

  it("prepares a contestant before each of its turns, outside the timed part", async () => {
    let nowMs = 0;
    const prepared: number[] = [];
    const prepare = (turn: number) => {
      prepared.push(turn);
      nowMs += 5000;
    };
    const run = () => {
      nowMs += 1000;
    };
    const [measured] = await runInTurns([{ name: "one", prepare, run }], 2, () => nowMs);
    expect([prepared, measured!.seconds]).toEqual([
      [0, 1],
      [1, 1],
    ]);
  });

  it("forms ratios within a run, so that a run in which all is slow does not count more", async () => {
    // Ratios 10, 2 and 2; the ratio of the medians would be 10.
    const { measured } = await race([10_000, 20_000, 1000], [1000, 10_000, 500]);
    expect(medianRatio(measured[0]!, measured[1]!)).toBe(2);
  });
});

describe("the people of the pair and london suites", () => {
  /** Of each record, the digests of its keys. */
  function digestsOf(network: Network, borough: number): string[][] {
    const [header = "", ...lines] = peopleLines(network, borough);
    const fields = header.split(",");
    expect(fields).toEqual(cascadeFields(network.keys));
    return lines.map((line) => {
      const values = line.split(",");
      const valueOf = (field: string) => values[fields.indexOf(field)] ?? null;
      return peopleCascade(network.keys).map((key) => bytesToHex(keyDigest(key, valueOf)!));
    });
  }

  it.each([
    [41, 3, [7, 7, 6]],
    [101, MAX_KEYS, [...new Array<number>(10).fill(3), ...new Array<number>(10).fill(2)]],
  ])(
    "of %i rows agree on the key of %i that they are dealt to and on those after it, and on none before",
    (rows, keys, planted) => {
      const network = { boroughs: 2, rows, keys };
      const [left, right] = [digestsOf(network, 0), digestsOf(network, 1)];
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
      expect(firstAgreed).toEqual(planted);
      expect(plantedMatches(network, 0, 1)).toEqual(planted);
    },
  );

  it("of many boroughs share with neighbours in a ring ten times what they share with others", () => {
    const network = { boroughs: 5, rows: 200, keys: 1 };
    const everybody = Array.from({ length: 5 }, (_, borough) => digestsOf(network, borough).flat());
    for (const digests of everybody) expect(new Set(digests).size).toBe(200);
    const sharedWithFirst = everybody
      .slice(1)
      .map((theirs) => theirs.filter((one) => everybody[0]!.includes(one)).length);
    expect(sharedWithFirst).toEqual([20, 2, 2, 20]);
    expect([1, 2, 3, 4].map((other) => plantedMatches(network, 0, other))).toEqual([[20], [2], [2], [20]]);
  });

  it("leave room in every borough for residents of its own", () => {
    for (let boroughs = 2; boroughs <= MAX_BOROUGHS; boroughs++) {
      const others = Array.from({ length: boroughs - 1 }, (_, index) => index + 1);
      const shared = others.reduce((sum, other) => sum + sharedPeople({ boroughs, rows: 1000, keys: 1 }, 0, other), 0);
      expect(shared).toBeLessThanOrEqual(500);
    }
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
