import type { Database } from "../../../node/data/database.ts";
import { createModelStore } from "../../../node/data/model-store.ts";
import { bytesToHex } from "../../../shared/base/bytes.ts";
import type { PublishedModel } from "../../../shared/learning/published-model.ts";
import type { LearningTask } from "../../../shared/learning/task.ts";
import { isTraining, type LearningCharter } from "../../../shared/protocol/charter.ts";
import { learningTask } from "../../../shared/protocol/learning-task.ts";
import { readBoroughRows, type BoroughRows } from "./borough-rows.ts";
import { boroughsIn, logNotes, readingNotes } from "./train-notes.ts";

/** A round's end as every node's database tells it, one process or many: a borough that was lost knows less than others. */
export interface RoundRows {
  readonly task: LearningTask;
  /** Of the boroughs that are in the sums. */
  readonly rows: readonly BoroughRows[];
  readonly notes: readonly string[];
  /** The model of this round as a node keeps it; null where there is none. */
  readonly document: PublishedModel | null;
}

/** @param log lines of the nodes' logs */
export function readRound(
  nodes: readonly { readonly name: string; readonly imported: object | null; readonly db: Database }[],
  {
    round,
    charter,
    testDataset,
    log,
  }: {
    readonly round: Uint8Array;
    readonly charter: LearningCharter;
    readonly testDataset: string;
    readonly log: readonly string[];
  },
): RoundRows {
  const task = learningTask(charter);
  const train = charter.dataset.name;
  // A model that is judged was learned from other rows.
  const all = readBoroughRows(nodes, task, { train, test: isTraining(charter) ? testDataset : train });
  const databases = nodes.map(({ db }) => db);
  const withRows = nodes.filter(({ imported }) => imported !== null).map(({ db }) => db);
  const included = boroughsIn(databases, round, charter);
  const kept = databases.flatMap((db) => createModelStore(db).models());
  return {
    task,
    rows: all.filter(({ id }) => included.has(id)),
    notes: [
      ...readingNotes(withRows, train, task),
      ...all.filter(({ id }) => !included.has(id)).map(({ id }) => `${id} is not in the sums`),
      ...logNotes(log),
    ],
    document: kept.find(({ model }) => model.round === bytesToHex(round))?.model ?? null,
  };
}
