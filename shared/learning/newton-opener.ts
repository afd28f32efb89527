import { ProtocolError } from "../base/errors.ts";
import { MAX_COEFFICIENT_NORM, MAX_MODEL_COLUMNS, MAX_MODEL_STEPS, MAX_WORKING_COEFFICIENT } from "../base/limits.ts";
import { designColumns, withoutColumns, type Column } from "./design.ts";
import { readParts } from "./fixed-sum.ts";
import type { Learned } from "./learner.ts";
import { bytesToWords, canonical, wordsToBytes, type NewtonMemory, type NewtonRun } from "./newton-memory.ts";
import { coarseFeature, rowParts, type FixedState, type ModelState } from "./newton-state.ts";
import { coefficientNorm, dependentColumns, newtonStep, objective, type Sums } from "./newton-step.ts";
import { bernoulliDeviance } from "./result.ts";
import { labelBounds } from "./rows.ts";
import { standardOf, type Standard } from "./standard-scale.ts";
import { prepareDesign, workingScale } from "./standardise.ts";
import { readSurvey, total, type FeatureSurvey, type Survey } from "./survey.ts";
import type { LearningTask, NewtonSettings } from "./task.ts";

/**
 * An opener's steps. What goes into the next public state is coefficients and coarse constants; sums, the deviance
 * among them, stay in memory. Every opener computes the same bytes: fixed orders, and the survey's constants rounded.
 */

/** DataSHIELD's and ACRO's floors (disclosure.md). */
const MOST_PARAMETERS_PER_ROW = 0.33;
const LEAST_RESIDUAL_FREEDOM = 10;
/** Added where coefficients run away, and said in the result. */
export const SEPARATION_RIDGE = 1;
/** Odds beyond e^15 of a level against its reference are a level without one of the labels. */
const SEPARATED_LEVEL = 15;
/**
 * Near separation every step takes the deviance down by about e; a fit that ends does so only in its first steps. The
 * share is of the deviance that an intercept alone leaves: a rare label has little to begin with.
 */
const SEPARATED_DEVIANCE_SHARE = 0.05;
const SEPARATED_DEVIANCE_FALL = 0.6;
const MOST_HALVINGS = 12;
/** Without a number: a determinant of this order over a hundred rows or more has more digits than a coefficient. */
const LEAST_COLUMNS_OF_COUNTS = 4;

export function learnSurvey(task: LearningTask, words: BigUint64Array, members: number): Learned {
  const survey = readSurvey(task, words, members);
  const refusal = refuseCounts(task, survey);
  if (refusal !== null) return stopped(refusal);
  const { design } = prepareDesign(task, survey);
  const label = task.family === "linear" ? workingScale(survey.label) : { centre: 0, scale: 1 };
  if (label === null) return stopped(`label ${task.label.attribute.name} is constant, within its declared range`);
  const state = { stage: "fit" as const, step: 0, rowsBits: Math.ceil(Math.log2(survey.rows + 1)), label, design };
  return startFit(task, state, survey, { survey: wordsToBytes(words), collinear: [], run: null });
}

function refuseCounts({ family, controls }: LearningTask, { rows, classes }: Survey): string | null {
  if (rows < 2) return "there are no rows to learn from";
  // A poisson model needs counts above 0; that few or none of them are 0 is no fault.
  const needed = family === "poisson" ? classes.slice(1) : classes;
  if (classes.length === 2 && Math.min(...needed) === 0)
    return family === "poisson" ? "every row counts 0" : "every row has the same label";
  if (controls.notForRelease !== true && Math.min(...needed) < controls.minimumCount)
    return "a label has fewer rows than the minimum count";
  return null;
}

function startFit(task: LearningTask, fixed: FixedState, survey: Survey, memory: NewtonMemory): Learned {
  const { controls } = task;
  const size = designColumns(task, fixed.design).length + 1;
  if (size > MAX_MODEL_COLUMNS) return stopped(`more than ${MAX_MODEL_COLUMNS} columns`);
  const isTight = size > MOST_PARAMETERS_PER_ROW * survey.rows || survey.rows - size < LEAST_RESIDUAL_FREEDOM;
  if (survey.rows <= size || (controls.notForRelease !== true && isTight)) {
    return stopped("too many parameters for the rows");
  }
  if (controls.notForRelease !== true && isTable(designColumns(task, fixed.design), survey))
    return stopped("the features left make a table of counts, not a model");
  const coarse = coarseFeature(task, fixed);
  if (coarse !== null) return stopped(`${coarse}: its declared range is too wide for what its values are`);
  const coefficients = [startIntercept(task, survey), ...new Array<number>(size - 1).fill(0)];
  return { kind: "next", state: { ...fixed, coefficients }, memory };
}

/**
 * Coefficients are public at full precision, and where they are ratios of small whole numbers they give away counts: those
 * of one flag or category always, those of a few flags together while their determinant has few digits (Promise 1).
 */
