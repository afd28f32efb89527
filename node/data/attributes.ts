import type { Database } from "better-sqlite3";
import { attributeColumn, requireDataset, rowsTable } from "./datasets.ts";
import { notImported } from "./population.ts";

/** As in population.ts: pages by key keep memory flat and do not hold the database. */
const PAGE_ROWS = 2000;

/** Row number, then a text for each attribute asked for, in that order. */
export type AttributeRow = readonly [number, ...(string | null)[]];

export interface AttributeRows {
  readonly snapshot: number;
  readonly rows: number;
  readonly pages: () => Iterable<readonly AttributeRow[]>;
  /** Those of one row, or undefined where it has no such number. */
  readonly row: (number: number) => AttributeRow | undefined;
}

/**
 * Attributes of a dataset as they were imported, a page of rows at a time; to be read as often as wanted, inside one
 * transaction where it must be the same each time.
 * @throws ProtocolError "not-found" without the dataset, "bad-input" naming an attribute that was not imported
 */
export function readAttributes(db: Database, dataset: string, attributes: readonly string[]): AttributeRows {
  const { snapshot, rows, columns } = requireDataset(db, dataset);
  const absent = attributes.find((attribute) => !columns.attributes.includes(attribute));
  if (absent !== undefined) throw notImported(dataset, "attribute", absent);
  const selected = ["row", ...attributes.map(attributeColumn)].join(", ");
  const page = db
    .prepare<[number], AttributeRow>(
      `SELECT ${selected} FROM ${rowsTable(snapshot)} WHERE row > ? ORDER BY row LIMIT ${PAGE_ROWS}`,
    )
    .raw();
  const one = db.prepare<[number], AttributeRow>(`SELECT ${selected} FROM ${rowsTable(snapshot)} WHERE row = ?`).raw();
  return {
    snapshot,
    rows,
    *pages() {
      let last = 0;
      for (let found = page.all(last); found.length > 0; found = page.all(last)) {
        last = found.at(-1)![0];
        yield found;
      }
    },
    row: (number) => one.get(number),
  };
}
