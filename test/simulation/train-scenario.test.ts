import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { heartScenario } from "../../scripts/bench/learning-scenarios.ts";
import { createSimulateProgram } from "../../scripts/simulate.ts";
import { runTrain } from "../../scripts/simulation/train/run-train.ts";
import type { TrainFacts } from "../../scripts/simulation/train/train-facts.ts";
import { trainText } from "../../scripts/simulation/train/train-text.ts";
import { readTrainScenarioValue, type TrainScenario } from "../../scripts/simulation/train/train-scenario.ts";
import { runProgram } from "../../shared/host/cli.ts";

/** Scenarios that train, through whole rounds: their files, their faults, and answers known beforehand. */
const DATA = join(import.meta.dirname, "../../../shared/data/learning");
const hasData = existsSync(join(DATA, "reference"));
const quiet = { note: () => undefined, progress: () => undefined };

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portmoot-train-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function train(scenario: TrainScenario): Promise<TrainFacts> {
  return runTrain(scenario, mkdtempSync(join(folder, "run-")), quiet);
}

/**
 * Three boroughs, a label that rises with a number, some rows with a gap or a text that is no number. The files take the
 * rows by turns: of every third home that is rented, one borough has all.
 */
function homes(changes: Record<string, unknown> = {}, rentedEvery = 4): Record<string, unknown> {
  const rows = Array.from({ length: 600 }, (_, row) => {
    const size = (row * 37) % 100;
    const rented = row % rentedEvery === 0 ? "Y" : "N";
    const found = (row * row + size) % 7 < 2 + size / 40 ? "1" : "0";
    return [row % 50 === 0 ? "" : row % 61 === 0 ? "many" : String(size), rented, found].join(",");
  });
  const files = [0, 1, 2].map((place) => {
    const file = join(folder, `homes-${place}.csv`);
    writeFileSync(file, ["size,rented,found", ...rows.filter((_, row) => row % 3 === place)].join("\n"));
    return file;
  });
  const attributes = { size: "size", rented: "rented", found: "found" };
  return {
    format: "portmoot/scenario/v1",
    seed: 3,
    charter: {
      dataset: {
        name: "homes",
        unit: "property",
        attributes: {
          size: { type: "number", unit: "m2", least: 0, most: 200 },
          rented: { type: "flag", yes: ["Y"] },
          found: { type: "flag", yes: ["1"] },
        },
      },
      operation: {
        kind: "train",
        label: { attribute: "found" },
        features: ["size", "rented"],
        evaluate: { metrics: ["auc", "accuracy"] },
      },
    },
    policy: "default",
    boroughs: files.map((file, place) => ({ id: `borough-${place}`, file, attributes })),
    compare: ["pooled", "alone"],
    ...changes,
  };
}

const scenarioOf = (changes: Record<string, unknown> = {}) => readTrainScenarioValue(homes(changes), folder);

