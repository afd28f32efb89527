import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { measureLearning } from "../../scripts/bench/learning.ts";

/** The benchmark's answers, as the issue asks for them: whole rounds of 4, 33, 9 and 46 boroughs. */
const DATA = join(import.meta.dirname, "../../../shared/data/learning");
const hasData = existsSync(join(DATA, "reference"));

describe.runIf(hasData)(`bench:learning${hasData ? "" : " (skipped: no shared data)"}`, () => {
  it("gives the reference's coefficients, the same bits however rows are split, and the pooled fit over 46 states", async () => {
    const { distances, sameBits, communities } = await measureLearning(DATA, () => undefined);
    for (const { what, coefficients, errors, deviance } of distances) {
      expect(coefficients, what).toBeLessThan(1e-8);
      expect(errors, what).toBeLessThan(1e-6);
      expect(deviance, what).toBeLessThan(1e-6);
    }
    expect(distances).toHaveLength(4);
    expect(sameBits).toBe(true);
    expect(communities.distance).toBe(0);
  }, 1_800_000);
});
