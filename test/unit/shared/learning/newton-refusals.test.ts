import { describe, expect, it } from "vitest";
import { ProtocolError } from "../../../../shared/base/errors.ts";
import { MAX_MODEL_STEPS, MAX_WORKING_COEFFICIENT } from "../../../../shared/base/limits.ts";
import type { PublicState } from "../../../../shared/learning/learner.ts";
import { createNewtonLearner } from "../../../../shared/learning/newton.ts";
import type { LearningRows } from "../../../../shared/learning/task.ts";
import { dealt, learnInTheOpen, pickRows } from "../../../helpers/learn-in-the-open.ts";
import { category, flag, mixedRows, mixedTask, newtonTask, number } from "../../../helpers/learning-data.ts";

/** Broken and hostile input: what a node, an opener and whoever makes a task refuse. */
const rows = mixedRows("refusals", 600);
const learner = createNewtonLearner(mixedTask());
const { states, sums, memories } = learnInTheOpen(learner, dealt(rows));
const fit = states[2]!;

function errorOf(action: () => unknown): Pick<ProtocolError, "code" | "message"> {
  try {
    action();
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

function changed(feature: number, change: (column: Float64Array) => void): LearningRows {
  const features = rows.features.map((column) => column.slice());
  change(features[feature]!);
  return { ...rows, features };
}

describe("a node refuses a state that", () => {
  const design = fit["design"] as Record<string, unknown>[];
  const coefficients = fit["coefficients"] as number[];
  const withFeature = (index: number, change: object) => ({
    design: design.map((own, at) => (at === index ? { ...own, ...change } : own)),
  });
  it.each([
    ["has another stage", { stage: "fitting" }],
    ["has a field more", { weights: 1 }],
    ["has too few coefficients", { coefficients: coefficients.slice(1) }],
    ["has a coefficient that is none", { coefficients: [NaN, ...coefficients.slice(1)] }],
    ["has one without end", { coefficients: [Infinity, ...coefficients.slice(1)] }],
    ["has one that would single out rows", { coefficients: [MAX_WORKING_COEFFICIENT + 1, ...coefficients.slice(1)] }],
    ["goes on for ever", { step: MAX_MODEL_STEPS + 1 }],
    ["promises more rows than there are", { rowsBits: 40 }],
    ["leaves too few places", { rowsBits: 31, ...withFeature(0, { centre: 0, scale: 2 ** -16 }) }],
    ["scales by what is no power of two", withFeature(0, { scale: 0.3 })],
    ["centres finer than it may", withFeature(0, { centre: 0.123 })],
    ["gives a number levels", withFeature(0, { kind: "category", levels: [0], missing: 0, other: 0 })],
    ["has other codes", withFeature(3, { levels: [0, 1] })],
    ["skips a column", withFeature(3, { levels: [0, 2, 3] })],
    ["merges nothing", withFeature(3, { other: 3 })],
    ["adds an indicator that the task has not", withFeature(2, { missing: true })],
    ["scales a label that has no scale", { label: { centre: 0, scale: 0.5 } }],
    ["leaves a feature out", { design: design.slice(1) }],
  ])("%s", (_, change) => {
    const state = { ...fit, ...change } as unknown as PublicState;
    for (const act of [
      () => {
        learner.verify(state);
      },
      () => learner.contribute(state, rows),
    ]) {
      expect(errorOf(act)).toMatchObject({
        code: "integrity",
        message: expect.stringMatching(/^model state/) as unknown,
      });
    }
  });
});

describe("a node refuses rows", () => {
  it.each([Infinity, -Infinity, 50.1, -0.1])(
    "with %d where 0 to 50 is declared, by the feature's name alone",
    (value) => {
      for (const state of states) {
        const error = errorOf(() =>
          learner.contribute(
            state,
            changed(0, (column) => (column[7] = value)),
          ),
        );
        expect(error).toMatchObject({
          code: "bad-input",
          message: "learning: feature size: a value is outside what is declared",
        });
      }
    },
  );

  it("with a code that is not declared, or half a flag", () => {
    expect(
      errorOf(() =>
        learner.contribute(
          fit,
          changed(3, (column) => (column[7] = 3)),
        ),
      ).message,
    ).toContain("class");
    expect(
      errorOf(() =>
        learner.contribute(
          fit,
          changed(2, (column) => (column[7] = 0.5)),
        ),
      ).message,
    ).toContain("licensed");
  });

  it("with a label that is neither 0 nor 1", () => {
    const label = rows.label.slice();
    label[3] = 2;
    expect(errorOf(() => learner.contribute(fit, { ...rows, label }))).toMatchObject({ code: "bad-input" });
  });

  it("in a number that would not fit the layout", () => {
    const state = { ...fit, rowsBits: 9 } as PublicState;
    expect(errorOf(() => learner.contribute(state, rows))).toMatchObject({
      code: "bad-input",
      message: expect.stringContaining("more rows than") as unknown,
    });
  });

  it("in fewer than the charter's minimum", () => {
    const few = pickRows(
      rows,
      Array.from({ length: 19 }, (_, row) => row),
    );
    expect(errorOf(() => learner.contribute(states[0]!, few))).toMatchObject({ code: "disclosure" });
  });

  it("of which fewer than ten carry nine tenths of the information", () => {
    // At these coefficients only those with size near nought are uncertain: nine of them.
    const sizes = changed(0, (column) => column.fill(50).fill(0, 0, 9));
    const design = fit["design"] as { centre: number; scale: number }[];
    const at = -design[0]!.centre / design[0]!.scale;
    const coefficients = [-40 * at, 40, 0, 0, 0, 0].map((value) => Math.max(-60, Math.min(60, value)));
    const state = { ...fit, coefficients } as PublicState;
    expect(errorOf(() => learner.contribute(state, sizes))).toMatchObject({
      code: "disclosure",
      message: expect.stringContaining("fewer than 10 rows") as unknown,
    });
    const tenth = changed(0, (column) => column.fill(50).fill(0, 0, 300));
    expect(learner.contribute(state, tenth).length).toBe(sums[2]!.length);
  });
});

describe("an opener refuses a sum that", () => {
  const flipped = (step: number, change: (words: BigUint64Array) => void) => {
    const words = sums[step]!.slice();
    change(words);
    return () => learner.learn(states[step]!, step === 0 ? null : memories[step - 1]!, words, 3);
  };
  it.each<[string, () => unknown]>([
    ["counts more than there can be", flipped(0, (words) => (words[0] = 2n ** 63n))],
    ["has levels of more rows than all", flipped(0, (words) => (words[6]! += 700n))],
    ["is of other rows than the survey", flipped(2, (words) => (words[words.length - 3]! += 1n))],
    ["has a likelihood above one", flipped(2, (words) => (words[words.length - 4] = 5n))],
    ["has another length", () => learner.learn(fit, memories[1]!, new BigUint64Array(3), 3)],
  ])("%s", (_, act) => {
    expect(errorOf(act).code).toBe("integrity");
  });

  it("comes with a memory that is not its own", () => {
    expect(errorOf(() => learner.learn(fit, null, sums[2]!, 3)).code).toBe("integrity");
  });
});

describe("a task is refused", () => {
  it("whose columns could be called alike", () => {
    expect(errorOf(() => createNewtonLearner(newtonTask([category("a", ["x"]), flag("a_x")]))).message).toContain(
      "a_x",
    );
    expect(errorOf(() => createNewtonLearner(newtonTask([category("a", ["other"])]))).code).toBe("bad-input");
  });

  it("whose label the family cannot have", () => {
    const label = { attribute: number("cost", -5, 5), positive: null };
    expect(errorOf(() => createNewtonLearner(newtonTask([flag("a")], { family: "poisson", label }))).code).toBe(
      "bad-input",
    );
    expect(errorOf(() => createNewtonLearner(newtonTask([flag("a")], { family: "linear" }))).code).toBe("bad-input");
  });
});
