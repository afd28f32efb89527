import { ProtocolError, type ErrorCode } from "../../shared/base/errors.ts";
import type { PublicState } from "../../shared/learning/learner.ts";
import { createNewtonLearner } from "../../shared/learning/newton.ts";
import type { RowsPass } from "../../shared/learning/pass.ts";
import type { LearningRows, LearningTask } from "../../shared/learning/task.ts";

/** A run of a borough's rows, as a worker thread gets it. */
export interface RowTask {
  readonly task: LearningTask;
  readonly state: PublicState;
  readonly rows: LearningRows;
}

/** An error keeps its code only as a value: between threads it loses its class. */
export type RowOutcome =
  | { readonly kind: "pass"; readonly pass: RowsPass }
  | { readonly kind: "refused"; readonly code: ErrorCode; readonly message: string; readonly hint: string | null };

export default function work({ task, state, rows }: RowTask): RowOutcome {
  try {
    return { kind: "pass", pass: createNewtonLearner(task).pass(state, rows) };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    const { code, message, hint } = error;
    return { kind: "refused", code, message, hint };
  }
}
