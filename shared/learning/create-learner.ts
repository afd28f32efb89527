import type { Learner } from "./learner.ts";
import { createNewtonLearner } from "./newton.ts";
import type { LearningTask } from "./task.ts";

/** The learner that the task's algorithm asks for. */
export function createLearner(task: LearningTask): Learner {
  return createNewtonLearner(task);
}
