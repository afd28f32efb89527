import type { Database } from "better-sqlite3";
import { bytesToHex } from "../../../shared/base/bytes.ts";
import type { Clock } from "../../../shared/base/clock.ts";
import { ProtocolError } from "../../../shared/base/errors.ts";
import {
  beginSnapshot,
  createRowWriter,
  dropUnnamed,
  lockImports,
  publishSnapshot,
  type StoredRow,
} from "../snapshots.ts";
import { badFile } from "./csv-format.ts";
import { openCsv, type CsvSource } from "./csv-source.ts";
import type { Mapping } from "./mapping.ts";
import { openRejects, type Rejects } from "./rejects.ts";
import { createRowReader, type Coverage, type RowReader } from "./row-reader.ts";

/**
 * Loads a CSV file as a dataset's new snapshot: streams it into a table of its own, batch by batch, and only when all
 * of it is there makes it the dataset, in one transaction. The snapshot before is dropped afterwards. A load that fails
 * or is killed leaves what was there before; memory does not grow with the file.
 */
export interface ImportReport {
  readonly dataset: string;
  readonly snapshot: number;
  /** SHA-256 of the file, hex. */
  readonly fileSha256: string;
  /** As declared, or as found out. */
  readonly encoding: string;
  readonly delimiter: string;
  /** Records in the file. */
  readonly rowsIn: number;
  /** Records of the right shape; the others stand in the rejects file. */
  readonly rowsReadable: number;
  /** Single fields that could not be read and became missing; their rows stay. */
  readonly fieldsUnreadable: number;
  /** By canonical field, over the readable rows. */
  readonly fields: Readonly<Record<string, Coverage>>;
  readonly attributes: Readonly<Record<string, Coverage>>;
  readonly rejectsFile: string;
  /** Lines of the rejects file: broken rows and unreadable fields. */
  readonly rejects: number;
}

export interface ImportOptions {
  readonly db: Database;
  readonly file: string;
  readonly dataset: string;
  readonly mapping: Mapping;
  /** Replaced when the import is done; a device is written to. */
  readonly rejectsFile: string;
  readonly clock: Clock;
  readonly onProgress?: (bytes: number, ofBytes: number) => void;
}

const BATCH_ROWS = 10_000;

/**
 * @throws ProtocolError "bad-input" naming file, and line or column where there is one: a file that cannot be read, is
 * not CSV or has no readable row, a column that is mapped and not there, a full disk; "conflict" while another import
 * into this database is under way. Whatever it throws, the datasets are as they were.
 */
export async function importFile(options: ImportOptions): Promise<ImportReport> {
  const { db, file } = options;
  const lock = lockImports(db);
  if (lock === null) {
    throw new ProtocolError("conflict", "another import into this node is under way", { hint: "wait for it to end" });
  }
  try {
    dropUnnamed(db);
    return await importLocked(options);
  } catch (cause) {
    dropWherePossible(db);
    if (!isFull(cause)) throw cause;
    throw badFile(file, "the disk is full; the datasets are as they were", "free some space, then import again", cause);
  } finally {
    lock.release();
  }
}

async function importLocked(options: ImportOptions): Promise<ImportReport> {
  const { db, file, dataset, mapping } = options;
  const source = await openCsv(file, mapping.csv);
  const rejects = openRejects(options.rejectsFile);
  try {
    const reader = createRowReader(file, source.header, mapping, rejects);
    const columns = {
      fields: mapping.fields.map(({ field }) => field),
      attributes: mapping.attributes.map(({ attribute }) => attribute),
    };
    const snapshot = beginSnapshot(db, { dataset, columns, mapping: mapping.text, atMs: options.clock.nowMs() });
    await load(source, reader, createRowWriter(db, snapshot, columns), options.onProgress);
    checkRows(file, reader);
    publishSnapshot(db, snapshot, source.sha256(), reader.rowsReadable);
    rejects.keep();
    dropWherePossible(db);
    return report(options, snapshot, source, reader, rejects);
  } finally {
    rejects.discard();
  }
}

async function load(
  source: CsvSource,
  reader: RowReader,
  write: (rows: readonly StoredRow[]) => void,
  onProgress: ImportOptions["onProgress"],
): Promise<void> {
  let batch: StoredRow[] = [];
  const flush = () => {
    write(batch);
    batch = [];
    onProgress?.(source.bytesRead(), source.format.sizeBytes);
  };
  for await (const record of source.records()) {
    const row = reader.read(record);
    if (row === null) continue;
    batch.push(row);
    if (batch.length === BATCH_ROWS) flush();
  }
  flush();
}

/** A file of nothing but broken rows is the wrong file or the wrong delimiter; it must not replace a good one. */
function checkRows(file: string, { rowsIn, rowsReadable }: RowReader): void {
  if (rowsIn === 0) throw badFile(file, "has a header and no rows", "export the extract again");
  if (rowsReadable === 0) {
    throw badFile(file, "no row has as many columns as the header", "check csv.delimiter and csv.header of the mapping");
  }
}

function report(
  { dataset, rejectsFile }: ImportOptions,
  snapshot: number,
  { format, ...source }: CsvSource,
  { rowsIn, rowsReadable, fields, attributes }: RowReader,
  rejects: Rejects,
): ImportReport {
  const unreadable = [...Object.values(fields), ...Object.values(attributes)].map((coverage) => coverage.unreadable);
  return {
    dataset,
    snapshot,
    fileSha256: bytesToHex(source.sha256()),
    encoding: format.encoding,
    delimiter: format.delimiter,
    rowsIn,
    rowsReadable,
    fieldsUnreadable: unreadable.reduce((sum, count) => sum + count, 0),
    fields,
    attributes,
    rejectsFile,
    rejects: rejects.count,
  };
}

/** What cannot be dropped now, on a full disk, is dropped when the database is next opened. */
function dropWherePossible(db: Database): void {
  try {
    dropUnnamed(db);
  } catch (error) {
    if (!isFull(error) && !isBusy(error)) throw error;
  }
}

function isFull(error: unknown): boolean {
  return hasCode(error, ["SQLITE_FULL", "ENOSPC", "EDQUOT"]);
}

function isBusy(error: unknown): boolean {
  return hasCode(error, ["SQLITE_BUSY"]);
}

function hasCode(error: unknown, codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}
