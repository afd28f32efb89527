import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { ProtocolError } from "../../shared/base/errors.ts";
import type { OpenModel } from "../simulation/train/open-model.ts";
import { runTrain } from "../simulation/train/run-train.ts";
import type { TrainFacts } from "../simulation/train/train-facts.ts";
import type { TrainScenario } from "../simulation/train/train-scenario.ts";
import { deviations, readFlambyHeart, readPublished, type FlambyHeart } from "./flamby-heart.ts";
import { fedavgFromDrawnStarts, fedavgScenario, heartAccuracy, type HeartAccuracy } from "./learning-fedavg.ts";
import { adultScenario, communitiesScenario, heartScenario } from "./learning-scenarios.ts";

/**
 * Models learned over whole rounds beside answers known beforehand: an independent pooled fit, FLamby's published
 * strategies, and the same rows split in two ways.
 */
interface ReferenceFit {
  readonly l2: number;
  readonly coef: readonly number[];
  readonly se: readonly number[];
  readonly deviance: number;
}
interface Reference {
  readonly fits: readonly ReferenceFit[];
}

/** How far from the reference, at the most. */
export interface Distance {
  readonly what: string;
  readonly coefficients: number;
  readonly errors: number;
  readonly deviance: number;
}

export interface LearningAnswers {
  readonly distances: readonly Distance[];
  /** Coefficients of one file over 33 nodes at random and over its workclasses: the same to the last bit. */
  readonly sameBits: boolean;
  readonly heart: NonNullable<TrainFacts["evaluation"]>;
  readonly own: readonly HeartLine[];
  readonly published: readonly HeartLine[];
  /** Our FedAvg in published standard deviations from FLamby's mean: by hospital, then of all test rows. */
  readonly fedavg: {
    /** Begun as FLamby begins, by plain addition, mean of ten seeds. */
    readonly drawn: readonly number[];
    /** Begun at 0, one seed. */
    readonly round: readonly number[];
  };
  readonly communities: {
    readonly distance: number;
    readonly auc: number;
    readonly states: readonly StateLine[];
  };
}

/** Accuracy at one half on FLamby's test rows. */
export interface HeartLine extends HeartAccuracy {
  readonly method: string;
}

/** Areas under the curve on a state's rows; null with one label only. */
export interface StateLine {
  readonly state: string;
  readonly rows: number;
  readonly positives: number;
  readonly federated: number | null;
  /** Of the state's own model, if its rows make one; otherwise why not. */
  readonly alone: number | null;
  readonly why: string | null;
}

export async function measureLearning(folder: string, note: (text: string) => void): Promise<LearningAnswers> {
  const reference = readJson(folder, "reference/logistic-reference.json") as Record<string, Reference>;
  const run = (what: string, scenario: TrainScenario) => {
    note(what);
    return train(scenario);
  };
  const newton = { name: "logistic", l2: 0 };
  const all = await run("heart disease, all rows", heartScenario(folder, { rows: "all", algorithm: newton }));
  const split = await run(
    "heart disease, FLamby's split",
    heartScenario(folder, { rows: "flamby", algorithm: newton }),
  );
  const scattered = await run("Adult over 33 nodes at random", adultScenario(folder, { into: 33, by: "random" }));
  const classes = await run("Adult over its workclasses", adultScenario(folder, { by: "workclass" }));
  const communities = await run("communities and crime, 46 states", communitiesScenario(folder));
  const { evaluation: heart } = split.facts;
  if (heart === null) throw new ProtocolError("not-found", "bench: heart disease was not evaluated");
  const rows = readFlambyHeart(folder);
  note("heart disease, FLamby's FedAvg");
  const round = { method: "Portmoot FedAvg, a whole round from 0", ...(await fedavgRound(rows)) };
  const drawn = { method: "Portmoot FedAvg, from FLamby's starts", ...fedavgFromDrawnStarts(rows) };
  const strategies = readPublished(folder);
  const fedavg = strategies.find(({ method }) => method === "FedAvg100")!;
  return {
    distances: [
      distance("heart disease, 740 rows", all.model, reference["heart_740_std"]!),
      distance("heart disease, FLamby's 486", split.model, reference["heart_flamby_train486_std"]!),
      distance("Adult, 33 nodes at random", scattered.model, reference["adult_numeric_std"]!),
      distance("Adult, nine workclasses", classes.model, reference["adult_numeric_std"]!),
    ],
    sameBits: JSON.stringify(estimates(scattered.model)) === JSON.stringify(estimates(classes.model)),
    heart,
    own: [accuracies("Portmoot, exact (Newton)", heart), round, drawn],
    published: strategies.map(({ method, accuracy, pooled }) => ({
      method: `FLamby ${method}`,
      accuracy: accuracy.map(({ mean }) => mean),
      pooled: pooled.mean,
    })),
    fedavg: { drawn: deviations(drawn, fedavg), round: deviations(round, fedavg) },
    communities: {
      distance: furthest(estimates(communities.model), estimates(communities.facts.comparison!.pooled!)),
      auc: communities.facts.evaluation!.overall.auc ?? 0,
      states: statesOf(communities.facts),
    },
  };
}

