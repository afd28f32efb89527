import { bytesToHex } from "../../shared/base/bytes.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import type { LearningRows } from "../../shared/learning/task.ts";
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
    const name = bytesToHex(round);
    const known = kept.get(name);
    if (known !== undefined) return known;
    const rows = readLearningRows(db, { dataset: charter.dataset.name, task: learningTask(charter) });
    if (rows.snapshot !== snapshot) {
      throw new ProtocolError("wrong-phase", "learning: the dataset was replaced since preflight");
    }
    kept.set(name, rows);
    return rows;
  };
  return {
    reachesMinimum(charter) {
      if (datasetSnapshot(db, charter.dataset.name) === null) return false;
      const task = learningTask(charter);
      const rows = readLearningRows(db, { dataset: charter.dataset.name, task });
      return usableRows(rows, task.missing) >= charter.controls.minimumRows;
    },
    async contribute(charter, state, { round, snapshot }) {
      return charterLearner(charter).contribute(state, rowsOf(charter, round, snapshot));
    },
    forget: (round) => void kept.delete(bytesToHex(round)),
  };
}

/** Rows that enter: with drop-row those without a missing feature. */
function usableRows({ count, features }: LearningRows, missing: "drop-row" | "indicator"): number {
  if (missing === "indicator") return count;
  let usable = 0;
  for (let row = 0; row < count; row++) if (features.every((column) => !Number.isNaN(column[row]))) usable++;
  return usable;
}
