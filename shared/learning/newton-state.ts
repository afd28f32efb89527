import { z } from "zod";
import { ProtocolError } from "../base/errors.ts";
import {
  MAX_MODEL_COLUMNS,
  MAX_MODEL_ROWS,
  MAX_MODEL_STEPS,
  MAX_PARTIES,
  MAX_WORKING_COEFFICIENT,
} from "../base/limits.ts";
import { parseShape } from "../base/shape.ts";
import {
  checkDesign,
  columnBits,
  designColumns,
  designShape,
  workingBits,
  workingScaleShape,
  type Column,
} from "./design.ts";
import { fractionBitsFor, LEAST_FRACTION_BITS, MOST_FINE_BITS } from "./fixed-sum.ts";
import { triangleLength } from "./cholesky.ts";
import type { FinalExtra, PublicState, StepPart } from "./learner.ts";
import { labelBounds } from "./rows.ts";
import type { LearningTask } from "./task.ts";

/**
 * The public states of a Newton fit: `survey`, then `fit` once a step, then `final`. The coordinator sees them, so they
 * hold coefficients and coarse constants, and no sum. Attacker-controlled where a node gets one.
 */
const MOST_ROWS_BITS = Math.ceil(Math.log2(MAX_MODEL_ROWS * MAX_PARTIES));
const survey = z.strictObject({ stage: z.literal("survey") });
const model = z.strictObject({
  stage: z.enum(["fit", "final"]),
  /** How many fitting sums there were before this one. */
  step: z.number().int().min(0).max(MAX_MODEL_STEPS),
  /** All boroughs have at most 2^rowsBits rows. */
  rowsBits: z.number().int().min(0).max(MOST_ROWS_BITS),
  /** Of a linear label, mapped to [0, 1]; 0 and 1 for the others. */
  label: workingScaleShape,
  design: designShape,
  /** Working scale, intercept first. */
  coefficients: z
    .array(z.number().min(-MAX_WORKING_COEFFICIENT).max(MAX_WORKING_COEFFICIENT))
    .min(1)
    .max(MAX_MODEL_COLUMNS),
});
const state = z.discriminatedUnion("stage", [survey, model]);

export type ModelState = z.infer<typeof model>;
export type NewtonState = z.infer<typeof state>;
/** What a model's layout follows from. */
export type FixedState = Omit<ModelState, "coefficients">;

/** @throws ProtocolError "integrity" for a state that this task cannot come to, or beyond its caps */
export function parseState(task: LearningTask, value: PublicState): NewtonState {
  const parsed = parseShape(state, value, "model state", "integrity");
  if (parsed.stage === "survey") return parsed;
  checkDesign(task, parsed.design);
  const columns = designColumns(task, parsed.design);
  if (parsed.coefficients.length !== columns.length + 1) throw bad("it has another number of coefficients");
  const { centre, scale } = parsed.label;
  if (task.family !== "linear" && (centre !== 0 || scale !== 1)) throw bad(`a ${task.family} label has no scale`);
  const coarse = coarseFeature(task, parsed);
  if (coarse !== null) throw bad(`feature ${coarse} leaves too few binary places`);
  return parsed;
}

/** How far a family's figures of one row may go, as powers of two. */
export interface FamilyBits {
  readonly weight: number;
  readonly residual: number;
  readonly likelihood: number;
  /** Of the label's own figures, in the last sum. */
  readonly label: number;
}
/** Beyond it a linear predictor is held, counted, and the step taken back (learner.ts). */
export interface PredictorRange {
  readonly least: number;
  readonly most: number;
}

/** A logistic row with odds beyond e^1024 is none. */
const LOGISTIC_PREDICTOR_BITS = 10;
/** A linear predictor may go to four times the label's range. */
const LINEAR_PREDICTOR_BITS = 2;
/** A poisson mean may go from e^-64 to four times the most that the label can be. */
const POISSON_LEAST_PREDICTOR_BITS = 6;
const POISSON_MEAN_BITS = 2;

