import { z } from "zod";
import type { ValueMap } from "../base/encoding.ts";
import { assert, ProtocolError } from "../base/errors.ts";
import { parseShape } from "../base/shape.ts";
import { evaluationLayout } from "./evaluation.ts";
import { evaluationExtra } from "./evaluation-extra.ts";
import type { Learner, PublicState } from "./learner.ts";
import { checkRows } from "./rows.ts";
import type { LearningRows, LearningTask } from "./task.ts";

/**
 * A released model held against the rows that boroughs have now (protocol.md, "Learning"): one secure sum of histograms,
 * and nothing is learned. Openers and the coordinator need no equation; a node scores its own rows, and the scores stay.
 */

/** By row, as `scoreByEquation`: NaN where the model says nothing. */
export type RowScorer = (rows: LearningRows) => Float64Array;

const stateShape = z.strictObject({ stage: z.literal("evaluate") });

/**
 * @param score of the borough that contributes; openers' steps do not ask it
 * @throws ProtocolError "bad-input" where nothing is to be evaluated, "too-large" beyond what a sum holds
 */
export function createEvaluator(task: LearningTask, score: RowScorer = NO_ROWS): Learner {
  const layout = evaluationLayout(task);
  const extra = evaluationExtra(task)!;
  const verify = (state: PublicState) => void parseShape(stateShape, state, "model state", "integrity");
  return {
    begin: () => ({ stage: "evaluate" }),
    verify,
    layout(state) {
      verify(state);
      return layout;
    },
    contribute(state, rows) {
      verify(state);
      checkRows(task, rows);
      const scores = score(rows);
      if (judgedRows(rows, scores) < task.controls.minimumRows) {
        throw new ProtocolError("disclosure", "evaluation: fewer rows with label and score than the charter's minimum");
      }
      return extra.words(scores, rows);
    },
    learn(state, _, sum, members) {
      verify(state);
      const { published, exact } = extra.read(sum);
      const result = (evaluation: ValueMap[string]): ValueMap => ({ family: task.family, members, evaluation });
      return { kind: "finished", published: result(published), exact: result(exact) };
    },
  };
}

/** How many have a label and a score. */
export function judgedRows({ label }: LearningRows, scores: Float64Array): number {
  return scores.reduce((sum, score, row) => sum + (Number.isNaN(score) || Number.isNaN(label[row]!) ? 0 : 1), 0);
}

const NO_ROWS: RowScorer = () => {
  assert(false, "rows are scored by the borough that has them");
};
