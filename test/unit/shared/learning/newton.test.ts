import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Value } from "../../../../shared/base/encoding.ts";
import { createNewtonLearner } from "../../../../shared/learning/newton.ts";
import type { LearningRows, LearningTask } from "../../../../shared/learning/task.ts";
import { dealt, learnInTheOpen, pickRows, pooled, rowWords } from "../../../helpers/learn-in-the-open.ts";
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

/** What a fit comes to: closed forms, a certified fit, and the simple twin on the pooled rows. */
const count = (least: number, most: number): LearningTask["label"] => ({
  attribute: number("label", least, most),
  positive: null,
});

function finished(task: LearningTask, boroughs: readonly LearningRows[]) {
  const { outcome, ...rest } = learnInTheOpen(createNewtonLearner(task), boroughs);
  if (outcome.kind !== "finished") throw new Error(outcome.why);
  return {
    exact: outcome.exact as unknown as ExactResult,
    published: outcome.published as Record<string, Value>,
    ...rest,
  };
}

function expectNear(value: number, known: number, within: number): void {
  expect(Math.abs(value - known)).toBeLessThan(within);
}

describe("a logistic fit", () => {
  it("of a two by two table is the log odds ratio, with Woolf's standard error", () => {
    // Exposed: 37 with the label, 63 without; others 20 and 180.
    const table = [
      [1, 1, 37],
      [1, 0, 63],
      [0, 1, 20],
      [0, 0, 180],
    ] as const;
    const cells = table.flatMap(([exposed, label, rows]) => new Array<number[]>(rows).fill([exposed, label]));
    const rows = toRows(cells, (cell) => cell[1]!, [(cell) => cell[0]!]);
    const { exact } = finished(
      newtonTask([flag("exposed")], { standardise: "none", controls: { notForRelease: true } }),
      dealt(rows),
    );
    const [intercept, exposed] = exact.coefficients;
    expectNear(intercept!.estimate, Math.log(20 / 180), 1e-9);
    expectNear(exposed!.estimate, Math.log((37 * 180) / (63 * 20)), 1e-9);
    expectNear(exposed!.se, Math.sqrt(1 / 37 + 1 / 63 + 1 / 20 + 1 / 180), 1e-9);
    const part = (n: number, of: number) => -2 * n * Math.log(n / of);
    expectNear(exact.deviance, part(37, 100) + part(63, 100) + part(20, 200) + part(180, 200), 1e-6);
    expectNear(exact.nullDeviance, part(57, 300) + part(243, 300), 1e-9);
    expectNear(exact.aic, exact.deviance + 4, 1e-9);
  });
});

describe("a linear fit", () => {
  it("is NIST's certified one on Norris's ozone monitors", () => {
    // https://www.itl.nist.gov/div898/strd/lls/data/Norris.shtml: y, x; certified values below.
    const table =
      "0.1 0.2 338.8 337.4 118.1 118.2 888.0 884.6 9.2 10.1 228.1 226.5 668.5 666.3 998.5 996.3 449.1 448.6 778.9 777.0 559.2 558.2 0.3 0.4 0.1 0.6 778.1 775.5 668.8 666.9 339.3 338.0 448.9 447.5 10.8 11.6 557.7 556.0 228.3 228.1 998.0 995.8 888.8 887.6 119.6 120.2 0.3 0.3 0.6 0.3 557.6 556.8 339.3 339.1 888.0 887.2 998.5 999.0 778.9 779.0 10.2 11.1 117.6 118.3 228.9 229.2 668.4 669.1 449.2 448.9 0.2 0.5"
        .split(" ")
        .map(Number);
    const pairs = Array.from({ length: 36 }, (_, row) => [table[2 * row]!, table[2 * row + 1]!]);
    const rows = toRows(pairs, (pair) => pair[0]!, [(pair) => pair[1]!]);
    const task = newtonTask([number("x", 0, 1000)], {
      family: "linear",
      label: count(0, 1000),
      standardise: "none",
      controls: { minimumRows: 10 },
    });
    const { exact } = finished(task, dealt(rows));
    const [intercept, slope] = exact.coefficients;
    expectNear(intercept!.estimate, -0.262323073774029, 1e-8);
    // Residuals are a millionth of the label's spread: the grid leaves their sum of squares six figures.
    expectNear(intercept!.se, 0.232818234301152, 1e-6);
    expectNear(slope!.estimate, 1.00211681802045, 1e-10);
    expectNear(slope!.se, 0.000429796848199937, 1e-9);
    expectNear(Math.sqrt(exact.deviance / 34), 0.884796396144373, 1e-6);
    // Certified sum of squares of the regression; the residuals' beside it.
    expectNear((exact.nullDeviance - exact.deviance) / 4255954.13232369, 1, 1e-9);
    expect(slope!.p).toBeLessThan(1e-60);
  });
});

