import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openNodeDatabase, type Database } from "../../../../node/data/database.ts";
import { scoreDataset } from "../../../../node/learning/score.ts";
import type { Equation } from "../../../../shared/learning/published-model.ts";
import { refusal } from "../../../helpers/example-charter.ts";
import { homesModel, importRows } from "../../../helpers/learning-homes.ts";

let db: Database;
beforeEach(() => {
  db = openNodeDatabase(":memory:");
});
afterEach(() => {
  db.close();
});

const { equation } = homesModel();
const score = (top = 10, changes: Partial<Equation> = {}) =>
  scoreDataset(db, { dataset: "homes", equation: { ...equation, ...changes }, top });
const logistic = (predictor: number) => 1 / (1 + Math.exp(-predictor));

/** By hand: −1 + 0.5·complaints − 2·exempt + (rented 0.25, social −0.75): 0.25, −3, −0.75. */
const THREE = [
  ["a", "", "2", "N", "rented"],
  ["b", "", "0", "Y", "owned"],
  ["c", "", "2", "N", "social"],
];

describe("a scored list", () => {
  it("has the scores that follow from the coefficients, the highest first", async () => {
    await importRows(db, THREE);
    const { rows, unscored, top } = score();
    expect([rows, unscored]).toEqual([3, 0]);
    expect(top.map(({ rank, reference }) => [rank, reference])).toEqual([
      [1, "a"],
      [2, "c"],
      [3, "b"],
    ]);
    [0.25, -0.75, -3].forEach((predictor, place) => {
      expect(top[place]?.score).toBeCloseTo(logistic(predictor), 12);
    });
  });

  it("gives as reasons what sets a row apart from the average row of the dataset", async () => {
    await importRows(db, THREE);
    // Averages: complaints 2/3, exempt −2/3, tenure −1/6; what a row adds, less these.
    const [first, , last] = score().top;
    expect(first?.reasons.map(({ feature, value }) => [feature, value])).toEqual([
      ["exempt", "no"],
      ["tenure", "rented"],
      ["complaints", "2"],
    ]);
    [2 / 3, 0.25 + 1 / 6, 1 / 3].forEach((amount, place) => {
      expect(first?.reasons[place]?.amount).toBeCloseTo(amount, 12);
    });
    expect(last?.reasons[0]).toMatchObject({ feature: "exempt", value: "yes" });
    expect(last?.reasons[0]?.amount).toBeCloseTo(-2 + 2 / 3, 12);
  });

  it("gives no reason where every row is alike", async () => {
    await importRows(db, [THREE[0]!, THREE[0]!]);
    expect(score().top.map(({ reasons }) => reasons)).toEqual([[], []]);
  });

  it("leaves a row without a score where the model says nothing of what is missing or cannot be read", async () => {
    await importRows(db, [
      ...THREE,
      ["d", "", "1,000", "N", "owned"],
      ["e", "", "3", "", "owned"],
      ["f", "", "3", "N", "boat"],
    ]);
    const { rows, unscored, top } = score();
    expect([rows, unscored, top.length]).toEqual([6, 3, 3]);
  });

  it("takes the indicator instead of the value where the model has one", async () => {
    await importRows(db, [["a", "", "many", "N", "owned"]]);
    const missing = { feature: "complaints", of: "missing", level: null, estimate: 1.5 } as const;
    const { top, unscored } = score(10, { missing: "indicator", coefficients: [...equation.coefficients, missing] });
    expect(unscored).toBe(0);
    expect(top[0]?.score).toBeCloseTo(logistic(-1 + 1.5), 12);
  });

  it("takes one coefficient for all merged levels, and none for a level without", async () => {
    await importRows(db, [
      ["a", "", "0", "N", "rented"],
      ["b", "", "0", "N", "social"],
      ["c", "", "0", "N", "owned"],
    ]);
    const features = equation.features.map((feature) =>
      feature.type === "category" ? { ...feature, merged: ["rented", "social"] } : feature,
    );
    const merged = { feature: "tenure", of: "merged", level: null, estimate: 3 } as const;
    const { top } = score(10, { features, coefficients: [...equation.coefficients.slice(0, 2), merged] });
    expect(top.map(({ reference, score: value }) => [reference, value])).toEqual([
      ["a", logistic(2)],
      ["b", logistic(2)],
      ["c", logistic(-1)],
    ]);
  });

  it.each([
    ["linear", 0.25],
    ["poisson", Math.exp(0.25)],
  ] as const)("of a %s model is on the label's scale", async (family, value) => {
    await importRows(db, THREE);
    expect(score(1, { family }).top[0]?.score).toBeCloseTo(value, 12);
  });

  it("holds the best of many rows as sorting all of them does, the earlier row first among equals", async () => {
    const complaints = (row: number) => (row * 7919) % 101;
    const many = Array.from({ length: 3000 }, (_, row) => [`r${row}`, "", String(complaints(row) % 100), "N", "owned"]);
    await importRows(db, many);
    const sorted = many
      .map(([reference, , text], row) => ({ reference, row, value: Number(text) }))
      .sort((a, b) => b.value - a.value || a.row - b.row);
    for (const top of [1, 7, 500, 5000]) {
      expect(score(top).top.map(({ reference }) => reference)).toEqual(
        sorted.slice(0, top).map(({ reference }) => reference),
      );
    }
  });

  it("needs every feature of the model, and names those that are not here", async () => {
    await importRows(db, [["a", "1", "Y"]], { attributes: ["hmo", "exempt"] });
    const { code, message } = refusal(() => score());
    expect([code, message]).toEqual(["bad-input", "dataset homes: lacks what the model needs: complaints, tenure"]);
  });
});
