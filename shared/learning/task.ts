/**
 * What is to be learned, as the charter says it: the parts of `operation.kind: train | evaluate` that the arithmetic
 * needs, with every feature's declaration beside its name. shared/protocol reads it from a charter; nothing here knows
 * of charters, rounds or databases.
 */
export interface LearningTask {
  readonly family: "logistic" | "linear" | "poisson";
  readonly label: Label;
  /** In the order of the coefficients after the intercept. */
  readonly features: readonly Feature[];
  readonly missing: "drop-row" | "indicator";
  /** pooled: mean and sd (n − 1) over all boroughs; none: numbers enter as they are, mapped to [0, 1] only inside. */
  readonly standardise: "pooled" | "none";
  readonly algorithm: NewtonSettings | GradientSettings | ReleasedModel;
  readonly outputs: readonly LearningOutput[];
  readonly evaluate: EvaluationTask | null;
  readonly controls: LearningControls;
}

/** The label is an attribute too. A missing or unreadable label leaves the row out. */
export interface Label {
  readonly attribute: Feature;
  /** logistic: what counts as positive. Null where the attribute is a flag, and for numbers of linear and poisson. */
  readonly positive: { readonly is: ">" | ">=" | "="; readonly than: number | string } | null;
}

export type Feature =
  /** A value outside [least, most] is unreadable, so missing. */
  | { readonly name: string; readonly type: "number"; readonly least: number; readonly most: number }
  /** The first code is the reference level. A code that is not listed is unreadable, so missing. */
  | { readonly name: string; readonly type: "category"; readonly codes: readonly string[] }
  /** 1 where the code is one of `yes`, else 0; missing where there is none. */
  | { readonly name: string; readonly type: "flag"; readonly yes: readonly string[] };

export interface NewtonSettings {
  readonly name: "newton";
  /** Of ½·l2·|b|² on the sum of log losses, standardised scale, intercept not penalised. */
  readonly l2: number;
  /** On max |Δb|. */
  readonly tolerance: number;
  readonly maximumIterations: number;
}

export interface GradientSettings {
  readonly name: "fedavg" | "fedprox" | "fedadam";
  readonly rounds: number;
  /** Local steps a round, each on a batch. */
  readonly localUpdates: number;
  readonly batch: number;
  readonly learningRate: number;
  /** fedprox: weight of ½·mu·|b − b_global|². 0 otherwise. */
  readonly mu: number;
  /** fedadam: the server's step. 1 otherwise. */
  readonly serverLearningRate: number;
}

/** A model that is there already: nothing is learned, and only nodes know its equation. */
export interface ReleasedModel {
  readonly name: "released";
}

export type LearningOutput = "coefficients" | "standard-errors" | "cluster-robust" | "deviance" | "aic";

export interface EvaluationTask {
  readonly metrics: readonly EvaluationMetric[];
  /** Attributes (categories or flags, among the features or declared beside them) to compare groups by. */
  readonly groups: readonly Feature[];
  /** Of the histogram over scores in [0, 1]. */
  readonly bins: number;
  /** At how many rows from the top precision, recall and lift are given. */
  readonly top: readonly number[];
}

export type EvaluationMetric =
  "accuracy" | "auc" | "brier" | "calibration" | "precision-at" | "recall-at" | "lift-at" | "group-gaps";

export interface LearningControls {
  readonly minimumCount: number;
  readonly roundTo: number;
  /** A node with fewer usable rows does not take part. */
  readonly minimumRows: number;
  /** Levels that fewer rows of all boroughs have, with either label, are merged into "other". */
  readonly minimumLevelCount: number;
  /** Significant figures of what is published. */
  readonly publicDigits: number;
  /**
   * Levels that fewer boroughs have are merged too, and groups of fewer withheld: LEAST_HOLDERS (holders.ts) unless told otherwise. 1 where all
   * rows are in one place, as they are in no round.
   */
  readonly minimumHolders?: number;
  /** A rehearsal on open or made-up rows: what would give rows or a borough away is not refused. */
  readonly notForRelease?: true | undefined;
}

/** One borough's rows, column by column; NaN is missing or unreadable. Never leaves the node. */
export interface LearningRows {
  readonly count: number;
  /** logistic: 0 or 1; otherwise the number. */
  readonly label: Float64Array;
  /** By feature of the task, `count` long: natural units, 0 or 1 of a flag, place in `codes` of a category. */
  readonly features: readonly Float64Array[];
  /** By group of task.evaluate, as features are. */
  readonly groups: readonly Float64Array[];
}
