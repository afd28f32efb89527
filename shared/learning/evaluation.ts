import { ProtocolError } from "../base/errors.ts";
import { MAX_LIST_ROWS, MAX_PARTIES, MAX_SUM_WORDS } from "../base/limits.ts";
import type { StepLayout, StepPart } from "./learner.ts";
import { addNumbers, numberParts, readNumbers, type NumberCounts } from "./number-counts.ts";
import { addScores, markHolders, readScores, scoreParts, type ScoreCounts } from "./score-counts.ts";
import type { EvaluationTask, LearningRows, LearningTask } from "./task.ts";

/**
 * Evaluation of a model by one secure sum (protocol.md, "Learning"). Scores stay at the node; what it adds is, for
 * probabilities, how many rows of each label have a score in each of `bins` equal steps from 0 to 1, for all rows and for
 * each group; for numbers, a few sums. exact-evaluation.ts turns the opened sum into figures, evaluation-release.ts into
 * what may be published. An opener sees the histogram: it must never leave its memory.
 */
export type OpenedEvaluation =
  | { readonly kind: "probabilities"; readonly counts: ScoreCounts }
  | { readonly kind: "numbers"; readonly counts: NumberCounts };

/** Largest addend of a word is 2^31, so that as many rows are summed exactly in a double before they enter the ring. */
const PIECE_ROWS = 2 ** 21;

/**
 * Which words the sum has: a matter of the task alone.
 * @throws ProtocolError "bad-input" where nothing is to be evaluated, or the groups or label cannot be;
 *   "too-large" where bins times groups is more than a sum holds
 */
export function evaluationLayout(task: LearningTask): StepLayout {
  const parts = task.family === "logistic" ? scoreParts(evaluationOf(task)) : numberParts(task);
  const words = parts.reduce((total, part) => total + part.length, 0);
  if (words > MAX_SUM_WORDS) {
    throw new ProtocolError("too-large", `evaluation: ${words} words, a sum holds ${MAX_SUM_WORDS}`, {
      hint: "ask for fewer bins, or for groups with fewer codes",
    });
  }
  return { words, parts };
}

/**
 * One borough's words, two's complement modulo 2^64; of all its rows at once, for who holds a group is counted a borough. Whether the borough
 * has rows enough to take part is for the caller to ask (`controls.minimumRows`).
 * @param scores by row: the predicted probability (logistic) or number; NaN where a row has none, which leaves it out
 * @throws ProtocolError "bad-input" for a score, label or group value that cannot be
 */
export function evaluationWords(task: LearningTask, scores: Float64Array, rows: LearningRows): BigUint64Array {
  if (rows.count > MAX_LIST_ROWS) throw new ProtocolError("too-large", `evaluation: more than ${MAX_LIST_ROWS} rows`);
  const words = new BigUint64Array(evaluationLayout(task).words);
  for (let start = 0; start < rows.count; start += PIECE_ROWS) {
    const range = [start, Math.min(rows.count, start + PIECE_ROWS)] as const;
    const whole = new Float64Array(words.length);
    if (task.family === "logistic") addScores(whole, { evaluate: evaluationOf(task), scores, rows }, range);
    else addNumbers(whole, { task, scores, rows }, range);
    // A word of the ring takes negative addends modulo 2^64 by itself.
    whole.forEach((value, index) => (words[index]! += BigInt(value)));
  }
  if (task.family === "logistic") markHolders(words, evaluationOf(task));
  return words;
}

/**
 * The opened sum's figures, still exact: for openers and simulations only.
 * @throws ProtocolError "integrity" where no rows could have made the sum: someone's share was false
 */
export function readEvaluation(task: LearningTask, words: BigUint64Array): OpenedEvaluation {
  const layout = evaluationLayout(task);
  if (words.length !== layout.words) throw new ProtocolError("integrity", "evaluation: the sum has another length");
  const parts = new Map<string, readonly number[]>();
  let at = 0;
  for (const part of layout.parts) {
    parts.set(part.name, readPart(part, words.subarray(at, at + part.length)));
    at += part.length;
  }
  return task.family === "logistic"
    ? { kind: "probabilities", counts: readScores(evaluationOf(task), parts) }
    : { kind: "numbers", counts: readNumbers(parts) };
}

function readPart({ name, fractionBits }: StepPart, words: BigUint64Array): number[] {
  return Array.from(words, (word) => {
    const value = Number(BigInt.asIntN(64, word)) / 2 ** fractionBits;
    if (fractionBits === 0 && (value < 0 || value > MAX_LIST_ROWS * MAX_PARTIES)) {
      throw new ProtocolError("integrity", `evaluation: the opened sum has a word of ${name} that is no count`);
    }
    return value;
  });
}

export function evaluationOf(task: LearningTask): EvaluationTask {
  if (task.evaluate === null) throw new ProtocolError("bad-input", "evaluate: nothing is to be evaluated");
  return task.evaluate;
}
