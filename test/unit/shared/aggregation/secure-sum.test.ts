import { describe, expect, it } from "vitest";
import { createSumNetwork, plainSum, runSum, wordsToHex } from "../../../helpers/sum-network.ts";

describe("secure sum", () => {
  it.each([3, 10, 40])("of %i", (n) => {
    const t0=performance.now();
    const network = createSumNetwork({ owners: n, seed: n });
    const t1=performance.now();
    const outcome = runSum(network);
    console.log(n, t1-t0, performance.now()-t1);
    expect(outcome.end === "released" && wordsToHex(outcome.sum)).toBe(wordsToHex(plainSum(network, network.context.owners)));
  });
});
