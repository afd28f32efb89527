import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { benchLinkageKeys } from "../../scripts/bench/linkage-keys.ts";
import { runScenario } from "../../scripts/simulation/run-scenario.ts";
import { readScenario } from "../../scripts/simulation/scenario.ts";

/** Floors under what the default cascades reach on generated lists in real rounds; docs/BENCHMARKS.md has the figures. */
const examples = join(import.meta.dirname, "..", "..", "examples");

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portmoot-generated-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe("the default cascades in real rounds on generated lists", () => {
  it.each([
    ["families", 6000, 0.998, 0.9],
    ["properties", 4500, 0.995, 0.9],
    ["businesses", 4500, 0.995, 0.85],
  ])("find %s", async (name, residents, precision, recall) => {
    const scenario = readScenario(join(examples, `${name}.yaml`));
    if (Array.isArray(scenario.boroughs)) throw new Error("the example generates its boroughs");
    const smaller = { ...scenario, boroughs: { ...scenario.boroughs, residents } };
    const facts = await runScenario(smaller, folder, { note: () => undefined, progress: () => undefined });
    expect(facts.outcome).toBe("released");
    expect(facts.quality?.overall.truth).toBeGreaterThan(1000);
    expect(facts.quality?.overall.precision).toBeGreaterThanOrEqual(precision);
    expect(facts.quality?.overall.recall).toBeGreaterThanOrEqual(recall);
    const traits = new Set(facts.quality?.groups.map(({ trait }) => trait));
    expect(traits).toContain("deprivation");
    expect(traits).toContain("error");
  });
});

describe("what each key of a default cascade takes for one", () => {
  it("is told alone and in turn, and keys that stand aside are told alone", () => {
    const { facts, text } = benchLinkageKeys({ what: "people", rows: 2000, without: ["nino"] });
    const { results, precision } = facts as {
      results: { key: string; alone: { correct: number }; inTurn: { correct: number } | null }[];
      precision: number;
    };
    const of = (name: string) => results.find(({ key }) => key === name);
    expect(of("names-dob-uprn")?.inTurn?.correct).toBeGreaterThan(100);
    expect(of("letters-postcode")).toMatchObject({ inTurn: null });
    expect(of("letters-postcode")?.alone.correct).toBeGreaterThan(100);
    expect(of("nino-year")).toBeUndefined();
    expect(precision).toBeGreaterThanOrEqual(0.998);
    expect(text).toContain("true pairs");
  });
});
