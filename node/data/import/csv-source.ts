import { createReadStream } from "node:fs";
import { pipeline, Transform } from "node:stream";
import { CsvError, parse } from "csv-parse";
import { ProtocolError } from "../../../shared/base/errors.ts";
import { MAX_CSV_COLUMNS, MAX_CSV_FIELD_BYTES } from "../../../shared/base/limits.ts";
import { createSha256 } from "../../../shared/crypto/hash.ts";
import { badFile, detectFormat, type CsvFormat } from "./csv-format.ts";
import type { Mapping } from "./mapping.ts";

/**
 * A CSV file as a stream of records, each with the line it begins on; once all are read, the digest of the file's
 * bytes. It reads in pieces and waits for its reader, so that its memory does not grow with the file.
 */
export interface CsvSource {
  readonly format: CsvFormat;
  /** Column names, from the file or the mapping. */
  readonly header: readonly string[];
  /** To be read once. @throws ProtocolError "bad-input" naming file and line where the rest cannot be read */
  records(): AsyncIterable<CsvRecord>;
  /** Bytes read so far. */
  bytesRead(): number;
  /** After the last record. */
  sha256(): Uint8Array;
}

export interface CsvRecord {
  /** Counted from 1, the header included; a quoted value may hold line breaks. */
  readonly firstLine: number;
  readonly lastLine: number;
  readonly values: readonly string[];
}

/** Far beyond any row: where a quotation mark is missing, a row has no end. */
const MAX_ROW_BYTES = 16 * MAX_CSV_FIELD_BYTES;

/** @throws ProtocolError "bad-input" naming the file and what is wrong with it */
export async function openCsv(file: string, csv: Mapping["csv"]): Promise<CsvSource> {
  const format = await detectFormat(file, csv);
  const header = csv.header === true ? await readHeader(file, format) : csv.header;
  checkHeader(file, header, csv.header === true ? "line 1" : "csv.header of the mapping");
  const hash = createSha256();
  let read = 0;
  return {
    format,
    header,
    async *records() {
      let isHeader = csv.header === true;
      const onBytes = (bytes: Uint8Array) => {
        hash.update(bytes);
        read += bytes.length;
      };
      for await (const record of parsed(file, format, onBytes)) {
        if (!isHeader) yield record;
        isHeader = false;
      }
    },
    bytesRead: () => read,
    sha256: () => hash.digest(),
  };
}

async function readHeader(file: string, format: CsvFormat): Promise<string[]> {
  for await (const { values } of parsed(file, format, () => undefined)) return values.map((value) => value.trim());
  throw badFile(file, "has no header line", "name the columns under csv.header in the mapping");
}

/** Columns without a name are allowed, since exports often end each line with a delimiter; none can be mapped. */
function checkHeader(file: string, header: readonly string[], where: string): void {
  if (header.length > MAX_CSV_COLUMNS) {
    throw badFile(file, `${where}: ${header.length} columns, at most ${MAX_CSV_COLUMNS} allowed`, "check the delimiter");
  }
  const repeated = header.find((name, index) => name !== "" && header.indexOf(name) !== index);
  if (repeated !== undefined) {
    throw badFile(
      file,
      `${where}: column ${JSON.stringify(repeated.slice(0, 100))} stands twice`,
      "rename one of the two",
    );
  }
}

async function* parsed(
  file: string,
  { encoding, delimiter }: CsvFormat,
  onBytes: (bytes: Uint8Array) => void,
): AsyncGenerator<CsvRecord> {
  const parser = parse({
    delimiter,
    bom: true,
    info: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    record_delimiter: ["\r\n", "\n", "\r"],
    max_record_size: MAX_ROW_BYTES,
  });
  // An error of any of the three reaches the loop below as the parser's; leaving the loop early closes the file.
  pipeline(createReadStream(file), toUtf8(encoding, onBytes), parser, () => undefined);
  let line = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      // The parser tells the line on which a record ends.
      const firstLine = info.lines === line + 1 ? info.lines : info.lines - lineBreaks(record);
      line = info.lines;
      yield { firstLine, lastLine: line, values: record };
    }
  } catch (cause) {
    if (cause instanceof ProtocolError) throw cause;
    if (!(cause instanceof CsvError)) throw badFile(file, "cannot be read to its end", "check the disk", cause);
    throw badFile(file, `line ${line + 1}: ${csvReason(cause.code)}`, "mend the line, or export again", cause);
  }
}

function lineBreaks(record: readonly string[]): number {
  let count = 0;
  for (const value of record) count += value.match(/\r\n|\n|\r/g)?.length ?? 0;
  return count;
}

function csvReason(code: string): string {
  if (code === "CSV_QUOTE_NOT_CLOSED") return "a quotation mark is never closed";
  return code === "CSV_MAX_RECORD_SIZE" ? "a row longer than any row can be: is a quotation mark missing?" : "not CSV";
}

/** The parser reads UTF-8. Decoding goes on across the borders of the pieces. */
function toUtf8(encoding: CsvFormat["encoding"], onBytes: (bytes: Uint8Array) => void): Transform {
  const decoder = encoding === "utf-8" ? null : new TextDecoder(encoding);
  return new Transform({
    transform(bytes: Buffer, _, done) {
      onBytes(bytes);
      done(null, decoder === null ? bytes : Buffer.from(decoder.decode(bytes, { stream: true })));
    },
  });
}
