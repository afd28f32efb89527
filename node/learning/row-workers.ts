import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Piscina } from "piscina";
import { ProtocolError } from "../../shared/base/errors.ts";
import type { FinalExtra, PublicState } from "../../shared/learning/learner.ts";
import { createNewtonLearner } from "../../shared/learning/newton.ts";
import type { RowsPass } from "../../shared/learning/pass.ts";
import { sliceRows } from "../../shared/learning/rows.ts";
import type { LearningRows, LearningTask } from "../../shared/learning/task.ts";
import type { RowOutcome, RowTask } from "./row-worker.ts";

/** Rows a thread gets at once, at most: a quarter of a second's work and six megabytes of a model of 40 columns. */
const PIECE_ROWS = 20_000;
/** Threads go when nothing was asked of them for so long; starting one takes a third of a second. */
const IDLE_MS = 10_000;

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
  let pool: Piscina<RowTask, RowOutcome> | null = null;

  async function run(task: LearningTask, state: PublicState, rows: LearningRows): Promise<RowsPass> {
    pool ??= openPool();
    let outcome: RowOutcome;
    try {
      // The run is a copy: it is handed over, not copied again.
      const buffers = [rows.label, ...rows.features, ...rows.groups].map(({ buffer }) => buffer as ArrayBuffer);
      outcome = await pool.run({ task, state, rows }, { transferList: buffers });
    } catch (cause) {
      throw new ProtocolError("unavailable", "learning: a worker thread ended before its work", { cause });
    }
    if (outcome.kind === "pass") return outcome.pass;
    const { code, message, hint } = outcome;
    throw new ProtocolError(code, message, hint === null ? {} : { hint });
  }

  function openPool(): Piscina<RowTask, RowOutcome> {
    const opened = new Piscina<RowTask, RowOutcome>({
      filename,
      minThreads: 0,
      maxThreads: threads,
      idleTimeout: IDLE_MS,
    });
    // A late answer of a thread that died would end the process; whoever waited has been told by `run`.
    opened.on("error", () => undefined);
    return opened;
  }

  return {
    async contribute(task, state, rows, { heldOut = rows, extra = null } = {}) {
      const learner = createNewtonLearner(task, extra);
      if (rows.count <= pieceRows) return learner.contribute(state, rows, heldOut);
      // Evenly, so that no thread works alone at the end.
      const pieces = threads * Math.ceil(rows.count / (threads * pieceRows));
      const size = Math.ceil(rows.count / pieces);
      const starts = Array.from({ length: Math.ceil(rows.count / size) }, (_, piece) => piece * size);
      const passes = await Promise.all(
        starts.map((start) => run(task, state, sliceRows(rows, start, Math.min(start + size, rows.count)))),
      );
      return learner.words(state, passes, heldOut);
    },
    async close() {
      await pool?.destroy();
      pool = null;
    },
  };
}
