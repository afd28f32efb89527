import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { ProtocolError } from "../../shared/base/errors.ts";
import type { OpenModel } from "../simulation/train/open-model.ts";
import { runTrain } from "../simulation/train/run-train.ts";
import type { TrainFacts } from "../simulation/train/train-facts.ts";
import type { TrainScenario } from "../simulation/train/train-scenario.ts";
import type { Report } from "./harness.ts";
import { adultScenario, communitiesScenario, heartScenario } from "./learning-scenarios.ts";
import { formatTable } from "./table.ts";

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
  readonly own: { readonly method: string; readonly accuracy: readonly number[]; readonly pooled: number }[];
  readonly published: { readonly method: string; readonly accuracy: readonly number[]; readonly pooled: number }[];
  readonly communities: {
    readonly distance: number;
    readonly auc: number;
    readonly alone: { readonly fitted: number; readonly of: number };
  };
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
  const { pooled, alone } = communities.facts.comparison!;
  return {
    distances: [
      distance("heart disease, 740 rows", all.model, reference["heart_740_std"]!),
      distance("heart disease, FLamby's 486", split.model, reference["heart_flamby_train486_std"]!),
      distance("Adult, 33 nodes at random", scattered.model, reference["adult_numeric_std"]!),
      distance("Adult, nine workclasses", classes.model, reference["adult_numeric_std"]!),
    ],
    sameBits: JSON.stringify(estimates(scattered.model)) === JSON.stringify(estimates(classes.model)),
    heart,
    own: [accuracies("Portmoot, exact (Newton)", heart)],
    published: publishedStrategies(folder),
    communities: {
      distance: furthest(estimates(communities.model), estimates(pooled!)),
      auc: communities.facts.evaluation!.overall.auc ?? 0,
      alone: { fitted: alone.filter(({ model }) => model !== null).length, of: alone.length },
    },
  };
}

async function train(scenario: TrainScenario): Promise<{ facts: TrainFacts; model: OpenModel }> {
  const folder = mkdtempSync(join(tmpdir(), "portmoot-learning-"));
  try {
    const facts = await runTrain(scenario, folder, { note: () => undefined, progress: () => undefined });
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

interface Published {
  readonly methods: Readonly<Record<string, Readonly<Record<string, { readonly mean: number }>>>>;
}

/** owkin/FLamby, results_benchmark_fed_heart_disease, mean of five seeds. */
function publishedStrategies(folder: string) {
  const { methods } = readJson(folder, "reference/flamby-heart-published.json") as Published;
  return Object.entries(methods)
    .filter(([method]) => !method.startsWith("Local"))
    .map(([method, { "Pooled Test": pooled, ...tests }]) => ({
      method: `FLamby ${method}`,
      accuracy: Object.values(tests).map(({ mean }) => mean),
      pooled: pooled!.mean,
    }));
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

export async function benchLearning(options: { folder: string; note: (text: string) => void }): Promise<Report> {
  const answers = await measureLearning(options.folder, options.note);
  const { distances, sameBits, own, published, heart, communities } = answers;
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    facts: { suite: "learning", ...answers },
    text: [
      "learning: whole rounds beside an independent pooled fit, largest difference",
      formatTable(
        ["", "coefficients", "standard errors", "deviance"],
        distances.map((each) => [
          each.what,
          ...[each.coefficients, each.errors, each.deviance].map((value) => value.toExponential(1)),
        ]),
      ),
      `Adult over 33 nodes and over its workclasses: ${sameBits ? "the same to the last bit" : "NOT THE SAME"}`,
      "",
      "heart disease, accuracy on FLamby's test rows by hospital",
      formatTable(
        ["", "cleveland", "hungarian", "switzerland", "va", "mean", "pooled"],
        [...own, ...published].map(({ method, accuracy, pooled }) => [
          method,
          ...[...accuracy, mean(accuracy), pooled].map((value) => value.toFixed(4)),
        ]),
      ),
      `AUC on all test rows: ${heart.overall.auc?.toFixed(4) ?? "–"}`,
      "The gain over FLamby's strategies comes from standardising over all hospitals and from exact optimisation; FLamby's",
      "rows are means of five seeds of models that were trained by gradient steps on features as they are.",
      "",
      `communities and crime, 46 states: ${communities.distance} from the pooled fit, AUC ${communities.auc.toFixed(4)} on its own rows; ${communities.alone.fitted} of ${communities.alone.of} states make a model alone`,
    ].join("\n"),
  };
}
