import type { RandomSource } from "../base/clock.ts";
import type { Value } from "../base/encoding.ts";
import { assert, ProtocolError } from "../base/errors.ts";
import { MAX_MODEL_STEPS } from "../base/limits.ts";
import { scoreRows } from "./final.ts";
import { finishGradient, learnGradientSurvey, learnRound } from "./gradient-opener.ts";
import { trainLocally } from "./gradient-local.ts";
import { readGradientMemory } from "./gradient-memory.ts";
import { gradientParts } from "./gradient-parts.ts";
import type { FinalExtra, Learned, Learner, PublicState, StepLayout } from "./learner.ts";
import { parseState, type NewtonState } from "./newton-state.ts";
import { DOMINANT_ROWS } from "./pass.ts";
import { checkRows, labelBounds, usableRows } from "./rows.ts";
import { surveyLayout, surveyTotals, surveyWords } from "./survey.ts";
import type { GradientSettings, LearningTask } from "./task.ts";

/**
 * Models by rounds of local gradient steps: FedAvg (McMahan et al. 2017, algorithm 1, every borough in every round),
 * FedProx (Li et al. 2020), FedAdam (Reddi et al. 2021, algorithm 2). Beside Newton as baselines; they come near the
 * pooled fit and do not equal it, and how rows are split changes the result. States, columns and the survey are Newton's.
 *
 * A round's sum is n·(b_own − b) and n of each borough. What must never happen here: one borough's own coefficients
 * outside its words, or a batch in an order that others can foresee.
 */

/**
 * A borough's own dice for a step, from a secret of its own and the state: the same stream each time it is asked about
 * one state, so that a contribution that is computed again has the same bytes.
 */
export type StepRandom = (state: PublicState) => RandomSource;

/**
 * @param random of the borough that contributes; openers' steps do not ask it
 * @param extra words of one more sum, at the last coefficients; without it the last round's sum finishes
 * @throws ProtocolError "bad-input" for settings by which nothing, or a handful of rows, could be learned
 */
export function createGradientLearner(
  task: LearningTask,
  random: StepRandom,
  extra: FinalExtra | null = null,
): Learner {
  const settings = checkTask(task);

  function parse(value: PublicState): NewtonState {
    const state = parseState(task, value);
    if (state.stage === "survey") return state;
    const isIn =
      state.stage === "fit" ? state.step < settings.rounds : state.step === settings.rounds && extra !== null;
    if (!isIn) throw new ProtocolError("integrity", "model state: there is no such round");
    return state;
  }

  function layoutOf(state: NewtonState): StepLayout {
    if (state.stage === "survey") return surveyLayout(task);
    const parts = gradientParts(task, state, extra).map(({ name, length, fractionBits }) => {
      return { name, length, fractionBits };
    });
    return { parts, words: parts.reduce((sum, { length }) => sum + length, 0) };
  }

  return {
    begin: () => ({ stage: "survey" }),
    verify(state) {
      parse(state);
    },
    layout: (state) => layoutOf(parse(state)),
    contribute(value, rows, heldOut = rows) {
      const state = parse(value);
      checkRows(task, rows);
      const usable = usableRows(task, rows);
      if (usable.length < task.controls.minimumRows) {
        throw new ProtocolError("disclosure", "learning: fewer usable rows than the charter's minimum");
      }
      if (state.stage === "survey") return surveyWords(task, surveyTotals(task, rows, usable));
      if (state.stage === "fit") return trainLocally({ task, settings, state, rows, usable, random: random(value) });
      const words = new BigUint64Array(layoutOf(state).words);
      words[0] = BigInt(usable.length);
      words.set(extra!.words(scoreRows(task, state, heldOut), heldOut), 1);
      return words;
    },
    learn(value: PublicState, memory: Value, sum: BigUint64Array, members: number): Learned {
      const state = parse(value);
      if (sum.length !== layoutOf(state).words) {
        throw new ProtocolError("integrity", "opened sum: it has another length than its layout");
      }
      if (state.stage === "survey") return learnGradientSurvey(task, sum, members);
      const own = readGradientMemory(memory);
      if (state.stage === "final") return finishGradient({ task, settings, state, memory: own, members, extra }, sum);
      const learned = learnRound({ task, settings, state, memory: own }, sum);
      if (learned.kind === "stopped" || learned.state.step < settings.rounds) return learned;
      if (extra !== null) return { ...learned, state: { ...learned.state, stage: "final" } };
      return finishGradient(
        { task, settings, state: learned.state, memory: own, members, extra },
        new BigUint64Array(0),
      );
    },
  };
}

function checkTask(task: LearningTask): GradientSettings {
  const { algorithm } = task;
  assert(algorithm.name !== "newton" && algorithm.name !== "released", "the task is learned by gradient steps");
  const { rounds, localUpdates, batch, learningRate, mu, serverLearningRate } = algorithm;
  if (task.family === "poisson") throw bad("a poisson model is learned by newton alone");
  labelBounds(task);
  for (const [name, value] of Object.entries({ rounds, localUpdates, batch })) {
    if (!Number.isInteger(value) || value < 1) throw bad(`${name} is not a whole number from 1`);
  }
  if (rounds + 2 > MAX_MODEL_STEPS) throw bad(`rounds: a model has at most ${MAX_MODEL_STEPS} sums`);
  if (!(learningRate > 0 && serverLearningRate > 0 && mu >= 0)) throw bad("a rate or weight is below zero");
  // An update made of a handful of rows says what those rows are (disclosure.md).
  if (localUpdates * batch < DOMINANT_ROWS) throw bad(`a round looks at fewer than ${DOMINANT_ROWS} rows`);
  return algorithm;
}

function bad(what: string): ProtocolError {
  return new ProtocolError("bad-input", `algorithm: ${what}`);
}
