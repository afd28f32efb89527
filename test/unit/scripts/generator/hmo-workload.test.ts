import { describe, expect, it } from "vitest";
import { generateHmo, type HmoOptions } from "../../../../scripts/generator/hmo.ts";
import { hmoFeatures } from "../../../../scripts/generator/hmo-learning.ts";
import { aucOf, featureOf, fitLogistic, liftAt, medianOf, pooled, readRows } from "../../../helpers/hmo-in-the-open.ts";

/**
 * Whether the workload shows what it is for: one borough's few known cases make a poor model, all boroughs' a good one.
 * Judged on rows inspected at random. Reached, as median AUC over boroughs, pooled and alone at the same ridge: .885 and
 * .790 (seed 7), .883 and .769 (seed 1), .854 and .760 (seed 2); alone at its best ridge .827, .815, .800. The bounds
 * here lie well under these margins.
 */
const DEMO = { boroughs: 33, properties: 60_000 };
const FEATURES = hmoFeatures.map(featureOf);
const positives = (label: Float64Array) => label.reduce((sum, value) => sum + value, 0);

function learn(options: HmoOptions) {
  const boroughs = generateHmo(options);
  const train = boroughs.map((borough) => readRows(borough.rows(), FEATURES));
  const test = boroughs.map((borough) => readRows(borough.testRows(), FEATURES));
  const rank = (fits: readonly ReturnType<typeof fitLogistic>[]) =>
    fits.map((fit, index) => {
      const { label } = test[index]!;
      const scores = fit.score(test[index]!);
      return { auc: aucOf(scores, label), lift: liftAt(100, scores, label) };
    });
  const together = (l2: number) => rank(Array(train.length).fill(fitLogistic(pooled(train), FEATURES, l2)));
  const alone = (l2: number) => rank(train.map((rows) => fitLogistic(rows, FEATURES, l2)));
  return { train, test, together, alone };
}
const median = (ranked: readonly { auc: number; lift: number }[]) => ({
  auc: medianOf(ranked.map(({ auc }) => auc)),
  lift: medianOf(ranked.map(({ lift }) => lift)),
});

describe.each([7, 1])("the HMO workload of seed %i", (seed) => {
  const { train, test, together, alone } = learn({ ...DEMO, seed });
  const all = together(1);

  it("gives every borough enough labels to take part, and few known cases", () => {
    for (const { count, label } of train) {
      expect(count).toBeGreaterThanOrEqual(100);
      expect(positives(label)).toBeGreaterThan(0);
    }
    expect(medianOf(train.map(({ label }) => positives(label)))).toBeLessThan(20);
  });

  it("has rows for testing in every borough with cases among them", () => {
    for (const { count, label } of test) {
      expect(count).toBeGreaterThan(400);
      expect(positives(label)).toBeGreaterThan(0);
    }
  });

  it("ranks clearly better with all boroughs' rows than with one's, at the same settings", () => {
    const own = alone(1);
    expect(median(all).auc - median(own).auc).toBeGreaterThan(0.05);
    expect(median(all).lift - median(own).lift).toBeGreaterThan(0.5);
    expect(all.filter(({ auc }, index) => auc > own[index]!.auc).length).toBeGreaterThan(25);
  });

  it("ranks better than one's own even with the best ridge that could be found for these", () => {
    const best = Math.max(...[10, 30, 100].map((l2) => median(alone(l2)).auc));
    expect(median(all).auc - best).toBeGreaterThan(0.02);
  });

  it("ranks as well as a plausible model does, and no better", () => {
    expect(median(all).auc).toBeGreaterThan(0.8);
    expect(median(all).auc).toBeLessThan(0.93);
  });
});

describe("what is measured with", () => {
  const label = Float64Array.of(1, 0, 1, 0, 0);

  it("counts pairs in the right order, ties half", () => {
    expect(aucOf(Float64Array.of(5, 4, 3, 2, 1), label)).toBeCloseTo(5 / 6, 12);
    expect(aucOf(Float64Array.of(1, 1, 1, 1, 1), label)).toBe(0.5);
  });

  it("divides the share at the top by the share of all", () => {
    expect(liftAt(1, Float64Array.of(5, 4, 3, 2, 1), label)).toBeCloseTo(2.5, 12);
    expect(liftAt(5, Float64Array.of(1, 2, 3, 4, 5), label)).toBe(1);
  });

  it("finds the log odds of a flag that alone decides", () => {
    const of = { name: "flag", type: "flag", yes: ["1"] } as const;
    const flags = [1, 1, 1, 1, 0, 0, 0, 0];
    const rows = {
      count: 8,
      label: Float64Array.of(1, 1, 1, 0, 1, 0, 0, 0),
      features: [Float64Array.from(flags)],
      groups: [],
    };
    const scores = fitLogistic(rows, [of], 0).score(rows);
    for (const [row, flag] of flags.entries())
      expect(scores[row]).toBeCloseTo(flag === 1 ? Math.log(3) : -Math.log(3), 5);
  });
});
