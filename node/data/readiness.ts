import type { Workspace } from "../../shared/base/scratch.ts";
import { weakKeys } from "../../shared/matching/key-quality.ts";
import type { CascadeKey } from "../../shared/matching/match-key.ts";
import { collectKeyColumns, type Funnel } from "../../shared/matching/population.ts";
import { isTestNhsNumber } from "../../shared/matching/standardise/identifiers.ts";
import type { TransformTables } from "../../shared/matching/transforms.ts";
import type { Database } from "./database.ts";
import { fieldColumns, requireDataset, rowsTable } from "./datasets.ts";
import type { ImportLoss } from "./import/rejects.ts";
import { readPopulation, type PopulationQuery } from "./population.ts";

/** How fit a dataset is for matching. It stays at the node: figures here are the borough's own. */
export interface Readiness {
  readonly dataset: string;
  readonly rows: number;
  /** Of the file, broken ones among them; null where the import did not count. */
  readonly rowsIn: number | null;
  /** What the import could not read, by field and reason, the most frequent first. */
  readonly losses: readonly ImportLoss[];
  /** Whole days since the import. */
  readonly ageDays: number;
  readonly fields: readonly FieldReadiness[];
  /** NHS numbers of the range that is never issued: made-up people among the rows. */
  readonly testNhsNumbers: number;
  /** What a match would use: all rows, or those a charter chooses; two where it has a left and a right side. */
  readonly populations: readonly PopulationReadiness[];
}

export interface FieldReadiness {
  readonly field: string;
  /** Rows with a value that can be read. */
  readonly present: number;
  /** Rows whose text could not be read as such a field, what stands for "missing" included. */
  readonly unreadable: number;
  readonly distinct: number;
  /** Rows with the value that most rows have. */
  readonly commonest: number;
}

export interface PopulationReadiness {
  readonly name: string;
  /** From rows to units that a match could use, with what is lost on the way. */
  readonly funnel: Funnel;
  /** Keys that a node would refuse to match by: too many of its units share them. */
  readonly weakKeys: readonly string[];
}

/** What is asked for: the library's cascade over all rows, or a charter's with its own choice of them. */
export interface ReadinessQuestion {
  readonly cascade: readonly CascadeKey[];
  readonly collapse: "none" | "reference";
  readonly tables: TransformTables;
  readonly populations: readonly ({ readonly name: string } & Pick<PopulationQuery, "where" | "label">)[];
}

const DAY_MS = 86_400_000;

/** @throws ProtocolError "not-found" without the dataset, "bad-input" for an attribute that was not imported */
export function measureReadiness(
  db: Database,
  dataset: string,
  { cascade, collapse, tables, populations }: ReadinessQuestion,
  { nowMs, workspace }: { readonly nowMs: number; readonly workspace: Workspace },
): Readiness {
  const { rows, rowsIn, losses, snapshot, columns, importedMs } = requireDataset(db, dataset);
  const fields = [...new Set(cascade.flatMap(({ of }) => of.map(({ field }) => field)))];
  return {
    dataset,
    rows,
    rowsIn,
    losses,
    ageDays: Math.floor((nowMs - importedMs) / DAY_MS),
    fields: columns.fields.map((field) => measureField(db, snapshot, field)),
    testNhsNumbers: columns.fields.includes("nhs_number") ? countTestNumbers(db, snapshot) : 0,
    populations: populations.map(({ name, where, label }) => {
      const population = readPopulation(db, { dataset, fields, where, label });
      const { digests, funnel } = collectKeyColumns(population, { fields, cascade, collapse, tables, workspace });
      digests.close();
      return { name, funnel, weakKeys: weakKeys(funnel).map(({ key }) => key) };
    }),
  };
}

function measureField(db: Database, snapshot: number, field: string): FieldReadiness {
  const { raw, value } = fieldColumns(field);
  const counted = db
    .prepare<[], { present: number; unreadable: number; distinct: number; commonest: number }>(
      `SELECT coalesce(sum(here) FILTER (WHERE value IS NOT NULL), 0) AS present, count(value) AS "distinct",
         coalesce(max(here) FILTER (WHERE value IS NOT NULL), 0) AS commonest, coalesce(sum(unread), 0) AS unreadable
       FROM (SELECT ${value} AS value, count(*) AS here,
               count(CASE WHEN ${value} IS NULL AND trim(${raw}) <> '' THEN 1 END) AS unread
             FROM ${rowsTable(snapshot)} GROUP BY ${value})`,
    )
    .get()!;
  return { field, ...counted };
}

function countTestNumbers(db: Database, snapshot: number): number {
  const { value } = fieldColumns("nhs_number");
  const numbers = db.prepare<[], string | null>(`SELECT ${value} FROM ${rowsTable(snapshot)}`).pluck();
  let count = 0;
  for (const number of numbers.iterate()) if (number !== null && isTestNhsNumber(number)) count++;
  return count;
}
