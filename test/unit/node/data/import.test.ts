import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Database } from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readAttributes } from "../../../../node/data/attributes.ts";
import { openNodeDatabase } from "../../../../node/data/database.ts";
import { listDatasets } from "../../../../node/data/datasets.ts";
import { importFile } from "../../../../node/data/import/import-file.ts";
import { openImportLock } from "../../../../node/data/import/import-lock.ts";
import { parseMappingText } from "../../../../node/data/import/mapping.ts";
import { readPopulation } from "../../../../node/data/population.ts";

const MAPPING = "dateFormat: dmy\nmapping: { reference: ref, surname: name, date_of_birth: dob, no_match: hide }\n";
let folder: string;
let db: Database;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portmoot-import-"));
  db = openNodeDatabase(join(folder, "node.db"));
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

function load(content: string | Uint8Array, mapping = MAPPING) {
  const file = join(folder, "extract.csv");
  writeFileSync(file, content);
  return run(file, mapping);
}

function run(file: string, mapping = MAPPING) {
  return importFile({
    db,
    file,
    dataset: "people",
    mapping: parseMappingText(mapping),
    rejectsFile: join(folder, "rejects.csv"),
    clock: { nowMs: () => 1_700_000_000_000 },
  });
}

function population() {
  return [...readPopulation(db, { dataset: "people", fields: ["surname", "date_of_birth"], where: [], label: null })];
}

describe("an import", () => {
  it("reads a byte order mark, CRLF, quoted newlines and semicolons, and standardises", async () => {
    const report = await load(
      '\uFEFFref;name;dob;hide\r\n1;"O\'Neill\r\nSmith";03/11/1987;N\r\n2;Zoë;31/02/1990;Y\r\n',
    );
    expect(report.rowsReadable).toBe(2);
    expect(population()).toEqual([
      { row: 1, reference: "1", noMatch: false, label: 0, values: ["O NEILL SMITH", "1987-11-03"] },
      { row: 2, reference: "2", noMatch: true, label: 0, values: ["ZOE", null] },
    ]);
    expect(readFileSync(join(folder, "rejects.csv"), "utf8")).toMatch(/date_of_birth,no such day/);
  });

  it("reads Windows-1252 where the file is not UTF-8", async () => {
    await load(Buffer.from("ref,name,dob,hide\n1,Jos\xe9,01/02/1990,N\n", "latin1"));
    expect(population()[0]?.values[0]).toBe("JOSE");
  });

  it("takes a no_match that cannot be read as set", async () => {
    await load("ref,name,dob,hide\n1,Smith,01/02/1990,perhaps\n");
    expect(population()[0]?.noMatch).toBe(true);
  });

  it("loads rows that carry attributes and no identifier", async () => {
    const report = await load("age,num\n54,0\n?,2\n", 'csv: { missing: ["?"] }\nattributes: { age: age, num: num }\n');
    expect(report).toMatchObject({ rowsReadable: 2, present: {} });
    expect([...readAttributes(db, "people", ["num", "age"]).pages()]).toEqual([
      [
        [1, "0", "54"],
        [2, "2", null],
      ],
    ]);
  });

  it("lists a broken row with its line and loads the others", async () => {
    const report = await load("ref,name,dob,hide\n1,Smith,01/02/1990,N\nbroken\n2,Jones,01/02/1990,N\n");
    expect(report.rowsIn).toBe(3);
    expect(report.rowsReadable).toBe(2);
    expect(readFileSync(join(folder, "rejects.csv"), "utf8")).toMatch(/^3,,"expected 4 columns, found 1"/m);
  });

  it("replaces the dataset as a whole, and drops the snapshot before", async () => {
    await load("ref,name,dob,hide\n1,Smith,01/02/1990,N\n2,Jones,01/02/1990,N\n");
    const again = await load("ref,name,dob,hide\n9,Brown,01/02/1990,N\n");
    expect(listDatasets(db)).toMatchObject([{ name: "people", snapshot: again.snapshot, rows: 1 }]);
    expect(population().map(({ reference }) => reference)).toEqual(["9"]);
    const tables = db.prepare("SELECT count(*) FROM sqlite_master WHERE name LIKE 'rows_%'").pluck().get();
    expect(tables).toBe(1);
  });
});

describe("a file that cannot be loaded", () => {
  const bad: [string, () => Promise<unknown>, RegExp][] = [
    ["is empty", () => load(""), /is empty/],
    ["has no rows", () => load("ref,name,dob,hide\n"), /a header and no rows/],
    ["is binary", () => load(Uint8Array.of(1, 0, 2, 0, 3)), /binary file/],
    ["is not there", () => run(join(folder, "missing.csv")), /does not exist/],
    [
      "is a directory",
      () => {
        mkdirSync(join(folder, "d"));
        return run(join(folder, "d"));
      },
      /is a directory/,
    ],
    ["lacks a mapped column", () => load("ref,name,hide\n1,a,N\n"), /mapping\.date_of_birth: .* has no column "dob"/],
    ["has a column twice", () => load("ref,name,dob,hide,name\n1,a,01\/01\/1990,N,b\n"), /column "name" stands twice/],
    ["never closes a quotation mark", () => load('ref,name,dob,hide\n1,"a,01/01/1990,N\n'), /quotation mark/],
  ];

  it.each(bad)("that %s is refused by name, and the dataset stays as it was", async (_, attempt, message) => {
    await load("ref,name,dob,hide\n1,Smith,01/02/1990,N\n");
    await expect(attempt()).rejects.toMatchObject({
      code: "bad-input",
      message: expect.stringMatching(message) as string,
    });
    expect(population().map(({ reference }) => reference)).toEqual(["1"]);
  });

  it("on a full disk leaves the dataset as it was, and says so", async () => {
    await load("ref,name,dob,hide\n1,Smith,01/02/1990,N\n");
    const pages = db.pragma("page_count", { simple: true }) as number;
    db.pragma(`max_page_count = ${pages + 8}`);
    const rows = Array.from({ length: 20_000 }, (_, i) => `${i},Smith${i},01/02/1990,N`).join("\n");
    await expect(load(`ref,name,dob,hide\n${rows}\n`)).rejects.toMatchObject({
      code: "bad-input",
      message: expect.stringMatching(/disk is full/) as string,
    });
    db.pragma("max_page_count = 1000000");
    expect(population().map(({ reference }) => reference)).toEqual(["1"]);
  });

  it("has a mapping of nothing", () => {
    expect(() => parseMappingText("dateFormat: dmy\n")).toThrow(
      /at least one field under mapping, or one of attributes/,
    );
  });

  it("has a mapping with an unknown key or field", () => {
    expect(() => parseMappingText("mapping: { surname: a }\ncolour: red\n")).toThrow(/colour/);
    expect(() => parseMappingText("mapping: { shoe_size: a }\n")).toThrow(
      /mapping\.shoe_size: is not a canonical field/,
    );
  });
});

describe("two imports at once", () => {
  it("are one after the other: the second is told, and may go once the first has ended", () => {
    const path = join(folder, "import.lock");
    const first = openImportLock(path);
    expect(() => openImportLock(path)).toThrow(expect.objectContaining({ code: "conflict" }));
    first.release();
    openImportLock(path).release();
  });
});
