import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { FinalExtra, PublicState } from "../../shared/learning/learner.ts";
import { createNewtonLearner } from "../../shared/learning/newton.ts";
import type { RowsPass } from "../../shared/learning/pass.ts";
import { sliceRows } from "../../shared/learning/rows.ts";
import type { LearningRows, LearningTask } from "../../shared/learning/task.ts";
import { createWorkerPool } from "../threads/worker-pool.ts";
import type { RowTask } from "./row-worker.ts";

/** Rows a thread gets at once, at most: a quarter of a second's work and six megabytes of a model of 40 columns. */
const PIECE_ROWS = 20_000;

export interface RowWorkers {
  /**
   * A borough's words at a state, as the learner's own `contribute` gives them, whatever the number of threads.
   * @throws ProtocolError as `contribute`, and "unavailable" where a thread ended before its work: try the step again
   */
  contribute(
    task: LearningTask,
    state: PublicState,
    rows: LearningRows,
    options?: { readonly heldOut?: LearningRows; readonly extra?: FinalExtra | null },
  ): Promise<BigUint64Array>;
  close(): Promise<void>;
}

/**
 * Passes over rows in worker threads, one a core; few rows are done in place, sooner than a thread would start.
 * @param threads at most; by default one a core
 */
export function createRowWorkers({
  threads = availableParallelism(),
  pieceRows = PIECE_ROWS,
  filename = join(import.meta.dirname, "row-boot.js"),
} = {}): RowWorkers {
  const pool = createWorkerPool<RowTask, RowsPass>("learning", filename, threads);
  return {
    async contribute(task, state, rows, { heldOut = rows, extra = null } = {}) {
      const learner = createNewtonLearner(task, extra);
      if (rows.count <= pieceRows) return learner.contribute(state, rows, heldOut);
      // Evenly, so that no thread works alone at the end.
      const pieces = threads * Math.ceil(rows.count / (threads * pieceRows));
      const size = Math.ceil(rows.count / pieces);
      const starts = Array.from({ length: Math.ceil(rows.count / size) }, (_, piece) => piece * size);
      const passes = await Promise.all(
        starts.map((start) => {
          const run = sliceRows(rows, start, Math.min(start + size, rows.count));
          // A copy already: it is handed over, not copied again.
          const buffers = [run.label, ...run.features, ...run.groups].map(({ buffer }) => buffer as ArrayBuffer);
          return pool.run({ task, state, rows: run }, buffers);
        }),
      );
      return learner.words(state, passes, heldOut);
    },
    close: () => pool.close(),
  };
}
