import { describe, expect, it } from "vitest";
import { decodeValue, encodeValue } from "../../../../shared/base/encoding.ts";
import type { Learned } from "../../../../shared/learning/learner.ts";
import { createNewtonLearner } from "../../../../shared/learning/newton.ts";
import type { LearningRows, LearningTask } from "../../../../shared/learning/task.ts";
import { dealt, learnInTheOpen, pickRows, rowWords } from "../../../helpers/learn-in-the-open.ts";
import {
  category,
  flag,
  mixedRows,
  mixedTask,
  newtonTask,
  number,
  seededNumbers,
  toRows,
  type ExactResult,
} from "../../../helpers/learning-data.ts";
import { plainRegression } from "../../../helpers/plain-regression.ts";

/** Rows that no model, or not the whole one, can be made of: what stops a fit, and what is left out or answered. */
const rows = mixedRows("refusals", 600);

function outcomeOf(task: LearningTask, boroughs: readonly LearningRows[]) {
  return learnInTheOpen(createNewtonLearner(task), boroughs);
}

function exactOf({ outcome }: { outcome: Learned }): ExactResult {
  if (outcome.kind !== "finished") throw new Error(outcome.kind === "stopped" ? outcome.why : "it goes on");
  return outcome.exact as unknown as ExactResult;
}

function whyOf({ outcome }: { outcome: Learned }): string {
  return outcome.kind === "stopped" ? outcome.why : outcome.kind;
}

describe("a fit is stopped", () => {
  it("where every row has one label, or a label too few rows", () => {
    expect(whyOf(outcomeOf(mixedTask(), dealt({ ...rows, label: rows.label.map(() => 1) })))).toContain("same label");
    const nine = rows.label.map((_, row) => Number(row < 9));
    expect(whyOf(outcomeOf(mixedTask(), dealt({ ...rows, label: nine })))).toContain("minimum count");
  });

  it("where there are too many parameters for the rows", () => {
    const few = pickRows(
      rows,
      Array.from({ length: 17 }, (_, row) => row),
    );
    const task = mixedTask({ controls: { minimumRows: 1, minimumCount: 1 } });
    expect(whyOf(outcomeOf(task, dealt(few)))).toContain("too many parameters");
  });

  it("where the steps allowed do not suffice", () => {
    expect(whyOf(outcomeOf(mixedTask({ maximumIterations: 2 }), dealt(rows)))).toContain("no convergence");
  });

  it("where a declared range leaves too few places, by the feature's name", () => {
    const next = seededNumbers("wide");
    const table = Array.from({ length: 200 }, () => [next(), next() < 0.5 ? 1 : 0] as const);
    const wide = toRows(table, (row) => row[1], [(row) => 20 * row[0]]);
    expect(whyOf(outcomeOf(newtonTask([number("floors", 0, 200_000)]), [wide]))).toContain("floors");
  });
});

describe("a label constant at a node", () => {
  it("is no obstacle, where it is not so everywhere", () => {
    const at = (label: number) =>
      Array.from({ length: 600 }, (_, row) => row).filter((row) => rows.label[row] === label);
    const boroughs = [0, 1].flatMap((label) => dealt(pickRows(rows, at(label)), 2));
    const learner = createNewtonLearner(mixedTask());
    const [mixed, split] = [dealt(rows), boroughs].map((own) => rowWords(learner, learnInTheOpen(learner, own)));
    expect(split).toEqual(mixed);
  });
});

