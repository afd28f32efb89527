import type { Database } from "better-sqlite3";
import { ProtocolError } from "../../shared/base/errors.ts";
import type { PopulationRow } from "../../shared/matching/population.ts";
import { attributeColumn, fieldColumns, requireDataset, rowsTable, type SnapshotColumns } from "./datasets.ts";

/** Pages by key are the fastest way through SQLite here that keeps memory flat and does not hold the database. */
const PAGE_ROWS = 2000;

export interface PopulationQuery {
  readonly dataset: string;
  /** Canonical fields whose values a row carries, in this order. */
  readonly fields: readonly string[];
  /** A row enters where each attribute has one of the codes. */
  readonly where: readonly { readonly attribute: string; readonly in: readonly string[] }[];
  /** A row whose attribute has none of the codes does not enter: it has no place in the table. */
  readonly label: { readonly attribute: string; readonly codes: readonly string[] } | null;
}

/**
 * The population of a charter, row by row, standardised; to be read as often as wanted, inside one transaction where it
 * must be the same each time. It reads the columns that the query names and no others.
 * @throws ProtocolError "not-found" without the dataset, "bad-input" for a field or attribute that was not imported
 */
export function readPopulation(db: Database, query: PopulationQuery): Iterable<PopulationRow> {
  return { [Symbol.iterator]: () => readRows(db, query) };
}

function* readRows(db: Database, query: PopulationQuery): Generator<PopulationRow> {
  const { snapshot, columns } = requireDataset(db, query.dataset);
  for (const { attribute } of [...query.where, ...(query.label === null ? [] : [query.label])]) {
    if (!columns.attributes.includes(attribute)) throw notImported(query.dataset, "attribute", attribute);
  }
  // A field that this borough does not have is missing in every row; the key's coverage says so.
  const valueOf = (field: string) => (columns.fields.includes(field) ? fieldColumns(field).value : "NULL");
  const selected = [
    "row",
    valueOf("reference"),
    valueOf("no_match"),
    query.label === null ? "NULL" : attributeColumn(query.label.attribute),
    ...query.fields.map(valueOf),
  ];
  const conditions = query.where.map(
    ({ attribute, in: codes }) => `AND ${attributeColumn(attribute)} IN (${codes.map(() => "?").join(", ")})`,
  );
  const page = db
    .prepare<unknown[], [number, ...(string | null)[]]>(
      `SELECT ${selected.join(", ")} FROM ${rowsTable(snapshot)} WHERE row > ? ${conditions.join(" ")} ORDER BY row LIMIT ${PAGE_ROWS}`,
    )
    .raw();
  const codes = query.where.flatMap(({ in: allowed }) => allowed);
  const labels = new Map(query.label?.codes.map((code, index) => [code, index]));
  let last = 0;
  for (let rows = page.all(last, ...codes); rows.length > 0; rows = page.all(last, ...codes)) {
    for (const [row, reference, noMatch, code, ...values] of rows) {
      last = row;
      const label = query.label === null ? 0 : labels.get(code ?? "");
      if (label === undefined) continue;
      yield { row, reference: reference ?? null, noMatch: noMatch === "1", label, values };
    }
  }
}

/**
 * References of rows by number, in their order; null where a row or the column has none.
 * @throws ProtocolError "integrity" where the snapshot is gone
 */
export function readReferences(db: Database, snapshot: number | null, rows: readonly number[]): (string | null)[] {
  const stored = db
    .prepare<[number | null], string>("SELECT columns FROM snapshots WHERE id = ?")
    .pluck()
    .get(snapshot);
  if (stored === undefined || snapshot === null) {
    throw new ProtocolError("integrity", "dataset: the snapshot that was matched is gone");
  }
  if (!(JSON.parse(stored) as SnapshotColumns).fields.includes("reference")) return rows.map(() => null);
  const one = db
    .prepare<[number], string | null>(
      `SELECT ${fieldColumns("reference").value} FROM ${rowsTable(snapshot)} WHERE row = ?`,
    )
    .pluck();
  return rows.map((row) => one.get(row) ?? null);
}

export function notImported(dataset: string, what: string, name: string): ProtocolError {
  return new ProtocolError("bad-input", `dataset ${dataset}: ${what} ${name} was not imported`, {
    hint: "add it to the mapping and import again",
  });
}
