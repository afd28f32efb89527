import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { Command } from "commander";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { NodeContext } from "../../../../node/cli/context.ts";
import { addReadinessCommand } from "../../../../node/cli/readiness.ts";
import { createConsentStore } from "../../../../node/data/consent-store.ts";
import { openNodeDatabase, type Database } from "../../../../node/data/database.ts";
import { importFile } from "../../../../node/data/import/import-file.ts";
import { parseMappingText } from "../../../../node/data/import/mapping.ts";
import { IN_MEMORY } from "../../../../shared/base/scratch.ts";
import { createOutput, runProgram } from "../../../../shared/host/cli.ts";
import { charterDigest, encodeCharter, parseCharter } from "../../../../shared/protocol/charter.ts";
import { exampleDocument, NOW_MS, type Json } from "../../../helpers/example-charter.ts";

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
    expect(stdout).toContain(
      'date_of_birth: 14.3 % of the texts cannot be read, mostly "not a date"; look into the rejects file',
    );
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
      rowsIn: 3,
      losses: [],
      testNhsNumbers: 0,
      fields: expect.arrayContaining([
        { field: "forename", present: 3, unreadable: 0, distinct: 3, commonest: 1 },
        { field: "surname", present: 3, unreadable: 0, distinct: 1, commonest: 3 },
      ]) as unknown,
      populations: [
        { name: "all rows", funnel: { rows: 3, units: 3, usable: 3, withheld: 0, keyless: 0 }, weakKeys: [] },
      ],
    });
  });

  it("tells where rows are lost and why: in the file, without any key, with shared keys only", async () => {
    await load([
      ...[0, 0, 1, 2].map(whole),
      "4,Ann,Lee,someday,NW1 1AZ,AB12,",
      "5,,,,,,",
      "cut off",
      "6,Bob,Ray,1980-02-03,NW1 1AX,,Y",
    ]);
    const { stdout } = await run(["people"]);
    expect(stdout).toContain("of 8 rows in the file 1 were broken and left out");
    expect(stdout).toMatch(/what the import could not read, and why\n(.*\n)* +1 {3}row: expected 7 columns\n/);
    expect(stdout).toMatch(/ +1 {3}date_of_birth: not a date/);
    expect(stdout).toMatch(/ +1 {3}nino: not a NINO/);
    // Two of the same person; one without anything, and one without a birthday where the keys that need none stand aside.
    expect(stdout).toMatch(/without any key +2: what each key needs is missing/);
    expect(stdout).toMatch(/with shared keys only +2: several units here/);
    expect(stdout).toMatch(/usable +2\n/);
    expect(stdout).not.toMatch(/Lee|Ray|someday|AB12/);
  });

  describe("of a larger extract", () => {
    const NUMBERS = `dateFormat: ymd
mapping: { reference: ref, forename: first, surname: last, date_of_birth: dob, nhs_number: nhs }
`;
    /** A hundred people with one number each, made up to have the right check digit. */
    const nhs = (number: number) => {
      const nine = String(400_000_000 + number * 11);
      const sum = Array.from(nine).reduce((all, figure, at) => all + Number(figure) * (10 - at), 0);
      return `${nine}${(11 - (sum % 11)) % 11}`;
    };
    const rows = (change: (row: string[], index: number) => string[]) =>
      Array.from({ length: 200 }, (_, index) =>
        change([`${index}`, `N${index}`, "Family", `19${50 + (index % 50)}-01-0${1 + (index % 9)}`, nhs(index)], index),
      ).map((cells) => cells.join(","));
    async function advice(lines: readonly string[]): Promise<string[]> {
      const file = join(folder, "numbers.csv");
      writeFileSync(file, `ref,first,last,dob,nhs\n${lines.join("\n")}\n`);
      const clock = { nowMs: () => NOW_MS };
      const rejectsFile = join(folder, "rejects.csv");
      await importFile({ db, file, dataset: "people", mapping: parseMappingText(NUMBERS), rejectsFile, clock });
      return (JSON.parse((await run(["people"], { json: true })).stdout) as { advice: string[] }).advice;
    }

    it("counts NHS numbers of the range for tests", async () => {
      const made = await advice(rows((row, index) => (index < 3 ? [...row.slice(0, 4), "9990000018"] : row)));
      expect(made).toContain("nhs_number: 3 are of the range for tests: take made-up people out of the extract");
    });

    it("tells a birthday that stands for not known, and numbers that repeat", async () => {
      const given = await advice(
        rows(([ref, first, last, dob, number], index) => [
          ref!,
          first!,
          last!,
          index % 5 === 0 ? "1970-01-01" : dob!,
          index < 20 ? nhs(0) : number!,
        ]),
      );
      expect(given).toContainEqual(
        expect.stringMatching(/^date_of_birth: one value stands in 2\d\.\d % of the rows: if it means "not known"/),
      );
      expect(given).toContainEqual(expect.stringMatching(/^nhs_number: \d+\.\d % of the rows repeat another row's/));
    });
  });

  describe("with a charter", () => {
    const COUNCIL = `dateFormat: ymd
mapping: { reference: ref, forename: first, surname: last, date_of_birth: dob, postcode: pc, nino: ni }
attributes: { discount: disc, status: stat }
`;
    function receive(document = exampleDocument()) {
      const charter = parseCharter(document);
      const { id, version } = charter;
      const [digest, body] = [charterDigest(charter), encodeCharter(charter)];
      const signature = new Uint8Array(64);
      createConsentStore(db).addCharter({ digest, id, version, body, notice: version, signature }, NOW_MS);
    }
    async function loadCouncil() {
      const file = join(folder, "council.csv");
      const row = (number: number, status: string) => `${whole(number)}none,${status}`;
      writeFileSync(
        file,
        `ref,first,last,dob,pc,ni,disc,stat\n${[row(0, "open"), row(1, "open"), row(2, "closed")].join("\n")}\n`,
      );
      const clock = { nowMs: () => NOW_MS };
      const rejectsFile = join(folder, "rejects.csv");
      await importFile({ db, file, dataset: "council-tax", mapping: parseMappingText(COUNCIL), rejectsFile, clock });
    }
    const ID = "council-tax-double-residence";

    it("tries its keys on the rows that it chooses, and says where they are too few for it", async () => {
      await loadCouncil();
      receive();
      const { code, stdout } = await run(["council-tax", "--charter", ID]);
      expect(code).toBe(0);
      expect(stdout).toContain(
        "from rows to units that a match could use: rows the charter chooses\n  rows                       2\n",
      );
      expect(stdout).toMatch(/initial-surname-dob-sector +100\.0 % +100\.0 %/);
      expect(stdout).toContain("2 units, the charter asks for 100: this borough would not contribute");
    });

    it("shows both sides of one with a left and a right", async () => {
      await loadCouncil();
      const { operation, ...rest } = exampleDocument();
      const { population, label, ...parts } = operation as Record<string, Json>;
      expect([population, label]).not.toContain(undefined);
      const side = (code: string) => ({ where: [{ attribute: "status", in: [code] }] });
      const sides = {
        ...parts,
        left: side("open"),
        right: side("closed"),
        label: { left: "discount", right: "discount" },
      };
      receive({ ...rest, operation: sides });
      const { stdout } = await run(["council-tax", "--charter", ID], { json: true });
      const { populations } = JSON.parse(stdout) as { populations: { name: string; funnel: { rows: number } }[] };
      expect(populations.map(({ name, funnel }) => [name, funnel.rows])).toEqual([
        ["rows the charter chooses, left", 2],
        ["rows the charter chooses, right", 1],
      ]);
    });

    it("names the dataset that the charter is about", async () => {
      await load([0, 1].map(whole));
      receive();
      const { code, stderr } = await run(["people", "--charter", ID]);
      expect(code).toBe(2);
      expect(stderr).toContain("is about the dataset council-tax");
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
