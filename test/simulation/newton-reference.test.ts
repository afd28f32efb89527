import { describe, expect, it } from "vitest";
import { createNewtonLearner } from "../../shared/learning/newton.ts";
import type { LearningRows, LearningTask } from "../../shared/learning/task.ts";
import { learnInTheOpen, pickRows, pooled, rowWords } from "../helpers/learn-in-the-open.ts";
import {
  category,
  flag,
  hasLearningData,
  newtonTask,
  number,
  numberOf,
  readLearningFile,
  readTable,
  toRows,
  type ExactResult,
} from "../helpers/learning-data.ts";

interface Fit {
  readonly l2: number;
  readonly coef: readonly number[];
  readonly se: readonly number[];
  readonly deviance: number;
}
interface Reference {
  readonly n: number;
  readonly positives: number;
  readonly columns: readonly string[];
  readonly fits: readonly Fit[];
  readonly mean?: readonly number[];
}

const reference = hasLearningData
  ? (JSON.parse(readLearningFile("reference/logistic-reference.json")) as Record<string, Reference>)
  : {};

function exactOf(task: LearningTask, boroughs: readonly LearningRows[]): ExactResult {
  const { outcome } = learnInTheOpen(createNewtonLearner(task), boroughs);
  if (outcome.kind !== "finished") throw new Error(outcome.why);
  return outcome.exact as unknown as ExactResult;
}

function expectFit(exact: ExactResult, { n, positives, columns }: Reference, { coef, se, deviance }: Fit): void {
  expect(exact).toMatchObject({ n, positives, features: columns.slice(1), separated: false, dropped: [] });
  coef.forEach((value, index) => {
    expect(Math.abs(exact.coefficients[index]!.estimate - value)).toBeLessThan(1e-8);
    expect(Math.abs(exact.coefficients[index]!.se - se[index]!)).toBeLessThan(1e-6);
  });
  expect(Math.abs(exact.deviance - deviance)).toBeLessThan(1e-6);
}

const HOSPITALS = ["cleveland", "hungarian", "switzerland", "va"];
const HEART = [
  number("age", 0, 120),
  flag("sex"),
  number("trestbps", 0, 300),
  number("chol", 0, 1000),
  flag("fbs"),
  number("thalach", 0, 300),
  flag("exang"),
  number("oldpeak", -10, 20),
  category("cp", ["1", "2", "3", "4"]),
  category("restecg", ["0", "1", "2"]),
];

function heart(): LearningRows[] {
  return HOSPITALS.map((name) => {
    const at =
      (place: number, from = 0) =>
      (row: readonly string[]) =>
        numberOf(row[place]) - from;
    return toRows(readTable(`heart-disease/processed.${name}.data`), (row) => (numberOf(row[13]) > 0 ? 1 : 0), [
      at(0),
      at(1),
      at(3),
      at(4),
      at(5),
      at(7),
      at(8),
      at(9),
      at(2, 1),
      at(6),
    ]);
  });
}

const skipped = hasLearningData ? "" : " (skipped: no shared data)";

describe.runIf(hasLearningData)(`four hospitals as four nodes${skipped}`, () => {
  it.each([0, 1])("have the pooled coefficients, errors and deviance, l2 = %d", (l2) => {
    const own = reference["heart_740_std"]!;
    expectFit(
      exactOf(newtonTask(HEART, { l2 }), heart()),
      own,
      own.fits.find((fit) => fit.l2 === l2)!,
    );
  });

  it("have them in the features' own units", () => {
    const own = reference["heart_740_raw"]!;
    expectFit(exactOf(newtonTask(HEART, { standardise: "none" }), heart()), own, own.fits[0]!);
    const natural = exactOf(newtonTask(HEART), heart()).natural;
    own.fits[0]!.coef.forEach((value, index) => {
      expect(Math.abs(natural[index]!.estimate - value)).toBeLessThan(1e-8);
    });
  });

  it.each([0, 1])("have them on FLamby's training rows, l2 = %d", (l2) => {
    const { centres } = JSON.parse(readLearningFile("heart-disease/flamby-splits.json")) as {
      centres: Record<string, Centre>;
    };
    const boroughs = heart().map((rows, index) => pickRows(rows, trainingRows(centres[HOSPITALS[index]!]!)));
    const own = reference["heart_flamby_train486_std"]!;
    expectFit(
      exactOf(newtonTask(HEART, { l2 }), boroughs),
      own,
      own.fits.find((fit) => fit.l2 === l2)!,
    );
  });
});