describe("a poisson fit", () => {
  it("of three groups is the logarithm of their means", () => {
    const thrice = (labels: readonly number[]) => [...labels, ...labels, ...labels];
    const groups = [
      { code: 0, labels: thrice([0, 1, 1, 2, 3, 0, 1, 2, 0, 2, 1, 4]) },
      { code: 1, labels: thrice([3, 5, 4, 6, 2, 7, 5, 3, 4, 6, 5, 5]) },
      { code: 2, labels: thrice([1, 0, 0, 0, 2, 1, 0, 1, 0, 0, 1, 0]) },
    ];
    const cells = groups.flatMap(({ code, labels }) => labels.map((label) => ({ code, label })));
    const rows = toRows(cells, ({ label }) => label, [({ code }) => code]);
    const task = newtonTask([category("group", ["a", "b", "c"])], {
      family: "poisson",
      label: count(0, 20),
      standardise: "none",
      controls: { notForRelease: true, minimumRows: 10 },
    });
    const { exact } = finished(task, dealt(rows));
    const sums = groups.map(({ labels }) => labels.reduce((sum, label) => sum + label, 0));
    const [intercept, b, c] = exact.coefficients;
    expectNear(intercept!.estimate, Math.log(sums[0]! / 36), 1e-9);
    expectNear(b!.estimate, Math.log(sums[1]! / sums[0]!), 1e-9);
    expectNear(c!.se, Math.sqrt(1 / sums[2]! + 1 / sums[0]!), 1e-9);
    const likelihood = cells.reduce((sum, { code, label }) => {
      const mean = sums[code]! / 36;
      const factorial = Array.from({ length: label }, (_, n) => n + 1).reduce((product, n) => product * n, 1);
      return sum + label * Math.log(mean) - mean - Math.log(factorial);
    }, 0);
    expectNear(exact.aic, -2 * likelihood + 6, 1e-7);
  });
});

describe("every family", () => {
  it.each(["logistic", "linear", "poisson"] as const)("%s is the simple twin's fit of the pooled rows", (family) => {
    const rows = mixedRows("twin", 400, family);
    const label = family === "logistic" ? {} : { label: count(family === "linear" ? -200 : 0, 200) };
    for (const l2 of [0, 2]) {
      const { exact } = finished(mixedTask({ family, l2, ...label }), dealt(rows));
      const twin = plainRegression(family, standardised(rows), [...rows.label], l2);
      twin.coefficients.forEach((value, index) => {
        expectNear(exact.coefficients[index]!.estimate, value, 1e-8);
        expectNear(exact.coefficients[index]!.se, twin.errors[index]!, 1e-6);
      });
      expectNear(exact.deviance / twin.deviance, 1, 1e-8);
    }
  });

  it.each(["logistic", "linear", "poisson"] as const)(
    "%s has the same words for any split and order of the rows",
    (family) => {
      const rows = mixedRows("split", 150, family);
      const label = family === "logistic" ? {} : { label: count(family === "linear" ? -200 : 0, 200) };
      // One borough may have them all here: as in a rehearsal, it is not asked how many have a level.
      const task = mixedTask({ family, ...label, controls: { minimumRows: 1, notForRelease: true } });
      const learner = createNewtonLearner(task);
      const whole = learnInTheOpen(learner, [rows]);
      expect(whole.outcome.kind).toBe("finished");
      fc.assert(
        fc.property(
          fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 150, maxLength: 150 }),
          fc.nat(),
          (nodes, turn) => {
            const places = nodes.map((_, place) => (place * 7 + turn) % 150);
            const boroughs = [0, 1, 2, 3, 4]
              .map((node) =>
                pickRows(
                  rows,
                  places.filter((place) => nodes[place] === node),
                ),
              )
              .filter((own) => own.count > 0);
            const split = learnInTheOpen(learner, boroughs);
            expect(rowWords(learner, split)).toEqual(rowWords(learner, whole));
            expect(split.states).toEqual(whole.states);
          },
        ),
        { numRuns: 15 },
      );
    },
  );

  it("adds runs of rows to the words of all", () => {
    const learner = createNewtonLearner(mixedTask());
    const rows = mixedRows("runs", 300);
    for (const state of learnInTheOpen(learner, dealt(rows)).states) {
      const passes = dealt(rows).map((run) => learner.pass(state, run));
      expect(learner.words(state, passes, rows)).toEqual(learner.contribute(state, rows));
    }
  });
});

