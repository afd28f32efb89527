import { ProtocolError } from "../../shared/base/errors.ts";
import type { PublicState } from "../../shared/learning/learner.ts";
import { createNewtonLearner } from "../../shared/learning/newton.ts";
import type { RowsPass } from "../../shared/learning/pass.ts";
import type { LearningRows, LearningTask } from "../../shared/learning/task.ts";
import type { Refusal } from "../threads/worker-pool.ts";

/** A run of a borough's rows, as a worker thread gets it. */
export interface RowTask {
  readonly task: LearningTask;
  readonly state: PublicState;
  readonly rows: LearningRows;
}

export default function work({ task, state, rows }: RowTask): RowsPass | Refusal {
  try {
    return createNewtonLearner(task).pass(state, rows);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    const { code, message, hint } = error;
    return { kind: "refused", code, message, hint };
  }
}
