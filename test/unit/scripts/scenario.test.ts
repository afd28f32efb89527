import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { requireProcessFaults } from "../../../scripts/simulation/process-faults.ts";
import { readScenario } from "../../../scripts/simulation/scenario.ts";
import { isTrainScenario, readTrainScenario } from "../../../scripts/simulation/train/train-scenario.ts";

const examples = join(import.meta.dirname, "..", "..", "..", "examples");

describe("scenarios", () => {
  const scenario = readScenario(join(examples, "london.yaml"));

  it("are there as examples, each of which can be read", () => {
    const files = readdirSync(examples).filter((name) => name.endsWith(".yaml"));
    expect(files).toContain("london.yaml");
    expect(files.filter((name) => isTrainScenario(join(examples, name)))).toEqual(["hmo.yaml"]);
    for (const name of files) {
      const file = join(examples, name);
      const read = isTrainScenario(file) ? readTrainScenario(file) : readScenario(file);
      expect(read.seed, name).toBeGreaterThanOrEqual(0);
    }
  });

  it.each([
    ["drop", true],
    ["restart", true],
    ["delay", false],
    ["duplicate", false],
    ["corrupt", false],
  ] as const)("may or may not %s a real program", (what, isPossible) => {
    const faults = [{ party: "camden", at: "agree" as const, do: what, afterMs: 0 }];
    const check = () => {
      requireProcessFaults({ ...scenario, faults });
    };
    if (isPossible) expect(check).not.toThrow();
    else expect(check).toThrow(`faults.0.do: ${what}`);
  });
});
