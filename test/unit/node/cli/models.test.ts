import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { Command } from "commander";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { NodeContext } from "../../../../node/cli/context.ts";
import { addModelCommands } from "../../../../node/cli/models.ts";
import { addScoreCommand } from "../../../../node/cli/score.ts";
import { createModelStore } from "../../../../node/data/model-store.ts";
import { readLedger } from "../../../../node/egress/ledger-view.ts";
import { verifyLedger } from "../../../../node/egress/ledger-verify.ts";
import { bytesToHex } from "../../../../shared/base/bytes.ts";
import { createOutput, runProgram } from "../../../../shared/host/cli.ts";
import { modelDigest } from "../../../../shared/learning/published-model.ts";
import { createEgressNode, type EgressNode } from "../../../helpers/egress-node.ts";
import { homesModel, importRows } from "../../../helpers/learning-homes.ts";

let folder: string;
let node: EgressNode;
const digest = bytesToHex(modelDigest(homesModel()));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portmoot-models-"));
  node = createEgressNode();
});
afterEach(() => {
  node.db.close();
  rmSync(folder, { recursive: true });
});

async function run(args: string[], options: { json?: boolean; ask?: (question: string) => Promise<string> } = {}) {
  const io = { stdout: new PassThrough(), stderr: new PassThrough(), isTty: false };
  const output = createOutput(io, options.json === true);
  const { db, clock, gate } = node;
  const context = { db, clock, output, ask: options.ask ?? null, core: () => ({ gate }) } as unknown as NodeContext;
  const program = new Command("node");
  addModelCommands(program, () => context);
  addScoreCommand(program, () => context);
  const code = await runProgram(program, args, io);
  const text = (stream: PassThrough) => ((stream.read() as Buffer | null) ?? Buffer.alloc(0)).toString("utf8");
  return { code, stdout: text(io.stdout), stderr: text(io.stderr) };
}

const keep = (model = homesModel()) => createModelStore(node.db).add(model, { origin: "round", atMs: 1 });
/** Files with their content. */
const listFolder = () => readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]);
const openings = () => [...readLedger(node.db)].filter(({ entry }) => entry.type === "open-lists");

