import { bytesToHex } from "../../shared/base/bytes.ts";
import { encodeValue } from "../../shared/base/encoding.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import { createSecretRandom } from "../../shared/crypto/seeded-random.ts";
import { createLearner } from "../../shared/learning/create-learner.ts";
import { scoreByEquation } from "../../shared/learning/equation-terms.ts";
import { evaluationExtra } from "../../shared/learning/evaluation-extra.ts";
import { createEvaluator, judgedRows, type RowScorer } from "../../shared/learning/evaluator.ts";
import { usableRows } from "../../shared/learning/rows.ts";
import type { LearningRows, LearningTask } from "../../shared/learning/task.ts";
import { isTraining, type EvaluateCharter, type LearningCharter } from "../../shared/protocol/charter.ts";
import { learningTask } from "../../shared/protocol/learning-task.ts";
import type { Database } from "../data/database.ts";
import { datasetSnapshot } from "../data/datasets.ts";
import type { LearningSource } from "../round/round-node.ts";
import { openEquation, requireHeldModel } from "./held-model.ts";
import type { RowWorkers } from "./row-workers.ts";
import { readLearningRows } from "./rows.ts";

/**
 * From stored rows to this borough's words of a step. Rows are read at a round's first pass and kept as typed arrays until
 * it ends; they never leave this process but to its own worker threads. Preflight reads them too and keeps none: whoever
 * asks for rounds that never begin must not fill the memory.
 */
export function createLearningSource(db: Database, workers: RowWorkers): LearningSource {
  const kept = new Map<string, LearningRows>();

  function rowsOf({ dataset }: LearningCharter, task: LearningTask, round: Uint8Array, snapshot: number | null) {
    if (datasetSnapshot(db, dataset.name) !== snapshot) {
      throw new ProtocolError("wrong-phase", "learning: the dataset was replaced since preflight");
    }
    const name = bytesToHex(round);
    const rows = kept.get(name) ?? readLearningRows(db, { dataset: dataset.name, task });
    kept.set(name, rows);
    return rows;
  }

  /** Rows that the model was not learned from, where the charter names them; none where this borough lacks them. */
  function heldOutRows(charter: LearningCharter, task: LearningTask): LearningRows | undefined {
    const dataset = isTraining(charter) ? charter.operation.evaluate?.dataset : undefined;
    if (dataset === undefined) return undefined;
    return datasetSnapshot(db, dataset) === null ? noRows(task) : readLearningRows(db, { dataset, task });
  }

  /** This borough's rows by the model that is judged. @throws ProtocolError as requireHeldModel */
  function scorerOf(charter: EvaluateCharter, task: LearningTask): RowScorer {
    const equation = openEquation(requireHeldModel(db, charter));
    return (rows) => scoreByEquation(task, equation, rows);
  }

  return {
    obstacle(charter) {
      const { dataset, controls } = charter;
      if (datasetSnapshot(db, dataset.name) === null) {
        return new ProtocolError("not-found", `dataset ${dataset.name} is not here`);
      }
      const task = learningTask(charter);
      const rows = readLearningRows(db, { dataset: dataset.name, task });
      let usable: number;
      try {
        usable = isTraining(charter) ? usableRows(task, rows).length : judgedRows(rows, scorerOf(charter, task)(rows));
      } catch (error) {
        if (error instanceof ProtocolError) return error;
        throw error;
      }
      if (usable >= controls.minimumRows) return null;
      return new ProtocolError("disclosure", "controls.minimumRows: this borough has fewer usable rows");
    },
    async contribute(charter, state, { round, snapshot, secret }) {
      const task = learningTask(charter);
      const rows = rowsOf(charter, task, round, snapshot);
      if (!isTraining(charter)) return createEvaluator(task, scorerOf(charter, task)).contribute(state, rows);
      const heldOut = state.stage === "final" ? (heldOutRows(charter, task) ?? rows) : rows;
      if (task.algorithm.name === "newton") {
        return workers.contribute(task, state, rows, { heldOut, extra: evaluationExtra(task) });
      }
      const learner = createLearner(task, (at) => createSecretRandom(secret, encodeValue(at)));
      return learner.contribute(state, rows, heldOut);
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