function isTable(columns: readonly Column[], { features, rows }: Survey): boolean {
  if (columns.some(({ kind, feature }) => kind === "number" && !isFlag(features[feature]!, rows))) return false;
  return new Set(columns.map(({ feature }) => feature)).size < 2 || columns.length < LEAST_COLUMNS_OF_COUNTS;
}

/** A number that has no values but its bounds is a flag by another name: only there u² is u in every row. */
function isFlag({ missing, moments: { mean, variance } }: FeatureSurvey, rows: number): boolean {
  const present = rows - total(missing.counts);
  return Math.abs((variance * (present - 1)) / present - mean * (1 - mean)) < 2 ** -30;
}

/** As coarse as a centre: to half a power of e. From 0 a poisson fit may overshoot by as much as its mean. */
function startIntercept(task: LearningTask, { label }: Survey): number {
  if (task.family !== "poisson") return 0;
  const { least, most } = labelBounds(task);
  return Math.round(2 * Math.log(least + label.mean * (most - least))) / 2 + 0;
}

/** @throws ProtocolError "integrity" where the figures cannot be sums over the survey's rows */
export function readSums(
  task: LearningTask,
  state: ModelState,
  words: BigUint64Array,
  survey: Survey,
): Sums & { readonly held: number; readonly parts: Map<string, Float64Array> } {
  const layout = rowParts(task, state);
  const length = layout.reduce((sum, part) => sum + part.length, 0);
  const parts = readParts(words.subarray(0, length), layout);
  const [rows, above, held] = [...parts.get("counts")!] as [number, number, number];
  // Fixed at the survey: a node's snapshot is the job's, and the cohort is the first sum's.
  if (rows !== survey.rows || (survey.classes.length === 2 && above !== survey.classes[1])) {
    throw new ProtocolError("integrity", "opened sum: it is not of the survey's rows");
  }
  if (held < 0 || held > rows) throw new ProtocolError("integrity", "opened sum: a count is none");
  const [information, score] = [parts.get("information")!, parts.get("score")!];
  const logLikelihood = parts.get("log-likelihood")![0]!;
  if (task.family !== "poisson" && logLikelihood > 0) {
    throw new ProtocolError("integrity", "opened sum: its likelihood is above one");
  }
  return { size: score.length, information, score, logLikelihood, held, parts };
}

export function learnFit(task: LearningTask, state: ModelState, memory: NewtonMemory, words: BigUint64Array): Learned {
  const survey = readSurvey(task, bytesToWords(memory.survey));
  const sums = readSums(task, state, words, survey);
  const { l2 } = task.algorithm as NewtonSettings;
  if (memory.run === null) {
    const bits = rowParts(task, state).find(({ name }) => name === "information")!.fractionBits;
    // A column that others hold has no coefficient of its own, unless a ridge gives it one.
    const dependent = l2 > 0 ? new Set<number>() : dependentColumns(sums, gridNoise(survey.rows, bits));
    if (dependent.size > 0) return withoutDependent(task, state, memory, survey, dependent);
    const start = [...state.coefficients];
    const run = { first: wordsToBytes(words), start, ridge: l2, separated: false, iterations: 0 };
    return takeStep(task, state, survey, memory, sums, run);
  }

  const { run } = memory;
  const standard = firstStandard(task, state, run, survey);
  const reached = objective(sums, standard, run.ridge, state.coefficients);
  const slack = gridSlack(task, state, survey.rows) + 1e-12 * Math.abs(run.objective);
  if (sums.held > 0 || reached > run.objective + slack) {
    const shorter = { ...run, halvings: run.halvings + 1 };
    if (shorter.halvings > MOST_HALVINGS) return separate(task, state, survey, memory, run);
    return goTo(task, state, survey, memory, shorter, standard);
  }
  const deviance = -2 * sums.logLikelihood;
  const isFalling = deviance < SEPARATED_DEVIANCE_FALL * run.deviance;
  const isLittle = deviance < SEPARATED_DEVIANCE_SHARE * bernoulliDeviance(survey.rows, survey.classes[1] ?? 0);
  if (task.family === "logistic" && isFalling && isLittle) {
    return separate(task, state, survey, memory, run);
  }
  return takeStep(task, state, survey, memory, sums, run);
}

type Fixed = Pick<NewtonRun, "first" | "start" | "ridge" | "separated" | "iterations">;

