import { z } from "zod";
import {
  MAX_EVALUATION_BINS,
  MAX_FEATURES,
  MAX_LABELS,
  MAX_LIST_ROWS,
  MAX_PARTIES,
  MAX_MODEL_STEPS,
} from "../base/limits.ts";
import { plainText } from "./plain-text.ts";

/**
 * The parts of a charter that learning has and matching has not (protocol.md, "Learning"): attributes with a type, the
 * operation, its controls. charter-sense-learning.ts checks that they fit; learning-task.ts hands them to the arithmetic.
 */
const name = z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/, "expected a name of a-z, 0-9, _ and -, at most 63 long");
const code = plainText(200);
const whole = (least: number, most: number) => z.number().int().min(least).max(most);
/** Any number that the canonical encoding can write. */
const figure = (least: number, most: number) =>
  z
    .number()
    .min(least)
    .max(most)
    .refine((value) => !Object.is(value, -0), "expected 0 without a sign");

const attribute = z.discriminatedUnion(
  "type",
  [
    z.strictObject({
      type: z.literal("number"),
      unit: plainText(40),
      least: figure(-1e15, 1e15),
      most: figure(-1e15, 1e15),
    }),
    z.strictObject({ type: z.literal("category"), codes: z.array(code).min(2).max(MAX_LABELS) }),
    z.strictObject({ type: z.literal("flag"), yes: z.array(code).min(1).max(MAX_LABELS) }),
  ],
  'expected type "number", "category" or "flag" with its parts',
);

export const learningDataset = z.strictObject({
  name,
  unit: z.enum(["person", "property", "company", "case", "account"]),
  attributes: z.record(name, attribute),
});

const evaluation = z.strictObject({
  metrics: z
    .array(z.enum(["accuracy", "auc", "brier", "calibration", "precision-at", "recall-at", "lift-at", "group-gaps"]))
    .min(1),
  groups: z.array(name).max(8),
  bins: whole(8, MAX_EVALUATION_BINS),
  /** At so many rows from the top. */
  top: z.array(whole(1, MAX_LIST_ROWS)).max(8),
  /** Another dataset of the nodes, whose rows were not learned from; without it the training rows, and it says so. */
  dataset: name.optional(),
});

const newton = {
  l2: figure(0, 1e9),
  /** Penalised likelihood against separation; not in this version. */
  firth: z.literal(false, "expected false: Firth's penalty is not in this version"),
  tolerance: z.number().gt(0).max(1),
  maximumIterations: whole(1, 50),
};
const gradient = {
  rounds: whole(1, MAX_MODEL_STEPS - 4),
  localUpdates: whole(1, 10_000),
  batch: whole(1, 100_000),
  learningRate: z.number().gt(0).max(10),
};
const algorithm = z.discriminatedUnion(
  "name",
  [
    z.strictObject({ name: z.literal("logistic"), ...newton }),
    z.strictObject({ name: z.literal("linear"), ...newton }),
    z.strictObject({ name: z.literal("poisson"), ...newton }),
    z.strictObject({ name: z.literal("fedavg"), ...gradient }),
    z.strictObject({ name: z.literal("fedprox"), ...gradient, mu: figure(0, 1000) }),
    z.strictObject({ name: z.literal("fedadam"), ...gradient, serverLearningRate: z.number().gt(0).max(10) }),
  ],
  'expected name "logistic", "linear", "poisson", "fedavg", "fedprox" or "fedadam" with its settings',
);

const label = z.strictObject({
  attribute: name,
  positive: z
    .string()
    .regex(/^(>=?|=)\s*\S.*$/, 'expected ">x", ">=x" or "=text"')
    .max(200)
    .optional(),
});
const features = z.array(name).min(1).max(MAX_FEATURES);

export const trainOperation = z.strictObject({
  kind: z.literal("train"),
  label,
  /** In the order of the coefficients after the intercept. */
  features,
  missing: z.enum(["drop-row", "indicator"]),
  standardise: z.enum(["pooled", "none"]),
  algorithm,
  outputs: z.array(z.enum(["coefficients", "standard-errors", "cluster-robust", "deviance", "aic"])).min(1),
  evaluate: evaluation.optional(),
});

/** How good a released model is on rows that the boroughs have now: one sum, and nothing is learned. */
export const evaluateOperation = z.strictObject({
  kind: z.literal("evaluate"),
  /** Its digest, as `node models list` shows it. Every borough must hold the model before it can take part. */
  model: z.string().regex(/^[0-9a-f]{64}$/, "expected a model's digest, 64 hexadecimal characters"),
  family: z.enum(["logistic", "linear", "poisson"]),
  label,
  /** Those of the model, in its order, each declared as there. */
  features,
  outputs: z.tuple([z.literal("evaluation")], "expected [evaluation]"),
  evaluate: evaluation.omit({ dataset: true }),
});

export const trainControls = z.strictObject({
  minimumContributors: whole(3, MAX_PARTIES),
  minimumCount: whole(10, 1_000_000),
  roundTo: whole(5, 1_000_000),
  /** The network's floors, 100 and 10, hold unless `notForRelease` stands there: see charter-sense-learning.ts. */
  minimumRows: whole(1, MAX_LIST_ROWS),
  minimumLevelCount: whole(0, 1_000_000),
  publicDigits: whole(1, 6),
  /** A rehearsal on synthetic or open data: a borough takes part only where its policy says so too. */
  notForRelease: z.literal(true).optional(),
  privacyBudget: z.null("expected null: training makes no claim of differential privacy in this version"),
  maximumRounds: whole(1, 1000),
  minimumDaysBetweenRounds: whole(0, 3660),
});
/** An evaluation has no levels to merge: the model has merged them. */
export const evaluateControls = trainControls.omit({ minimumLevelCount: true });

export type LearningAttribute = z.infer<typeof attribute>;
export type Algorithm = z.infer<typeof algorithm>;
