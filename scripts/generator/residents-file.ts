import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { MISSING_TEXTS, type GeneratedBorough, type London, type Resident } from "./generate-london.ts";

/**
 * Residents as the files that boroughs' systems export: with or without a byte order mark, LF or CRLF, comma,
 * semicolon or tab, each with its own column names, and with a few rows that no longer have their shape.
 */
export interface FileHabits {
  readonly byteOrderMark: boolean;
  readonly newline: "\n" | "\r\n";
  readonly delimiter: "," | ";" | "\t";
  readonly columns: Readonly<Record<keyof Resident, string>>;
}

const PLAIN: FileHabits["columns"] = {
  reference: "reference",
  forename: "forename",
  surname: "surname",
  date_of_birth: "date_of_birth",
  postcode: "postcode",
  nino: "nino",
  uprn: "uprn",
  phone: "phone",
  discount: "discount",
  status: "status",
  no_match: "no_match",
};
const REVENUES: FileHabits["columns"] = {
  reference: "Account Ref",
  forename: "First Name",
  surname: "Last Name",
  date_of_birth: "DOB",
  postcode: "Post Code",
  nino: "NI Number",
  uprn: "UPRN",
  phone: "Telephone",
  discount: "Discount Type",
  status: "Account Status",
  no_match: "Do Not Match",
};

const HABITS: readonly FileHabits[] = [
  { byteOrderMark: true, newline: "\r\n", delimiter: ",", columns: REVENUES },
  { byteOrderMark: false, newline: "\n", delimiter: ",", columns: PLAIN },
  { byteOrderMark: false, newline: "\r\n", delimiter: ";", columns: REVENUES },
  { byteOrderMark: true, newline: "\n", delimiter: "\t", columns: PLAIN },
];

export function fileHabits(index: number): FileHabits {
  return HABITS[index % HABITS.length]!;
}

/** The lines of a file, header first, each with its newline. */
export function* residentLines(rows: Iterable<Resident>, habits: FileHabits): Generator<string> {
  const { newline, delimiter, columns } = habits;
  const keys = Object.keys(columns) as (keyof Resident)[];
  const line = (cells: readonly string[]) => cells.map((cell) => quote(cell, delimiter)).join(delimiter) + newline;
  yield (habits.byteOrderMark ? "\uFEFF" : "") + line(keys.map((key) => columns[key]));
  for (const row of rows) yield line(keys.map((key) => row[key]));
}

function quote(cell: string, delimiter: string): string {
  return cell.includes(delimiter) || /["\r\n]/.test(cell) || cell.startsWith(" ")
    ? `"${cell.replaceAll('"', '""')}"`
    : cell;
}

/** The mapping that `portmoot node import --mapping` reads. */
export function residentMapping(borough: GeneratedBorough, { columns }: FileHabits): string {
  const field = (name: keyof Resident) => `  ${name}: ${JSON.stringify(columns[name])}`;
  const fields = [
    "reference",
    "forename",
    "surname",
    "date_of_birth",
    "postcode",
    "nino",
    "uprn",
    "phone",
    "no_match",
  ] as const;
  return [
    "csv:",
    `  missing: ${JSON.stringify(MISSING_TEXTS)}`,
    `dateFormat: ${borough.habits.order}`,
    "mapping:",
    ...fields.map(field),
    "attributes:",
    field("discount"),
    field("status"),
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
    return { name: borough.name, csv, mapping: residentMapping(borough, habits), broken };
  });
}

/** Broken rows stand beside the whole ones: no resident is lost through them. */
function writeFile(path: string, { rows }: GeneratedBorough, habits: FileHabits): number {
  const file = openSync(path, "w", 0o600);
  let broken = 0;
  let text = "";
  try {
    let number = -1;
    for (const line of residentLines(rows, habits)) {
      text += line;
      if (++number > 0 && number % ROWS_PER_BROKEN === 0) {
        // Two cells where eleven belong; or a twelfth.
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
