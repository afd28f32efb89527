import { encodeValue, type Value } from "../base/encoding.ts";
import { digest } from "../crypto/hash.ts";
import { createLearner } from "../learning/create-learner.ts";
import type { Learner, PublicState } from "../learning/learner.ts";
import type { Feature, LearningTask } from "../learning/task.ts";
import { isTraining, type LearningCharter, type TrainCharter } from "./charter-shape.ts";

/** From a charter that learns to what the arithmetic needs of it: every feature with its declaration. */
export function learningTask(charter: LearningCharter): LearningTask {
  const { dataset, operation } = charter;
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
  const { label, features, evaluate } = operation;
  return {
    family: familyOf(charter),
    label: {
      attribute: declared(label.attribute),
      positive: label.positive === undefined ? null : readPositive(label.positive),
    },
    features: features.map(declared),
    ...(isTraining(charter) ? training(charter) : EVALUATION),
    evaluate:
      evaluate === undefined
        ? null
        : { metrics: evaluate.metrics, groups: evaluate.groups.map(declared), bins: evaluate.bins, top: evaluate.top },
    controls: { minimumLevelCount: 0, ...charter.controls },
  };
}

/** The canonical link's: of the model that is learned, or of the one that is judged. */
export function familyOf(charter: LearningCharter): LearningTask["family"] {
  if (!isTraining(charter)) return charter.operation.family;
  const { name } = charter.operation.algorithm;
  return name === "linear" || name === "poisson" ? name : "logistic";
}

type Way = Pick<LearningTask, "missing" | "standardise" | "algorithm" | "outputs">;

function training({ operation: { missing, standardise, algorithm, outputs } }: TrainCharter): Way {
  return { missing, standardise, algorithm: settingsOf(algorithm), outputs };
}

/** Rows with gaps stay: the model itself says what becomes of them. */
const EVALUATION: Way = { missing: "indicator", standardise: "none", algorithm: { name: "released" }, outputs: [] };

function settingsOf(algorithm: TrainCharter["operation"]["algorithm"]): LearningTask["algorithm"] {
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
