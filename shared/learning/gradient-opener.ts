import type { ValueMap } from "../base/encoding.ts";
import { ProtocolError } from "../base/errors.ts";
import { MAX_COEFFICIENT_NORM, MAX_WORKING_COEFFICIENT } from "../base/limits.ts";
import { protectCount } from "../disclosure/protect-count.ts";
import { designColumns } from "./design.ts";
import { modelEquation } from "./equation.ts";
import { readParts } from "./fixed-sum.ts";
import type { GradientMemory } from "./gradient-memory.ts";
import { gradientParts } from "./gradient-parts.ts";
import type { FinalExtra, Learned } from "./learner.ts";
import { bytesToWords, canonical, wordsToBytes } from "./newton-memory.ts";
import { learnSurvey } from "./newton-opener.ts";
import type { ModelState } from "./newton-state.ts";
import { significant } from "./published-figures.ts";
import { naturalScale, rescale } from "./standard-scale.ts";
import { prepareDesign } from "./standardise.ts";
import { readSurvey } from "./survey.ts";
import type { GradientSettings, LearningTask } from "./task.ts";

/** An opener's steps of a gradient learner. The average update goes no further than the next coefficients. */
export interface OpenedRound {
  readonly task: LearningTask;
  readonly settings: GradientSettings;
  readonly state: ModelState;
  readonly memory: GradientMemory;
}

/** Reddi et al. 2021, section 4: the constants that they keep fixed. */
const MEAN_DECAY = 0.9;
const SQUARE_DECAY = 0.99;
const ADAPTIVITY = 1e-3;

/** Newton's survey and its refusals; with `standardise: none` numbers stay on [0, 1]. */
export function learnGradientSurvey(task: LearningTask, words: BigUint64Array, members: number): Learned {
  const learned = learnSurvey(task, words, members);
  if (learned.kind !== "next") return learned;
  const memory: GradientMemory = { survey: wordsToBytes(words), mean: [], square: [] };
  if (task.standardise === "pooled") return { ...learned, memory };
  const design = (learned.state as ModelState).design;
  const plain = design.map((own) => (own.kind === "number" ? { ...own, centre: 0, scale: 1 } : own));
  return { ...learned, state: { ...learned.state, design: plain }, memory };
}

/**
 * The average of the boroughs' updates, weighted by rows, and the server's step with it.
 * @throws ProtocolError "integrity" where the sum is not of the survey's rows, or beyond what local steps can do
 */
export function learnRound(
  { task, settings, state, memory }: OpenedRound,
  sum: BigUint64Array,
): Exclude<Learned, { kind: "finished" }> & ({ kind: "stopped" } | { kind: "next"; state: ModelState }) {
  const parts = readParts(sum, gradientParts(task, state, null));
  const rows = checkedRows(task, memory, parts.get("rows")![0]!);
  const average = Array.from(parts.get("update")!, (value) => value / rows);
  if (average.some((value) => Math.abs(value) > 2 * MAX_WORKING_COEFFICIENT)) {
    throw new ProtocolError("integrity", "opened sum: an update is beyond its cap");
  }
  const { step, kept } = serverStep(settings, memory, average);
  const coefficients = canonical(state.coefficients.map((value, index) => value + step[index]!));
  const hasRunAway =
    coefficients.some((value) => !(Math.abs(value) <= MAX_WORKING_COEFFICIENT)) ||
    Math.hypot(...coefficients.slice(1)) > MAX_COEFFICIENT_NORM;
  if (hasRunAway) return { kind: "stopped", why: "the coefficients run away: the learning rate is too large" };
  return { kind: "next", state: { ...state, step: state.step + 1, coefficients }, memory: { ...memory, ...kept } };
}

function serverStep(
  { name, serverLearningRate }: GradientSettings,
  memory: GradientMemory,
  average: readonly number[],
): { step: number[]; kept: Pick<GradientMemory, "mean" | "square"> } {
  if (name !== "fedadam") {
    return { step: average.map((value) => serverLearningRate * value), kept: { mean: [], square: [] } };
  }
  // Algorithm 2: no correction of the first rounds' bias.
  const mean = average.map((value, index) => MEAN_DECAY * (memory.mean[index] ?? 0) + (1 - MEAN_DECAY) * value);
  const square = average.map(
    (value, index) => SQUARE_DECAY * (memory.square[index] ?? ADAPTIVITY ** 2) + (1 - SQUARE_DECAY) * value ** 2,
  );
  return {
    step: mean.map((value, index) => (serverLearningRate * value) / (Math.sqrt(square[index]!) + ADAPTIVITY)),
    kept: { mean: canonical(mean), square: canonical(square) },
  };
}

/** The model, exact and as it may be published; coefficients in the features' own units. */
export function finishGradient(
  {
    task,
    settings,
    state,
    memory,
    members,
    extra,
  }: OpenedRound & { readonly members: number; readonly extra: FinalExtra | null },
  sum: BigUint64Array,
): Learned {
  const survey = readSurvey(task, bytesToWords(memory.survey));
  if (extra !== null) checkedRows(task, memory, Number(sum[0]!));
  const evaluated = extra === null ? null : extra.read(sum.subarray(1));
  const natural = canonical(rescale(naturalScale(task, state), state.coefficients));
  const names = ["intercept", ...designColumns(task, state.design).map(({ name }) => name)];
  const { merged, dropped } = prepareDesign(task, survey);
  const { controls } = task;
  const result = (digits: (value: number) => number): ValueMap => ({
    family: task.family,
    algorithm: settings.name,
    scale: "natural",
    features: names.slice(1),
    members,
    rounds: settings.rounds,
    merged: merged.map(({ feature, levels, into }) => ({ feature, levels: [...levels], into })),
    dropped: dropped.map((item) => ({ ...item })),
    coefficients: names.map((name, index) => ({ name, estimate: digits(natural[index]!) })),
    model: modelEquation(task, state, natural, digits),
  });
  const positives = survey.classes[1] ?? null;
  const published: ValueMap = {
    ...result((value) => significant(value, controls.publicDigits)),
    n: protectCount(survey.rows, controls),
    positives: positives === null ? null : protectCount(positives, controls),
    evaluation: evaluated?.published ?? null,
  };
  const exact: ValueMap = {
    ...result((value) => value + 0),
    n: survey.rows,
    positives,
    evaluation: evaluated?.exact ?? null,
  };
  return { kind: "finished", published, exact };
}

/** Fixed at the survey: a node's snapshot is the job's, and the cohort is the first sum's. */
function checkedRows(task: LearningTask, memory: GradientMemory, rows: number): number {
  if (rows !== readSurvey(task, bytesToWords(memory.survey)).rows) {
    throw new ProtocolError("integrity", "opened sum: it is not of the survey's rows");
  }
  return rows;
}