/** Intercept and standardised columns, dummies too. */
function standardised({ count: rows, features }: LearningRows): number[][] {
  const [size, age, licensed, level] = features.map((column) => [...column]) as [
    number[],
    number[],
    number[],
    number[],
  ];
  const columns = [
    size,
    age,
    licensed,
    level.map((code) => Number(code === 1)),
    level.map((code) => Number(code === 2)),
  ];
  const scaled = columns.map((column) => {
    const mean = column.reduce((sum, x) => sum + x, 0) / rows;
    const sd = Math.sqrt(column.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (rows - 1));
    return column.map((x) => (x - mean) / sd);
  });
  return Array.from({ length: rows }, (_, row) => [1, ...scaled.map((column) => column[row]!)]);
}

describe("errors that allow for boroughs as clusters", () => {
  it("are the sandwich of the boroughs' scores, times G/(G − 1)", () => {
    const rows = mixedRows("clusters", 600);
    const boroughs = [0, 1, 2, 3, 4, 5].map((borough) =>
      pickRows(
        rows,
        Array.from({ length: 100 }, (_, place) => 100 * borough + place),
      ),
    );
    const task = mixedTask({ standardise: "none", outputs: ["coefficients", "cluster-robust"] });
    const { exact, published } = finished(task, boroughs);
    // By hand, in the features' own units: H⁻¹ (Σ g g′) H⁻¹.
    const own = (row: number) => {
      const [size, age, licensed, level] = rows.features.map((column) => column[row]!) as [
        number,
        number,
        number,
        number,
      ];
      return [1, size, age, licensed, Number(level === 1), Number(level === 2)];
    };
    const estimates = exact.coefficients.map(({ estimate }) => estimate);
    const scores = boroughs.map((_, borough) => {
      const score = new Array<number>(6).fill(0);
      for (let row = 100 * borough; row < 100 * (borough + 1); row++) {
        const x = own(row);
        const eta = x.reduce((sum, value, j) => sum + value * estimates[j]!, 0);
        x.forEach((value, j) => (score[j]! += value * (rows.label[row]! - 1 / (1 + Math.exp(-eta)))));
      }
      return score;
    });
    // A column of H⁻¹ is what the twin's covariance says; its diagonal is the errors squared, so solve by it.
    const covariance = inverseInformation(
      Array.from({ length: rows.count }, (_, row) => own(row)),
      estimates,
    );
    exact.coefficients.forEach(({ robustSe }, index) => {
      const moved = scores.map((score) => score.reduce((sum, g, j) => sum + g * covariance[index]![j]!, 0));
      const variance = (6 / 5) * moved.reduce((sum, value) => sum + value * value, 0);
      expectNear(robustSe! / Math.sqrt(variance), 1, 1e-6);
    });
    expect((published["coefficients"] as { robustSe: number }[])[1]!.robustSe).toBeGreaterThan(0);
  });

  it("are left out, and said to be, where declared ranges leave them too few binary places", () => {
    const next = seededNumbers("wide");
    const table = Array.from({ length: 3000 }, () => {
      const x = 500 + 300 * next();
      return { x, y: 1000 + x / 2 + 100 * next() };
    });
    const boroughs = dealt(toRows(table, ({ y }) => y, [({ x }) => x]));
    const of = (most: number) =>
      finished(
        newtonTask([number("x", 0, most)], {
          family: "linear",
          label: count(0, most),
          outputs: ["coefficients", "cluster-robust"],
        }),
        boroughs,
      );
    const [narrow, wide] = [of(2000), of(30_000)];
    expect(narrow.exact.warnings).toEqual([]);
    expect(narrow.exact.coefficients.every(({ robustSe }) => robustSe! > 0)).toBe(true);
    expect(wide.exact.coefficients.every(({ robustSe }) => robustSe === null)).toBe(true);
    expect(wide.published["warnings"]).toEqual([expect.stringContaining("cluster-robust errors left out")]);
    expectNear(wide.exact.coefficients[1]!.estimate / narrow.exact.coefficients[1]!.estimate, 1, 1e-6);
  });
});

