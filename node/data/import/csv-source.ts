import { closeSync, createReadStream, openSync, readSync, statSync } from "node:fs";
import { Transform, type Readable } from "node:stream";
import { CsvError, parse } from "csv-parse";
import { ProtocolError } from "../../../shared/base/errors.ts";
import { MAX_CSV_COLUMNS, MAX_CSV_FIELD_BYTES } from "../../../shared/base/limits.ts";
import { createSha256 } from "../../../shared/crypto/hash.ts";
import type { Mapping } from "./mapping.ts";

/** A CSV file as a stream of records with the line each begins on; and, once read, the digest of its bytes. */
export interface CsvSource {
  readonly sizeBytes: number;
  /** Column names, from the file or the mapping. */
  readonly header: readonly string[];
  records(): AsyncIterable<CsvRecord>;
  /** Bytes read so far. */
  bytesRead(): number;
  /** After the last record. */
  sha256(): Uint8Array;
}

export interface CsvRecord {
  readonly line: number;
  readonly values: readonly string[];
}

/** How much of a file is looked at to tell encoding, delimiter and binary content. */
const SAMPLE_BYTES = 256 * 1024;

/** @throws ProtocolError "bad-input" naming the file and what is wrong with it */
export async function openCsv(file: string, mapping: Mapping): Promise<CsvSource> {
  const sizeBytes = checkFile(file);
  const sample = readSample(file, Math.min(sizeBytes, SAMPLE_BYTES));
  if (sample.includes(0)) throw bad(file, "is a binary file, not CSV text", "export the extract as CSV");
  const encoding = mapping.csv.encoding === "auto" ? await detectEncoding(file) : mapping.csv.encoding;
  const firstLine = new TextDecoder(encoding).decode(sample).split(/\r\n|\n|\r/, 1)[0] ?? "";
  const delimiter = mapping.csv.delimiter === "auto" ? detectDelimiter(firstLine) : mapping.csv.delimiter;

  const hash = createSha256();
  let read = 0;
  const open = () => {
    const bytes = createReadStream(file);
    bytes.on("data", (chunk) => {
      hash.update(chunk as Buffer);
      read += chunk.length;
    });
    return parsed(file, bytes, encoding, delimiter);
  };
  const header = mapping.csv.header === true ? await readHeader(file, encoding, delimiter) : mapping.csv.header;
  checkHeader(file, header);
  return {
    sizeBytes,
    header,
    async *records() {
      let isFirst = mapping.csv.header === true;
      for await (const record of open()) {
        if (!isFirst) yield record;
        isFirst = false;
      }
    },
    bytesRead: () => read,
    sha256: () => hash.digest(),
  };
}

function checkFile(file: string): number {
  let stat;
  try {
    stat = statSync(file);
  } catch (cause) {
    throw bad(file, "does not exist or cannot be read", "check the path", cause);
  }
  if (!stat.isFile()) throw bad(file, "is a directory or device, not a file", "name the CSV file itself");
  if (stat.size === 0) throw bad(file, "is empty", "export the extract again");
  return stat.size;
}

function readSample(file: string, length: number): Buffer {
  const sample = Buffer.alloc(length);
  try {
    const handle = openSync(file, "r");
    try {
      return sample.subarray(0, readSync(handle, sample, 0, length, 0));
    } finally {
      closeSync(handle);
    }
  } catch (cause) {
    throw bad(file, "cannot be read", "check its permissions", cause);
  }
}

/** UTF-8 if every byte of the file is; else what spreadsheets here write. Read once through: a name far down decides. */
async function detectEncoding(file: string): Promise<"utf-8" | "windows-1252"> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    for await (const chunk of createReadStream(file)) decoder.decode(chunk as Buffer, { stream: true });
    decoder.decode();
    return "utf-8";
  } catch {
    return "windows-1252";
  }
}

/** The one that splits the first line most often. */
function detectDelimiter(line: string): string {
  const counts = [",", ";", "\t"].map((delimiter) => ({ delimiter, count: line.split(delimiter).length }));
  return counts.sort((a, b) => b.count - a.count)[0]!.delimiter;
}

async function readHeader(file: string, encoding: string, delimiter: string): Promise<string[]> {
  const bytes = createReadStream(file);
  try {
    for await (const { values } of parsed(file, bytes, encoding, delimiter)) return values.map((value) => value.trim());
  } finally {
    bytes.destroy();
  }
  throw bad(file, "has no header line", "name the columns under csv.header in the mapping");
}

function checkHeader(file: string, header: readonly string[]): void {
  if (header.length > MAX_CSV_COLUMNS)
    throw bad(file, `line 1: more than ${MAX_CSV_COLUMNS} columns`, "check the delimiter");
  const repeated = header.find((name, index) => header.indexOf(name) !== index);
  if (repeated !== undefined) {
    throw bad(file, `line 1: column ${JSON.stringify(repeated)} stands twice`, "rename one of the two in the extract");
  }
}

async function* parsed(file: string, bytes: Readable, encoding: string, delimiter: string): AsyncGenerator<CsvRecord> {
  const parser = parse({
    delimiter,
    bom: true,
    info: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    record_delimiter: ["\r\n", "\n", "\r"],
    max_record_size: MAX_CSV_FIELD_BYTES * 16,
  });
  const text = bytes.pipe(decode(encoding)).pipe(parser);
  bytes.on("error", (error) => parser.destroy(error));
  try {
    for await (const { record, info } of text as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      yield { line: info.lines, values: record };
    }
  } catch (cause) {
    if (cause instanceof CsvError) {
      const { lines } = cause as unknown as { lines?: number };
      throw bad(file, `line ${lines ?? 1}: ${csvReason(cause.code)}`, "mend the line, or export again", cause);
    }
    throw cause instanceof ProtocolError ? cause : bad(file, "cannot be read to its end", "check the disk", cause);
  }
}

function csvReason(code: string): string {
  if (code === "CSV_QUOTE_NOT_CLOSED") return "a quotation mark is never closed";
  return code === "CSV_MAX_RECORD_SIZE" ? "a row longer than any row can be: is a quotation mark missing?" : "not CSV";
}

/** Bytes to text, across chunk borders. */
function decode(encoding: string): Transform {
  const decoder = new TextDecoder(encoding);
  return new Transform({
    transform(chunk: Buffer, _, done) {
      done(null, Buffer.from(decoder.decode(chunk, { stream: true })));
    },
    flush(done) {
      done(null, Buffer.from(decoder.decode()));
    },
  });
}

function bad(file: string, message: string, hint: string, cause?: unknown): ProtocolError {
  return new ProtocolError("bad-input", `${file}: ${message}`, { hint, cause });
}
