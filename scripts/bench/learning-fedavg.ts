import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "csv-stringify/sync";
import { ProtocolError } from "../../shared/base/errors.ts";
import { scoreByEquation, type OpenEquation } from "../../shared/learning/equation-terms.ts";
import { createGradientLearner } from "../../shared/learning/gradient.ts";
import type { Learner } from "../../shared/learning/learner.ts";
import type { ModelState } from "../../shared/learning/newton-state.ts";
import type { GradientSettings, LearningRows, LearningTask } from "../../shared/learning/task.ts";
import { createSeededRandom } from "../simulation/seeded.ts";
import { exactMetrics } from "../simulation/train/exact-metrics.ts";
import { learnInTheOpen, poolRows } from "../simulation/train/in-the-open.ts";
import { readTrainScenarioValue, type TrainScenario } from "../simulation/train/train-scenario.ts";
import { HOSPITALS, normalise, spreadOf, type FlambyHeart } from "./flamby-heart.ts";

/**
 * Our gradient baselines with FLamby's settings, on its rows, normalised as it does: a hospital's rows by its own
 * training rows, its pooled test by all training rows. FLamby starts at PyTorch's Linear, every coefficient uniform
 * within 1/√13; a round of ours starts at 0, and 1,500 steps of 0.001 do not forget where they began. So there are both:
 * from drawn starts in the open, which is like beside like, and a whole round.
 */
export const FLAMBY_FEDAVG = { name: "fedavg", rounds: 15, localUpdates: 100, batch: 4, learningRate: 0.001 } as const;

/** Accuracy at one half on the test rows: by hospital, and of all. */
export interface HeartAccuracy {
  readonly accuracy: readonly number[];
  readonly pooled: number;
}

/** The widest that a normalised value is; a working scale is then a power of two, 1 in the hospital's own units. */
const WIDEST = 16;
const SEEDS = [42, 43, 44, 45, 46, 47, 48, 49, 50, 51];

/** Mean of ten seeds' accuracies, each from starts of its own. */
export function fedavgFromDrawnStarts(heart: FlambyHeart, settings: Partial<GradientSettings> = {}): HeartAccuracy {
  const runs = SEEDS.map((seed) => fedavgInTheOpen(heart, { ...settings, seed, isDrawn: true }));
  return {
    accuracy: HOSPITALS.map((_, hospital) => spreadOf(runs.map(({ accuracy }) => accuracy[hospital]!)).mean),
    pooled: spreadOf(runs.map(({ pooled }) => pooled)).mean,
  };
}

/** By plain addition. @param isDrawn start as FLamby does; otherwise at 0 */
export function fedavgInTheOpen(
  heart: FlambyHeart,
  { seed, isDrawn, ...rest }: Partial<GradientSettings> & { readonly seed: number; readonly isDrawn: boolean },
): HeartAccuracy {
  const settings = { ...FLAMBY_FEDAVG, mu: 0, serverLearningRate: 1, ...rest };
  const random = createSeededRandom(seed, settings.name);
  const uniform = (): number => new DataView(random.bytes(4).buffer).getUint32(0) / 2 ** 32;
  const start = () => (2 * uniform() - 1) / Math.sqrt(heart.features.length);
  const learner = createGradientLearner(taskOf(heart, settings), () => random);
  const outcome = learnInTheOpen(isDrawn ? startedAt(learner, start) : learner, normalisedByHospital(heart));
  if (outcome.kind !== "finished") throw new ProtocolError("refused", `bench: ${outcome.why}`);
  return heartAccuracy(heart, (outcome.exact as unknown as { readonly model: OpenEquation }).model);
}

/** A whole round of it. @param folder for the hospitals' normalised rows, which become their extracts */
export function fedavgScenario(heart: FlambyHeart, folder: string): TrainScenario {
  const { features } = heart;
  for (const [hospital, { label, features: columns }] of normalisedByHospital(heart).entries()) {
    const rows = Array.from(label, (own, row) => [...columns.map((column) => column[row]!.toFixed(15)), String(own)]);
    writeFileSync(join(folder, `${HOSPITALS[hospital]!}.csv`), stringify([[...features, "num"], ...rows]));
  }
  const number = { type: "number", unit: "standard deviations", least: -WIDEST, most: WIDEST };
  const attributes = Object.fromEntries([...features, "num"].map((name) => [name, name]));
  return readTrainScenarioValue(
    {
      format: "portmoot/scenario/v1",
      seed: 42,
      charter: {
        dataset: {
          name: "heart",
          unit: "person",
          attributes: {
            ...Object.fromEntries(features.map((name) => [name, number])),
            num: { type: "flag", yes: ["1"] },
          },
        },
        operation: {
          kind: "train",
          label: { attribute: "num" },
          features,
          algorithm: FLAMBY_FEDAVG,
          outputs: ["coefficients"],
        },
        controls: { minimumRows: 1, minimumLevelCount: 0 },
      },
      boroughs: HOSPITALS.map((id) => ({ id, file: `${id}.csv`, attributes })),
    },
    folder,
  );
}

/** Of a model of rows that were normalised by hospital. */
export function heartAccuracy(heart: FlambyHeart, equation: OpenEquation): HeartAccuracy {
  const { train, test } = heart;
  const task = taskOf(heart, { ...FLAMBY_FEDAVG, mu: 0, serverLearningRate: 1 });
  const accuracyOn = (rows: LearningRows) =>
    exactMetrics(scoreByEquation(task, equation, rows), rows.label).accuracy ?? NaN;
  return {
    accuracy: test.map((rows, hospital) => accuracyOn(normalise(rows, train[hospital]!))),
    pooled: accuracyOn(normalise(poolRows(test), poolRows(train))),
  };
}

function normalisedByHospital({ train }: FlambyHeart): LearningRows[] {
  return train.map((rows) => normalise(rows, rows));
}

function taskOf({ features }: FlambyHeart, algorithm: GradientSettings): LearningTask {
  return {
    family: "logistic",
    label: { attribute: { name: "num", type: "flag", yes: ["1"] }, positive: null },
    features: features.map((name) => ({ name, type: "number", least: -WIDEST, most: WIDEST })),
    missing: "drop-row",
    standardise: "pooled",
    algorithm,
    outputs: ["coefficients"],
    evaluate: null,
    controls: { minimumCount: 10, roundTo: 5, minimumRows: 1, minimumLevelCount: 0, publicDigits: 4 },
  };
}

/** The same learner, but for where it begins once the survey is over. */
function startedAt(learner: Learner, start: () => number): Learner {
  return {
    ...learner,
    learn(state, memory, sum, members) {
      const learned = learner.learn(state, memory, sum, members);
      if (state.stage !== "survey" || learned.kind !== "next") return learned;
      const coefficients = (learned.state as ModelState).coefficients.map(start);
      return { ...learned, state: { ...learned.state, coefficients } };
    },
  };
}