describe("columns that hold nothing new", () => {
  it("are left out by name: collinear, constant, absent", () => {
    const task = newtonTask([
      number("size", 0, 50),
      number("twice", 0, 100),
      flag("licensed"),
      flag("unlicensed"),
      category("class", ["a", "b", "c", "d"]),
      number("year", 0, 3000),
    ]);
    const [size, , licensed, level] = rows.features as [Float64Array, Float64Array, Float64Array, Float64Array];
    const features = [
      size,
      size.map((value) => 2 * value),
      licensed,
      licensed.map((value) => 1 - value),
      level,
      new Float64Array(600).fill(2024),
    ];
    const learned = outcomeOf(task, dealt({ ...rows, features }));
    const exact = exactOf(learned);
    expect(exact.features).toEqual(["size", "licensed", "class_b", "class_c"]);
    expect(exact.dropped).toEqual([
      { name: "class_d", why: "absent" },
      { name: "year", why: "constant" },
      { name: "twice", why: "collinear" },
      { name: "unlicensed", why: "collinear" },
    ]);
    const twin = outcomeOf(
      newtonTask([number("size", 0, 50), flag("licensed"), category("class", ["a", "b", "c"])]),
      dealt({ ...rows, features: [size, licensed, level] }),
    );
    expect(exact.coefficients).toEqual(exactOf(twin).coefficients);
  });
});

describe("levels that few rows have", () => {
  // 0: 300 rows, 1: 8, 2: 12, 3: 280, 4: none; labels by turns.
  const sizes = [300, 8, 12, 280];
  const table = sizes.flatMap((size, code) => Array.from({ length: size }, (_, row) => ({ code, label: row % 2 })));
  const own = toRows(table, ({ label }) => label, [({ code }) => code]);
  const task = (minimumLevelCount: number) =>
    newtonTask([category("use", ["a", "b", "c", "d", "e"])], { controls: { minimumLevelCount, notForRelease: true } });

  it("are merged where they are enough together", () => {
    const exact = exactOf(outcomeOf(task(10), [own]));
    expect(exact.features).toEqual(["use_d", "use_other"]);
    expect(exact.merged).toEqual([{ feature: "use", levels: ["b", "c"], into: "other" }]);
    expect(exact.dropped).toEqual([{ name: "use_e", why: "absent" }]);
  });

  it("join the reference where they are not", () => {
    const exact = exactOf(outcomeOf(task(11), [own]));
    expect(exact.features).toEqual(["use_d"]);
    expect(exact.merged).toEqual([{ feature: "use", levels: ["b", "c"], into: "a" }]);
  });

  it("take another level in where the reference is one", () => {
    const turned = { ...own, features: own.features.map((column) => column.map((code) => (code + 3) % 4)) };
    const exact = exactOf(outcomeOf(task(5), [turned]));
    expect(exact.features).toEqual(["use_c", "use_d"]);
    expect(exact.merged).toEqual([{ feature: "use", levels: ["b"], into: "a" }]);
  });

  it("are left alone where the charter says so", () => {
    expect(exactOf(outcomeOf(task(0), [own])).features).toEqual(["use_b", "use_c", "use_d"]);
  });
});

describe("separation", () => {
  it("by a level without one of the labels is answered by a ridge, and said", () => {
    const next = seededNumbers("separated");
    const table = Array.from({ length: 500 }, (_, row) => ({
      never: row % 10 === 0,
      label: row % 10 === 0 ? 0 : next() < 0.4 ? 1 : 0,
    }));
    const own = toRows(table, ({ label }) => label, [({ never }) => Number(never)]);
    const exact = exactOf(outcomeOf(newtonTask([flag("never")], { controls: { notForRelease: true } }), [own]));
    expect(exact).toMatchObject({ separated: true, ridge: 1 });
    const sd = Math.sqrt((0.1 * 0.9 * 500) / 499);
    const twin = plainRegression(
      "logistic",
      table.map(({ never }) => [1, (Number(never) - 0.1) / sd]),
      [...own.label],
      1,
    );
    expect(Math.abs(exact.coefficients[1]!.estimate - twin.coefficients[1]!)).toBeLessThan(1e-8);
  });

  it("by a threshold too, before a handful of rows carries everything", () => {
    const next = seededNumbers("threshold");
    const table = Array.from({ length: 2000 }, () => next());
    const own = toRows(table, (x) => Number(x > 0.4), [(x) => x]);
    expect(exactOf(outcomeOf(newtonTask([number("x", 0, 1)]), [own]))).toMatchObject({ separated: true, ridge: 1 });
  });
});

