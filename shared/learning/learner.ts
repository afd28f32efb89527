import type { Value } from "../base/encoding.ts";
import type { LearningRows } from "./task.ts";

/**
 * A model as a walk of secure sums (protocol.md, "Learning"): every step is one sum at one public state. Nodes
 * contribute at the state that two openers signed; openers take the opened sum to the next state. Pure: rounds, keys
 * and databases are the caller's.
 *
 * What is public is seen by the coordinator, so it holds nothing that is a sum: no count, mean, deviance or likelihood
 * of all boroughs. Those stay in the openers' memory, a value that each opener keeps wrapped between the steps.
 */
export interface Learner {
  /** The first state: what the charter alone says. */
  begin(): PublicState;
  /** @throws ProtocolError "integrity" for a state this learner would not make, or beyond its caps */
  verify(state: PublicState): void;
  /** Which words the sum at that state has. */
  layout(state: PublicState): StepLayout;
  /**
   * One borough's words, two's complement modulo 2^64, every row's contribution rounded to the grid before it is
   * added, so that any split of the rows gives the same sum.
   * @param heldOut rows that the finished model is evaluated on; by default those it learns from
   * @throws ProtocolError "disclosure" where too few rows carry the figures, "bad-input" where a bound does not hold
   */
  contribute(state: PublicState, rows: LearningRows, heldOut?: LearningRows): BigUint64Array;
  /**
   * An opener's step. Every opener comes to the same bytes.
   * @param memory of the step before; null at the first
   * @param members how many boroughs the sum is of
   * @throws ProtocolError "integrity" where the sum cannot be: someone's share was false
   */
  learn(state: PublicState, memory: Value, sum: BigUint64Array, members: number): Learned;
}

/** A canonical value (no undefined, no -0): hashed, signed and sent. `stage` is for people: survey, fit, final. */
export interface PublicState {
  readonly stage: string;
  readonly [key: string]: Value;
}

export interface StepLayout {
  readonly words: number;
  readonly parts: readonly StepPart[];
}

/** A run of words of one meaning and scale. */
export interface StepPart {
  readonly name: string;
  readonly length: number;
  /** Binary places: a figure x travels as round(x·2^fractionBits). 0 for counts. */
  readonly fractionBits: number;
}

export type Learned =
  | { readonly kind: "next"; readonly state: PublicState; readonly memory: Value }
  /** `published` is protected and goes to everybody; `exact` never leaves an opener but for a simulation's observer. */
  | { readonly kind: "finished"; readonly published: Value; readonly exact: Value }
  /** Disclosure control or the arithmetic says no: nothing is published. `why` stays in the opener's log. */
  | { readonly kind: "stopped"; readonly why: string };

/** More words at the end of the last sum: what is counted at the finished model's scores. */
export interface FinalExtra {
  readonly parts: readonly StepPart[];
  /** @param scores by row, the model's mean: a chance, a figure, a rate; NaN where the row cannot be scored */
  words(scores: Float64Array, rows: LearningRows): BigUint64Array;
  /** @throws ProtocolError "integrity" where the words cannot be a sum of such */
  read(words: BigUint64Array): { readonly published: Value; readonly exact: Value };
}
