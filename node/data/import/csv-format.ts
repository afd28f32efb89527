import { closeSync, createReadStream, openSync, readSync, statSync } from "node:fs";
import { ProtocolError } from "../../../shared/base/errors.ts";
import type { Mapping } from "./mapping.ts";

/** What must be known of a CSV file before its first row can be read; what the mapping leaves open is found out here. */
export interface CsvFormat {
  readonly sizeBytes: number;
  readonly encoding: "utf-8" | "windows-1252";
  readonly delimiter: string;
}

/** How much of a file is looked at to tell its delimiter and whether it is text. */
const SAMPLE_BYTES = 256 * 1024;

/** @throws ProtocolError "bad-input" naming the file and what is wrong with it */
export async function detectFormat(file: string, csv: Mapping["csv"]): Promise<CsvFormat> {
  const sizeBytes = checkFile(file);
  const sample = readSample(file, Math.min(sizeBytes, SAMPLE_BYTES));
  if (startsWith(sample, UTF16_LITTLE) || startsWith(sample, UTF16_BIG)) {
    throw badFile(file, "is UTF-16 text", "save it as CSV UTF-8");
  }
  if (sample.includes(0)) throw badFile(file, "is a binary file, not CSV text", "export the extract as CSV");
  const encoding = csv.encoding === "auto" ? await detectEncoding(file, sample) : csv.encoding;
  const delimiter = csv.delimiter === "auto" ? detectDelimiter(new TextDecoder(encoding).decode(sample)) : csv.delimiter;
  return { sizeBytes, encoding, delimiter };
}

export function badFile(file: string, message: string, hint: string, cause?: unknown): ProtocolError {
  return new ProtocolError("bad-input", `${file}: ${message}`, { hint, cause });
}

const UTF8_MARK = [0xef, 0xbb, 0xbf];
const UTF16_LITTLE = [0xff, 0xfe];
const UTF16_BIG = [0xfe, 0xff];

function startsWith(sample: Uint8Array, mark: readonly number[]): boolean {
  return mark.every((byte, index) => sample[index] === byte);
}

function checkFile(file: string): number {
  let stat;
  try {
    stat = statSync(file);
  } catch (cause) {
    throw badFile(file, "does not exist or cannot be read", "check the path", cause);
  }
  if (!stat.isFile()) throw badFile(file, "is a directory or device, not a file", "name the CSV file itself");
  if (stat.size === 0) throw badFile(file, "is empty", "export the extract again");
  return stat.size;
}

function readSample(file: string, length: number): Uint8Array {
  const sample = Buffer.alloc(length);
  try {
    const handle = openSync(file, "r");
    try {
      return sample.subarray(0, readSync(handle, sample, 0, length, 0));
    } finally {
      closeSync(handle);
    }
  } catch (cause) {
    throw badFile(file, "cannot be read", "check its permissions", cause);
  }
}

/**
 * UTF-8 if the file says so by its mark or every byte of it is; else what spreadsheets here write. Read once through: a
 * name far down decides.
 */
async function detectEncoding(file: string, sample: Uint8Array): Promise<CsvFormat["encoding"]> {
  if (startsWith(sample, UTF8_MARK)) return "utf-8";
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    for await (const chunk of createReadStream(file)) decoder.decode(chunk as Buffer, { stream: true });
    decoder.decode();
    return "utf-8";
  } catch (cause) {
    if (cause instanceof TypeError) return "windows-1252";
    throw badFile(file, "cannot be read to its end", "check the disk", cause);
  }
}

/** The one that splits the first line most often, not counting what stands in quotation marks. */
function detectDelimiter(sample: string): string {
  const line = sample.replace(/"[^"]*"/g, "").split(/\r\n|\n|\r/, 1)[0]!;
  const counts = [",", ";", "\t"].map((delimiter) => ({ delimiter, count: line.split(delimiter).length }));
  return counts.sort((a, b) => b.count - a.count)[0]!.delimiter;
}