export function familyBits(task: LearningTask, { label }: Pick<ModelState, "label">): FamilyBits {
  switch (task.family) {
    case "logistic":
      return { weight: -2, residual: 0, likelihood: LOGISTIC_PREDICTOR_BITS + 1, label: 0 };
    case "linear": {
      const residual = workingBits(label) + LINEAR_PREDICTOR_BITS + 1;
      return { weight: 0, residual, likelihood: 2 * residual, label: 2 * workingBits(label) };
    }
    case "poisson": {
      const mean = poissonMostBits(task) + POISSON_MEAN_BITS;
      const likelihood = mean + POISSON_LEAST_PREDICTOR_BITS;
      return { weight: mean, residual: mean, likelihood, label: likelihood };
    }
  }
}

export function predictorRange(task: LearningTask, { label }: Pick<ModelState, "label">): PredictorRange {
  switch (task.family) {
    case "logistic":
      return { least: -(2 ** LOGISTIC_PREDICTOR_BITS), most: 2 ** LOGISTIC_PREDICTOR_BITS };
    case "linear": {
      const most = 2 ** (workingBits(label) + LINEAR_PREDICTOR_BITS);
      return { least: -most, most };
    }
    case "poisson":
      return {
        least: -(2 ** POISSON_LEAST_PREDICTOR_BITS),
        most: (poissonMostBits(task) + POISSON_MEAN_BITS) * Math.LN2,
      };
  }
}

function poissonMostBits(task: LearningTask): number {
  return Math.max(0, Math.ceil(Math.log2(labelBounds(task).most)));
}

/** A part, and what one row may come to in it. */
export type BoundedPart = StepPart & { readonly valueBits: number };

/** The row sums: their words come first, and every row's figure is on the grid. */
export function rowParts(task: LearningTask, own: FixedState): BoundedPart[] {
  const columns = designColumns(task, own.design);
  const size = columns.length + 1;
  const widest = Math.max(0, ...columns.map(columnBits));
  const bits = familyBits(task, own);
  const part = (name: string, length: number, valueBits: number, most?: number): BoundedPart => {
    return { name, length, valueBits, fractionBits: fractionBitsFor(valueBits, own.rowsBits, most) };
  };
  const count = (name: string, length: number): BoundedPart => ({ name, length, valueBits: 0, fractionBits: 0 });
  const fitted = [
    part("information", triangleLength(size), bits.weight + 2 * widest),
    part("score", size, bits.residual + widest, MOST_FINE_BITS),
    part("log-likelihood", 1, bits.likelihood, MOST_FINE_BITS),
    // Usable rows; those with a label above 0; those whose predictor was held.
    count("counts", 3),
  ];
  return own.stage === "fit" ? fitted : [...fitted, part("label", 3, bits.label)];
}

/** The last sum's further words: clusters where asked, then what evaluation counts. */
export function finalParts(task: LearningTask, own: ModelState, extra: FinalExtra | null): StepPart[] {
  return own.stage === "fit" ? [] : [...clusterParts(task, own), ...(extra?.parts ?? [])];
}

/**
 * Where asked, every borough's outer product of its own score over 2^rowsBits: the boroughs' scores so scaled come to no
 * more than one row's together, and neither do the products.
 */
export function clusterParts(task: LearningTask, own: ModelState): StepPart[] {
  if (!task.outputs.includes("cluster-robust")) return [];
  const columns = designColumns(task, own.design);
  const widest = Math.max(0, ...columns.map(columnBits));
  const valueBits = 2 * (familyBits(task, own).residual + widest);
  return [{ name: "clusters", length: triangleLength(columns.length + 1), fractionBits: 61 - valueBits }];
}

/** The feature whose declared range leaves a part too few binary places, or null. */
export function coarseFeature(task: LearningTask, own: FixedState): string | null {
  const parts = rowParts(task, own);
  if (parts.every(({ name, fractionBits }) => name === "counts" || fractionBits >= LEAST_FRACTION_BITS)) return null;
  const columns = designColumns(task, own.design);
  const widest = columns.reduce<Column | null>(
    (most, column) => (most === null || columnBits(column) > columnBits(most) ? column : most),
    null,
  );
  // Whichever takes more of the places: the label's range, or the square of a column's.
  if (widest === null || 2 * columnBits(widest) <= Math.max(0, familyBits(task, own).weight)) {
    return task.label.attribute.name;
  }
  return task.features[widest.feature]!.name;
}

function bad(what: string): ProtocolError {
  return new ProtocolError("integrity", `model state: ${what}`);
}
