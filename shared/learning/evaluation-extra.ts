import { evaluationLayout, evaluationWords, readEvaluation } from "./evaluation.ts";
import { protectEvaluation } from "./evaluation-release.ts";
import { exactEvaluation } from "./exact-evaluation.ts";
import type { FinalExtra } from "./learner.ts";
import type { LearningTask } from "./task.ts";

/** The evaluation as a learner's last words. Null where the task asks for none. */
export function evaluationExtra(task: LearningTask): FinalExtra | null {
  if (task.evaluate === null) return null;
  return {
    parts: evaluationLayout(task).parts,
    words: (scores, rows) => evaluationWords(task, scores, rows),
    read(words) {
      const opened = readEvaluation(task, words);
      return { published: protectEvaluation(task, opened), exact: exactEvaluation(task, opened) };
    },
  };
}
