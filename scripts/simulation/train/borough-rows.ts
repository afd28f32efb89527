import type { Database } from "../../../node/data/database.ts";
import { datasetSnapshot } from "../../../node/data/datasets.ts";
import { readLearningRows } from "../../../node/learning/rows.ts";
import type { LearningRows, LearningTask } from "../../../shared/learning/task.ts";

/** One borough's rows, which only a simulation sees beside another's. */
export interface BoroughRows {
  readonly id: string;
  readonly train: LearningRows;
  readonly test: LearningRows | null;
}

/** Of every borough that has any, as its own node reads them. */
export function readBoroughRows(
  nodes: readonly { readonly name: string; readonly imported: object | null; readonly db: Database }[],
  task: LearningTask,
  datasets: { readonly train: string; readonly test: string },
): BoroughRows[] {
  const { train, test } = datasets;
  return nodes
    .filter(({ imported }) => imported !== null)
    .map(({ name, db }) => ({
      id: name,
      train: readLearningRows(db, { dataset: train, task }),
      test: datasetSnapshot(db, test) === null ? null : readLearningRows(db, { dataset: test, task }),
    }));
}
