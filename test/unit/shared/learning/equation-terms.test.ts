import { describe, expect, it } from "vitest";
import { featureTerm, meanOf, scoreByEquation, type OpenEquation } from "../../../../shared/learning/equation-terms.ts";
import type { Feature } from "../../../../shared/learning/task.ts";

const SIZE: Feature = { name: "size", type: "number", least: 0, most: 100 };
const RENTED: Feature = { name: "rented", type: "flag", yes: ["Y"] };
const TENURE: Feature = { name: "tenure", type: "category", codes: ["owned", "rented", "social", "free"] };

const EQUATION: OpenEquation = {
  intercept: -1,
  coefficients: [
    { feature: "size", of: "value", level: null, estimate: 0.5 },
    { feature: "size", of: "missing", level: null, estimate: 3 },
    { feature: "rented", of: "value", level: null, estimate: -2 },
    { feature: "tenure", of: "level", level: "rented", estimate: 0.25 },
    { feature: "tenure", of: "merged", level: null, estimate: 4 },
  ],
  merged: [{ feature: "tenure", codes: ["social", "free"] }],
};

describe("what a feature adds to a linear predictor", () => {
  it.each<[string, Feature, number, number]>([
    ["a number's slope", SIZE, 6, 3],
    ["its missing value, instead of the slope", SIZE, NaN, 3],
    ["a flag's yes", RENTED, 1, -2],
    ["nothing for its no", RENTED, 0, -0],
    ["a level's own", TENURE, 1, 0.25],
    ["nothing for the reference", TENURE, 0, 0],
    ["what merged levels share", TENURE, 2, 4],
    ["the same for the other of them", TENURE, 3, 4],
  ])("is %s", (_, feature, value, added) => {
    expect(featureTerm(feature, EQUATION)(value)).toBeCloseTo(added, 15);
  });

  it.each([RENTED, TENURE])("is unknown where $name is missing and has no indicator", (feature) => {
    expect(featureTerm(feature, EQUATION)(NaN)).toBeNaN();
  });

  it("is nothing for a feature that was left out of the model", () => {
    expect(featureTerm({ ...SIZE, name: "other" }, EQUATION)(7)).toBe(0);
  });
});

describe("a score by equation", () => {
  const column = (...values: number[]) => Float64Array.from(values);
  const rows = {
    count: 3,
    label: column(0, 1, 1),
    features: [column(6, NaN, 2), column(1, 0, NaN), column(1, 3, 0)],
    groups: [],
  };

  it.each([
    ["linear", [0.25, 6]],
    ["logistic", [1 / (1 + Math.exp(-0.25)), 1 / (1 + Math.exp(-6))]],
    ["poisson", [Math.exp(0.25), Math.exp(6)]],
  ] as const)("is a %s model's mean, and NaN where the model says nothing", (family, [first, second]) => {
    const scores = scoreByEquation({ family, features: [SIZE, RENTED, TENURE] }, EQUATION, rows);
    expect(scores[0]).toBeCloseTo(first, 14);
    expect(scores[1]! / second).toBeCloseTo(1, 14);
    expect(scores[2]).toBeNaN();
  });

  it("stays a chance for predictors beyond any exponential", () => {
    expect(meanOf("logistic", 1e6)).toBe(1);
    expect(meanOf("logistic", -1e6)).toBe(0);
  });
});