describe("a scenario that trains", () => {
  it("releases the pooled model under the network's floors, and counts what it left out", async () => {
    const facts = await train(scenarioOf());
    expect(facts).toMatchObject({ outcome: "released", expected: "released", reason: null });
    const { model, comparison, evaluation } = facts;
    expect(model!.coefficients).toEqual(comparison!.pooled!.coefficients);
    expect(model!.dropped.reduce((sum, { rows }) => sum + rows, 0)).toBe(600 - model!.n);
    expect(model!.n).toBeLessThan(590);
    expect(facts.releaseText).not.toContain("NOT FOR RELEASE");
    // The bracket that everybody gets holds the exact figure, which only a simulation has.
    const { least, most } = (facts.release as unknown as { evaluation: { auc: { least: number; most: number } } })
      .evaluation.auc;
    expect(least).toBeLessThanOrEqual(evaluation!.overall.auc!);
    expect(most).toBeGreaterThanOrEqual(evaluation!.overall.auc!);
  });

  it("leaves out what one borough alone has, and says that the pooled fit is another model", async () => {
    const scenario = readTrainScenarioValue(homes({}, 3), folder);
    const facts = await train(scenario);
    expect(facts.release!.dropped).toEqual([{ name: "rented", why: "few-boroughs" }]);
    expect([facts.model!.features, facts.comparison!.pooled!.features]).toEqual([["size"], ["size", "rented"]]);
    const text = trainText(facts);
    expect(text).toContain("left out: rented, fewer than three boroughs have it");
    expect(text).toContain("beside the pooled fit in the open: not the same columns");
  });

  it("tells what could not be read, and who is not in the sums", async () => {
    const document = homes({ compare: ["pooled"] });
    const boroughs = (document["boroughs"] as Record<string, unknown>[]).map((own) => ({ ...own }));
    const few = join(folder, "few.csv");
    writeFileSync(few, ["size,rented,found", "12,Y,1", "14,unsure,0", "900,N,0"].join("\n"));
    const { notes, model, evaluation, comparison } = await train(
      readTrainScenarioValue(
        { ...document, boroughs: [...boroughs, { ...boroughs[0], id: "borough-3", file: few }] },
        folder,
      ),
    );
    expect(notes).toEqual([
      expect.stringMatching(/^size: \d+ texts are no plain numbers, and count as missing$/),
      "size: 1 texts lie outside least and most, and count as missing",
      "rented: 2 different texts all count as no",
      "borough-3 is not in the sums",
      "a node's log: takes part without rows: controls.minimumRows: this borough has fewer usable rows",
    ]);
    // What it is held against is of the same boroughs.
    expect(evaluation!.boroughs.map(({ id }) => id)).toEqual(["borough-0", "borough-1", "borough-2"]);
    expect(comparison!.pooled!.n).toBe(model!.n);
  });

  it("tells of the others where the first borough is lost in the first sum", async () => {
    const document = homes({ compare: ["pooled"] });
    const boroughs = document["boroughs"] as Record<string, unknown>[];
    const faults = [{ party: "borough-0", at: "masked-input", iteration: 1, do: "drop" }];
    const {
      outcome,
      notes,
      model,
      comparison,
      document: kept,
    } = await train(
      readTrainScenarioValue(
        { ...document, faults, boroughs: [...boroughs, { ...boroughs[1], id: "borough-3" }] },
        folder,
      ),
    );
    expect(outcome).toBe("released");
    expect(notes).toContain("borough-0 is not in the sums");
    expect(model!.coefficients).toEqual(comparison!.pooled!.coefficients);
    expect(kept!.participants).toBe(3);
  });

  it("tells why openers withheld a model", async () => {
    const document = homes({ compare: [], expect: "aborted" });
    const { dataset } = document["charter"] as { dataset: { attributes: Record<string, unknown> } };
    dataset.attributes["found"] = { type: "flag", yes: ["never"] };
    const facts = await train(readTrainScenarioValue(document, folder));
    expect(facts).toMatchObject({ outcome: "aborted", reason: "disclosure control withholds the result" });
    expect(facts.notes).toContain("a node's log: the model is withheld: every row has the same label");
  });

  it("ends without a model where a borough falls silent at a step it names, and not before", async () => {
    const facts = await train(
      scenarioOf({
        faults: [{ party: "borough-1", at: "masked-input", iteration: 3, do: "drop" }],
        expect: "aborted",
      }),
    );
    expect(facts).toMatchObject({ outcome: "aborted", model: null, release: null });
    expect(facts.faults[0]!.fired).toBe(true);
    expect(facts.phases.map(({ name }) => name)).toContain("step 3");
    expect(facts.phases.map(({ name }) => name)).not.toContain("step 4");
  });

  it("gives the same bytes for the same seed, and through a restart", async () => {
    const run = async (changes: Record<string, unknown>) => {
      const { model, release } = await train(scenarioOf(changes));
      return JSON.stringify({ model, release });
    };
    const first = await run({});
    expect(await run({})).toBe(first);
    expect(await run({ faults: [{ party: "borough-2", at: "masked-input", do: "restart", afterMs: 500 }] })).toBe(
      first,
    );
  });

  it("learns by gradient steps too, near the exact fit and not equal to it", async () => {
    const document = homes();
    const charter = document["charter"] as { operation: Record<string, unknown> };
    const algorithm = { name: "fedavg", rounds: 12, localUpdates: 60, batch: 20, learningRate: 0.3 };
    charter.operation["algorithm"] = algorithm;
    charter.operation["outputs"] = ["coefficients"];
    const gradient = await train(readTrainScenarioValue({ ...document, compare: [] }, folder));
    const exact = await train(scenarioOf({ compare: [] }));
    expect(gradient.outcome).toBe("released");
    const apart = gradient.evaluation!.overall.auc! - exact.evaluation!.overall.auc!;
    expect(Math.abs(apart)).toBeLessThan(0.02);
    expect(gradient.model!.equation.intercept).not.toBe(exact.model!.equation.intercept);
  });

  it.each<[string, Record<string, unknown>, string]>([
    [
      "a file that is not there",
      { boroughs: [{ id: "one-a", file: "no.csv" }, { id: "two-b" }, { id: "three-c" }] },
      "boroughs.0",
    ],
    ["a party that is none", { faults: [{ party: "nobody", at: "agree", do: "drop" }] }, "faults.0.party"],
    ["neither boroughs nor a split", { boroughs: undefined }, "boroughs"],
    ["an unknown key", { compares: [] }, "compares"],
    [
      "a split by what no column has",
      { boroughs: undefined, split: { file: "homes-0.csv", by: "colour", attributes: { size: "size" } } },
      "split.by",
    ],
  ])("refuses %s by its field", async (_, changes, field) => {
    const attempt = async () => train(scenarioOf(changes));
    await expect(attempt()).rejects.toThrow(field);
  });

  it("is run by the command, with its facts in a file and a page without script", async () => {
    const file = join(folder, "scenario.yaml");
    writeFileSync(file, JSON.stringify(homes()));
    const [json, page] = [join(folder, "facts.json"), join(folder, "page.html")];
    const io = { stdout: new PassThrough(), stderr: new PassThrough(), isTty: false };
    const code = await runProgram(createSimulateProgram(io), [file, "--json", json, "--html", page, "--no-times"], io);
    expect(code).toBe(0);
    expect(String(io.stdout.read())).toContain("beside the pooled fit in the open: coefficients differ by at most 0");
    expect(JSON.parse(readFileSync(json, "utf8"))).toMatchObject({ outcome: "released", model: { converged: true } });
    const html = readFileSync(page, "utf8");
    expect(html).toContain("<svg");
    expect(html).not.toMatch(/<script/i);
  });

  it("writes the released model beside its report, which another scenario holds against other rows", async () => {
    const run = async (document: Record<string, unknown>, ...options: string[]) => {
      const file = join(folder, "scenario.yaml");
      writeFileSync(file, JSON.stringify(document));
      const io = { stdout: new PassThrough(), stderr: new PassThrough(), isTty: false };
      const code = await runProgram(createSimulateProgram(io), [file, ...options], io);
      return { code, stdout: String(io.stdout.read()), stderr: String(io.stderr.read() ?? "") };
    };
    const document = homes();
    expect((await run(document, "--report", join(folder, "report"))).code).toBe(0);
    const { dataset } = document["charter"] as { dataset: { attributes: Record<string, unknown> } };
    const { found } = dataset.attributes;
    const operation = { kind: "evaluate", model: "report/model.json", evaluate: { metrics: ["auc", "brier"] } };
    const judging = {
      ...document,
      compare: [],
      charter: { dataset: { ...dataset, attributes: { found } }, operation },
    };
    const judged = await run(judging);
    expect(judged.code).toBe(0);
    expect(judged.stdout).toMatch(/logistic model [0-9a-f]{12} against found in homes: 3 boroughs/);
    expect(judged.stdout).toContain("AUC: between");
    expect(judged.stdout).not.toContain("full precision");
    const nowhere = { ...judging, charter: { ...judging.charter, operation: { kind: "evaluate" } } };
    const refused = await run(nowhere);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("charter.operation.model")]);
  });
});

describe.runIf(hasData)(`heart disease in four hospitals${hasData ? "" : " (skipped: no shared data)"}`, () => {
  it("learned over whole rounds on FLamby's split has the accuracies of the pooled fit at every hospital", async () => {
    const newton = { name: "logistic", l2: 0 };
    const { model, evaluation } = await train(heartScenario(DATA, { rows: "flamby", algorithm: newton }));
    expect(model!.n).toBe(486);
    // reference/logistic-reference.json, testEvaluationGlobalStandardisation, l2 = 0.
    const rounded = evaluation!.boroughs.map(({ accuracy }) => Number(accuracy!.toFixed(4)));
    expect(rounded).toEqual([0.7692, 0.7978, 0.8125, 0.8222]);
    expect(Number(evaluation!.overall.accuracy!.toFixed(4))).toBe(0.7913);
    expect(Number(evaluation!.overall.auc!.toFixed(4))).toBe(0.8811);
  });
});
