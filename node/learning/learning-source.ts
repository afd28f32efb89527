import { bytesToHex } from "../../shared/base/bytes.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import { usableRows } from "../../shared/learning/rows.ts";
import type { LearningRows, LearningTask } from "../../shared/learning/task.ts";
import type { LearningCharter } from "../../shared/protocol/charter.ts";
import { charterLearner, learningTask } from "../../shared/protocol/learning-task.ts";
import type { Database } from "../data/database.ts";
import { datasetSnapshot } from "../data/datasets.ts";
import type { LearningSource } from "../round/round-node.ts";
import { readLearningRows } from "./rows.ts";

/**
 * From stored rows to this borough's words of a step. Rows are read once a round and kept as typed arrays until it ends;
 * they never leave this process.
 */
export function createLearningSource(db: Database): LearningSource {
  const kept = new Map<string, LearningRows>();
  const rowsOf = (charter: LearningCharter, round: Uint8Array, snapshot: number | null): LearningRows => {
    if (datasetSnapshot(db, charter.dataset.name) !== snapshot) {
      throw new ProtocolError("wrong-phase", "learning: the dataset was replaced since preflight");
    }
    const name = bytesToHex(round);
    const rows = kept.get(name) ?? readLearningRows(db, { dataset: charter.dataset.name, task: learningTask(charter) });
    kept.set(name, rows);
    return rows;
  };
  /** Rows that the model was not learned from, where the charter names them and this borough has them. */
  const heldOutRows = (charter: LearningCharter): LearningRows | undefined => {
    const dataset = charter.operation.evaluate?.dataset;
    if (dataset === undefined) return undefined;
    const task = learningTask(charter);
    return datasetSnapshot(db, dataset) === null ? noRows(task) : readLearningRows(db, { dataset, task });
  };
  return {
    reachesMinimum(charter) {
      if (datasetSnapshot(db, charter.dataset.name) === null) return false;
      const task = learningTask(charter);
      const rows = readLearningRows(db, { dataset: charter.dataset.name, task });
      return usableRows(task, rows).length >= charter.controls.minimumRows;
    },
    async contribute(charter, state, { round, snapshot }) {
      const rows = rowsOf(charter, round, snapshot);
      const heldOut = state.stage === "final" ? heldOutRows(charter) : undefined;
      return charterLearner(charter).contribute(state, rows, heldOut);
    },
    forget: (round) => void kept.delete(bytesToHex(round)),
  };
}

function noRows(task: LearningTask): LearningRows {
  const none = () => new Float64Array(0);
  return {
    count: 0,
    label: none(),
    features: task.features.map(none),
    groups: (task.evaluate?.groups ?? []).map(none),
  };
}
