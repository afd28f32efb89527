import { describe, expect, it } from "vitest";
import { HOSPITALS, readFlambyHeart } from "../../scripts/bench/flamby-heart.ts";
import { evaluationExtra } from "../../shared/learning/evaluation-extra.ts";
import type { ExactProbabilities } from "../../shared/learning/exact-evaluation.ts";
import { createNewtonLearner } from "../../shared/learning/newton.ts";
import type { LearningTask } from "../../shared/learning/task.ts";
import { learnInTheOpen, pickRows } from "../helpers/learn-in-the-open.ts";
import {
  flag,
  hasLearningData,
  LEARNING_FOLDER,
  newtonTask,
  number,
  readLearningFile,
} from "../helpers/learning-data.ts";

/** Of an independent implementation: the pooled fit, its scores, the metrics of the rows themselves. */
interface Reference {
  readonly heart_flamby_train486_std: {
    readonly testEvaluationGlobalStandardisation: Readonly<
      Record<string, Readonly<Record<string, { readonly acc: number; readonly auc: number }>>>
    >;
  };
}

const RANGES: Readonly<Record<string, readonly [least: number, most: number]>> = {
  age: [0, 120],
  trestbps: [0, 300],
  chol: [0, 1000],
  thalach: [0, 300],
  oldpeak: [-10, 20],
};

describe.runIf(hasLearningData)(
  "evaluation of the hospitals' model on FLamby's test rows (skipped: no shared data)",
  () => {
    it.each([
      [0, "0.0"],
      [1, "1.0"],
    ])("has the reference's accuracy, and brackets its area under the curve, l2 = %d", (l2, key) => {
      const reference = JSON.parse(readLearningFile("reference/logistic-reference.json")) as Reference;
      const expected = reference.heart_flamby_train486_std.testEvaluationGlobalStandardisation[key]!;
      const { features, train, test } = readFlambyHeart(LEARNING_FOLDER);
      const columns = features.map((name) => (name in RANGES ? number(name, ...RANGES[name]!) : flag(name)));
      const task: LearningTask = {
        ...newtonTask(columns, { l2 }),
        evaluate: { metrics: ["accuracy", "auc"], groups: [], bins: 1024, top: [] },
      };
      const learner = createNewtonLearner(task, evaluationExtra(task));
      const none = pickRows(test[0]!, []);
      const evaluate = (heldOut: typeof test): ExactProbabilities => {
        const { outcome } = learnInTheOpen(learner, train, heldOut);
        if (outcome.kind !== "finished") throw new Error("it is finished");
        return (outcome.exact as unknown as { evaluation: ExactProbabilities }).evaluation;
      };
      for (const set of ["pooled", ...HOSPITALS]) {
        const { acc, auc } = expected[set]!;
        const figures = evaluate(
          set === "pooled" ? test : test.map((rows, at) => (HOSPITALS[at] === set ? rows : none)),
        );
        expect(figures.accuracy).toBe(acc);
        expect(figures.auc!.least).toBeLessThanOrEqual(auc);
        expect(figures.auc!.most).toBeGreaterThanOrEqual(auc);
        expect(figures.auc!.most - figures.auc!.least).toBeLessThan(0.01);
      }
    });
  },
);
