import { join } from "node:path";
import type { Database } from "better-sqlite3";
import { bytesToHex } from "../shared/base/bytes.ts";
import { collectKeyColumns, type KeyColumns } from "../shared/matching/population.ts";
import { DIGEST_BYTES } from "../shared/matching/unit-digests.ts";
import { requireDataset, rowsTable } from "../node/data/datasets.ts";
import { openNodeDatabase } from "../node/data/database.ts";
import { readPopulation } from "../node/data/population.ts";
import type { DemoCharter } from "./demo-charter.ts";

/**
 * What nobody in the network could compute: the same definition of a match, run in the open over every borough's
 * rows in one place. For the demonstration and the tests, beside what the network released.
 */
export interface PlainJoin {
  readonly total: number;
  readonly pairs: readonly PlainPair[];
  /** Label pair counts, i ≤ j row by row, as the released table. */
  readonly cells: readonly number[];
}

export interface PlainPair {
  readonly left: string;
  readonly right: string;
  /** The row's reference, or its number where there is none. */
  readonly leftRow: string;
  readonly rightRow: string;
  readonly key: number;
}

export function joinPlainly(nodes: readonly { home: string; name: string }[], charter: JoinDefinition): PlainJoin {
  const opened = nodes.map(({ home, name }) => ({ name, db: openNodeDatabase(join(home, "node.db")) }));
  try {
    return joinPlainlyIn(opened, charter);
  } finally {
    for (const { db } of opened) db.close();
  }
}

type JoinDefinition = Pick<DemoCharter, "cascade" | "label">;

/** The same over databases that are open already. */
export function joinPlainlyIn(nodes: readonly { db: Database; name: string }[], charter: JoinDefinition): PlainJoin {
  const sides = nodes.map(({ db, name }) => ({ name, ...readSide(db, charter) }));
  const pairs: PlainPair[] = [];
  const { codes } = charter.label;
  const table = codes.map(() => codes.map(() => 0));
  for (const [index, left] of sides.entries()) {
    for (const right of sides.slice(index + 1)) {
      for (const [leftUnit, rightUnit, key] of joinColumns(left.columns, right.columns)) {
        pairs.push({
          left: left.name,
          right: right.name,
          leftRow: left.references.get(left.columns.rows[leftUnit]!)!,
          rightRow: right.references.get(right.columns.rows[rightUnit]!)!,
          key,
        });
        const [i, j] = [left.columns.labels[leftUnit]!, right.columns.labels[rightUnit]!].sort((a, b) => a - b);
        table[i!]![j!]!++;
      }
    }
  }
  return { total: pairs.length, pairs, cells: table.flatMap((row, i) => row.slice(i)) };
}

function readSide(db: Database, charter: JoinDefinition): { columns: KeyColumns; references: Map<number, string> } {
  const fields = [...new Set(charter.cascade.flatMap(({ of }) => of.map(({ field }) => field)))];
  const query = { dataset: "residents", fields, where: [], label: charter.label };
  const columns = collectKeyColumns(readPopulation(db, query), { fields, cascade: charter.cascade, collapse: "none" });
  const { snapshot, columns: stored } = requireDataset(db, "residents");
  const reference = stored.fields.includes("reference") ? '"f_reference"' : "CAST(row AS TEXT)";
  const rows = db
    .prepare<[], [number, string]>(`SELECT row, ${reference} FROM ${rowsTable(snapshot)}`)
    .raw()
    .all();
  return { columns, references: new Map(rows) };
}

/**
 * Key by key, best first; both rows leave. Plain maps of plain digests: no salt, no padding, no shuffle.
 * @returns left unit, right unit and key of each match
 */
export function joinColumns(left: KeyColumns, right: KeyColumns): [number, number, number][] {
  const taken = { left: new Set<number>(), right: new Set<number>() };
  const found: [number, number, number][] = [];
  for (let key = 0; key < left.keys; key++) {
    const unitOf = new Map([...valuesOf(right, key)].map(([unit, value]) => [value, unit]));
    for (const [unit, value] of valuesOf(left, key)) {
      const partner = unitOf.get(value);
      if (partner === undefined || taken.left.has(unit) || taken.right.has(partner)) continue;
      taken.left.add(unit);
      taken.right.add(partner);
      found.push([unit, partner, key]);
    }
  }
  return found;
}

/** The usable values of a key, by unit. */
export function valuesOf({ digests, usable, keys }: KeyColumns, key: number): Map<number, string> {
  const values = new Map<number, string>();
  for (const block of digests.blocks(key)) {
    const bytes = block.digestsOf(key);
    for (let place = 0; place < block.units; place++) {
      const unit = block.first + place;
      if (usable[unit * keys + key] !== 1) continue;
      values.set(unit, bytesToHex(bytes.subarray(place * DIGEST_BYTES, (place + 1) * DIGEST_BYTES)));
    }
  }
  return values;
}
