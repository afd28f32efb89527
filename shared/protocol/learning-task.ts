import { encodeValue, type Value } from "../base/encoding.ts";
import { digest } from "../crypto/hash.ts";
import { createLearner } from "../learning/create-learner.ts";
import type { Learner, PublicState } from "../learning/learner.ts";
import type { Feature, LearningTask } from "../learning/task.ts";
import type { LearningCharter } from "./charter-shape.ts";

/** From a charter that learns to what the arithmetic needs of it: every feature with its declaration. */
export function learningTask({ dataset, operation, controls }: LearningCharter): LearningTask {
  const declared = (name: string): Feature => {
    const attribute = dataset.attributes[name]!;
    switch (attribute.type) {
      case "number":
        return { name, type: "number", least: attribute.least, most: attribute.most };
      case "category":
        return { name, type: "category", codes: attribute.codes };
      case "flag":
        return { name, type: "flag", yes: attribute.yes };
    }
  };
  const { label, features, missing, standardise, algorithm, outputs, evaluate } = operation;
  return {
    family: algorithm.name === "linear" || algorithm.name === "poisson" ? algorithm.name : "logistic",
    label: {
      attribute: declared(label.attribute),
      positive: label.positive === undefined ? null : readPositive(label.positive),
    },
    features: features.map(declared),
    missing,
    standardise,
    algorithm: settingsOf(algorithm),
    outputs,
    evaluate:
      evaluate === undefined
        ? null
        : { metrics: evaluate.metrics, groups: evaluate.groups.map(declared), bins: evaluate.bins, top: evaluate.top },
    controls,
  };
}

function settingsOf(algorithm: LearningCharter["operation"]["algorithm"]): LearningTask["algorithm"] {
  switch (algorithm.name) {
    case "logistic":
    case "linear":
    case "poisson": {
      const { l2, tolerance, maximumIterations } = algorithm;
      return { name: "newton", l2, tolerance, maximumIterations };
    }
    case "fedavg":
    case "fedprox":
    case "fedadam": {
      const { name, rounds, localUpdates, batch, learningRate } = algorithm;
      return {
        name,
        rounds,
        localUpdates,
        batch,
        learningRate,
        mu: algorithm.name === "fedprox" ? algorithm.mu : 0,
        serverLearningRate: algorithm.name === "fedadam" ? algorithm.serverLearningRate : 1,
      };
    }
  }
}

/** ">0", ">= 3", "=text". */
function readPositive(text: string): NonNullable<LearningTask["label"]["positive"]> {
  const [, is, than] = /^(>=?|=)\s*(.*)$/.exec(text)!;
  return is === "=" ? { is: "=", than: than! } : { is: is as ">" | ">=", than: Number(than) };
}

export function charterLearner(charter: LearningCharter): Learner {
  return createLearner(learningTask(charter));
}

/** What a step is computed at, layout and all, so that two programs that read a state differently agree on nothing. */
export function modelDigest(charter: LearningCharter, state: PublicState): Uint8Array {
  const { words, parts } = charterLearner(charter).layout(state);
  const layout: Value = [words, parts.map(({ name, length, fractionBits }) => [name, length, fractionBits])];
  return digest("portmoot/model-state/v1", [encodeValue(state), layout]);
}
