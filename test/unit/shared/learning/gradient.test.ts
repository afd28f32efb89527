import { describe, expect, it } from "vitest";
import { createGradientLearner } from "../../../../shared/learning/gradient.ts";
import { evaluationExtra } from "../../../../shared/learning/evaluation-extra.ts";
import { createNewtonLearner } from "../../../../shared/learning/newton.ts";
import type { ModelState } from "../../../../shared/learning/newton-state.ts";
import type { GradientSettings, LearningRows, LearningTask } from "../../../../shared/learning/task.ts";
import { learnInTheOpen, pickRows, pooled } from "../../../helpers/learn-in-the-open.ts";
import { flag, newtonTask, number } from "../../../helpers/learning-data.ts";
import { seededRandom } from "../crypto/support.ts";

const WHOLE = 1_000_000;
const FEDAVG: GradientSettings = {
  name: "fedavg",
  rounds: 3,
  localUpdates: 5,
  batch: 8,
  learningRate: 0.5,
  mu: 0,
  serverLearningRate: 1,
};
/** One step a round on all rows: the update is the gradient, without chance. */
const WHOLE_GRADIENT = { ...FEDAVG, localUpdates: 1, batch: WHOLE };

const FEATURES = [number("size", 0, 1), flag("shared")];

/** On [0, 1] as they are, so that the working scale is the rows' own. */
function gradientTask(
  algorithm: GradientSettings,
  rest: Parameters<typeof newtonTask>[1] & { evaluate?: LearningTask["evaluate"] } = {},
): LearningTask {
  return { ...newtonTask(FEATURES, { standardise: "none", ...rest }), algorithm };
}

function boroughs(sizes: readonly number[] = [60, 90, 150]): LearningRows[] {
  const random = seededRandom("rows");
  const uniform = (): number => new DataView(random.bytes(4).buffer).getUint32(0) / 2 ** 32;
  return sizes.map((count) => {
    const size = Float64Array.from({ length: count }, uniform);
    const shared = Float64Array.from({ length: count }, () => Math.round(uniform()));
    const label = size.map((x, row) => (uniform() < 1 / (1 + Math.exp(1 - 2 * x - shared[row]!)) ? 1 : 0));
    return { count, label, features: [size, shared], groups: [] };
  });
}

function learned(task: LearningTask, rows: readonly LearningRows[], seed = "a") {
  const random = seededRandom(seed);
  return learnInTheOpen(
    createGradientLearner(task, () => random, evaluationExtra(task)),
    rows,
  );
}

/** Of the states, from the first round's on. */
function paths(task: LearningTask, rows: readonly LearningRows[]): (readonly number[])[] {
  return learned(task, rows)
    .states.slice(1)
    .map((state) => (state as ModelState).coefficients);
}

interface Result {
  readonly n: unknown;
  readonly coefficients: readonly { readonly name: string; readonly estimate: number }[];
  readonly evaluation: { readonly accuracy: unknown } | null;
}

function finished(task: LearningTask, rows: readonly LearningRows[], seed = "a"): { exact: Result; published: Result } {
  const { outcome } = learned(task, rows, seed);
  if (outcome.kind !== "finished") throw new Error("it is finished");
  return outcome as unknown as { exact: Result; published: Result };
}

/** Minus the gradient of the mean log loss. */
function ascent(rows: LearningRows, b: readonly number[]): number[] {
  const sums = b.map(() => 0);
  for (let row = 0; row < rows.count; row++) {
    const x = [1, ...rows.features.map((column) => column[row]!)];
    const p = 1 / (1 + Math.exp(-x.reduce((sum, value, at) => sum + value * b[at]!, 0)));
    x.forEach((value, at) => (sums[at]! += (rows.label[row]! - p) * value));
  }
  return sums.map((sum) => sum / rows.count);
}

function expectClose(own: readonly number[], other: readonly number[]): void {
  own.forEach((value, index) => {
    expect(value).toBeCloseTo(other[index]!, 8);
  });
}

