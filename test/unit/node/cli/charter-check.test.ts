import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { Command } from "commander";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addCharterCheckCommand } from "../../../../node/cli/charter-check.ts";
import type { NodeContext } from "../../../../node/cli/context.ts";
import { createConsentStore } from "../../../../node/data/consent-store.ts";
import { createModelStore } from "../../../../node/data/model-store.ts";
import { openNodeDatabase, type Database } from "../../../../node/data/database.ts";
import { bytesToHex } from "../../../../shared/base/bytes.ts";
import { createOutput, runProgram } from "../../../../shared/host/cli.ts";
import { modelDigest } from "../../../../shared/learning/published-model.ts";
import { charterDigest, encodeCharter, parseCharter, type Charter } from "../../../../shared/protocol/charter.ts";
import { CLOCK, exampleCharter, NOW_MS } from "../../../helpers/example-charter.ts";
import { homesEvaluation, homesTraining, type Document } from "../../../helpers/learning-charters.ts";
import { homesModel, importRows } from "../../../helpers/learning-homes.ts";

let folder: string;
let db: Database;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portmoot-check-"));
  db = openNodeDatabase(":memory:");
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true });
});

async function run(reference: string, { json = false } = {}) {
  const io = { stdout: new PassThrough(), stderr: new PassThrough(), isTty: false };
  const context = { db, clock: CLOCK, output: createOutput(io, json) } as unknown as NodeContext;
  const program = new Command("node");
  addCharterCheckCommand(program, () => context);
  const code = await runProgram(program, ["check", reference], io);
  const text = (stream: PassThrough) => ((stream.read() as Buffer | null) ?? Buffer.alloc(0)).toString("utf8");
  return { code, stdout: text(io.stdout), stderr: text(io.stderr) };
}

const charter = parseCharter(homesTraining());
const digest = charterDigest(charter);

function receive(received: Charter = charter): void {
  const { id, version } = received;
  const stored = {
    digest: charterDigest(received),
    id,
    version,
    body: encodeCharter(received),
    notice: 1,
    signature: new Uint8Array(64),
  };
  createConsentStore(db).addCharter(stored, NOW_MS);
}

const importHomes = (tenure: (row: number) => string) =>
  importRows(
    db,
    Array.from({ length: 600 }, (_, row) => [
      `r${row}`,
      row % 3 === 0 ? "1" : "0",
      String(row % 50),
      row % 2 === 0 ? "Y" : "N",
      tenure(row),
    ]),
    { dataset: charter.dataset.name },
  );
const listed = (row: number) => ["owned", "rented", "social"][(row % 4) % 3]!;

describe("node charter check", () => {
  it("ends with 0 where the rows are as declared, by id, by digest and from a file", async () => {
    receive();
    await importHomes(listed);
    const file = join(folder, "charter.yaml");
    writeFileSync(file, JSON.stringify(homesTraining()));
    for (const reference of [charter.id, `${charter.id}@1`, bytesToHex(digest), file]) {
      const { code, stdout, stderr } = await run(reference);
      expect([code, stderr]).toEqual([0, ""]);
      expect(stdout).toContain("charter council-tax-double-residence version 1\ndataset homes: 600 rows");
      expect(stdout).toMatch(/tenure +feature +category +100\.0 % +0\.0 % +0\.0 % +pass/);
      expect(stdout).toContain("200 positive, 400 not");
      expect(stdout).toContain("Nothing stands in the way of taking part here.");
    }
  });

  it("ends with 30 where a field fails, says what to do, and shows no value", async () => {
    receive();
    await importHomes((row) => (row % 2 === 0 ? "LEASEHOLD" : "owned"));
    const { code, stdout } = await run(charter.id);
    expect(code).toBe(30);
    expect(stdout).toMatch(/tenure +feature +category +50\.0 % +0\.0 % +50\.0 % +fail/);
    expect(stdout).toContain("translate them by codes in the mapping");
    expect(stdout).toContain("Nothing was sent.");
    expect(stdout).not.toContain("LEASEHOLD");
  });

  it("prints one document of facts for programs, also where it fails", async () => {
    receive();
    await importHomes(() => "");
    const { code, stdout } = await run(charter.id, { json: true });
    expect(code).toBe(30);
    expect(JSON.parse(stdout)).toMatchObject({
      charter: charter.id,
      passed: false,
      usable: 0,
      findings: [{ field: "tenure", level: "fail" }, {}, {}],
    });
  });

  it("sends a reader of a charter that learns nothing to the command for matches", async () => {
    receive(exampleCharter());
    const { code, stderr } = await run(charter.id);
    expect(code).toBe(2);
    expect(stderr).toContain("nothing is learned under it");
    expect(stderr).toContain("portmoot node readiness council-tax");
  });

  it("checks a model that is to be judged: whether it is here, and is what the charter says", async () => {
    await importHomes(listed);
    const model = homesModel();
    receive(parseCharter(homesEvaluation(bytesToHex(modelDigest(model)))));
    const absent = await run(charter.id);
    expect(absent.code).toBe(30);
    expect(absent.stdout).toMatch(/fail +operation\.model: [0-9a-f]{12} is not here: portmoot node models add FILE/);
    createModelStore(db).add(model, { origin: "file", atMs: NOW_MS });
    const held = await run(charter.id);
    expect([held.code, held.stderr]).toEqual([0, ""]);
    expect(held.stdout).toContain("Nothing stands in the way of taking part here.");
  });

  it.each([
    ["other features", { features: ["exempt", "complaints", "tenure"] }, "operation.features"],
    ["another family", { family: "poisson", label: { attribute: "hmo" } }, "operation.family"],
  ])("fails where the charter names %s than the model's", async (_, operation, field) => {
    await importHomes(listed);
    const model = homesModel();
    createModelStore(db).add(model, { origin: "file", atMs: NOW_MS });
    const evaluate = { metrics: ["accuracy"], groups: [], bins: 64, top: [] };
    receive(parseCharter(homesEvaluation(bytesToHex(modelDigest(model)), { evaluate, ...operation })));
    const { code, stdout } = await run(charter.id);
    expect(code).toBe(30);
    expect(stdout).toContain(`${field}: is not as the model has it`);
  });

  it("fails where the charter declares a feature otherwise than the model's", async () => {
    await importHomes(listed);
    const model = homesModel();
    createModelStore(db).add(model, { origin: "file", atMs: NOW_MS });
    const document = homesEvaluation(bytesToHex(modelDigest(model))) as { dataset: { attributes: Document } };
    document.dataset.attributes["complaints"] = { type: "number", unit: "complaints a year", least: 0, most: 99 };
    receive(parseCharter(document));
    const { code, stdout } = await run(charter.id);
    expect(code).toBe(30);
    expect(stdout).toContain("dataset.attributes.complaints: is not as the model has it");
  });

  it("says which dataset or charter is not here", async () => {
    expect((await run(charter.id)).stderr).toContain("is not here");
    receive();
    expect((await run(charter.id)).stderr).toContain("dataset homes is not here");
    expect((await run(join(folder, "none.yaml"))).stderr).toContain("cannot be read");
  });
});
