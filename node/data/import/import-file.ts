import type { Database } from "better-sqlite3";
import type { Clock } from "../../../shared/base/clock.ts";
import { ProtocolError } from "../../../shared/base/errors.ts";
import { MAX_CSV_FIELD_BYTES } from "../../../shared/base/limits.ts";
import { FIELD_KINDS } from "../../../shared/matching/fields.ts";
import { standardiseField } from "../../../shared/matching/standardise.ts";
import { attributeColumn, fieldColumns, rowsTable } from "../datasets.ts";
import { openCsv, type CsvRecord, type CsvSource } from "./csv-source.ts";
import type { Mapping } from "./mapping.ts";
import { openRejects, type Rejects } from "./rejects.ts";

/**
 * Loads a CSV file as a dataset's new snapshot: streams it into a table of its own, row by row in batches, and only
 * when all of it is there makes it the dataset, in one transaction that also drops the one before. A load that fails or
 * is killed leaves what was there before.
 */
export interface ImportReport {
  readonly dataset: string;
  readonly snapshot: number;
  /** Records in the file. */
  readonly rowsIn: number;
  /** Records of the right shape; the others stand in the rejects file. */
  readonly rowsReadable: number;
  /** Single fields that could not be read and became missing; their rows stay. */
  readonly fieldsUnreadable: number;
  /** By canonical field: rows with a value, after standardising. */
  readonly present: Readonly<Record<string, number>>;
  readonly rejectsFile: string;
  readonly rejects: number;
}

const BATCH_ROWS = 10_000;

export async function importFile(options: {
  readonly db: Database;
  readonly file: string;
  readonly dataset: string;
  readonly mapping: Mapping;
  readonly rejectsFile: string;
  readonly clock: Clock;
  readonly onProgress?: (bytes: number, ofBytes: number) => void;
}): Promise<ImportReport> {
  const { db, file, dataset, mapping, clock } = options;
  dropUnfinished(db);
  const source = await openCsv(file, mapping);
  const places = placeColumns(file, source.header, mapping);
  const rejects = openRejects(options.rejectsFile);
  const latestYear = new Date(clock.nowMs()).getUTCFullYear();
  let snapshot: number | null = null;
  try {
    snapshot = beginSnapshot(db, dataset, mapping, clock.nowMs());
    const counts = await load({ ...options, source, places, rejects, snapshot, latestYear });
    if (counts.rowsIn === 0)
      throw new ProtocolError("bad-input", `${file}: has a header and no rows`, { hint: "export the extract again" });
    finishSnapshot(db, dataset, snapshot, source.sha256(), counts, rejects);
    return { dataset, snapshot, ...counts, rejectsFile: options.rejectsFile, rejects: rejects.count };
  } catch (cause) {
    if (snapshot !== null) dropUnfinished(db);
    throw isFull(cause)
      ? new ProtocolError("bad-input", `${file}: the disk is full; the dataset is as it was`, {
          cause,
          hint: "free some disk space and import again",
        })
      : cause;
  } finally {
    rejects.close();
  }
}

interface Places {
  /** Index in the record of each mapped field and attribute. */
  readonly fields: readonly number[];
  readonly attributes: readonly number[];
}

function placeColumns(file: string, header: readonly string[], mapping: Mapping): Places {
  const place = (column: string, path: string) => {
    const index = header.indexOf(column);
    if (index < 0) {
      throw new ProtocolError("bad-input", `mapping: ${path}: ${file} has no column ${JSON.stringify(column)}`, {
        hint: `its columns are: ${header.join(", ").slice(0, 500)}`,
      });
    }
    return index;
  };
  return {
    fields: mapping.fields.map(({ field, column }) => place(column, `mapping.${field}`)),
    attributes: mapping.attributes.map(({ attribute, column }) => place(column, `attributes.${attribute}`)),
  };
}

function beginSnapshot(db: Database, dataset: string, mapping: Mapping, nowMs: number): number {
  const fields = mapping.fields.map(({ field }) => field);
  const attributes = mapping.attributes.map(({ attribute }) => attribute);
  const begin = db.transaction(() => {
    const { lastInsertRowid } = db
      .prepare("INSERT INTO snapshots (dataset, columns, imported_ms) VALUES (?, ?, ?)")
      .run(dataset, JSON.stringify({ fields, attributes }), nowMs);
    const id = Number(lastInsertRowid);
    const columns = [
      ...fields.flatMap((field) => [fieldColumns(field).raw, fieldColumns(field).value]),
      ...attributes.map(attributeColumn),
    ];
    db.exec(
      `CREATE TABLE ${rowsTable(id)} (row INTEGER PRIMARY KEY, ${columns.map((column) => `${column} TEXT`).join(", ")}) STRICT`,
    );
    return id;
  });
  return begin.immediate();
}

type Counts = Pick<ImportReport, "rowsIn" | "rowsReadable" | "fieldsUnreadable" | "present">;

