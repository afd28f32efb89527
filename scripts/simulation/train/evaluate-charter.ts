import { resolve } from "node:path";
import { readModelFile } from "../../../node/learning/model-file.ts";
import { bytesToHex } from "../../../shared/base/bytes.ts";
import { modelDigest, type PublishedModel } from "../../../shared/learning/published-model.ts";
import { wrong } from "../scenario.ts";
import { omit, record, type Part } from "../scenario-parts.ts";
import type { TrainScenario } from "./train-scenario.ts";

/** What a scenario that evaluates has of its own: a released model in a file, and rows that it was not learned from. */

/** Of an evaluation, where the scenario does not say otherwise. */
export const EVALUATE = { groups: [], bins: 1024, top: [] };

/** @throws ProtocolError "bad-input" where the scenario names no file, or "malformed" where it holds no model */
export function judgedModel({ folder, compare }: TrainScenario, part: Part): PublishedModel | null {
  const { kind, model } = record(part["operation"]);
  if (kind !== "evaluate") return null;
  if (compare.length > 0) throw wrong("compare", "is for a model that is learned, leave it out");
  if (typeof model === "string") return readModelFile(resolve(folder, model));
  throw wrong("charter.operation.model", "expected a model's file, as `node models export` writes it");
}

/** @param dataset with the label and the groups declared; the features are declared as the model has them */
export function evaluateParts(judged: PublishedModel, part: Part, dataset: Part, controls: Part) {
  const { family, features, label } = judged.equation;
  const declared = features.map((feature) => [feature.name, omit(feature, ["name", "merged"])] as const);
  const operation = record(part["operation"]);
  return {
    dataset: { ...dataset, attributes: { ...record(dataset["attributes"]), ...Object.fromEntries(declared) } },
    operation: {
      label: { attribute: label.attribute },
      outputs: ["evaluation"],
      ...operation,
      model: bytesToHex(modelDigest(judged)),
      family,
      features: features.map(({ name }) => name),
      evaluate: { ...EVALUATE, ...record(operation["evaluate"]) },
    },
    controls,
    retention: {},
  };
}
