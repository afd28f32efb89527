import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { Command } from "commander";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addCharterCheckCommand } from "../../../../node/cli/charter-check.ts";
import type { NodeContext } from "../../../../node/cli/context.ts";
import { createConsentStore } from "../../../../node/data/consent-store.ts";
import { openNodeDatabase, type Database } from "../../../../node/data/database.ts";
import { bytesToHex } from "../../../../shared/base/bytes.ts";
import { createOutput, runProgram } from "../../../../shared/host/cli.ts";
import type { LearningTask } from "../../../../shared/learning/task.ts";
import { charterDigest, encodeCharter } from "../../../../shared/protocol/charter.ts";
import { CLOCK, exampleCharter, exampleDocument, NOW_MS } from "../../../helpers/example-charter.ts";
import { HOMES_TASK, importRows } from "../../../helpers/learning-homes.ts";

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

async function run(
  reference: string,
  { json = false, task = HOMES_TASK }: { json?: boolean; task?: LearningTask | null } = {},
) {
  const io = { stdout: new PassThrough(), stderr: new PassThrough(), isTty: false };
  const context = { db, clock: CLOCK, output: createOutput(io, json) } as unknown as NodeContext;
  const program = new Command("node");
  addCharterCheckCommand(
    program,
    () => context,
    () => task,
  );
  const code = await runProgram(program, ["check", reference], io);
  const text = (stream: PassThrough) => ((stream.read() as Buffer | null) ?? Buffer.alloc(0)).toString("utf8");
  return { code, stdout: text(io.stdout), stderr: text(io.stderr) };
}

const charter = exampleCharter();
const digest = charterDigest(charter);

function receive(): void {
  const { id, version } = charter;
  const stored = { digest, id, version, body: encodeCharter(charter), notice: 1, signature: new Uint8Array(64) };
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
    writeFileSync(file, JSON.stringify(exampleDocument()));
    for (const reference of [charter.id, `${charter.id}@1`, bytesToHex(digest), file]) {
      const { code, stdout, stderr } = await run(reference);
      expect([code, stderr]).toEqual([0, ""]);
      expect(stdout).toContain("charter council-tax-double-residence version 1\ndataset council-tax: 600 rows");
      expect(stdout).toMatch(/tenure +feature +category +100\.0 % +0\.0 % +0\.0 % +pass/);
      expect(stdout).toContain("200 positive, 400 not");
      expect(stdout).toContain("Nothing stands in the way of training here.");
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
    receive();
    const { code, stderr } = await run(charter.id, { task: null });
    expect(code).toBe(2);
    expect(stderr).toContain("nothing is learned under it");
    expect(stderr).toContain("portmoot node readiness council-tax");
  });

  it("says which dataset or charter is not here", async () => {
    expect((await run(charter.id)).stderr).toContain("is not here");
    receive();
    expect((await run(charter.id)).stderr).toContain("dataset council-tax is not here");
    expect((await run(join(folder, "none.yaml"))).stderr).toContain("cannot be read");
  });
});
