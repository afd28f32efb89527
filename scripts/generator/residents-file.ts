import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { isField } from "../../shared/matching/fields.ts";
import { MISSING_TEXTS } from "./habits.ts";
import type { GeneratedBorough, GeneratedRow, London } from "./london.ts";

/**
 * Lists as the files that boroughs' systems export: with or without a byte order mark, LF or CRLF, comma, semicolon or
 * tab, each with its own column names, and with a few rows that no longer have their shape.
 */
export interface FileHabits {
  readonly byteOrderMark: boolean;
  readonly newline: "\n" | "\r\n";
  readonly delimiter: "," | ";" | "\t";
  /** The system's name for a column. */
  readonly columnOf: (name: string) => string;
}

const PLAIN = (name: string) => name;
const REVENUES_COLUMNS: Readonly<Record<string, string>> = {
  reference: "Account Ref",
  forename: "First Name",
  surname: "Last Name",
  business_name: "Trading Name",
  company_number: "Company No",
  date_of_birth: "DOB",
  sex: "Sex",
  house_number: "House No or Name",
  street: "Street",
  locality: "Town",
  postcode: "Post Code",
  nino: "NI Number",
  uprn: "UPRN",
  phone: "Telephone",
  discount: "Discount Type",
  status: "Account Status",
  no_match: "Do Not Match",
};
const REVENUES = (name: string) => REVENUES_COLUMNS[name] ?? name;

const HABITS: readonly FileHabits[] = [
  { byteOrderMark: true, newline: "\r\n", delimiter: ",", columnOf: REVENUES },
  { byteOrderMark: false, newline: "\n", delimiter: ",", columnOf: PLAIN },
  { byteOrderMark: false, newline: "\r\n", delimiter: ";", columnOf: REVENUES },
  { byteOrderMark: true, newline: "\n", delimiter: "\t", columnOf: PLAIN },
];

export function fileHabits(index: number): FileHabits {
  return HABITS[index % HABITS.length]!;
}

/** The lines of a file, header first, each with its newline. @param rows all with the keys of the first */
export function* rowLines(rows: readonly GeneratedRow[], habits: FileHabits): Generator<string> {
  const { newline, delimiter, columnOf } = habits;
  const keys = Object.keys(rows[0] ?? {});
  const line = (cells: readonly string[]) => cells.map((cell) => quote(cell, delimiter)).join(delimiter) + newline;
  yield (habits.byteOrderMark ? "\uFEFF" : "") + line(keys.map(columnOf));
  for (const row of rows) yield line(keys.map((key) => row[key]!));
}

function quote(cell: string, delimiter: string): string {
  return cell.includes(delimiter) || /["\r\n]/.test(cell) || cell.startsWith(" ")
    ? `"${cell.replaceAll('"', '""')}"`
    : cell;
}

/** The mapping that `portmoot node import --mapping` reads: every column, those that are no canonical field as attributes. */
export function listMapping({ rows, habits }: GeneratedBorough, { columnOf }: FileHabits): string {
  const keys = Object.keys(rows[0] ?? {});
  const line = (name: string) => `  ${name}: ${JSON.stringify(columnOf(name))}`;
  const attributes = keys.filter((key) => !isField(key));
  return [
    "csv:",
    `  missing: ${JSON.stringify(MISSING_TEXTS)}`,
    `dateFormat: ${habits.order}`,
    "mapping:",
    ...keys.filter(isField).map(line),
    ...(attributes.length === 0 ? [] : ["attributes:", ...attributes.map(line)]),
    "",
  ].join("\n");
}

export interface BoroughFile {
  readonly name: string;
  readonly csv: string;
  /** YAML text. */
  readonly mapping: string;
  /** Rows that have lost their shape and end among the rejects. */
  readonly broken: number;
}

/** Rows between two that have lost their shape. */
const ROWS_PER_BROKEN = 500;

/** Writes NAME.csv for every borough; the truth is not written. */
export function writeLondon(folder: string, london: London): BoroughFile[] {
  mkdirSync(folder, { recursive: true });
  return london.boroughs.map((borough, index) => {
    const habits = fileHabits(index);
    const csv = join(folder, `${borough.name}.csv`);
    const broken = writeFile(csv, borough, habits);
    return { name: borough.name, csv, mapping: listMapping(borough, habits), broken };
  });
}

/** Broken rows stand beside the whole ones: no resident is lost through them. */
function writeFile(path: string, { rows }: GeneratedBorough, habits: FileHabits): number {
  const file = openSync(path, "w", 0o600);
  let broken = 0;
  let text = "";
  try {
    let number = -1;
    for (const line of rowLines(rows, habits)) {
      text += line;
      if (++number > 0 && number % ROWS_PER_BROKEN === 0) {
        // Two cells where many belong.
        text += ["cut off", "here"].join(habits.delimiter) + habits.newline;
        broken++;
      }
      if (text.length > 1_000_000) {
        writeSync(file, text);
        text = "";
      }
    }
    writeSync(file, text);
  } finally {
    closeSync(file);
  }
  return broken;
}

/** The truth as CSV, for people who compare: borough file's reference, person. */
export function writeTruth(path: string, { truth }: London): void {
  const lines = [...truth.personOf].map(([reference, person]) => `${reference},${person}\n`);
  writeFileSync(path, `reference,person\n${lines.join("")}`, { mode: 0o600 });
}