async function load(work: {
  readonly db: Database;
  readonly mapping: Mapping;
  readonly source: CsvSource;
  readonly places: Places;
  readonly rejects: Rejects;
  readonly snapshot: number;
  /** Nobody in the extract was born after it. */
  readonly latestYear: number;
  readonly onProgress?: (bytes: number, ofBytes: number) => void;
}): Promise<Counts> {
  const { db, mapping, source, rejects } = work;
  const width = 1 + mapping.fields.length * 2 + mapping.attributes.length;
  const insert = db.prepare(`INSERT INTO ${rowsTable(work.snapshot)} VALUES (${Array(width).fill("?").join(", ")})`);
  const insertAll = db.transaction((rows: readonly unknown[][]) => {
    for (const row of rows) insert.run(...row);
  });
  const present: Record<string, number> = Object.fromEntries(mapping.fields.map(({ field }) => [field, 0]));
  let rowsIn = 0;
  let rowsReadable = 0;
  let fieldsUnreadable = 0;
  let batch: unknown[][] = [];
  const flush = () => {
    insertAll(batch);
    batch = [];
    work.onProgress?.(source.bytesRead(), source.sizeBytes);
  };
  for await (const record of source.records()) {
    rowsIn++;
    if (!isWellShaped(record, source.header.length, rejects)) continue;
    rowsReadable++;
    const row = standardiseRow(record, work, rowsReadable, present);
    fieldsUnreadable += row.unreadable;
    batch.push(row.stored);
    if (batch.length === BATCH_ROWS) flush();
  }
  flush();
  return { rowsIn, rowsReadable, fieldsUnreadable, present };
}

function isWellShaped({ line, values }: CsvRecord, width: number, rejects: Rejects): boolean {
  const fault = shapeFault(values, width);
  if (fault !== null) rejects.add(line, "", fault);
  return fault === null;
}

/** Why a record is no row, or null: rows are numbered from 1 in the order of those that are. */
export function shapeFault(values: readonly string[], width: number): string | null {
  if (values.length !== width) return `expected ${width} columns, found ${values.length}`;
  const isBroken = values.some((value) => value.length > MAX_CSV_FIELD_BYTES || value.includes("\0"));
  return isBroken ? "a field is too long or not text" : null;
}

function standardiseRow(
  { line, values }: CsvRecord,
  { mapping, places, rejects, latestYear }: { mapping: Mapping; places: Places; rejects: Rejects; latestYear: number },
  number: number,
  present: Record<string, number>,
): { stored: unknown[]; unreadable: number } {
  const stored: unknown[] = [number];
  let unreadable = 0;
  for (const [index, { field, rules }] of mapping.fields.entries()) {
    const raw = values[places.fields[index]!]!;
    const outcome = standardiseField(FIELD_KINDS[field], raw, {
      missing: mapping.csv.missing,
      rules,
      latestYear,
      ...(mapping.dateFormat === null ? {} : { dateOrder: mapping.dateFormat }),
    });
    let value: string | null = null;
    if (outcome !== "missing") {
      if ("value" in outcome) {
        ({ value } = outcome);
        present[field]!++;
      } else {
        unreadable++;
        // A flag that protects somebody is never read as absent.
        if (field === "no_match") value = "1";
        rejects.add(line, field, outcome.unreadable);
      }
    }
    stored.push(raw, value);
  }
  for (const [index, { codes, otherwise }] of mapping.attributes.entries()) {
    const own = values[places.attributes[index]!]!.trim();
    stored.push(codes.get(own) ?? otherwise ?? (mapping.csv.missing.includes(own) ? null : own));
  }
  return { stored, unreadable };
}

/** The flip: until this commits, everybody reads the snapshot before. */
function finishSnapshot(
  db: Database,
  dataset: string,
  snapshot: number,
  sha256: Uint8Array,
  { rowsIn, rowsReadable }: Counts,
  rejects: Rejects,
): void {
  const losses = JSON.stringify(rejects.losses());
  const finish = db.transaction(() => {
    db.prepare("UPDATE snapshots SET file_sha256 = ?, rows = ?, rows_in = ?, losses = ? WHERE id = ?").run(
      sha256,
      rowsReadable,
      rowsIn,
      losses,
      snapshot,
    );
    db.prepare(
      "INSERT INTO datasets (name, snapshot) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET snapshot = excluded.snapshot",
    ).run(dataset, snapshot);
    for (const before of unusedSnapshots(db, dataset, snapshot)) {
      db.exec(`DROP TABLE ${rowsTable(before)}`);
      db.prepare("DELETE FROM snapshots WHERE id = ?").run(before);
    }
  });
  finish.immediate();
}

/** Older ones of the dataset, but for those that a round under way was answered from. */
function unusedSnapshots(db: Database, dataset: string, newest: number): number[] {
  return db
    .prepare<[string, number], number>(
      `SELECT id FROM snapshots WHERE dataset = ? AND id <> ? AND id NOT IN (
         SELECT snapshot FROM attempts WHERE snapshot IS NOT NULL AND state NOT IN ('released', 'refused', 'aborted', 'stepped'))`,
    )
    .pluck()
    .all(dataset, newest);
}

/** What an import left behind that failed or was killed. */
function dropUnfinished(db: Database): void {
  const unfinished = db.prepare<[], number>("SELECT id FROM snapshots WHERE file_sha256 IS NULL").pluck().all();
  const drop = db.transaction(() => {
    for (const id of unfinished) {
      db.exec(`DROP TABLE IF EXISTS ${rowsTable(id)}`);
      db.prepare("DELETE FROM snapshots WHERE id = ?").run(id);
    }
  });
  drop.immediate();
}

function isFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "SQLITE_FULL" || error.code === "ENOSPC");
}
