import { assert } from "../base/errors.ts";
import { evaluationExtra } from "./evaluation-extra.ts";
import { createEvaluator } from "./evaluator.ts";
import { createGradientLearner, type StepRandom } from "./gradient.ts";
import type { Learner } from "./learner.ts";
import { createNewtonLearner } from "./newton.ts";
import type { LearningTask } from "./task.ts";

/** Openers and the coordinator ask for no dice: only a borough's own local steps do. */
const NO_DICE: StepRandom = () => ({
  bytes() {
    assert(false, "local steps are a borough's own, with its own dice");
  },
});

/**
 * The learner that the task's algorithm asks for, with the evaluation that it asks for at the end.
 * @param random of the borough that contributes, for local steps
 * @throws ProtocolError "bad-input" for a task that no rows could be learned by
 */
export function createLearner(task: LearningTask, random: StepRandom = NO_DICE): Learner {
  const extra = evaluationExtra(task);
  switch (task.algorithm.name) {
    case "newton":
      return createNewtonLearner(task, extra);
    case "released":
      return createEvaluator(task);
    case "fedavg":
    case "fedprox":
    case "fedadam":
      return createGradientLearner(task, random, extra);
  }
}