async function train(
  scenario: TrainScenario | ((folder: string) => TrainScenario),
): Promise<{ facts: TrainFacts; model: OpenModel }> {
  const folder = mkdtempSync(join(tmpdir(), "portmoot-learning-"));
  try {
    const asked = typeof scenario === "function" ? scenario(folder) : scenario;
    const facts = await runTrain(asked, folder, { note: () => undefined, progress: () => undefined });
    if (facts.model === null) throw new ProtocolError("refused", `bench: ${facts.outcome}: ${facts.reason ?? ""}`);
    return { facts, model: facts.model };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function distance(what: string, { coefficients, deviance }: OpenModel, { fits }: Reference): Distance {
  const { coef, se, deviance: known } = fits.find(({ l2 }) => l2 === 0)!;
  return {
    what,
    coefficients: furthest(
      coefficients.map(({ estimate }) => estimate),
      coef,
    ),
    errors: furthest(
      coefficients.map((own) => own.se ?? NaN),
      se,
    ),
    deviance: Math.abs((deviance ?? NaN) - known),
  };
}

function estimates({ coefficients }: OpenModel): number[] {
  return coefficients.map(({ estimate }) => estimate);
}

function furthest(one: readonly number[], other: readonly number[]): number {
  return Math.max(...one.map((value, index) => Math.abs(value - other[index]!)));
}

function accuracies(method: string, { overall, boroughs }: NonNullable<TrainFacts["evaluation"]>) {
  return { method, accuracy: boroughs.map(({ accuracy }) => accuracy ?? NaN), pooled: overall.accuracy ?? NaN };
}

async function fedavgRound(heart: FlambyHeart): Promise<HeartAccuracy> {
  const { model } = await train((folder) => fedavgScenario(heart, folder));
  return heartAccuracy(heart, model.equation);
}

/** The most rows first. */
function statesOf({ evaluation, comparison }: TrainFacts): StateLine[] {
  return comparison!.alone
    .map(({ id, metrics, why }, place) => {
      const { rows, positives, auc } = evaluation!.boroughs[place]!;
      // A party's name is a letter and more; the file's states are numbers.
      const state = id.replace(/^at-/, "");
      return { state, rows, positives, federated: auc, alone: metrics?.auc ?? null, why };
    })
    .toSorted((a, b) => b.rows - a.rows);
}

function readJson(folder: string, file: string): unknown {
  try {
    return JSON.parse(readFileSync(resolve(folder, file), "utf8"));
  } catch (cause) {
    throw new ProtocolError("bad-input", `bench: --data: ${file} cannot be read`, {
      cause,
      hint: "name the folder that holds heart-disease, adult, communities-crime and reference",
    });
  }
}
