import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { Command } from "commander";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addMatchesCommands } from "../../../../node/cli/matches.ts";
import type { NodeContext } from "../../../../node/cli/context.ts";
import { createOwnSideStore } from "../../../../node/data/own-side-store.ts";
import { readLedger } from "../../../../node/egress/ledger-view.ts";
import { verifyLedger } from "../../../../node/egress/ledger-verify.ts";
import { createOutput, runProgram } from "../../../../shared/host/cli.ts";
import { CHARTER_DIGEST, createEgressNode, ROUND, type EgressNode } from "../../../helpers/egress-node.ts";

let folder: string;
let node: EgressNode;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portmoot-matches-"));
  node = createEgressNode();
  const store = createOwnSideStore(node.db);
  const atMs = node.clock.nowMs();
  const list = { round: ROUND, charter: CHARTER_DIGEST, atMs, keepUntilMs: atMs + 1e9 };
  store.expect({ ...list, pair: [0, 1], partner: "newham" });
  store.expect({ ...list, pair: [0, 2], partner: "hackney" });
  store.settle({ round: ROUND, pair: [0, 1], state: "here", atMs }, [
    { row: 4, reference: "CT-0004", key: "nino-year" },
    { row: 9, reference: null, key: "names-dob" },
    { row: 11, reference: "=HYPERLINK(1)", key: "names-dob" },
  ]);
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

async function run(args: string[], options: { json?: boolean; ask?: (question: string) => Promise<string> } = {}) {
  const io = { stdout: new PassThrough(), stderr: new PassThrough(), isTty: false };
  const output = createOutput(io, options.json === true);
  const { db, clock, gate } = node;
  const context = { db, clock, output, ask: options.ask ?? null, core: () => ({ gate }) } as unknown as NodeContext;
  const program = new Command("node");
  addMatchesCommands(program, () => context);
  const code = await runProgram(program, ["matches", ...args], io);
  const text = (stream: PassThrough) => ((stream.read() as Buffer | null) ?? Buffer.alloc(0)).toString("utf8");
  return { code, stdout: text(io.stdout), stderr: text(io.stderr) };
}

const round = Buffer.from(ROUND).toString("hex");
const openings = () => [...readLedger(node.db)].filter(({ entry }) => entry.type === "open-lists");

describe("node matches list", () => {
  it("without a round tells which lists there are, and opens none", async () => {
    const { code, stdout } = await run(["list"]);
    expect(code).toBe(0);
    expect(stdout).toContain(`${round}  newham`);
    expect(stdout).toContain("3 rows, kept until 2026-06-12");
    expect(stdout).toContain("missing: none has come");
    expect(stdout).not.toContain("CT-0004");
    expect(openings()).toEqual([]);
  });

  it("opens a round's lists under a purpose that stands in a ledger that verifies, with the banner above the rows", async () => {
    const { code, stdout, stderr } = await run(["list", round.slice(0, 4), "--purpose", "discount review"]);
    expect(code).toBe(0);
    expect(stdout.indexOf("A match is an anomaly to be checked")).toBe(0);
    expect(stdout).toMatch(/CT-0004 +newham +nino-year/);
    expect(stdout).toMatch(/row 9 +newham +names-dob/);
    expect(stderr).toContain("no list of hackney: missing");
    expect(openings()).toHaveLength(1);
    expect(openings()[0]?.entry).toMatchObject({ direction: "local", charter: CHARTER_DIGEST });
    expect(openings()[0]?.entry.encodes).toMatch(/were shown here by the account \S+, for: discount review$/);
    expect(openings()[0]?.entry.encodes).not.toContain("CT-");
    node.ledger.syncHead();
    expect(verifyLedger(node.trust)).toMatchObject({ entries: 1 });
  });

  it("asks a person at the terminal for the purpose", async () => {
    const asked: string[] = [];
    const ask = (question: string) => (asked.push(question), Promise.resolve("asked and told"));
    expect((await run(["list", round], { ask })).code).toBe(0);
    expect(asked).toEqual(["What is this list opened for? "]);
    expect(openings()[0]?.entry.encodes).toContain("for: asked and told");
  });

  it.each([
    ["no purpose", []],
    ["an empty one", ["--purpose", "  "]],
    ["one of two lines", ["--purpose", "one\ntwo"]],
    ["one too long", ["--purpose", "x".repeat(501)]],
  ])("shows nothing and logs nothing for %s", async (_, purpose) => {
    const { code, stdout, stderr } = await run(["list", round, ...purpose]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("--purpose: expected one line of text");
    expect(openings()).toEqual([]);
  });

  it("names a round that has none", async () => {
    const { code, stderr } = await run(["list", "ffff", "--purpose", "review"]);
    expect(code).toBe(2);
    expect(stderr).toContain("round ffff has no own-side lists here");
  });

  it("prints facts for programs, the notice among them", async () => {
    const { stdout } = await run(["list", round, "--purpose", "review"], { json: true });
    expect(JSON.parse(stdout)).toMatchObject({
      notice: expect.stringContaining("to be checked") as string,
      rows: [{ reference: "CT-0004", partner: "newham", key: "nino-year" }, {}, {}],
    });
  });

  it("has nothing left when the charter's days are over", async () => {
    node.clock.advance(2e9);
    expect((await run(["list"])).stdout).toBe("no own-side lists\n");
    expect((await run(["list", round, "--purpose", "review"])).code).toBe(2);
  });
});

describe("node matches export", () => {
  it("writes a file for its owner alone, with the caution in every row and no formula", async () => {
    const file = join(folder, "matches.csv");
    const { code, stdout, stderr } = await run(["export", round, "--out", file, "--purpose", "review"]);
    expect([code, stdout]).toEqual([0, `3 rows written to ${file}\n`]);
    expect(stderr).toContain("A match is an anomaly to be checked");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, "utf8").split("\n")).toEqual([
      "reference,also_in,match_key,note",
      "CT-0004,newham,nino-year,to be checked: a match is no proof",
      "row 9,newham,names-dob,to be checked: a match is no proof",
      "'=HYPERLINK(1),newham,names-dob,to be checked: a match is no proof",
      "",
    ]);
    expect(openings()[0]?.entry.encodes).toContain("were exported here");
  });

  it("leaves a file alone that is there already, and asks for nothing", async () => {
    const file = join(folder, "matches.csv");
    await run(["export", round, "--out", file, "--purpose", "review"]);
    const before = readFileSync(file);
    const again = await run(["export", round, "--out", file, "--purpose", "again"]);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain("is there already");
    expect(readFileSync(file)).toEqual(before);
    expect(openings()).toHaveLength(1);
  });
});
