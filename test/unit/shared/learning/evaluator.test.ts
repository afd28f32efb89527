import { describe, expect, it } from "vitest";
import type { PublicState } from "../../../../shared/learning/learner.ts";
import { createLearner } from "../../../../shared/learning/create-learner.ts";
import { createEvaluator } from "../../../../shared/learning/evaluator.ts";
import { evaluationWords } from "../../../../shared/learning/evaluation.ts";
import type { LearningTask } from "../../../../shared/learning/task.ts";
import { refusal } from "../../../helpers/example-charter.ts";
import { rowsOf, scoreTask, type ScoredRow } from "./evaluation-support.ts";

const task: LearningTask = scoreTask({}, { missing: "indicator", algorithm: { name: "released" } });
const STATE: PublicState = { stage: "evaluate" };

/** Rows that a model gives these scores; NaN where it says nothing. */
function borough(count: number, score: (row: number) => number = (row) => (row % 10) / 10) {
  const scored = Array.from({ length: count }, (_, row): ScoredRow => {
    return { score: score(row), label: row % 3 === 0 ? 1 : 0, sex: row % 2, ward: row % 3 };
  });
  const { scores, rows } = rowsOf(scored);
  return { rows, scores, evaluator: createEvaluator(task, () => scores) };
}

describe("a model that is judged", () => {
  it("adds a borough's histogram by its scores, and is finished with one sum", () => {
    const { rows, scores, evaluator } = borough(150);
    expect(evaluator.begin()).toEqual(STATE);
    const words = evaluator.contribute(STATE, rows);
    expect(words).toEqual(evaluationWords(task, scores, rows));
    expect(words.length).toBe(evaluator.layout(STATE).words);
    expect(evaluator.learn(STATE, null, words, 3)).toMatchObject({
      kind: "finished",
      published: { family: "logistic", members: 3, evaluation: { rows: 150, positives: 50 } },
    });
  });

  it("is opened without an equation, which only boroughs have", () => {
    const opener = createLearner(task);
    const { rows, evaluator } = borough(150);
    expect(opener.learn(STATE, null, evaluator.contribute(STATE, rows), 4)).toMatchObject({ kind: "finished" });
    expect(() => opener.contribute(STATE, rows)).toThrow("scored by the borough");
  });

  it.each<[string, PublicState]>([
    ["a state of a training", { stage: "survey" }],
    ["a state with more in it", { stage: "evaluate", coefficients: [1] }],
  ])("refuses %s", (_, state) => {
    const { rows, evaluator } = borough(150);
    const verify = () => {
      evaluator.verify(state);
    };
    expect(refusal(verify)).toMatchObject({ code: "integrity" });
    expect(refusal(() => evaluator.layout(state))).toMatchObject({ code: "integrity" });
    expect(refusal(() => evaluator.contribute(state, rows))).toMatchObject({ code: "integrity" });
  });

  it("takes nothing from a borough with fewer rows that have a label and a score than the minimum", () => {
    const few = borough(150, (row) => (row < 51 ? NaN : 0.5));
    expect(refusal(() => few.evaluator.contribute(STATE, few.rows))).toMatchObject({ code: "disclosure" });
    const enough = borough(150, (row) => (row < 50 ? NaN : 0.5));
    expect(enough.evaluator.contribute(STATE, enough.rows).length).toBeGreaterThan(0);
  });

  it("finds a sum that no rows could have made", () => {
    const { rows, evaluator } = borough(150);
    const words = evaluator.contribute(STATE, rows);
    words[0] = words[0]! - 2n ** 40n;
    expect(refusal(() => evaluator.learn(STATE, null, words, 3))).toMatchObject({ code: "integrity" });
    expect(refusal(() => evaluator.learn(STATE, null, words.subarray(1), 3))).toMatchObject({ code: "integrity" });
  });
});