describe("node models", () => {
  it("lists models with their origin and their last day", async () => {
    expect((await run(["models", "list"])).stdout).toBe("no models yet\n");
    keep();
    expect((await run(["models", "list"])).stdout).toBe(
      `${digest.slice(0, 12)}  hmo-model model 1  from a round, until 2027-05-01\n`,
    );
    node.clock.advance(366 * 86_400_000);
    expect((await run(["models", "list"])).stdout).toContain("expired on 2027-05-01");
  });

  it("shows the card with the notice above it, and every coefficient with its unit", async () => {
    keep();
    const { stdout } = await run(["models", "show", digest.slice(0, 8)]);
    expect(stdout.indexOf("A score supports a decision and does not make one")).toBe(0);
    expect(stdout).toContain("in 9 secure sums of 4 boroughs");
    expect(stdout).toMatch(/limit +Learned from inspected homes\./);
    expect(stdout).toMatch(/complaints, per complaints a year +0\.5/);
    expect(stdout).toMatch(/exempt yes +-2/);
    expect(stdout).toMatch(/tenure social +-0\.75/);
  });

  it("goes as a file to a borough that did not train, which compares the digest", async () => {
    keep();
    const file = join(folder, "model.json");
    expect((await run(["models", "export", digest, "--out", file])).stdout).toContain(`digest ${digest}`);
    expect((await run(["models", "export", digest, "--out", file])).stderr).toContain("is there already");
    node.db.exec("DELETE FROM models");
    const { code, stdout } = await run(["models", "add", file, "--digest", digest.toUpperCase()]);
    expect([code, stdout]).toEqual([0, `added model ${digest}\n`]);
    expect(createModelStore(node.db).require(digest)).toMatchObject({ origin: "file", model: homesModel() });
  });

  it("takes in no file that is not the model of that digest", async () => {
    const file = join(folder, "model.json");
    const { equation } = homesModel();
    writeFileSync(file, JSON.stringify(homesModel({ equation: { ...equation, intercept: 9 } })));
    const { code, stderr } = await run(["models", "add", file, "--digest", digest]);
    expect(code).toBe(40);
    expect(stderr).toContain("is not the model of that digest");
    expect(createModelStore(node.db).models()).toEqual([]);
  });

  it.each([
    ["no JSON", "format: portmoot", "is no JSON"],
    ["no model", "{}", "model: format"],
    ["not text", Buffer.from([0xff, 0xfe]), "not UTF-8"],
  ])("takes in no file that is %s", async (_, content, message) => {
    const file = join(folder, "model.json");
    writeFileSync(file, content);
    const { code, stderr } = await run(["models", "add", file, "--digest", digest]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe("node score", () => {
  const rows = [
    ["H-1", "", "2", "N", "rented"],
    ["=HYPERLINK(1)", "", "0", "Y", "owned"],
    ["", "", "2", "N", "social"],
    ["H-4", "", "", "N", "social"],
  ];
  const out = () => join(folder, "homes.csv");
  const score = (...more: string[]) => run(["score", digest, "--dataset", "homes", "--out", out(), ...more]);

  it("writes own references with rank, score and reasons, for its owner alone, with the caution in every row", async () => {
    keep();
    await importRows(node.db, rows);
    const { code, stdout, stderr } = await score("--purpose", "HMO inspections");
    expect([code, stdout]).toEqual([
      0,
      `3 of 4 rows written to ${out()}; 1 have no score, a value that the model needs is missing there\n`,
    ]);
    expect(stderr).toContain("A score supports a decision and does not make one");
    expect(statSync(out()).mode & 0o777).toBe(0o600);
    const note = "to be checked: a score supports a decision and does not make one";
    // Scores are the logistic of 0.25, -0.75 and -3; reasons as in score.test.ts.
    expect(readFileSync(out(), "utf8").split("\n")).toEqual([
      "reference,rank,score,reason_1,reason_2,reason_3,note",
      `H-1,1,0.5622,exempt no raises it (+0.67),tenure rented raises it (+0.42),complaints 2 raises it (+0.33),${note}`,
      `row 3,2,0.3208,exempt no raises it (+0.67),tenure social lowers it (-0.58),complaints 2 raises it (+0.33),${note}`,
      `'=HYPERLINK(1),3,0.04743,exempt yes lowers it (-1.33),complaints 0 lowers it (-0.67),tenure owned raises it (+0.17),${note}`,
      "",
    ]);
  });

  it("has its purpose in a ledger that verifies, and no reference or score there", async () => {
    keep();
    await importRows(node.db, rows);
    await score("--purpose", "HMO inspections", "--top", "2");
    expect(openings()).toHaveLength(1);
    const { encodes } = openings()[0]!.entry;
    expect(encodes).toContain(`The rows of dataset homes were scored here by model ${digest} and at most 2 listed`);
    expect(encodes).toMatch(/by the account \S+, for: HMO inspections$/);
    expect(encodes).not.toContain("H-1");
    expect(readFileSync(out(), "utf8").trim().split("\n")).toHaveLength(3);
    node.ledger.syncHead();
    expect(verifyLedger(node.trust)).toMatchObject({ entries: 1 });
  });

  it("asks a person at the terminal for the purpose", async () => {
    keep();
    await importRows(node.db, rows);
    const ask = () => Promise.resolve("asked and told");
    const { code } = await run(["score", digest, "--dataset", "homes", "--out", out()], { ask });
    expect(code).toBe(0);
    expect(openings()[0]?.entry.encodes).toContain("for: asked and told");
  });

  it("says that a model of a rehearsal is not for real cases", async () => {
    const rehearsed = bytesToHex(keep(homesModel({ notForRelease: true })));
    await importRows(node.db, rows);
    const args = ["score", rehearsed, "--dataset", "homes", "--out", out(), "--purpose", "trial"];
    expect((await run(args)).stderr).toContain("from a rehearsal");
  });

  it.each<[string, () => void, string[], number, string]>([
    [
      "an expired model",
      () => {
        node.clock.advance(366 * 86_400_000);
      },
      ["--purpose", "x"],
      20,
      "until 2027-05-01",
    ],
    [
      "an existing file",
      () => {
        writeFileSync(out(), "mine");
      },
      ["--purpose", "x"],
      2,
      "is there already",
    ],
    ["no purpose", () => undefined, [], 2, "--purpose: expected one line"],
    ["no number of rows", () => undefined, ["--top", "many", "--purpose", "x"], 2, "--top: expected a whole number"],
    ["no row at all", () => undefined, ["--top", "0", "--purpose", "x"], 2, "--top: expected a whole number"],
  ])("refuses %s, and logs and writes nothing", async (_, arrange, args, code, message) => {
    keep();
    await importRows(node.db, rows);
    arrange();
    const before = listFolder();
    const answer = await score(...args);
    expect(answer.code).toBe(code);
    expect(answer.stderr).toContain(message);
    expect(openings()).toEqual([]);
    expect(listFolder()).toEqual(before);
  });

  it("refuses a dataset without a feature of the model, naming it, before anything is logged", async () => {
    keep();
    await importRows(
      node.db,
      rows.map((row) => row.slice(0, 4)),
      { attributes: ["hmo", "complaints", "exempt"] },
    );
    const { code, stderr } = await score("--purpose", "x");
    expect(code).toBe(2);
    expect(stderr).toContain("dataset homes: lacks what the model needs: tenure");
    expect(openings()).toEqual([]);
  });

  it("prints facts for programs, and no row", async () => {
    keep();
    await importRows(node.db, rows);
    const args = ["score", digest, "--dataset", "homes", "--out", out(), "--purpose", "x"];
    const { stdout } = await run(args, { json: true });
    expect(JSON.parse(stdout)).toMatchObject({ model: digest, rows: 4, unscored: 1, listed: 3 });
    expect(stdout).not.toContain("H-1");
  });
});
