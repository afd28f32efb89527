import type { Learner } from "./learner.ts";
import type { LearningTask } from "./task.ts";
export function createNewtonLearner(_task: LearningTask): Learner {
  throw new Error("placeholder");
}
