import { exampleDocument, type Json } from "./example-charter.ts";

/** Charters over HOMES_TASK's homes (learning-homes.ts): one that learns, and one that has a released model judged. */
export type Document = Record<string, Json>;

function without(part: Document, ...names: readonly string[]): Document {
  return Object.fromEntries(Object.entries(part).filter(([name]) => !names.includes(name)));
}

/** @param operation changes to it */
export function homesTraining(operation: Document = {}): Document {
  const { retention, deadlines, ...rest } = exampleDocument() as Document & Record<"retention" | "deadlines", Document>;
  return structuredClone({
    ...rest,
    dataset: {
      name: "homes",
      unit: "property",
      attributes: {
        hmo: { type: "number", unit: "class", least: 0, most: 4 },
        complaints: { type: "number", unit: "complaints a year", least: 0, most: 100 },
        exempt: { type: "flag", yes: ["Y"] },
        tenure: { type: "category", codes: ["owned", "rented", "social"] },
      },
    },
    operation: {
      kind: "train",
      label: { attribute: "hmo", positive: ">0" },
      features: ["complaints", "exempt", "tenure"],
      missing: "drop-row",
      standardise: "pooled",
      algorithm: { name: "logistic", l2: 0, firth: false, tolerance: 1e-10, maximumIterations: 25 },
      outputs: ["coefficients"],
      ...operation,
    },
    controls: {
      minimumContributors: 3,
      minimumCount: 10,
      roundTo: 5,
      minimumRows: 100,
      minimumLevelCount: 10,
      publicDigits: 4,
      privacyBudget: null,
      maximumRounds: 4,
      minimumDaysBetweenRounds: 0,
    },
    deadlines: without(deadlines, "matchMinutes"),
    retention: { ...without(retention, "tags", "ownSideListDays"), modelDays: 365 },
  });
}

/** @param model its digest in hexadecimal @param operation changes to it */
export function homesEvaluation(model: string, operation: Document = {}): Document {
  const training = homesTraining() as Document & Record<"operation" | "controls" | "retention", Document>;
  const { label, features } = training.operation;
  return {
    ...training,
    operation: {
      kind: "evaluate",
      model,
      family: "logistic",
      label: label!,
      features: features!,
      outputs: ["evaluation"],
      evaluate: { metrics: ["auc", "accuracy"], groups: [], bins: 64, top: [] },
      ...operation,
    },
    controls: without(training.controls, "minimumLevelCount"),
    retention: without(training.retention, "modelDays"),
  };
}