describe("a label that is very rare", () => {
  it("is no separation: the fit is the simple twin's", () => {
    const next = seededNumbers("rare");
    const table = Array.from({ length: 12_000 }, () => {
      const x = next();
      return { x, label: Number(next() < 0.002 + 0.004 * x) };
    });
    const own = toRows(table, ({ label }) => label, [({ x }) => x]);
    const exact = exactOf(outcomeOf(newtonTask([number("x", 0, 1)], { standardise: "none" }), [own]));
    expect(exact).toMatchObject({ separated: false, ridge: 0 });
    const twin = plainRegression(
      "logistic",
      table.map(({ x }) => [1, x]),
      [...own.label],
    );
    exact.coefficients.forEach(({ estimate }, index) => {
      expect(Math.abs(estimate - twin.coefficients[index]!)).toBeLessThan(1e-8);
    });
    expect(Math.abs(exact.deviance - twin.deviance)).toBeLessThan(1e-6);
  });
});

describe("counts", () => {
  const task = newtonTask([number("x", 0, 100)], {
    family: "poisson",
    label: { attribute: number("cases", 0, 50), positive: null },
    standardise: "none",
  });
  const rowsOf = (cases: (row: number) => number) =>
    toRows(
      Array.from({ length: 120 }, (_, row) => row),
      cases,
      [(row) => row % 90],
    );

  it("need not be 0 anywhere, and have no rarer label", () => {
    const own = rowsOf((row) => 1 + (row % 7) + Math.floor(row / 30));
    const exact = exactOf(outcomeOf(task, [own]));
    const matrix = Array.from(own.features[0]!, (x) => [1, x]);
    const twin = plainRegression("poisson", matrix, [...own.label]);
    exact.coefficients.forEach(({ estimate }, index) => {
      expect(Math.abs(estimate - twin.coefficients[index]!)).toBeLessThan(1e-8);
    });
    expect(exact.warnings).toEqual([]);
  });

  it("that are all 0 make no model", () => {
    expect(whyOf(outcomeOf(task, [rowsOf(() => 0)]))).toBe("every row counts 0");
  });

  it("of which fewer are 0 than the minimum count are learned from, and how many are above 0 is withheld", () => {
    const { outcome } = outcomeOf(task, [rowsOf((row) => Math.min(row, 3))]);
    expect(outcome).toMatchObject({
      kind: "finished",
      exact: { positives: 119 },
      published: { n: 120, positives: "c" },
    });
  });

  it("of which fewer are above 0 than the minimum count are refused", () => {
    expect(whyOf(outcomeOf(task, [rowsOf((row) => (row < 9 ? 2 : 0))]))).toContain("fewer rows than the minimum");
  });

  it("need rows in every level, and rows above 0, but none at 0", () => {
    const table = Array.from({ length: 300 }, (_, row) => ({
      x: row % 90,
      use: row % 3,
      cases: row % 3 === 2 && row > 20 ? 0 : 3,
    }));
    const own = toRows(table, ({ cases }) => cases, [({ use }) => use, ({ x }) => x]);
    const features = [category("use", ["a", "b", "c"]), number("x", 0, 100)];
    const levels = newtonTask(features, {
      family: "poisson",
      label: { attribute: number("cases", 0, 50), positive: null },
      controls: { minimumLevelCount: 10 },
    });
    const exact = exactOf(outcomeOf(levels, dealt(own, 4)));
    expect(exact.features).toEqual(["use_b", "x"]);
    expect(exact.merged).toEqual([{ feature: "use", levels: ["c"], into: "a" }]);
  });
});

