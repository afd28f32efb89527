import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { runCommand } from "../../scripts/network/processes.ts";
import { homesOf, homesText } from "../helpers/trained.ts";

/** A model learned and judged by real programs, as a shell runs them. */
const folder = mkdtempSync(join(tmpdir(), "portmoot-simulate-training-"));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Told {
  readonly outcome: string;
  readonly processes: boolean;
  readonly model: unknown;
  readonly release: Record<string, unknown>;
  readonly faults: readonly { readonly fired: boolean }[];
  readonly parties: readonly Record<string, unknown>[];
  readonly phases: readonly { readonly name: string }[];
}

const NAMES = ["borough-1", "borough-2", "borough-3", "borough-4"];
const ATTRIBUTES = Object.fromEntries(["age", "visits", "exempt", "cost"].map((name) => [name, name]));
const COST = { type: "number", unit: "pounds", least: 0, most: 2000 };

function scenario(name: string, seed: number, change: Record<string, unknown>): string {
  for (const borough of NAMES) {
    writeFileSync(join(folder, `${name}-${borough}.csv`), homesText(homesOf(seed, borough, 130)));
  }
  const file = join(folder, `${name}.yaml`);
  const boroughs = NAMES.map((id) => ({ id, file: `${name}-${id}.csv`, attributes: ATTRIBUTES }));
  writeFileSync(file, JSON.stringify({ format: "portmoot/scenario/v1", seed, policy: "default", boroughs, ...change }));
  return file;
}

/** A linear model takes the fewest sums. */
const training = (change: Record<string, unknown> = {}) =>
  scenario("train", 5, {
    charter: {
      dataset: {
        name: "homes",
        unit: "property",
        attributes: {
          age: { type: "number", unit: "years", least: 0, most: 120 },
          visits: { type: "number", unit: "visits", least: 0, most: 40 },
          exempt: { type: "flag", yes: ["Y"] },
          cost: COST,
        },
      },
      operation: {
        kind: "train",
        label: { attribute: "cost" },
        features: ["age", "visits", "exempt"],
        algorithm: { name: "linear" },
        evaluate: { metrics: ["accuracy"] },
      },
    },
    compare: ["pooled"],
    ...change,
  });

async function simulate(file: string, ...options: string[]): Promise<Told> {
  const json = join(folder, "facts.json");
  const { code, stderr } = await runCommand(["simulate", file, "--json", json, ...options]);
  expect(code, stderr).toBe(0);
  return JSON.parse(readFileSync(json, "utf8")) as Told;
}

describe("simulate --processes, of a training", () => {
  it("releases among real programs, one of them killed on the way, what one process learns", async () => {
    const faults = [{ party: "borough-3", at: "masked-input", iteration: 2, do: "restart", afterMs: 100 }];
    const told = await simulate(training({ faults }), "--processes", "--report", join(folder, "report"));
    expect(told).toMatchObject({ outcome: "released", processes: true, model: null, faults: [{ fired: true }] });
    const inOne = await simulate(training());
    expect(told.release).toEqual(inOne.release);
    expect(told.phases.map(({ name }) => name)).toEqual(["step 1", "step 2", "step 3", "step 4"]);
    for (const party of told.parties) {
      expect(party["bytesSent"]).toBeGreaterThan(0);
      expect(party["peakRssBytes"]).toBeGreaterThan(30e6);
    }
  }, 240_000);

  it("has the model that they released judged by other rows, as one process does", async () => {
    const file = scenario("judge", 9, {
      charter: {
        dataset: { name: "homes", unit: "property", attributes: { cost: COST } },
        operation: { kind: "evaluate", model: "report/model.json", evaluate: { metrics: ["accuracy"] } },
      },
    });
    const told = await simulate(file, "--processes");
    expect(told).toMatchObject({ outcome: "released", processes: true });
    expect(told.release).toEqual((await simulate(file)).release);
    expect(told.phases.map(({ name }) => name)).toEqual(["step 1"]);
  }, 240_000);
});
