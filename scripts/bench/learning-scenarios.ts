import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { readTrainScenarioValue, type TrainScenario } from "../simulation/train/train-scenario.ts";
import { HOSPITALS, readFlambySplits } from "./flamby-heart.ts";

/**
 * Open data with answers known beforehand, as scenarios of whole rounds: the same reader, charter and policy as
 * `portmoot simulate`. Nothing is tuned to a file beyond naming its columns.
 */
const HEART_COLUMNS = [
  "age",
  "sex",
  "cp",
  "trestbps",
  "chol",
  "fbs",
  "restecg",
  "thalach",
  "exang",
  "oldpeak",
  "slope",
  "ca",
  "thal",
  "num",
];
const HEART_ATTRIBUTES = {
  age: { type: "number", unit: "years", least: 0, most: 120 },
  sex: { type: "flag", yes: ["1"] },
  cp: { type: "category", codes: ["1", "2", "3", "4"] },
  trestbps: { type: "number", unit: "mmHg", least: 0, most: 300 },
  chol: { type: "number", unit: "mg/dl", least: 0, most: 1000 },
  fbs: { type: "flag", yes: ["1"] },
  restecg: { type: "category", codes: ["0", "1", "2"] },
  thalach: { type: "number", unit: "1/min", least: 0, most: 300 },
  exang: { type: "flag", yes: ["1"] },
  oldpeak: { type: "number", unit: "mm", least: -10, most: 20 },
  num: { type: "number", unit: "class", least: 0, most: 4 },
};
const HEART_FEATURES = ["age", "sex", "trestbps", "chol", "fbs", "thalach", "exang", "oldpeak", "cp", "restecg"];
/** Small open files: the charter says "not for release" and takes part with any rows. */
const CONTROLS = { minimumRows: 1, minimumLevelCount: 0 };

/** Fed-Heart-Disease: four hospitals, all complete rows, or FLamby's training rows with its test rows held out. */
export function heartScenario(
  folder: string,
  { rows, algorithm }: { rows: "all" | "flamby"; algorithm: Record<string, unknown> },
): TrainScenario {
  const heart = resolve(folder, "heart-disease");
  const { centres } = readFlambySplits(folder);
  const attributes = Object.fromEntries(Object.keys(HEART_ATTRIBUTES).map((name) => [name, name]));
  return readTrainScenarioValue(
    {
      format: "portmoot/scenario/v1",
      seed: 11,
      charter: {
        dataset: { name: "heart", unit: "person", attributes: HEART_ATTRIBUTES },
        operation: {
          kind: "train",
          label: { attribute: "num", positive: ">0" },
          features: HEART_FEATURES,
          algorithm,
          evaluate: { metrics: ["accuracy", "auc", "brier"], bins: 1024 },
        },
        controls: CONTROLS,
      },
      boroughs: HOSPITALS.map((id) => {
        const { rowIndexInFile_zeroBased: inFile, train, test } = centres[id];
        const pick = (places: readonly number[]) => places.map((place) => inFile[place]!);
        return {
          id,
          file: `processed.${id}.data`,
          csv: { delimiter: ",", missing: ["?"], header: HEART_COLUMNS },
          attributes,
          ...(rows === "all" ? {} : { rows: pick(train), testRows: pick(test) }),
        };
      }),
    },
    heart,
  );
}

const ADULT_COLUMNS = [
  "age",
  "workclass",
  "fnlwgt",
  "education",
  "education-num",
  "marital-status",
  "occupation",
  "relationship",
  "race",
  "sex",
  "capital-gain",
  "capital-loss",
  "hours-per-week",
  "native-country",
  "income",
];

/** Adult, dealt out at random or one node for each of its nine workclasses. */
export function adultScenario(
  folder: string,
  split: { into: number; by: "random" } | { by: "workclass" },
): TrainScenario {
  const features = ["age", "education-num", "capital-gain", "capital-loss", "hours-per-week", "sex"];
  const number = (most: number, unit: string) => ({ type: "number", unit, least: 0, most });
  return readTrainScenarioValue(
    {
      format: "portmoot/scenario/v1",
      seed: 5,
      charter: {
        dataset: {
          name: "adult",
          unit: "person",
          attributes: {
            age: number(120, "years"),
            "education-num": number(20, "years"),
            "capital-gain": number(99_999, "dollars"),
            "capital-loss": number(10_000, "dollars"),
            "hours-per-week": number(100, "hours"),
            sex: { type: "flag", yes: ["Male"] },
            income: { type: "flag", yes: [">50K"] },
          },
        },
        operation: { kind: "train", label: { attribute: "income" }, features },
        controls: CONTROLS,
      },
      split: {
        ...split,
        file: "adult.data",
        csv: { delimiter: ",", header: ADULT_COLUMNS },
        attributes: Object.fromEntries([...features, "income", "workclass"].map((name) => [name, name])),
      },
    },
    resolve(folder, "adult"),
  );
}

const NOT_FEATURES = ["state", "communityname", "fold", "ViolentCrimesPerPop", "Black", "class"];

/** Communities and crime: 46 states as silos; the label's own source is left out. A ridge of 1: 99 features, 122 positives. */
export function communitiesScenario(folder: string): TrainScenario {
  const communities = resolve(folder, "communities-crime");
  const [first = ""] = readFileSync(join(communities, "communities_crime.csv"), "utf8").split(/\r?\n/, 1);
  const columns = first.split(",").filter((name) => !NOT_FEATURES.includes(name));
  const nameOf = (column: string) => column.toLowerCase();
  return readTrainScenarioValue(
    {
      format: "portmoot/scenario/v1",
      seed: 3,
      charter: {
        dataset: {
          name: "communities",
          unit: "case",
          attributes: {
            ...Object.fromEntries(
              columns.map((column) => [nameOf(column), { type: "number", unit: "share", least: 0, most: 1 }]),
            ),
            class: { type: "flag", yes: ["1"] },
          },
        },
        operation: {
          kind: "train",
          label: { attribute: "class" },
          features: columns.map(nameOf),
          algorithm: { name: "logistic", l2: 1 },
        },
        controls: CONTROLS,
      },
      split: {
        by: "state",
        file: "communities_crime.csv",
        attributes: {
          ...Object.fromEntries(columns.map((column) => [nameOf(column), column])),
          class: "class",
        },
      },
      compare: ["pooled", "alone"],
    },
    communities,
  );
}
