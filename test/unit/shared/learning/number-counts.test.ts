import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluationWords, readEvaluation } from "../../../../shared/learning/evaluation.ts";
import { protectEvaluation } from "../../../../shared/learning/evaluation-release.ts";
import { exactEvaluation, type ExactNumbers } from "../../../../shared/learning/exact-evaluation.ts";
import type { LearningRows, LearningTask } from "../../../../shared/learning/task.ts";
import { scoreTask } from "./evaluation-support.ts";

function numberTask(family: "linear" | "poisson"): LearningTask {
  const label = { attribute: { name: "y", type: "number", least: 0, most: 50 }, positive: null } as const;
  return scoreTask({}, { family, label });
}

function labelled(label: readonly number[]): LearningRows {
  return { count: label.length, label: Float64Array.from(label), features: [], groups: [] };
}

function words(task: LearningTask, pairs: readonly (readonly [label: number, score: number])[]): BigUint64Array {
  const scores = Float64Array.from(pairs, ([, score]) => score);
  return evaluationWords(task, scores, labelled(pairs.map(([label]) => label)));
}

function evaluated(task: LearningTask, pairs: readonly (readonly [label: number, score: number])[]): ExactNumbers {
  return exactEvaluation(task, readEvaluation(task, words(task, pairs))) as ExactNumbers;
}

const pairs = fc.array(fc.tuple(fc.integer({ min: 0, max: 50 }), fc.double({ min: 0.01, max: 100, noNaN: true })), {
  minLength: 2,
  maxLength: 50,
});

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe("an evaluation of predicted numbers", () => {
  it("has the mean error, the root mean square and R² of the rows themselves", () => {
    fc.assert(
      fc.property(pairs, (some) => {
        const figures = evaluated(numberTask("linear"), some);
        const centre = mean(some.map(([y]) => y));
        const squares = mean(some.map(([y, score]) => (y - score) ** 2));
        const spread = mean(some.map(([y]) => (y - centre) ** 2));
        expect(figures.rows).toBe(some.length);
        expect(figures.meanError).toBeCloseTo(mean(some.map(([y, score]) => score - y)), 5);
        // A square of an error travels in steps of 2^-23 of the label's width squared.
        const step = 50 ** 2 * 2 ** -23 + 1e-6 * squares;
        expect(Math.abs(figures.rootMeanSquaredError! ** 2 - squares)).toBeLessThan(step);
        expect(figures.meanDeviance).toBeNull();
        if (spread === 0) expect(figures.rSquared).toBeNull();
        else expect(Math.abs((1 - figures.rSquared!) * spread - squares)).toBeLessThan(step + 1e-4 * squares);
      }),
      {
        examples: [
          [
            [
              [0, 0.01],
              [1, 0.59],
            ],
          ],
        ],
      },
    );
  });

  it("has the mean deviance of counts, and the share of it that is explained", () => {
    fc.assert(
      fc.property(pairs, (some) => {
        const figures = evaluated(numberTask("poisson"), some);
        const deviance = (y: number, mu: number): number => 2 * ((y === 0 ? 0 : y * Math.log(y / mu)) - y + mu);
        const own = mean(some.map(([y, score]) => deviance(y, score)));
        const centre = mean(some.map(([y]) => y));
        const none = mean(some.map(([y]) => deviance(y, centre)));
        expect(figures.meanDeviance).toBeCloseTo(own, 4);
        if (some.every(([y]) => y === some[0]![0])) expect(figures.devianceExplained).toBeNull();
        else expect((1 - figures.devianceExplained!) / (own / none)).toBeCloseTo(1, 3);
      }),
    );
  });

  it("adds up to the same bits however the rows are split", () => {
    fc.assert(
      fc.property(pairs, fc.nat(50), (some, cut) => {
        const task = numberTask("poisson");
        const [left, right] = [words(task, some.slice(0, cut)), words(task, some.slice(cut))];
        left.forEach((word, index) => (right[index]! += word));
        expect(right).toEqual(words(task, some));
      }),
    );
  });

  it("refuses labels outside their range, and predictions that no sensible model makes", () => {
    const task = numberTask("linear");
    for (const wrong of [
      [51, 1],
      [-1, 1],
      [1, 1e6],
      [1, Infinity],
    ] as const) {
      expect(() => words(task, [wrong])).toThrow(expect.objectContaining({ code: "bad-input" }));
    }
    expect(() => words(numberTask("poisson"), [[3, 0]])).toThrow(expect.objectContaining({ code: "bad-input" }));
  });

  it("withholds the figures of few rows, and rounds those of more", () => {
    const task = numberTask("linear");
    const publish = (some: readonly (readonly [number, number])[]): unknown =>
      protectEvaluation(task, readEvaluation(task, words(task, some)));
    const nine = Array.from({ length: 9 }, (_, index) => [index, index + 1 / 3] as const);
    expect(publish(nine)).toMatchObject({ rows: "c", meanError: "c", rSquared: "c" });
    expect(publish([...nine, ...nine])).toMatchObject({ rows: 20, meanError: 0.3333, meanDeviance: null });
  });
});
