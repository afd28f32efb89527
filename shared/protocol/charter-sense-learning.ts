import { ProtocolError } from "../base/errors.ts";
import { createLearner } from "../learning/create-learner.ts";
import { refuseRepeats, wrong } from "./charter-faults.ts";
import { isTraining, type LearningCharter, type TrainCharter } from "./charter-shape.ts";
import { familyOf, learningTask } from "./learning-task.ts";

/** The network's floors for what a node gives to a model that is released (disclosure.md, "Defaults", "Model"). */
const LEAST_ROWS = 100;
const LEAST_LEVEL_COUNT = 10;

/**
 * That the parts of a charter that learns fit each other: every name is declared and used, the label is no feature, the
 * algorithm suits the label.
 * @throws ProtocolError "bad-input" naming the field
 */
export function verifyLearning(charter: LearningCharter): void {
  verifyAttributes(charter);
  verifyLabel(charter);
  verifyFeatures(charter);
  if (isTraining(charter)) verifyModel(charter);
  verifyEvaluation(charter);
  verifyFloors(charter);
  // The arithmetic's own conditions, such as columns of one name, so that nobody signs what no round could compute.
  try {
    createLearner(learningTask(charter));
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause;
    throw wrong("operation", cause.message);
  }
}

function verifyAttributes({ dataset, operation }: LearningCharter): void {
  const groups = operation.evaluate?.groups ?? [];
  const used = [operation.label.attribute, ...operation.features, ...groups];
  for (const [name, attribute] of Object.entries(dataset.attributes)) {
    const path = `dataset.attributes.${name}`;
    if (attribute.type === "number" && attribute.least >= attribute.most) {
      throw wrong(`${path}.least`, "is not below most");
    }
    if (attribute.type === "category") refuseRepeats(attribute.codes, `${path}.codes`);
    if (attribute.type === "flag") refuseRepeats(attribute.yes, `${path}.yes`);
    // The ledger and `charter explain` name every attribute as what a message derives from.
    if (!used.includes(name)) throw wrong(path, "is no label, feature or group, leave it out");
  }
}

function verifyLabel(charter: LearningCharter): void {
  const { dataset, operation } = charter;
  const { label } = operation;
  const attribute = declared(dataset, label.attribute, "operation.label.attribute");
  const family = familyOf(charter);
  if (family !== "logistic") {
    if (attribute.type !== "number") throw wrong("operation.label.attribute", `${family} needs a number`);
    if (label.positive !== undefined) throw wrong("operation.label.positive", "is for logistic models");
    if (family === "poisson" && attribute.least < 0) {
      throw wrong(`dataset.attributes.${label.attribute}.least`, "is below 0, poisson counts");
    }
    return;
  }
  const { positive } = label;
  if (attribute.type === "flag") {
    if (positive !== undefined) throw wrong("operation.label.positive", "is not needed for a flag");
    return;
  }
  if (positive === undefined) throw wrong("operation.label.positive", "is needed: which values count as positive");
  const compares = positive.startsWith(">");
  if (compares !== (attribute.type === "number")) {
    throw wrong("operation.label.positive", "compares with > or >= for a number, with = for a category");
  }
  const than = positive.replace(/^(>=?|=)\s*/, "");
  if (compares && !Number.isFinite(Number(than)))
    throw wrong("operation.label.positive", "is no number after the sign");
  if (attribute.type === "category" && !attribute.codes.includes(than)) {
    throw wrong("operation.label.positive", `${than} is not a code of attribute ${label.attribute}`);
  }
}

function verifyFeatures({ dataset, operation }: LearningCharter): void {
  refuseRepeats(operation.features, "operation.features");
  for (const [index, feature] of operation.features.entries()) {
    declared(dataset, feature, `operation.features.${index}`);
    if (feature === operation.label.attribute) throw wrong(`operation.features.${index}`, "is the label itself");
  }
}

function verifyModel({ dataset, operation, controls }: TrainCharter): void {
  const types = operation.features.map((feature) => dataset.attributes[feature]!.type);
  if (controls.notForRelease !== true && types.length === 1 && types[0] !== "number") {
    // Its coefficients would give away the counts behind them (THREAT_MODEL.md).
    throw wrong("operation.features", "one flag or category alone makes a table of counts, not a model");
  }
  refuseRepeats(operation.outputs, "operation.outputs");
  if (!operation.outputs.includes("coefficients")) {
    throw wrong("operation.outputs", "coefficients must be among them, they are the model");
  }
}

function verifyEvaluation({ dataset, operation }: LearningCharter): void {
  const { evaluate } = operation;
  if (evaluate === undefined) return;
  refuseRepeats(evaluate.metrics, "operation.evaluate.metrics");
  refuseRepeats(evaluate.groups, "operation.evaluate.groups");
  for (const [index, group] of evaluate.groups.entries()) {
    const path = `operation.evaluate.groups.${index}`;
    if (declared(dataset, group, path).type === "number") throw wrong(path, "is a number, groups need codes");
  }
  const wantsTop = evaluate.metrics.some((metric) => metric.endsWith("-at"));
  if (wantsTop !== evaluate.top.length > 0) {
    throw wrong("operation.evaluate.top", "is needed for precision-at, recall-at and lift-at, and for nothing else");
  }
  if (evaluate.metrics.includes("group-gaps") && evaluate.groups.length === 0) {
    throw wrong("operation.evaluate.groups", "is empty, and group-gaps compares groups");
  }
}

function verifyFloors(charter: LearningCharter): void {
  const { controls } = charter;
  if (controls.notForRelease === true) return;
  if (controls.minimumRows < LEAST_ROWS) throw wrong("controls.minimumRows", `is under the network's ${LEAST_ROWS}`);
  if (isTraining(charter) && charter.controls.minimumLevelCount < LEAST_LEVEL_COUNT) {
    throw wrong("controls.minimumLevelCount", `is under the network's ${LEAST_LEVEL_COUNT}`);
  }
}

function declared(dataset: LearningCharter["dataset"], name: string, path: string) {
  const found = Object.hasOwn(dataset.attributes, name) ? dataset.attributes[name] : undefined;
  if (found === undefined) throw wrong(path, `attribute ${name} is not among dataset.attributes`);
  return found;
}
