import type { Database } from "../data/database.ts";
import type { Workspace } from "../../shared/base/scratch.ts";
import { collectKeyColumns, type KeyColumns } from "../../shared/matching/population.ts";
import { transformTables, type MatchCharter } from "../../shared/protocol/charter.ts";
import { codesOf } from "../../shared/protocol/job.ts";
import { datasetSnapshot } from "../data/datasets.ts";
import { readPopulation, readReferences } from "../data/population.ts";
import type { PopulationSource } from "../round/round-node.ts";

/**
 * From stored rows to key columns: reads only the fields, attributes and rows that the charter names, and hands
 * them to the match as digests. Rows stay in this process.
 */
export function createPopulationSource(db: Database, workspace: Workspace): PopulationSource {
  return {
    snapshot: (dataset) => datasetSnapshot(db, dataset),
    references: (snapshot, rows) => readReferences(db, snapshot, rows),
    columns: (charter, side) => readColumns(db, workspace, charter, side),
  };
}

function readColumns(db: Database, workspace: Workspace, charter: MatchCharter, side: "left" | "right"): KeyColumns {
  const { operation, dataset } = charter;
  const fields = [...new Set(operation.cascade.flatMap(({ of }) => of.map(({ field }) => field)))];
  const { where } = "population" in operation ? operation.population : operation[side];
  const attribute = labelAttribute(charter, side);
  const rows = readPopulation(db, {
    dataset: dataset.name,
    fields,
    where,
    label: attribute === null ? null : { attribute, codes: codesOf(charter, attribute) },
  });
  const options = {
    fields,
    cascade: operation.cascade,
    collapse: dataset.collapse,
    tables: transformTables(charter),
    workspace,
  };
  // One transaction: an import beside it must not change the rows between two passes over them.
  return db.transaction(() => collectKeyColumns(rows, options))();
}

function labelAttribute({ operation }: MatchCharter, side: "left" | "right"): string | null {
  if (operation.label === undefined || !operation.outputs.includes("table")) return null;
  return "attribute" in operation.label ? operation.label.attribute : operation.label[side];
}
