import type { Value, ValueMap } from "../base/encoding.ts";
import { protectCount } from "../disclosure/protect-count.ts";
import { designColumns } from "./design.ts";
import { linearLabel } from "./family.ts";
import type { NewtonMemory, NewtonRun } from "./newton-memory.ts";
import type { ModelState } from "./newton-state.ts";
import type { Sums } from "./newton-step.ts";
import { modelEquation } from "./equation.ts";
import { naturalScale, rescale, rescaledErrors, standardScale, type Scale, type Standard } from "./standard-scale.ts";
import { prepareDesign } from "./standardise.ts";
import type { Survey } from "./survey.ts";
import { normalTails, studentTails } from "./tails.ts";
import type { LearningTask } from "./task.ts";

/**
 * What a finished fit says: `exact` for openers, and for the observer of a simulation; `published` for everybody, where
 * figures have the charter's significant digits, counts pass threshold and rounding, and whatever follows from a count
 * is derived from the protected one (disclosure.md).
 */
export interface FinishedFit {
  readonly state: ModelState;
  readonly memory: NewtonMemory;
  readonly run: NewtonRun;
  readonly survey: Survey;
  readonly standard: Standard;
  readonly sums: Sums & { readonly parts: Map<string, Float64Array> };
  /** Of the penalised information, in full rows. */
  readonly inverse: Float64Array;
  /** Covariance that allows for boroughs as clusters; null where not asked, or where rounding would hide it. */
  readonly robust: Float64Array | null;
  readonly warnings: readonly string[];
  readonly members: number;
}

/** Fewer events of the rarer label a column are warned of. */
const EVENTS_PER_COLUMN = 10;

export function modelResult(task: LearningTask, fit: FinishedFit): { published: ValueMap; exact: ValueMap } {
  const { state, memory, run, survey, standard, members } = fit;
  const names = ["intercept", ...designColumns(task, state.design).map(({ name }) => name)];
  const natural = naturalScale(task, state);
  const reported = task.standardise === "pooled" ? standardScale(task, state, standard) : natural;
  const freedom = survey.rows - names.length;
  const fitness = goodness(task, fit, freedom);
  const table = (scale: Scale, dispersion: number) => coefficientTable(task, fit, names, scale, dispersion, freedom);
  const coefficients = table(reported, fitness.dispersion);
  const { merged, dropped } = prepareDesign(task, survey);
  const positives = survey.classes.length === 2 ? survey.classes[1]! : null;
  const common = {
    family: task.family,
    scale: task.standardise === "pooled" ? "standardised" : "natural",
    features: names.slice(1),
    members,
    iterations: run.iterations,
    converged: true,
    ridge: run.ridge,
    separated: run.separated,
    merged: merged.map(({ feature, levels, into }) => ({ feature, levels: [...levels], into })),
    dropped: [...dropped, ...memory.collinear.map((name) => ({ name, why: "collinear" }))].map((item) => ({ ...item })),
  };
  const exact = {
    ...common,
    coefficients: coefficients.map(rowOf),
    natural: table(natural, fitness.dispersion).map(rowOf),
    model: modelEquation(task, state, rescale(natural, state.coefficients), (value) => value + 0),
    n: survey.rows,
    positives,
    deviance: fitness.deviance + 0,
    nullDeviance: fitness.nullDeviance + 0,
    aic: aicOf(task, fitness.deviance, fitness.likelihoodShift, survey.rows, names.length) + 0,
    warnings: [...warningsOf(task, survey.rows, positives, names.length), ...fit.warnings],
  };
  return { published: publish(task, fit, common, coefficients, natural, fitness), exact };
}

interface Goodness {
  readonly deviance: number;
  readonly nullDeviance: number;
  /** −2·log-likelihood of the saturated model: what AIC adds to a poisson deviance. */
  readonly likelihoodShift: number;
  /** Of a linear label's residuals, working scale. */
  readonly dispersion: number;
}

function goodness(task: LearningTask, { state, sums, survey }: FinishedFit, freedom: number): Goodness {
  const deviance = -2 * sums.logLikelihood;
  const [first, second, third] = [...sums.parts.get("label")!] as [number, number, number];
  const { rows, classes } = survey;
  switch (task.family) {
    case "logistic":
      return { deviance, nullDeviance: bernoulliDeviance(rows, classes[1]!), likelihoodShift: 0, dispersion: 1 };
    case "linear": {
      const { unit } = linearLabel(task, state);
      const squares = second - (first * first) / rows;
      const square = unit * unit;
      return {
        deviance: deviance * square,
        nullDeviance: squares * square,
        likelihoodShift: 0,
        dispersion: deviance / freedom,
      };
    }
    case "poisson": {
      const nullLikelihood = first * Math.log(first / rows) - first;
      return {
        deviance: 2 * second + deviance,
        nullDeviance: 2 * (second - nullLikelihood),
        likelihoodShift: 2 * (third - second),
        dispersion: 1,
      };
    }
  }
}