describe("a figure beyond what counts can be", () => {
  it("is written as any other: squares of house prices come to more than 2^53", () => {
    const next = seededNumbers("prices");
    const table = Array.from({ length: 400 }, () => ({ rooms: 8 * next(), noise: next() }));
    const own = toRows(table, ({ rooms, noise }) => 4e6 * (rooms + 9 * noise), [({ rooms }) => rooms]);
    const task = newtonTask([number("rooms", 0, 10)], {
      family: "linear",
      label: { attribute: number("price", 0, 1e8), positive: null },
    });
    const { outcome } = outcomeOf(task, [own]);
    if (outcome.kind !== "finished") throw new Error(outcome.kind);
    const { deviance } = outcome.published as { deviance: number };
    expect(deviance).toBeGreaterThan(2 ** 53);
    expect(decodeValue(encodeValue(outcome.published))).toEqual(outcome.published);
  });
});

describe("a step that makes the fit worse", () => {
  // One row in ten has a hundred cases, the others about one: from a flat start the first step goes to e^10 times that.
  const table = Array.from({ length: 300 }, (_, row) => ({
    hot: Number(row % 10 === 0),
    cases: row % 10 === 0 ? 100 : row % 3,
  }));
  const own = toRows(table, ({ cases }) => cases, [({ hot }) => hot]);
  const task = newtonTask([flag("hot")], {
    controls: { notForRelease: true },
    family: "poisson",
    label: { attribute: number("cases", 0, 200), positive: null },
    standardise: "none",
  });

  it("is halved until it is none, and the fit is the logarithm of the means", () => {
    const learned = outcomeOf(task, [own]);
    const runs = learned.memories.map((memory) => (memory as { run: { halvings: number } | null }).run);
    expect(Math.max(...runs.map((run) => run?.halvings ?? 0))).toBeGreaterThan(0);
    const exact = exactOf(learned);
    const cold = table.filter(({ hot }) => hot === 0);
    const mean = cold.reduce((sum, { cases }) => sum + cases, 0) / cold.length;
    expect(Math.abs(exact.coefficients[0]!.estimate - Math.log(mean))).toBeLessThan(1e-8);
    expect(Math.abs(exact.coefficients[1]!.estimate - Math.log(100 / mean))).toBeLessThan(1e-8);
    expect(exact.separated).toBe(false);
  });
});

describe("coefficients that would give counts away", () => {
  // Dealt out among eleven, each of whom has every level.
  const table = Array.from({ length: 900 }, (_, row) => ({
    a: row % 2,
    b: row % 3 === 0 ? 1 : 0,
    c: row % 5,
    x: row % 7,
  }));
  const label = ({ a, x }: { a: number; x: number }) => ((a + x) % 3 === 0 ? 1 : 0);
  const stopped = "the features left make a table of counts, not a model";

  it.each([
    ["one flag", [flag("a")]],
    ["one category", [category("c", ["0", "1", "2", "3", "4"])]],
    ["two flags", [flag("a"), flag("b")]],
    ["a number that is a flag", [number("a", 0, 1)]],
  ] as const)("of %s stop the model, unless it is a rehearsal on open data", (_, features) => {
    const rowsOf = toRows(
      table,
      label,
      features.map(
        ({ name }) =>
          (row: (typeof table)[number]) =>
            row[name as "a"],
      ),
    );
    expect(whyOf(outcomeOf(newtonTask(features), dealt(rowsOf, 11)))).toBe(stopped);
    expect(whyOf(outcomeOf(newtonTask(features, { controls: { notForRelease: true } }), dealt(rowsOf, 11)))).toBe(
      "finished",
    );
  });

  it("of a flag and a category, or beside a number, do not", () => {
    for (const features of [
      [flag("a"), category("c", ["0", "1", "2", "3", "4"])],
      [flag("a"), number("x", 0, 10)],
    ]) {
      const rowsOf = toRows(
        table,
        label,
        features.map(
          ({ name }) =>
            (row: (typeof table)[number]) =>
              row[name as "a"],
        ),
      );
      expect(whyOf(outcomeOf(newtonTask(features), dealt(rowsOf, 11)))).toBe("finished");
    }
  });
});
