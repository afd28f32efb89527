import { collectKeyColumns, type Funnel } from "../../shared/matching/population.ts";
import type { CascadeKey } from "../../shared/matching/match-key.ts";
import { weakKeys } from "../../shared/matching/key-quality.ts";
import type { Workspace } from "../../shared/base/scratch.ts";
import type { Database } from "./database.ts";
import { fieldColumns, requireDataset, rowsTable } from "./datasets.ts";
import { readPopulation } from "./population.ts";

/** How fit a dataset is for matching, before any charter. It stays at the node: figures here are the borough's own. */
export interface Readiness {
  readonly dataset: string;
  readonly rows: number;
  /** Whole days since the import. */
  readonly ageDays: number;
  readonly fields: readonly FieldReadiness[];
  /** From rows to units that a match could use, with what is lost on the way. */
  readonly funnel: Funnel;
  /** Keys that a node would refuse to match by: too many of its units share them. */
  readonly weakKeys: readonly string[];
}

export interface FieldReadiness {
  readonly field: string;
  /** Rows with a value that can be read. */
  readonly present: number;
  /** Rows whose text could not be read as such a field, what stands for "missing" included. */
  readonly unreadable: number;
  readonly distinct: number;
}

const DAY_MS = 86_400_000;

/** @throws ProtocolError "not-found" without the dataset */
export function measureReadiness(
  db: Database,
  dataset: string,
  cascade: readonly CascadeKey[],
  { nowMs, workspace }: { readonly nowMs: number; readonly workspace: Workspace },
): Readiness {
  const { rows, snapshot, columns, importedMs } = requireDataset(db, dataset);
  const fields = [...new Set(cascade.flatMap(({ of }) => of.map(({ field }) => field)))];
  const population = readPopulation(db, { dataset, fields, where: [], label: null });
  const { digests, funnel } = collectKeyColumns(population, { fields, cascade, collapse: "none", workspace });
  digests.close();
  return {
    dataset,
    rows,
    ageDays: Math.floor((nowMs - importedMs) / DAY_MS),
    fields: columns.fields.map((field) => measureField(db, snapshot, field)),
    funnel,
    weakKeys: weakKeys(funnel).map(({ key }) => key),
  };
}

function measureField(db: Database, snapshot: number, field: string): FieldReadiness {
  const { raw, value } = fieldColumns(field);
  const counted = db
    .prepare<[], { present: number; unreadable: number; distinct: number }>(
      `SELECT count(${value}) AS present, count(DISTINCT ${value}) AS "distinct",
         count(CASE WHEN ${value} IS NULL AND trim(${raw}) <> '' THEN 1 END) AS unreadable
       FROM ${rowsTable(snapshot)}`,
    )
    .get()!;
  return { field, ...counted };
}
