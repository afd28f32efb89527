import type { Value } from "../base/encoding.ts";
import { assert, ProtocolError } from "../base/errors.ts";
import { finalWords, finishModel } from "./final.ts";
import { readParts, totalsToWords } from "./fixed-sum.ts";
import type { FinalExtra, Learned, Learner, PublicState, StepLayout } from "./learner.ts";
import { learnFit, learnSurvey } from "./newton-opener.ts";
import { readMemory } from "./newton-memory.ts";
import { finalParts, parseState, rowParts, type NewtonState } from "./newton-state.ts";
import { addPasses, DOMINANT_ROWS, passRows, type RowsPass } from "./pass.ts";
import { labelBounds } from "./rows.ts";
import { surveyLayout, surveyWords } from "./survey.ts";
import type { LearningRows, LearningTask } from "./task.ts";

/**
 * Generalised linear models by federated Newton/IRLS (protocol.md, "Learning"): a survey, then one sum a step at public
 * coefficients, then a last one at those that converged. The figures are those of the pooled rows but for the grid.
 * What must never happen here: a sum in a public state, a row's figure clipped, a borough's own figure outside its words.
 */
export interface NewtonLearner extends Learner {
  /** A run of the rows, in any thread; plain values in and out. */
  pass(state: PublicState, rows: LearningRows): RowsPass;
  /**
   * The words that the runs come to together: what `contribute` gives for all rows at once.
   * @param heldOut see contribute
   */
  words(state: PublicState, passes: readonly RowsPass[], heldOut: LearningRows): BigUint64Array;
}

/**
 * @param extra words at the end of the last sum, read there
 * @throws ProtocolError "bad-input" for a task that no rows could be learned by
 */
export function createNewtonLearner(task: LearningTask, extra: FinalExtra | null = null): NewtonLearner {
  checkTask(task);

  function layoutOf(state: NewtonState): StepLayout {
    if (state.stage === "survey") return surveyLayout(task);
    const own = rowParts(task, state).map(({ name, length, fractionBits }) => ({ name, length, fractionBits }));
    const parts = [...own, ...finalParts(task, state, extra)];
    return { parts, words: parts.reduce((sum, { length }) => sum + length, 0) };
  }

  function words(value: PublicState, passes: readonly RowsPass[], heldOut: LearningRows): BigUint64Array {
    const state = parseState(task, value);
    const pass = addPasses(passes);
    if (pass.rows < task.controls.minimumRows) {
      throw new ProtocolError("disclosure", "learning: fewer usable rows than the charter's minimum");
    }
    if (state.stage === "survey") return surveyWords(task, pass.totals);
    if (pass.rows > 2 ** state.rowsBits) {
      throw new ProtocolError("bad-input", "learning: more rows than the survey's layout promises for all boroughs");
    }
    const parts = rowParts(task, state);
    const out = new BigUint64Array(layoutOf(state).words);
    out.set(totalsToWords(pass.totals, parts, pass.rows));
    checkDominance(task, pass, readParts(out.subarray(0, pass.totals.length), parts).get("information")![0]!);
    if (state.stage === "final") out.set(finalWords(task, state, extra, pass, heldOut), pass.totals.length);
    return out;
  }

  return {
    begin: () => ({ stage: "survey" }),
    verify(state) {
      parseState(task, state);
    },
    layout: (state) => layoutOf(parseState(task, state)),
    pass: (state, rows) => passRows(task, parseState(task, state), rows),
    words,
    contribute: (state, rows, heldOut = rows) => words(state, [passRows(task, parseState(task, state), rows)], heldOut),
    learn(value: PublicState, memory: Value, sum: BigUint64Array, members: number): Learned {
      const state = parseState(task, value);
      if (sum.length !== layoutOf(state).words) {
        throw new ProtocolError("integrity", "opened sum: it has another length than its layout");
      }
      if (state.stage === "survey") return learnSurvey(task, sum, members);
      const own = readMemory(memory);
      if (state.stage === "fit") return learnFit(task, state, own, sum);
      return finishModel(task, state, own, sum, members, extra);
    },
  };
}

function checkTask(task: LearningTask): void {
  assert(task.algorithm.name === "newton", "the task is learned by Newton steps");
  labelBounds(task);
  const names = new Set<string>();
  for (const feature of task.features) {
    if (feature.type === "number" && !(feature.least < feature.most))
      throw bad(feature.name, "least is not below most");
    const codes = feature.type === "category" ? feature.codes : [];
    // Names that its columns may have; the coefficients are told apart by them.
    const own = [feature.name, ...codes.map((code) => `${feature.name}_${code}`)];
    for (const name of [...own, `${feature.name}_missing`, ...(codes.length > 0 ? [`${feature.name}_other`] : [])]) {
      if (names.has(name)) throw bad(feature.name, "a column of it would be called like another");
      names.add(name);
    }
  }
}

/** Disclosure.md: figures that a handful of rows make are those rows'. */
function checkDominance({ controls }: LearningTask, { heaviest }: RowsPass, whole: number): void {
  // A charter that admits fewer rows than that (simulations alone) has said that a handful may speak.
  const few = controls.notForRelease === true ? 0 : Math.min(DOMINANT_ROWS, controls.minimumRows) - 1;
  const share = few <= 0 ? 0 : heaviest.slice(-few).reduce((sum, weight) => sum + weight, 0);
  if (share >= 0.9 * whole && few > 0) {
    throw new ProtocolError("disclosure", `learning: fewer than ${few + 1} rows carry nine tenths of the information`);
  }
}

function bad(feature: string, what: string): ProtocolError {
  return new ProtocolError("bad-input", `learning: feature ${feature}: ${what}`);
}