/** What an intercept alone leaves. */
export function bernoulliDeviance(rows: number, positives: number): number {
  const part = (count: number) => (count === 0 ? 0 : count * Math.log(count / rows));
  return -2 * (part(positives) + part(rows - positives));
}

function aicOf({ family }: LearningTask, deviance: number, shift: number, rows: number, size: number): number {
  if (family !== "linear") return deviance + shift + 2 * size;
  // The variance is a parameter too.
  return rows * (Math.log((2 * Math.PI * deviance) / rows) + 1) + 2 * (size + 1);
}

interface Coefficient {
  readonly name: string;
  readonly estimate: number;
  readonly se: number;
  readonly robustSe: number | null;
  readonly tails: (z: number) => number;
}

function coefficientTable(
  task: LearningTask,
  { state, inverse, robust }: FinishedFit,
  names: readonly string[],
  scale: Scale,
  dispersion: number,
  freedom: number,
): Coefficient[] {
  const estimates = rescale(scale, state.coefficients);
  const errors = rescaledErrors(scale, inverse);
  const robustErrors = robust === null ? null : rescaledErrors(scale, robust);
  const tails = task.family === "linear" ? (z: number) => studentTails(z, freedom) : normalTails;
  return names.map((name, index) => ({
    name,
    estimate: estimates[index]! + 0,
    se: errors[index]! * Math.sqrt(dispersion),
    robustSe: robustErrors === null ? null : robustErrors[index]!,
    tails,
  }));
}

function rowOf({ name, estimate, se, robustSe, tails }: Coefficient): ValueMap {
  const z = estimate / se;
  return { name, estimate, se, z: z + 0, p: tails(z), robustSe };
}

function publish(
  task: LearningTask,
  { state, survey, sums, warnings }: FinishedFit,
  common: ValueMap,
  coefficients: readonly Coefficient[],
  natural: Scale,
  fitness: Goodness,
): ValueMap {
  const { controls, outputs } = task;
  const digits = (value: number) => Number(value.toPrecision(controls.publicDigits)) + 0;
  const rows = protectCount(survey.rows, controls);
  const positives = protectPositives(survey, controls);
  const deviance = digits(fitness.deviance);
  const isWhole = typeof rows === "number" && rows > 0;
  const nullDeviance =
    task.family !== "logistic"
      ? fitness.nullDeviance
      : isWhole && typeof positives === "number"
        ? bernoulliDeviance(rows, positives)
        : null;
  const errors = outputs.includes("standard-errors");
  const published = coefficients.map(({ name, estimate, se, robustSe, tails }): ValueMap => {
    const own = { name, estimate: digits(estimate) };
    const [shown, clustered] = [digits(se), robustSe === null ? null : digits(robustSe)];
    const z = digits(own.estimate / shown);
    return {
      ...own,
      ...(errors ? { se: shown, z, p: digits(tails(z)) } : {}),
      ...(clustered === null ? {} : { robustSe: clustered }),
    };
  });
  const size = sums.size;
  return {
    ...common,
    coefficients: published,
    model: modelEquation(task, state, rescale(natural, state.coefficients), digits),
    n: rows,
    positives,
    ...(outputs.includes("deviance")
      ? { deviance, nullDeviance: nullDeviance === null ? null : digits(nullDeviance) }
      : {}),
    ...(outputs.includes("aic") && isWhole
      ? { aic: digits(aicOf(task, deviance, digits(fitness.likelihoodShift), rows, size)) }
      : {}),
    warnings: [
      ...(isWhole ? warningsOf(task, rows, typeof positives === "number" ? positives : null, size) : []),
      ...warnings,
    ],
  };
}

/** Rows above 0; withheld with the rows at 0 too, which follow from both. */
function protectPositives({ rows, classes }: Survey, controls: LearningTask["controls"]): Value {
  const [below, above] = classes;
  if (above === undefined) return null;
  if (protectCount(below!, controls) === "c") return "c";
  const shown = [protectCount(above, controls), protectCount(rows, controls)];
  return shown.includes("c") ? "c" : Math.min(...(shown as number[]));
}

function warningsOf({ family }: LearningTask, rows: number, positives: number | null, size: number): string[] {
  // A count has no rarer label.
  if (family !== "logistic" || positives === null) return [];
  const events = Math.min(positives, rows - positives) / Math.max(1, size - 1);
  if (events >= EVENTS_PER_COLUMN) return [];
  return [`${events.toFixed(1)} rows of the rarer label a coefficient: under ten, the coefficients are uncertain`];
}