interface Centre {
  readonly rowIndexInFile_zeroBased: readonly number[];
  /** Places in that list. */
  readonly train: readonly number[];
}

function trainingRows({ rowIndexInFile_zeroBased: inFile, train }: Centre): number[] {
  return train.map((place) => inFile[place]!);
}

describe.runIf(hasLearningData)(`Adult${skipped}`, () => {
  const table = hasLearningData ? readTable("adult/adult.data") : [];
  const task = newtonTask(
    [
      number("age", 0, 120),
      number("education-num", 0, 20),
      number("capital-gain", 0, 99_999),
      number("capital-loss", 0, 10_000),
      number("hours-per-week", 0, 100),
      flag("male"),
    ],
    // Never-worked has seven rows.
    { controls: { minimumRows: 1 } },
  );
  const at = (place: number) => (row: readonly string[]) => numberOf(row[place]);
  const all = toRows(table, (row) => (row[14] === ">50K" ? 1 : 0), [
    at(0),
    at(4),
    at(10),
    at(11),
    at(12),
    (row) => (row[9] === "Male" ? 1 : 0),
  ]);
  const own = reference["adult_numeric_std"]!;

  it("over 33 nodes and over its nine workclasses has the same bits, and the pooled fit", () => {
    const places = table.map((_, place) => place);
    // Any split: here by a multiplicative hash of the row's place.
    const scattered = Array.from({ length: 33 }, (_, node) => {
      return pickRows(
        all,
        places.filter((place) => (Math.imul(place + 1, 0x9e3779b1) >>> 16) % 33 === node),
      );
    });
    const classes = [...new Set(table.map((row) => row[1]!))];
    const byClass = classes.map((name) =>
      pickRows(
        all,
        places.filter((place) => table[place]![1] === name),
      ),
    );
    expect(classes.length).toBe(9);
    const learner = createNewtonLearner(task);
    const one = learnInTheOpen(learner, scattered);
    const other = learnInTheOpen(learner, byClass);
    expect(rowWords(learner, other)).toEqual(rowWords(learner, one));
    expect(other.states).toEqual(one.states);
    if (one.outcome.kind !== "finished") throw new Error(one.outcome.why);
    expectFit(one.outcome.exact as unknown as ExactResult, own, own.fits[0]!);
  });
});

describe.runIf(hasLearningData)(`communities and crime over 46 states${skipped}`, () => {
  it("is the pooled fit, with 99 predictors and 122 positives", () => {
    const [header, ...table] = readTable("communities-crime/communities_crime.csv");
    const left = new Set(["state", "communityname", "fold", "ViolentCrimesPerPop", "Black", "class"]);
    const columns = header!.flatMap((name, place) => (left.has(name) ? [] : [{ name, place }]));
    const at = (place: number) => (row: readonly string[]) => numberOf(row[place]);
    const all = toRows(
      table,
      at(header!.indexOf("class")),
      columns.map(({ place }) => at(place)),
    );
    const states = [...new Set(table.map((row) => row[0]!))];
    const boroughs = states.map((state) =>
      pickRows(
        all,
        table.flatMap((row, place) => (row[0] === state ? [place] : [])),
      ),
    );
    expect(boroughs.length).toBe(46);
    const features = columns.map(({ name }) => number(name, 0, 1));
    const learned = exactOf(newtonTask(features, { l2: 1, controls: { minimumRows: 1 } }), boroughs);
    const alone = exactOf(newtonTask(features, { l2: 1, controls: { minimumRows: 1 } }), [pooled(boroughs)]);
    expect(learned).toEqual({ ...alone, members: 46 });
    expect(learned).toMatchObject({ n: 1994, positives: 122, separated: false, dropped: [] });
  });
});
