import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { Command } from "commander";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { NodeContext } from "../../../../node/cli/context.ts";
import { addReadinessCommand } from "../../../../node/cli/readiness.ts";
import { openNodeDatabase, type Database } from "../../../../node/data/database.ts";
import { importFile } from "../../../../node/data/import/import-file.ts";
import { parseMappingText } from "../../../../node/data/import/mapping.ts";
import { IN_MEMORY } from "../../../../shared/base/scratch.ts";
import { createOutput, runProgram } from "../../../../shared/host/cli.ts";
import { NOW_MS } from "../../../helpers/example-charter.ts";

let folder: string;
let db: Database;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portmoot-readiness-"));
  db = openNodeDatabase(":memory:");
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true });
});

const MAPPING = `dateFormat: ymd
mapping: { reference: ref, forename: first, surname: last, date_of_birth: dob, postcode: pc, nino: ni, no_match: out }
`;

async function load(rows: readonly string[]) {
  const file = join(folder, "rows.csv");
  writeFileSync(file, `ref,first,last,dob,pc,ni,out\n${rows.join("\n")}\n`);
  const clock = { nowMs: () => NOW_MS };
  const rejectsFile = join(folder, "rejects.csv");
  await importFile({ db, file, dataset: "people", mapping: parseMappingText(MAPPING), rejectsFile, clock });
}

async function run(args: string[], { json = false, laterDays = 0 } = {}) {
  const io = { stdout: new PassThrough(), stderr: new PassThrough(), isTty: false };
  const clock = { nowMs: () => NOW_MS + laterDays * 86_400_000 };
  const context = { db, clock, output: createOutput(io, json), workspace: () => IN_MEMORY } as unknown as NodeContext;
  const program = new Command("node");
  addReadinessCommand(program, () => context);
  const code = await runProgram(program, ["readiness", ...args], io);
  const text = (stream: PassThrough) => ((stream.read() as Buffer | null) ?? Buffer.alloc(0)).toString("utf8");
  return { code, stdout: text(io.stdout), stderr: text(io.stderr) };
}

const whole = (number: number) =>
  `${number},Name${"abcdefghijklmnopqrst".charAt(number)},Family,19${50 + number}-01-02,NW1 1A${"ABCDEFGHJKLMNOPQRSTU".charAt(number)},,`;

describe("node readiness", () => {
  it("tells how complete and readable each field is, the funnel and each key's coverage, and what to do", async () => {
    await load([
      ...[0, 1, 2, 3].map(whole),
      "4,Ann,Lee,someday,NW1 1AZ,,",
      "5,,,,,,",
      "6,Bob,Ray,1980-02-03,NW1 1AX,,Y",
    ]);
    const { code, stdout } = await run(["people"]);
    expect(code).toBe(0);
    expect(stdout).toContain("dataset people: 7 rows, imported today");
    expect(stdout).toMatch(/date_of_birth +71\.4 % +14\.3 % +5/);
    expect(stdout).toMatch(/left out by no_match +1,/);
    expect(stdout).toMatch(/names-dob-postcode +71\.4 % +71\.4 %/);
    expect(stdout).toContain("date_of_birth: 14.3 % of the texts cannot be read; look into the rejects file");
    expect(stdout).toContain("nino: there in 0.0 % of the rows; ask whether another system holds it");
    // No record is shown.
    expect(stdout).not.toMatch(/Lee|Ray|someday/);
  });

  it("names keys that a round would be refused for, and an old extract", async () => {
    await load([0, 0, 0, 1, 2].map(whole));
    const { stdout } = await run(["people"], { laterDays: 120 });
    expect(stdout).toContain("imported 120 days ago");
    expect(stdout).toContain("the extract is 120 days old");
    expect(stdout).toContain("key names-dob-postcode: too many units share their value");
    expect(stdout).toMatch(/names-dob-postcode .* refused below 98 %/);
  });

  it("prints facts for programs", async () => {
    await load([0, 1, 2].map(whole));
    const { stdout } = await run(["people"], { json: true });
    expect(JSON.parse(stdout)).toMatchObject({
      dataset: "people",
      rows: 3,
      ageDays: 0,
      fields: expect.arrayContaining([{ field: "forename", present: 3, unreadable: 0, distinct: 3 }]) as unknown,
      funnel: { rows: 3, units: 3, usable: 3, withheld: 0 },
      weakKeys: [],
    });
  });

  it.each([
    [["houses"], "dataset houses is not here"],
    [["people", "--cascade", "cats"], "no cascade of that name"],
  ])("names what is wrong with %j", async (args, message) => {
    await load([0, 1].map(whole));
    const { code, stderr } = await run(args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});