function inverseInformation(matrix: readonly (readonly number[])[], b: readonly number[]): number[][] {
  const size = b.length;
  const whole = b.map((_, i) =>
    b.map((__, j) =>
      matrix.reduce((sum, row) => {
        const mean = 1 / (1 + Math.exp(-row.reduce((eta, x, k) => eta + x * b[k]!, 0)));
        return sum + row[i]! * row[j]! * mean * (1 - mean);
      }, 0),
    ),
  );
  // Gauss and Jordan, beside a unit matrix.
  const rows = whole.map((row, i) => [...row, ...row.map((_, j) => Number(i === j))]);
  for (let i = 0; i < size; i++) {
    const pivot = rows[i]![i]!;
    rows[i] = rows[i]!.map((value) => value / pivot);
    for (let k = 0; k < size; k++) {
      const factor = rows[k]![i]!;
      if (k !== i) rows[k] = rows[k]!.map((value, j) => value - factor * rows[i]![j]!);
    }
  }
  return rows.map((row) => row.slice(size));
}

describe("what is published", () => {
  const rows = mixedRows("published", 623);
  const { exact, published, states } = finished(mixedTask(), dealt(rows));

  it("has four significant digits, rounded counts, and derives from those", () => {
    expect(published["n"]).toBe(625);
    expect((published["positives"] as number) % 5).toBe(0);
    const shown = published["coefficients"] as unknown as ExactResult["coefficients"];
    shown.forEach((row, index) => {
      expect(row.estimate).toBe(Number(exact.coefficients[index]!.estimate.toPrecision(4)));
      expect(row.z).toBe(Number((row.estimate / row.se).toPrecision(4)));
    });
    expect(published["aic"]).toBe(Number(((published["deviance"] as number) + 12).toPrecision(4)));
    expect(JSON.stringify(published)).not.toContain("623");
  });

  it("is enough to score with, to the digits it has", () => {
    const { intercept, coefficients } = published["model"] as unknown as Equation;
    const by = (feature: string, level: string | null) =>
      coefficients.find((item) => item.feature === feature && item.level === level)?.estimate ?? 0;
    const natural = exact.natural.map(({ estimate }) => estimate);
    for (let row = 0; row < 50; row++) {
      const [size, age, licensed, level] = rows.features.map((column) => column[row]!) as [
        number,
        number,
        number,
        number,
      ];
      const code = by("class", ["a", "b", "c"][level]!);
      const scored =
        intercept + by("size", null) * size + by("age", null) * age + by("licensed", null) * licensed + code;
      const columns = [1, size, age, licensed, Number(level === 1), Number(level === 2)];
      expectNear(
        scored,
        columns.reduce((sum, x, j) => sum + x * natural[j]!, 0),
        5e-3,
      );
    }
  });

  it("leaves out what was not asked for", () => {
    const { published: bare } = finished(mixedTask({ outputs: ["coefficients"] }), dealt(rows));
    expect(Object.keys(bare)).not.toEqual(expect.arrayContaining(["deviance"]));
    expect(Object.keys(bare)).not.toEqual(expect.arrayContaining(["aic"]));
    expect((bare["coefficients"] as Record<string, Value>[])[0]).not.toHaveProperty("se");
  });

  it("holds no sum on the way there: other rows, alike but not equal, start at the same state", () => {
    const other = learnInTheOpen(createNewtonLearner(mixedTask()), dealt(mixedRows("published too", 611)));
    expect(other.states.slice(0, 2)).toEqual(states.slice(0, 2));
    expect(other.sums[0]).not.toEqual(learnInTheOpen(createNewtonLearner(mixedTask()), dealt(rows)).sums[0]);
  });
});

