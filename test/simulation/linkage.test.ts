import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runScenario } from "../../scripts/simulation/run-scenario.ts";
import { readScenario } from "../../scripts/simulation/scenario.ts";

const data = join(import.meta.dirname, "..", "..", "..", "shared", "data", "linkage");

/** FEBRL 4: five thousand people, each once whole and once with errors. Two boroughs, so a third party matches. */
const FEBRL = {
  mapping: {
    reference: "rec_id",
    forename: "given_name",
    surname: "surname",
    date_of_birth: "date_of_birth",
    postcode: { column: "postcode", kind: "other" },
    house_number: "street_number",
    street: "address_1",
    locality: "suburb",
  },
  number: { national_id: { column: "soc_sec_id", kind: "other" } },
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portmoot-linkage-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe.runIf(existsSync(data))("the default cascade in real rounds (skipped: no shared data)", () => {
  it.each([
    ["without the number", {}, 0.97],
    ["with the number", FEBRL.number, 0.996],
  ])("finds FEBRL 4's people %s", async (_, number, recall) => {
    const file = join(folder, "febrl.yaml");
    const scenario = {
      format: "portmoot/scenario/v1",
      seed: 1,
      charter: { operation: { protocol: "single-salt", cascade: "people", outputs: ["pair-matrix"] } },
      boroughs: [
        {
          id: "alpha",
          file: join(data, "febrl4", "dataset4a.csv"),
          dateFormat: "ymd",
          mapping: { ...FEBRL.mapping, ...number },
          truth: { column: "rec_id", pattern: "rec-(\\d+)-" },
        },
        { id: "beta", file: join(data, "febrl4", "dataset4b.csv"), like: "alpha" },
        { id: "gla" },
      ],
    };
    writeFileSync(file, JSON.stringify(scenario));
    const facts = await runScenario(readScenario(file), folder, { note: () => undefined, progress: () => undefined });
    expect(facts).toMatchObject({ outcome: "released", quality: { overall: { truth: 5000 } } });
    expect(facts.quality?.overall.precision).toBeGreaterThanOrEqual(0.999);
    expect(facts.quality?.overall.recall).toBeGreaterThanOrEqual(recall);
  });
});