describe("learning by rounds of local gradient steps", () => {
  it("fedavg with one step on all rows is gradient descent on the pooled rows", () => {
    const rows = boroughs();
    let b = [0, 0, 0];
    for (const coefficients of paths(gradientTask(WHOLE_GRADIENT), rows)) {
      expectClose(coefficients, b);
      const step = ascent(pooled(rows), b);
      b = b.map((value, index) => value + 0.5 * step[index]!);
    }
  });

  it("fedavg averages by rows, not by borough", () => {
    const rows = boroughs([30, 270]);
    const [, after] = paths(gradientTask(WHOLE_GRADIENT), rows);
    const steps = rows.map((own) => ascent(own, [0, 0, 0]));
    expectClose(
      after!,
      [0, 1, 2].map((at) => 0.5 * (0.1 * steps[0]![at]! + 0.9 * steps[1]![at]!)),
    );
  });

  it("fedprox with mu 0 is fedavg, bit by bit", () => {
    const rows = boroughs();
    const prox = learned(gradientTask({ ...FEDAVG, name: "fedprox" }), rows);
    const average = learned(gradientTask(FEDAVG), rows);
    expect(prox.sums).toEqual(average.sums);
    expect(prox.states).toEqual(average.states);
  });

  it("fedprox takes one local step as fedavg does, and goes less far in many, the larger mu", () => {
    const rows = boroughs();
    const distance = (mu: number, localUpdates: number): number =>
      Math.hypot(...paths(gradientTask({ ...FEDAVG, name: "fedprox", mu, localUpdates, batch: WHOLE }), rows)[1]!);
    expect(distance(1, 1)).toBe(distance(0, 1));
    const many = [0, 0.1, 1].map((mu) => distance(mu, 20));
    expect(many).toEqual([...many].sort((a, b) => b - a));
    expect(many[2]!).toBeLessThan(0.7 * many[0]!);
  });

  it("fedadam's server takes Reddi et al.'s steps on the average update", () => {
    const rows = boroughs();
    const settings = { ...WHOLE_GRADIENT, name: "fedadam", serverLearningRate: 0.1, rounds: 6 } as const;
    let b = [0, 0, 0];
    let [m, v] = [b, b.map(() => 1e-6)];
    for (const coefficients of paths(gradientTask(settings), rows)) {
      expectClose(coefficients, b);
      const update = ascent(pooled(rows), b).map((value) => 0.5 * value);
      m = m.map((value, at) => 0.9 * value + 0.1 * update[at]!);
      v = v.map((value, at) => 0.99 * value + 0.01 * update[at]! ** 2);
      b = b.map((value, at) => value + (0.1 * m[at]!) / (Math.sqrt(v[at]!) + 1e-3));
    }
  });

  it("comes near Newton's fit in many rounds, on the pooled scale as without", () => {
    const rows = boroughs();
    const newton = learnInTheOpen(createNewtonLearner(newtonTask(FEATURES, { standardise: "none" })), rows).outcome;
    if (newton.kind !== "finished") throw new Error("it is finished");
    const best = (newton.exact as unknown as Result).coefficients;
    for (const standardise of ["none", "pooled"] as const) {
      const settings = { ...FEDAVG, rounds: 40, localUpdates: 20, batch: WHOLE, learningRate: 1.5 };
      const { exact } = finished(gradientTask(settings, { standardise }), rows);
      exact.coefficients.forEach(({ name, estimate }, index) => {
        expect(name).toBe(best[index]!.name);
        // Local steps in between have their price: where they end is not quite the pooled optimum.
        expect(Math.abs(estimate - best[index]!.estimate)).toBeLessThan(0.05);
      });
    }
  });

  it("learns a linear model in the label's own unit", () => {
    const rows = boroughs().map((own) => ({
      ...own,
      label: own.features[0]!.map((x, row) => 100 + 30 * x + 5 * own.features[1]![row]!),
    }));
    const label = { attribute: number("rent", 50, 250), positive: null };
    const settings = { ...FEDAVG, rounds: 60, localUpdates: 20, batch: WHOLE, learningRate: 0.8 };
    const { exact } = finished(gradientTask(settings, { family: "linear", label }), rows);
    [100, 30, 5].forEach((value, index) => {
      expect(Math.abs(exact.coefficients[index]!.estimate - value)).toBeLessThan(0.1);
    });
  });

  it("has the same bits for the same dice, others for others", () => {
    const [a, again, b] = ["a", "a", "b"].map((seed) => learned(gradientTask(FEDAVG), boroughs(), seed).states.at(-1));
    expect(again).toEqual(a);
    expect(b).not.toEqual(a);
  });

  it("shows the coordinator coefficients and coarse constants, nothing of the sums", () => {
    const { states } = learned(gradientTask(FEDAVG), boroughs());
    expect(states.map(({ stage }) => stage)).toEqual(["survey", "fit", "fit", "fit"]);
    for (const state of states.slice(1)) {
      expect(Object.keys(state).sort()).toEqual(["coefficients", "design", "label", "rowsBits", "stage", "step"]);
    }
  });

  it("evaluates the last model on the rows held out, in one more sum", () => {
    const evaluate = { metrics: ["accuracy"], groups: [], bins: 16, top: [] } as const;
    const task = gradientTask(FEDAVG, { evaluate });
    const { exact, published } = finished(task, boroughs());
    const own = exact.coefficients.map(({ estimate }) => estimate);
    const all = pooled(boroughs());
    const isRight = (row: number): boolean => {
      const predictor = own[0]! + own[1]! * all.features[0]![row]! + own[2]! * all.features[1]![row]!;
      return predictor > 0 === (all.label[row] === 1);
    };
    const right = Array.from({ length: all.count }, (_, row) => row).filter(isRight).length;
    expect(exact.evaluation!.accuracy).toBe(right / all.count);
    const { least, most } = published.evaluation!.accuracy as { least: number; most: number };
    expect(least).toBeLessThanOrEqual(right / all.count);
    expect(most).toBeGreaterThanOrEqual(right / all.count);
    expect(learned(task, boroughs()).states.at(-1)).toMatchObject({ stage: "final", step: 3 });
  });

  it("publishes rounded coefficients and protected counts", () => {
    const { exact, published } = finished(gradientTask(FEDAVG), boroughs([60, 90, 153]));
    expect([exact.n, published.n]).toEqual([303, 305]);
    published.coefficients.forEach(({ estimate }, index) => {
      expect(estimate).toBe(Number(exact.coefficients[index]!.estimate.toPrecision(4)));
    });
  });
});

