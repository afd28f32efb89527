import type { Database } from "better-sqlite3";
import { ProtocolError } from "../../shared/base/errors.ts";
import { bytesToHex } from "../../shared/base/bytes.ts";
import type { ImportLoss } from "./import/rejects.ts";

/** Datasets and their snapshots. Table and column names are built from checked names only. */
export interface SnapshotColumns {
  readonly fields: readonly string[];
  readonly attributes: readonly string[];
}

export interface Dataset {
  readonly name: string;
  readonly snapshot: number;
  readonly rows: number;
  readonly columns: SnapshotColumns;
  readonly importedMs: number;
  /** Rows of the file, broken ones among them; null where nobody counted. */
  readonly rowsIn: number | null;
  /** What the import could not read, the most frequent first. */
  readonly losses: readonly ImportLoss[];
  /** SHA-256 of the imported file, hex. */
  readonly fileSha256: string;
}

interface Stored {
  readonly name: string;
  readonly snapshot: number;
  readonly rows: number;
  readonly columns: string;
  readonly importedMs: number;
  readonly rowsIn: number | null;
  readonly losses: string | null;
  readonly sha256: Buffer;
}

const SELECT = `SELECT d.name, s.id AS snapshot, s.rows, s.columns, s.imported_ms AS importedMs, s.file_sha256 AS sha256,
  s.rows_in AS rowsIn, s.losses
  FROM datasets d JOIN snapshots s ON s.id = d.snapshot`;

export function listDatasets(db: Database): Dataset[] {
  return db.prepare<[], Stored>(`${SELECT} ORDER BY d.name`).all().map(toDataset);
}

/** @throws ProtocolError "not-found" */
export function requireDataset(db: Database, name: string): Dataset {
  const stored = db.prepare<[string], Stored>(`${SELECT} WHERE d.name = ?`).get(name);
  if (stored === undefined) {
    throw new ProtocolError("not-found", `dataset ${name} is not here`, {
      hint: `portmoot node import FILE --dataset ${name} --mapping FILE`,
    });
  }
  return toDataset(stored);
}

/** Number of the dataset's present snapshot, or null without one. */
export function datasetSnapshot(db: Database, name: string): number | null {
  return db.prepare<[string], number>("SELECT snapshot FROM datasets WHERE name = ?").pluck().get(name) ?? null;
}

export function rowsTable(snapshot: number): string {
  return `rows_${Math.trunc(snapshot)}`;
}

/** Raw text and standardised value of a field; one column for an attribute. */
export function fieldColumns(field: string): { raw: string; value: string } {
  return { raw: `"raw_${checkedName(field)}"`, value: `"f_${checkedName(field)}"` };
}

export function attributeColumn(attribute: string): string {
  return `"a_${checkedName(attribute)}"`;
}

/** Names come from charters and mappings, which are somebody's input. */
function checkedName(name: string): string {
  if (!/^[a-z][a-z0-9_-]{0,62}$/.test(name)) {
    throw new ProtocolError("bad-input", "column name: expected a-z, 0-9, _ and -, at most 63 long");
  }
  return name;
}

function toDataset({ sha256, columns, losses, ...stored }: Stored): Dataset {
  return {
    ...stored,
    columns: JSON.parse(columns) as SnapshotColumns,
    losses: losses === null ? [] : (JSON.parse(losses) as ImportLoss[]),
    fileSha256: bytesToHex(sha256),
  };
}