/** From sums at coefficients that are kept to the next. */
function takeStep(
  task: LearningTask,
  state: ModelState,
  survey: Survey,
  memory: NewtonMemory,
  sums: Sums,
  { first, start, ridge, separated, iterations }: Fixed,
): Learned {
  const { tolerance, maximumIterations } = task.algorithm as NewtonSettings;
  const standard = firstStandard(task, state, { first }, survey);
  const base = [...state.coefficients];
  const bits = rowParts(task, state).find(({ name }) => name === "score")!.fractionBits;
  const step = newtonStep(sums, standard, ridge, base, gridNoise(survey.rows, bits));
  const fixed = { first, start, ridge, separated, iterations };
  if (step.kind === "singular") return separate(task, state, survey, memory, fixed);
  const run: NewtonRun = {
    ...fixed,
    base,
    objective: objective(sums, standard, ridge, base) + 0,
    deviance: -2 * sums.logLikelihood + 0,
    direction: canonical(step.direction),
    halvings: 0,
    iterations: iterations + 1,
  };
  const isDone = step.length < Math.max(tolerance, step.floor);
  if (!isDone && run.iterations >= maximumIterations) return stopped("no convergence within the steps allowed");
  return goTo(task, state, survey, memory, run, standard, isDone ? "final" : "fit");
}

/** Along the direction, shorter where the whole step would leave the bounds: an overshoot from well inside is none yet. */
function goTo(
  task: LearningTask,
  state: ModelState,
  survey: Survey,
  memory: NewtonMemory,
  run: NewtonRun,
  standard: Standard,
  stage: ModelState["stage"] = "fit",
): Learned {
  const isBeyond = (share: number, b: readonly number[]) => hasRunAway(task, state, standard, b, share);
  const whole = along(run);
  if (!isBeyond(1, whole)) return next(state, stage, whole, { ...memory, run });
  const shorter = { ...run, halvings: run.halvings + 1 };
  const isStuck = isBeyond(0.5, run.base) || shorter.halvings > MOST_HALVINGS;
  return isStuck ? separate(task, state, survey, memory, run) : goTo(task, state, survey, memory, shorter, standard);
}

/** Coefficients that run away have no finite best: once more from the first sum, with a ridge. */
function separate(
  task: LearningTask,
  state: ModelState,
  survey: Survey,
  memory: NewtonMemory,
  { first, start, ridge }: Fixed,
): Learned {
  if (task.family === "linear" || ridge >= SEPARATION_RIDGE) return stopped("the coefficients do not settle");
  const again = { ...state, stage: "fit" as const, coefficients: start };
  const sums = readSums(task, again, bytesToWords(first), survey);
  const fixed = { first, start, ridge: SEPARATION_RIDGE, separated: true, iterations: 0 };
  return takeStep(task, again, survey, memory, sums, fixed);
}

function withoutDependent(
  task: LearningTask,
  state: ModelState,
  memory: NewtonMemory,
  survey: Survey,
  dependent: ReadonlySet<number>,
): Learned {
  const names = designColumns(task, state.design).map(({ name }) => name);
  const collinear = [...memory.collinear, ...[...dependent].sort((a, b) => a - b).map((place) => names[place]!)];
  const design = withoutColumns(state.design, dependent);
  return startFit(task, { ...state, step: state.step + 1, design }, survey, { ...memory, collinear });
}

function next(state: ModelState, stage: ModelState["stage"], coefficients: number[], memory: NewtonMemory): Learned {
  if (state.step >= MAX_MODEL_STEPS) return stopped("no convergence within the steps allowed");
  return { kind: "next", state: { ...state, stage, step: state.step + 1, coefficients }, memory };
}

function along({ base, direction, halvings }: NewtonRun): number[] {
  return canonical(base.map((value, index) => value + direction[index]! * 2 ** -halvings));
}

/** Whether coefficients are beyond that share of any bound. */
function hasRunAway(
  task: LearningTask,
  state: ModelState,
  standard: Standard,
  b: readonly number[],
  share: number,
): boolean {
  if (b.some((value) => !(Math.abs(value) <= share * MAX_WORKING_COEFFICIENT))) return true;
  if (coefficientNorm(b, standard) > share * MAX_COEFFICIENT_NORM) return true;
  if (task.family === "linear") return false;
  return designColumns(task, state.design).some(
    ({ kind }, index) => kind !== "number" && Math.abs(b[index + 1]!) > share * SEPARATED_LEVEL,
  );
}

export function firstStandard(
  task: LearningTask,
  state: ModelState,
  { first }: Pick<NewtonRun, "first">,
  survey: Survey,
): Standard {
  const { information, size } = readSums(task, { ...state, stage: "fit" }, bytesToWords(first), survey);
  return standardOf(information, size, survey.rows);
}

/** What rounding adds to a sum, about: half places at random. */
function gridNoise(rows: number, fractionBits: number): number {
  return Math.sqrt(rows / 12) * 2 ** -fractionBits;
}

/** What rounding may add to the deviance at most. */
function gridSlack(task: LearningTask, state: ModelState, rows: number): number {
  const { fractionBits } = rowParts(task, state).find(({ name }) => name === "log-likelihood")!;
  return 2 * rows * 2 ** -fractionBits;
}

function stopped(why: string): Learned {
  return { kind: "stopped", why };
}