interface Equation {
  readonly intercept: number;
  readonly coefficients: readonly {
    readonly feature: string;
    readonly of: string;
    readonly level: string | null;
    readonly estimate: number;
  }[];
}

describe("missing values", () => {
  it("by indicator take the centre, and have a coefficient of their own", () => {
    const rows = mixedRows("missing", 800);
    const features = rows.features.map((column) => column.slice());
    for (let row = 0; row < 800; row += 4) features[0]![row] = NaN;
    for (let row = 1; row < 800; row += 5) features[3]![row] = NaN;
    const { exact, published } = finished(mixedTask({ missing: "indicator" }), dealt({ ...rows, features }));
    expect(exact.n).toBe(800);
    expect(exact.features).toEqual(["size", "size_missing", "age", "licensed", "class_b", "class_c", "class_missing"]);
    const { coefficients } = published["model"] as unknown as { coefficients: { feature: string; of: string }[] };
    expect(coefficients.filter(({ of }) => of === "missing").map(({ feature }) => feature)).toEqual([
      "size",
      "age",
      "licensed",
      "class",
    ]);
  });

  it("by indicator leave the fit of the other rows alone, and come to their own rows' mean", () => {
    const table = Array.from({ length: 90 }, (_, row) => ({ x: row % 5 === 0 ? NaN : row, y: (row * row) % 61 }));
    const rows = toRows(table, ({ y }) => y, [({ x }) => x]);
    const rest = { family: "linear", label: count(0, 100), missing: "indicator" } as const;
    const { exact } = finished(newtonTask([number("x", -100, 300)], rest), dealt(rows));
    const whole = table.filter(({ x }) => !Number.isNaN(x));
    const gaps = table.filter(({ x }) => Number.isNaN(x));
    const { intercept, coefficients } = (exact as unknown as { model: Equation }).model;
    const of = (what: string) => coefficients.find((own) => own.of === what)!.estimate;
    const twin = plainRegression(
      "linear",
      whole.map(({ x }) => [1, x]),
      whole.map(({ y }) => y),
    );
    expectNear(intercept, twin.coefficients[0]!, 1e-8);
    expectNear(of("value"), twin.coefficients[1]!, 1e-8);
    expectNear(intercept + of("missing"), gaps.reduce((sum, { y }) => sum + y, 0) / gaps.length, 1e-8);
  });

  it("otherwise leave their rows out", () => {
    const rows = mixedRows("missing", 800);
    const features = rows.features.map((column) => column.slice());
    for (let row = 0; row < 800; row += 4) features[0]![row] = NaN;
    const label = rows.label.slice();
    label[1] = NaN;
    const { exact } = finished(mixedTask(), dealt({ ...rows, features, label }));
    expect(exact.n).toBe(599);
    const kept = Array.from({ length: 800 }, (_, row) => row).filter((row) => row % 4 !== 0 && row !== 1);
    expect(exact).toEqual(finished(mixedTask(), dealt(pickRows(rows, kept))).exact);
  });
});

it("pools what it is given", () => {
  const rows = mixedRows("pool", 30);
  expect(pooled([rows, rows]).count).toBe(60);
});
