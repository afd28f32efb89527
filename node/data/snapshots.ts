import { chmodSync } from "node:fs";
import Sqlite, { type Database } from "better-sqlite3";
import { attributeColumn, fieldColumns, rowsTable, type SnapshotColumns } from "./datasets.ts";

/**
 * The life of a snapshot: begun, filled in batches, published in one statement, and dropped when the next one is there.
 * Only the holder of the import lock may begin or drop one, so that whatever no dataset names and nobody is loading was
 * left behind by a process that died.
 */
export interface NewSnapshot {
  readonly dataset: string;
  readonly columns: SnapshotColumns;
  /** The mapping document, kept to say later how these rows came about. */
  readonly mapping: string;
  readonly atMs: number;
}

export function beginSnapshot(db: Database, { dataset, columns, mapping, atMs }: NewSnapshot): number {
  const names = [
    ...columns.fields.flatMap((field) => [fieldColumns(field).raw, fieldColumns(field).value]),
    ...columns.attributes.map(attributeColumn),
  ];
  const begin = db.transaction(() => {
    const { lastInsertRowid } = db
      .prepare("INSERT INTO snapshots (dataset, columns, mapping, imported_ms) VALUES (?, ?, ?, ?)")
      .run(dataset, JSON.stringify(columns), mapping, atMs);
    const id = Number(lastInsertRowid);
    db.exec(
      `CREATE TABLE ${rowsTable(id)} (row INTEGER PRIMARY KEY, ${names.map((name) => `${name} TEXT`).join(", ")}) STRICT`,
    );
    return id;
  });
  return begin.immediate();
}

/** One row: its number, then raw text and value of each field, then each attribute, in the order of the columns. */
export type StoredRow = readonly (number | string | null)[];

/** Adds a batch of rows to a snapshot in one transaction. */
export function createRowWriter(db: Database, snapshot: number, columns: SnapshotColumns) {
  const width = 1 + columns.fields.length * 2 + columns.attributes.length;
  const insert = db.prepare(`INSERT INTO ${rowsTable(snapshot)} VALUES (${Array(width).fill("?").join(", ")})`);
  const insertAll = db.transaction((rows: readonly StoredRow[]) => {
    for (const row of rows) insert.run(...row);
  });
  return (rows: readonly StoredRow[]) => {
    insertAll.immediate(rows);
  };
}

/** The flip: until this commits, everybody reads the snapshot before; from then on, this one. */
export function publishSnapshot(db: Database, snapshot: number, sha256: Uint8Array, rows: number): void {
  const publish = db.transaction(() => {
    db.prepare("UPDATE snapshots SET file_sha256 = ?, rows = ? WHERE id = ?").run(sha256, rows, snapshot);
    db.prepare(
      `INSERT INTO datasets (name, snapshot) SELECT dataset, id FROM snapshots WHERE id = ?
       ON CONFLICT (name) DO UPDATE SET snapshot = excluded.snapshot`,
    ).run(snapshot);
  });
  publish.immediate();
}

const DROP_ROWS = 20_000;

/** Drops every snapshot that no dataset names. Only for the holder of the import lock. */
export function dropUnnamed(db: Database): void {
  for (const id of unnamed(db)) {
    const table = rowsTable(id);
    // Overwriting a million rows takes seconds; a serving node must get its turn to write between two batches.
    const last = db.prepare<[], number | null>(`SELECT max(row) FROM ${table}`).pluck().get() ?? 0;
    const remove = db.prepare(`DELETE FROM ${table} WHERE row <= ?`);
    for (let row = DROP_ROWS; row < last; row += DROP_ROWS) remove.run(row);
    const drop = db.transaction(() => {
      db.exec(`DROP TABLE ${table}`);
      db.prepare("DELETE FROM snapshots WHERE id = ?").run(id);
    });
    drop.immediate();
  }
}

/** The same for whoever opens the database: nothing while an import is under way. */
export function dropLeftovers(db: Database): void {
  if (unnamed(db).length === 0) return;
  const lock = lockImports(db);
  if (lock === null) return;
  try {
    dropUnnamed(db);
  } finally {
    lock.release();
  }
}

function unnamed(db: Database): number[] {
  return db
    .prepare<[], number>("SELECT id FROM snapshots WHERE id NOT IN (SELECT snapshot FROM datasets) ORDER BY id")
    .pluck()
    .all();
}

export interface ImportLock {
  release(): void;
}

/**
 * The right to import into this database, or null while another process has it. The lock is the operating system's, on
 * a file beside the database, so that a killed import gives it back.
 */
export function lockImports(db: Database): ImportLock | null {
  if (db.memory) return { release: () => undefined };
  const path = `${db.name}.import-lock`;
  const lock = new Sqlite(path, { timeout: 0 });
  try {
    chmodSync(path, 0o600);
    lock.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    if (error instanceof Sqlite.SqliteError && error.code === "SQLITE_BUSY") return null;
    throw error;
  }
  return {
    release() {
      lock.close();
    },
  };
}
