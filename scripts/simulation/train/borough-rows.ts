import { datasetSnapshot } from "../../../node/data/datasets.ts";
import { readLearningRows } from "../../../node/learning/rows.ts";
import type { LearningRows, LearningTask } from "../../../shared/learning/task.ts";
import type { SimulatedNetwork } from "../network.ts";

/** One borough's rows, which only a simulation sees beside another's. */
export interface BoroughRows {
  readonly id: string;
  readonly train: LearningRows;
  readonly test: LearningRows | null;
}

/** Of every borough that has any, as its own node reads them. */
export function readBoroughRows(
  { nodes }: SimulatedNetwork,
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
