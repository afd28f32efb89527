import { describe, expect, it } from "vitest";
import { createSumNetwork, plainSum, runSum, wordsToHex } from "../helpers/sum-network.ts";
import { expectOutcome, seededPatterns } from "../helpers/sum-drop-outs.ts";

const upTo40 = (from: number) => Array.from({ length: 41 - from }, (_, index) => from + index);

describe("secure sum, every size", () => {
  it.each(upTo40(3))("of %i owners equals the exact sum", (owners) => {
    const network = createSumNetwork({ owners, seed: `size ${owners}`, words: 5 });
    const outcome = runSum(network);
    const expected = wordsToHex(plainSum(network, network.context.owners));
    expect(outcome.end === "released" && wordsToHex(outcome.sum)).toBe(expected);
  });

  it.each(upTo40(6))("200 seeded drop-out patterns of %i owners end as they must", (owners) => {
    const network = createSumNetwork({ owners, seed: `sweep ${owners}`, words: 2 });
    const ends = seededPatterns(network, 200).map((lost) => expectOutcome(network, lost));
    expect(ends).toContain("released");
  });
});
