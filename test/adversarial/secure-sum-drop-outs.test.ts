import { describe, expect, it } from "vitest";
import { createSumNetwork, SUM_STEPS, type SumStep } from "../helpers/sum-network.ts";
import { expectOutcome, seededPatterns } from "../helpers/sum-drop-outs.ts";

/**
 * Owners lost before any step, in every combination. What must happen follows from the pattern alone: the exact sum of
 * who delivered, or an abort at the first step where too few were left, with nothing decodable.
 */
function everyPattern(positions: readonly number[]): Map<number, SumStep>[] {
  return positions.reduce<Map<number, SumStep>[]>(
    (patterns, position) =>
      patterns.flatMap((pattern) => [pattern, ...SUM_STEPS.map((step) => new Map(pattern).set(position, step))]),
    [new Map<number, SumStep>()],
  );
}

describe("drop-outs", () => {
  for (const wholeCohort of [false, true]) {
    const kind = wholeCohort ? "a match, where U3 must be U2" : "a sum over whoever delivers";
    it.each([3, 4, 5])(`in ${kind}: every pattern of %i owners ends as it must`, (owners) => {
      const network = createSumNetwork({ owners, seed: `every pattern ${owners}`, words: 2, wholeCohort });
      const patterns = everyPattern(network.context.owners);
      expect(patterns).toHaveLength(5 ** owners);
      const ends = new Set(patterns.map((lost) => expectOutcome(network, lost)));
      expect([...ends].sort()).toEqual(["agreements", "cohort", "inputs", "opening", "released", "unmask"]);
    });
  }

  it.each([6, 7, 10])("200 seeded patterns of %i owners end as they must", (owners) => {
    const network = createSumNetwork({ owners, seed: `patterns ${owners}`, words: 2 });
    const ends = seededPatterns(network, 200).map((lost) => expectOutcome(network, lost));
    // Of six owners one may be lost: 25 patterns.
    expect(ends.filter((end) => end === "released").length).toBeGreaterThan(20);
    expect(new Set(ends).size).toBeGreaterThan(2);
  });

  // test/slow has 200 for every size.
  it.each([24, 33])("some seeded patterns of %i owners end as they must", (owners) => {
    const network = createSumNetwork({ owners, seed: `patterns ${owners}`, words: 2 });
    const ends = seededPatterns(network, 3).map((lost) => expectOutcome(network, lost));
    expect(ends).toContain("released");
  });

  it("up to N − t owners may be lost between any two steps", () => {
    const network = createSumNetwork({ owners: 10, seed: "between" });
    const { owners, threshold } = network.context;
    for (const step of SUM_STEPS) {
      for (let count = 0; count <= owners.length; count++) {
        const lost = new Map(owners.slice(-count || owners.length).map((position) => [position, step]));
        const end = expectOutcome(network, lost);
        expect(end === "released").toBe(owners.length - count >= threshold);
      }
    }
  });
});
