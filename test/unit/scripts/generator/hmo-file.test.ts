import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openNodeDatabase } from "../../../../node/data/database.ts";
import { attributeColumn, fieldColumns, rowsTable } from "../../../../node/data/datasets.ts";
import { importFile } from "../../../../node/data/import/import-file.ts";
import { parseMappingText } from "../../../../node/data/import/mapping.ts";
import { runProgram } from "../../../../shared/host/cli.ts";
import { createGenerateProgram } from "../../../../scripts/generate.ts";
import { writeHmo, type HmoFiles } from "../../../../scripts/generator/hmo-file.ts";
import { hmoFeatures } from "../../../../scripts/generator/hmo-learning.ts";
import { generateHmo, type HmoRow } from "../../../../scripts/generator/hmo.ts";
import { NOW_MS } from "../../../helpers/example-charter.ts";

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "portmoot-hmo-"))));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Every habit of files once. */
const london = generateHmo({ boroughs: 4, properties: 4200, seed: 3 });

/** What a borough's import makes of a file, row by row. */
async function load(csv: string, { mapping }: HmoFiles) {
  const db = openNodeDatabase(":memory:");
  const read = parseMappingText(readFileSync(mapping, "utf8"));
  const rejectsFile = join(folder, "rejects.csv");
  const clock = { nowMs: () => NOW_MS };
  const report = await importFile({ db, file: csv, dataset: "hmo", mapping: read, rejectsFile, clock });
  const names = read.attributes.map(({ attribute }) => attribute);
  const columns = [
    ...read.fields.map(({ field }) => `${fieldColumns(field).value} AS ${field}`),
    ...names.map((name) => `${attributeColumn(name)} AS ${name}`),
  ];
  const sql = `SELECT ${columns.join(", ")} FROM ${rowsTable(report.snapshot)} ORDER BY row`;
  const rows = db.prepare<[], Record<string, string | null>>(sql).all();
  db.close();
  return { report, names, rows };
}

function expected({ reference, uprn, postcode, cells }: HmoRow, names: readonly string[]) {
  const attributes = names.map((name) => [name, cells[name as keyof typeof cells].trim() || null] as const);
  return { reference, uprn, postcode, ...Object.fromEntries(attributes) };
}

describe("the files of the HMO workload", () => {
  let files: HmoFiles[];
  beforeAll(async () => {
    files = await writeHmo(join(folder, "files"), london);
  });

  it.each(london.map((borough, index) => ({ name: borough.name, borough, index })))(
    "come through a node's import as the rows they were made from: $name",
    async ({ name, borough, index }) => {
      const file = files[index]!;
      expect(file.name).toBe(name);
      const main = await load(file.csv, file);
      expect(main.report).toMatchObject({ rowsReadable: file.rows, fieldsUnreadable: 0, rejects: file.broken });
      expect(main.names).toEqual(["found", ...hmoFeatures, ...borough.character.extras]);
      expect(main.rows).toEqual([...borough.rows()].map((row) => expected(row, main.names)));
      const test = await load(file.testCsv, file);
      expect(test.rows).toEqual([...borough.testRows()].map((row) => expected(row, test.names)));
      expect(test.report.rejects).toBe(0);
    },
  );

  it("have rows that lost their shape, which are no borough's properties", () => {
    expect(files.some(({ broken }) => broken > 0)).toBe(true);
  });

  it("hold nothing of the truth where nobody looked", async () => {
    const { rows } = await load(files[0]!.csv, files[0]!);
    const truth = [...london[0]!.rows()];
    expect(truth.some(({ isHmo, cells }) => isHmo && cells.found === "")).toBe(true);
    expect(rows.map(({ found }) => found ?? "")).toEqual(truth.map(({ cells }) => cells.found));
  });
});

describe("portmoot generate hmo", () => {
  async function run(args: string[]) {
    const io = { stdout: new PassThrough(), stderr: new PassThrough(), isTty: false };
    const code = await runProgram(createGenerateProgram(io), ["hmo", ...args], io);
    const text = (stream: PassThrough) => ((stream.read() as Buffer | null) ?? Buffer.alloc(0)).toString("utf8");
    return { code, stdout: text(io.stdout), stderr: text(io.stderr) };
  }

  it("writes the same files for the same seed and says what it wrote", async () => {
    const flags = (out: string) => ["--out", out, "--properties", "600", "--boroughs", "3", "--seed", "5", "--json"];
    const first = await run(flags(join(folder, "a")));
    expect(first.code).toBe(0);
    await run(flags(join(folder, "b")));
    const { files } = JSON.parse(first.stdout) as { files: HmoFiles[] };
    expect(files.map(({ name }) => name)).toEqual(["camden", "newham", "hackney"]);
    for (const file of files) {
      for (const path of [file.csv, file.testCsv, file.mapping]) {
        expect(readFileSync(path.replace(join(folder, "a"), join(folder, "b")))).toEqual(readFileSync(path));
      }
    }
    expect(files.reduce((sum, { rows }) => sum + rows, 0)).toBe(600);
  });

  it.each([
    [["--boroughs", "34"], "--boroughs"],
    [["--properties", "many"], "--properties"],
    [["--properties", "40"], "--properties"],
    [["--inspected", "2"], "--inspected"],
    [["--uninspected", "perhaps"], "--uninspected"],
  ])("refuses %o, naming the flag", async (args, flag) => {
    const { code, stderr } = await run(["--out", join(folder, "never"), ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(flag);
  });
});
