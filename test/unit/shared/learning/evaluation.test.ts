import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeValue, encodeValue } from "../../../../shared/base/encoding.ts";
import { evaluationLayout, evaluationWords, readEvaluation } from "../../../../shared/learning/evaluation.ts";
import { exactEvaluation, type ExactProbabilities } from "../../../../shared/learning/exact-evaluation.ts";
import type { LearningTask } from "../../../../shared/learning/task.ts";
import { exactAuc, exactHits, opened, rowsOf, scoredRows, scoreTask, type ScoredRow } from "./evaluation-support.ts";

const task = scoreTask({ top: [1, 7, 20] });

function evaluated(scored: readonly ScoredRow[], of: LearningTask = task): ExactProbabilities {
  return exactEvaluation(of, opened(of, scored)) as ExactProbabilities;
}

/** Places of the words that are counted a borough. */
function holders(): number[] {
  let at = 0;
  return evaluationLayout(task).parts.flatMap(({ name, length }) => {
    const start = at;
    at += length;
    return name.endsWith("holders") ? [start] : [];
  });
}

function row(score: number, label: number, sex = 0, ward = 0): ScoredRow {
  return { score, label, sex, ward };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe("an evaluation of probabilities by histogram", () => {
  it("brackets the area under the curve, precision, recall and lift of the rows themselves", () => {
    fc.assert(
      fc.property(scoredRows, fc.constantFrom(1, 2, 3, 16, 1000), (scored, bins) => {
        const figures = evaluated(scored, scoreTask({ bins, top: [1, 7, 20] }));
        const auc = exactAuc(scored);
        expect(figures.auc === null).toBe(auc === null);
        if (figures.auc !== null) expectWithin(auc!, figures.auc);
        const positives = scored.filter(({ label }) => label === 1).length;
        for (const { k, precision, recall, lift } of figures.top) {
          expect(precision === null).toBe(scored.length < k);
          if (precision === null) continue;
          const hits = exactHits(scored, k);
          expectWithin(hits / k, precision);
          if (positives === 0) expect([recall, lift]).toEqual([null, null]);
          else {
            expectWithin(hits / positives, recall!);
            expectWithin(hits / k / (positives / scored.length), lift!);
          }
        }
      }),
    );
  });

  it("has brackets of no width where every bin holds rows of one score", () => {
    const scored = [row(0.1, 0), row(0.3, 1), row(0.3, 0), row(0.6, 1), row(0.9, 1), row(0.9, 1)];
    const figures = evaluated(scored, scoreTask({ bins: 10, top: [1, 3] }));
    // Of 4 × 2 pairs, 7 in order and one tied.
    expect(figures.auc).toEqual({ least: 7 / 8, most: 1 });
    expect(figures.top.map(({ precision }) => precision)).toEqual([
      { least: 1, most: 1 },
      { least: 1, most: 1 },
    ]);
    expect(evaluated(scored, scoreTask({ bins: 10, top: [4] })).top[0]!.precision).toEqual({ least: 0.75, most: 1 });
  });

  it("counts accuracy at 0.5, the squared error and the mean score exactly, whatever the bins", () => {
    fc.assert(
      fc.property(scoredRows, fc.constantFrom(1, 3, 64), (scored, bins) => {
        const figures = evaluated(scored, scoreTask({ bins }));
        expect(figures.rows).toBe(scored.length);
        if (scored.length === 0) return;
        const correct = scored.filter(({ score, label }) => score > 0.5 === (label === 1)).length;
        expect(figures.accuracy).toBe(correct / scored.length);
        expect(figures.brier).toBeCloseTo(mean(scored.map(({ score, label }) => (score - label) ** 2)), 8);
        expect(figures.calibration!.inTheLarge).toBeCloseTo(mean(scored.map(({ score, label }) => score - label)), 8);
      }),
    );
  });

  it("compares groups as their rows alone would be", () => {
    fc.assert(
      fc.property(scoredRows, (scored) => {
        const [sex, ward] = evaluated(scored).groups;
        for (const [group, key, places] of [
          [sex!, "sex", 2],
          [ward!, "ward", 3],
        ] as const) {
          for (let place = 0; place < places; place++) {
            const own = scored.filter((one) => one[key] === place);
            const figures = group.values[place]!;
            const positives = own.filter(({ label }) => label === 1);
            const flagged = own.filter(({ score }) => score > 0.5);
            expect([figures.rows, figures.positives]).toEqual([own.length, positives.length]);
            expect(figures.auc).toEqual(evaluated(own).auc);
            const hits = positives.filter(({ score }) => score > 0.5).length;
            expect(figures.recall).toBe(positives.length === 0 ? null : hits / positives.length);
            expect(figures.precision).toBe(flagged.length === 0 ? null : hits / flagged.length);
            figures.recallAt.forEach((bracket, index) => {
              const k = task.evaluate!.top[index]!;
              if (bracket === null) expect(scored.length < k || positives.length === 0).toBe(true);
              else expectWithin(exactHits(scored, k, (one) => one[key] === place) / positives.length, bracket);
            });
          }
          const recalls = group.values.flatMap(({ recall }) => (recall === null ? [] : [recall]));
          const gap = recalls.length < 2 ? null : Math.max(...recalls) - Math.min(...recalls);
          expect(group.gaps.recall).toEqual(gap === null ? null : { least: gap, most: gap });
        }
      }),
    );
  });

  it("adds up to the same bits however the rows are split, and who holds a group a part", () => {
    fc.assert(
      fc.property(scoredRows, fc.nat(60), (scored, cut) => {
        const words = (part: readonly ScoredRow[]): BigUint64Array => {
          const { scores, rows } = rowsOf(part);
          return evaluationWords(task, scores, rows);
        };
        const [left, right] = [words(scored.slice(0, cut)), words(scored.slice(cut))];
        const whole = words(scored);
        for (const index of holders()) {
          expect(whole[index]).toBe(left[index]! | right[index]!);
          for (const part of [left, right, whole]) part[index] = 0n;
        }
        left.forEach((word, index) => (right[index]! += word));
        expect(right).toEqual(whole);
      }),
    );
  });

  it.each([
    ["more boroughs than it has rows", 5n],
    ["no borough that has it", 0n],
  ])("is none where a group has %s", (_, word) => {
    const { scores, rows } = rowsOf([row(0.1, 0), row(0.3, 1), row(0.6, 1)]);
    const words = evaluationWords(task, scores, rows);
    // The first is of sex 0, which all three rows have.
    words[holders()[0]!] = word;
    expect(() => readEvaluation(task, words)).toThrow(expect.objectContaining({ code: "integrity" }));
  });

  it("has no value where there is nothing to say", () => {
    const none = evaluated([]);
    expect([none.rows, none.accuracy, none.auc, none.brier, none.calibration!.slope]).toEqual([
      0,
      null,
      null,
      null,
      null,
    ]);
    const constant = evaluated([row(0.2, 1), row(0.9, 1)]);
    expect([constant.auc, constant.calibration!.slope]).toEqual([null, null]);
    const equal = evaluated([row(0.4, 1), row(0.4, 0), row(0.4, 0)]);
    expect(equal.auc).toEqual({ least: 0, most: 1 });
    expect(equal.calibration!.slope).toBeNull();
  });

  it("leaves out rows without a label or a score", () => {
    const figures = evaluated([row(Number.NaN, 1), row(0.5, Number.NaN), row(0.75, 1)]);
    expect([figures.rows, figures.positives]).toEqual([1, 1]);
  });

  it("lays out only what its metrics need", () => {
    const names = evaluationLayout(scoreTask({ metrics: ["auc"], bins: 4 })).parts.map(({ name }) => name);
    expect(names).toEqual(["negatives", "positives", "flagged"]);
    // All and five groups, who holds each, and what calibration and squared errors need.
    expect(evaluationLayout(scoreTask({ bins: 4 })).words).toBe(10 * 6 + 5 + 4 + 1);
  });

  it("refuses a score that is no probability, a label or group that there is not, and groups that cannot be compared", () => {
    for (const wrong of [row(-0.1, 0), row(1.1, 0), row(Infinity, 0), row(0.5, 2), row(0.5, 1, 2), row(0.5, 1, 0, 3)]) {
      expect(() => evaluated([wrong])).toThrow(expect.objectContaining({ code: "bad-input" }));
    }
    const numbers = scoreTask({ groups: [{ name: "age", type: "number", least: 0, most: 120 }] });
    expect(() => evaluationLayout(numbers)).toThrow("age is a number");
    expect(() => evaluationLayout({ ...task, evaluate: null })).toThrow("nothing is to be evaluated");
    expect(() => evaluationLayout(scoreTask({ bins: 500_000 }))).toThrow(
      expect.objectContaining({ code: "too-large" }),
    );
  });

  it.each([
    ["a count beyond any number of rows", 0, 2n ** 40n],
    ["a negative count", 0, 2n ** 64n - 1n],
    ["more flagged rows than there are", 33, 5n],
    ["scores outside their bin", 34, 2n ** 40n],
    ["squared errors above one a row", 50, 2n ** 40n],
    ["a group with more rows than there are", 51, 5n],
  ])("refuses a sum with %s", (_, place, value) => {
    const { scores, rows } = rowsOf([row(0.1, 0, 0), row(0.9, 1, 1)]);
    const words = evaluationWords(task, scores, rows);
    words[place] = value;
    expect(() => readEvaluation(task, words)).toThrow(expect.objectContaining({ code: "integrity" }));
  });

  it("gives figures that the canonical encoding takes", () => {
    fc.assert(
      fc.property(scoredRows, (scored) => {
        const figures = evaluated(scored);
        expect(decodeValue(encodeValue(figures))).toEqual(figures);
      }),
    );
  });
});

describe("calibration", () => {
  const bins = 1000;
  /** As many positives at each score as the score says, or as `chance` says. */
  function calibrated(chance: (score: number) => number): ScoredRow[] {
    return Array.from({ length: 19 }, (_, index) => (index + 1) / 20).flatMap((score) =>
      Array.from({ length: 4000 }, (_, place) => row(score, place < Math.round(4000 * chance(score)) ? 1 : 0)),
    );
  }

  it("has slope 1 and nothing in the large for scores that are right", () => {
    const { calibration } = evaluated(
      calibrated((score) => score),
      scoreTask({ bins }),
    );
    expect(calibration!.slope).toBeCloseTo(1, 6);
    expect(calibration!.inTheLarge).toBeCloseTo(0, 8);
    for (const { rows, positives, expected } of calibration!.groups)
      expect(positives / rows).toBeCloseTo(expected / rows, 6);
  });

  it("has the slope by which the scores' logits are too steep", () => {
    const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
    const scored = calibrated((score) => logistic(0.5 * Math.log(score / (1 - score)) - 1));
    // The counts are rounded to whole rows.
    expect(evaluated(scored, scoreTask({ bins })).calibration!.slope).toBeCloseTo(0.5, 3);
  });

  it("has groups of about a tenth that are all the rows, in order of score", () => {
    const { groups } = evaluated(
      calibrated((score) => score),
      scoreTask({ bins }),
    ).calibration!;
    expect(groups.reduce((sum, { rows }) => sum + rows, 0)).toBe(19 * 4000);
    expect(groups.length).toBeGreaterThan(8);
    const means = groups.map(({ expected, rows }) => expected / rows);
    expect(means).toEqual([...means].sort((a, b) => a - b));
  });
});

function expectWithin(value: number, { least, most }: { least: number; most: number }): void {
  expect(value).toBeGreaterThanOrEqual(least - 1e-12);
  expect(value).toBeLessThanOrEqual(most + 1e-12);
}