describe("a gradient learner refuses", () => {
  const random = () => seededRandom("a");
  const rows = boroughs();
  const task = gradientTask(FEDAVG);
  const learner = createGradientLearner(task, random);
  const first = learned(task, rows).states[1]!;

  it.each([
    ["no rounds", { rounds: 0 }],
    ["more rounds than a model has sums", { rounds: 199 }],
    ["half a batch", { batch: 4.5 }],
    ["a round that looks at a handful of rows", { batch: 3, localUpdates: 3 }],
    ["steps backwards", { learningRate: -1 }],
  ])("%s", (_, settings) => {
    expect(() => createGradientLearner(gradientTask({ ...FEDAVG, ...settings }), random)).toThrow(
      expect.objectContaining({ code: "bad-input" }),
    );
  });

  it("a poisson model", () => {
    const label = { attribute: number("count", 0, 10), positive: null };
    const poisson = gradientTask(FEDAVG, { family: "poisson", label });
    expect(() => createGradientLearner(poisson, random)).toThrow("newton alone");
  });

  it("too few rows, and an infinite value", () => {
    const few = pickRows(rows[0]!, [0, 1, 2]);
    expect(() => learner.contribute(first, few)).toThrow(expect.objectContaining({ code: "disclosure" }));
    const infinite = { ...rows[0]!, features: [rows[0]!.features[0]!.map(() => Infinity), rows[0]!.features[1]!] };
    expect(() => learner.contribute(first, infinite)).toThrow(expect.objectContaining({ code: "bad-input" }));
  });

  it("steps that diverge, at the node", () => {
    const wild = createGradientLearner(gradientTask({ ...FEDAVG, learningRate: 1000 }), random);
    expect(() => wild.contribute(first, rows[0]!)).toThrow("diverge");
  });

  it("a round that there is not, a last sum without evaluation, and coefficients beyond the cap", () => {
    for (const wrong of [{ step: 3 }, { stage: "final", step: 3 }, { coefficients: [0, 0, 65] }]) {
      expect(() => {
        learner.verify({ ...first, ...wrong });
      }).toThrow(expect.objectContaining({ code: "integrity" }));
    }
  });

  it("a sum of other rows, or of updates that no local steps make", () => {
    const { sums, memories } = learned(task, rows);
    const other = sums[1]!.slice();
    other[0]!++;
    expect(() => learner.learn(first, memories[0]!, other, 3)).toThrow("not of the survey's rows");
    const far = sums[1]!.slice();
    far[1] = 2n ** 62n;
    expect(() => learner.learn(first, memories[0]!, far, 3)).toThrow("beyond its cap");
    expect(() => learner.learn(first, memories[0]!, far.subarray(1), 3)).toThrow("another length");
  });

  it("to go on where the coefficients run away together", () => {
    const { sums, memories } = learned(task, rows);
    const far = sums[1]!.slice();
    const { fractionBits } = learner.layout(first).parts[1]!;
    far[2] = BigInt(300 * 40) << BigInt(fractionBits);
    expect(learner.learn(first, memories[0]!, far, 3)).toMatchObject({ kind: "stopped" });
  });
});
