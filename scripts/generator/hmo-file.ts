import { createWriteStream, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { stringify as csvWriter } from "csv-stringify";
import { stringify as yamlText } from "yaml";
import { hmoExtraFeatures, hmoFeatures, hmoLabel } from "./hmo-learning.ts";
import type { HmoBorough, HmoRow } from "./hmo.ts";

/**
 * The HMO workload as the extracts that boroughs' systems write: each with its own column names, codes, delimiter and
 * texts for nothing, a few rows that have lost their shape, and the mapping that turns it into the charter's attributes.
 * Rows stream to the disk; the truth is not written.
 */
export interface HmoFiles {
  readonly name: string;
  readonly csv: string;
  /** Inspected at random, of the same shape: a dataset of its own. */
  readonly testCsv: string;
  /** Of both, as `portmoot node import --mapping` reads it. */
  readonly mapping: string;
  readonly rows: number;
  readonly testRows: number;
  /** Rows of `csv` that have lost their shape and end among the rejects. */
  readonly broken: number;
}

type Name = keyof HmoRow["cells"] | "reference" | "uprn" | "postcode";

interface Habits {
  readonly byteOrderMark: boolean;
  readonly newline: "\n" | "\r\n";
  readonly delimiter: "," | ";" | "\t";
  /** What stands where there is no value; the mapping lists them all. */
  readonly nothing: string;
  readonly columnOf: (name: Name) => string;
  /** By attribute: the charter's code → the borough's own. */
  readonly codes: Readonly<Partial<Record<Name, Readonly<Record<string, string>>>>>;
}

const FLAGS = ["class_n", "enforcement", "licensing_area"] as const;

function codesOf(own: { yes: string; no: string; found: string; none: string; tenure: string[]; type: string[] }) {
  const flag = { "1": own.yes, "0": own.no };
  const named = (codes: readonly string[], texts: readonly string[]) =>
    Object.fromEntries(codes.map((code, index) => [code, texts[index]!]));
  return {
    ...Object.fromEntries(FLAGS.map((name) => [name, flag])),
    [hmoLabel]: { "1": own.found, "0": own.none },
    tenure: named(["owner", "private", "social"], own.tenure),
    property_type: named(["terrace", "flat", "semi", "detached"], own.type),
  };
}

const HABITS: readonly Habits[] = [
  {
    byteOrderMark: true,
    newline: "\r\n",
    delimiter: ",",
    nothing: "",
    // "Council Tax Band"
    columnOf: (name) =>
      name.replace(/(^|_)(.)/g, (_, gap: string, letter: string) => (gap && " ") + letter.toUpperCase()),
    codes: codesOf({
      yes: "Y",
      no: "N",
      found: "Unlicensed HMO",
      none: "No action",
      tenure: ["Owner Occupied", "Private Rented", "Social Rented"],
      type: ["Terraced", "Flat/Maisonette", "Semi-Detached", "Detached"],
    }),
  },
  { byteOrderMark: false, newline: "\n", delimiter: ",", nothing: "NULL", columnOf: (name) => name, codes: {} },
  {
    byteOrderMark: false,
    newline: "\r\n",
    delimiter: ";",
    nothing: "N/A",
    columnOf: (name) => name.toUpperCase(),
    codes: codesOf({
      yes: "Yes",
      no: "No",
      found: "HMO",
      none: "NFA",
      tenure: ["OO", "PR", "SR"],
      type: ["TER", "FLA", "SEM", "DET"],
    }),
  },
  {
    byteOrderMark: true,
    newline: "\n",
    delimiter: "\t",
    nothing: "",
    columnOf: (name) => name.replaceAll("_", "-"),
    codes: codesOf({
      yes: "TRUE",
      no: "FALSE",
      found: "Found",
      none: "Not found",
      tenure: ["owner-occupier", "private tenant", "council or association"],
      type: ["terraced house", "flat", "semi-detached house", "detached house"],
    }),
  },
];
const NOTHING = ["", "NULL", "N/A"];
/** Rows between two that have lost their shape. */
const ROWS_PER_BROKEN = 1000;

/** Writes NAME.csv, NAME.test.csv and NAME.mapping.yaml for every borough, one after the other. */
export async function writeHmo(
  folder: string,
  boroughs: readonly HmoBorough[],
  onBorough?: (files: HmoFiles) => void,
): Promise<HmoFiles[]> {
  mkdirSync(folder, { recursive: true });
  const written: HmoFiles[] = [];
  for (const [index, borough] of boroughs.entries()) {
    const habits = HABITS[index % HABITS.length]!;
    const names = namesOf(borough);
    const path = (end: string) => join(folder, `${borough.name}.${end}`);
    const files: HmoFiles = {
      name: borough.name,
      csv: path("csv"),
      testCsv: path("test.csv"),
      mapping: path("mapping.yaml"),
      rows: borough.properties,
      testRows: borough.tests,
      broken: Math.floor(borough.properties / ROWS_PER_BROKEN),
    };
    await writeCsv(files.csv, lines(borough.rows(), names, habits), habits);
    await writeCsv(files.testCsv, lines(borough.testRows(), names, habits), habits);
    writeFileSync(files.mapping, hmoMapping(names, habits));
    written.push(files);
    onBorough?.(files);
  }
  return written;
}

function namesOf({ character }: HmoBorough): readonly Name[] {
  const extras = hmoExtraFeatures.filter((feature) => character.extras.includes(feature));
  return ["reference", "uprn", "postcode", hmoLabel, ...hmoFeatures, ...extras];
}

async function writeCsv(path: string, records: Iterable<readonly string[]>, habits: Habits): Promise<void> {
  const { byteOrderMark: bom, newline, delimiter } = habits;
  await pipeline(
    Readable.from(records),
    csvWriter({ bom, delimiter, record_delimiter: newline }),
    createWriteStream(path, { mode: 0o600 }),
  );
}

/** The header, the rows, and beside these the broken ones: no property is lost through them. */
function* lines(rows: Iterable<HmoRow>, names: readonly Name[], habits: Habits): Generator<readonly string[]> {
  yield names.map(habits.columnOf);
  const codes = names.map((name) => habits.codes[name] ?? {});
  let number = 0;
  for (const { reference, uprn, postcode, cells } of rows) {
    const values = { reference, uprn, postcode, ...cells };
    yield names.map((name, index) => {
      const text = values[name];
      return text === "" ? habits.nothing : (codes[index]![text] ?? text);
    });
    if (++number % ROWS_PER_BROKEN === 0) yield ["cut off", "here"];
  }
}

function hmoMapping(names: readonly Name[], habits: Habits): string {
  const fields = ["reference", "uprn", "postcode"] as const;
  const attributes = names.slice(fields.length).map((name) => {
    const column = habits.columnOf(name);
    const codes = Object.entries(habits.codes[name] ?? {}).map(([code, own]) => [own, code] as const);
    return [name, codes.length === 0 ? column : { column, codes: Object.fromEntries(codes) }] as const;
  });
  return yamlText({
    csv: { missing: NOTHING },
    mapping: Object.fromEntries(fields.map((name) => [name, habits.columnOf(name)])),
    attributes: Object.fromEntries(attributes),
  });
}
