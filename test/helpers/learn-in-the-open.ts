import { expect } from "vitest";
import { decodeValue, encodeValue, type Value } from "../../shared/base/encoding.ts";
import type { Learned, Learner, PublicState } from "../../shared/learning/learner.ts";
import type { LearningRows } from "../../shared/learning/task.ts";

export interface LearnedInTheOpen {
  readonly outcome: Exclude<Learned, { kind: "next" }>;
  /** Every public state in turn, and the sum that was opened at it. */
  readonly states: readonly PublicState[];
  readonly sums: readonly BigUint64Array[];
  /** The value that openers kept, after every step but the last. */
  readonly memories: readonly Value[];
}

/**
 * Runs a learner over several row sets by plain addition: no masks, no rounds. Between the steps state and memory pass
 * through the canonical encoding, and every node verifies the state, as in a round.
 * @param heldOut by borough: rows that a model is evaluated on; by default those it learns from
 */
export function learnInTheOpen(
  learner: Learner,
  boroughs: readonly LearningRows[],
  heldOut: readonly (LearningRows | undefined)[] = [],
): LearnedInTheOpen {
  const states: PublicState[] = [];
  const sums: BigUint64Array[] = [];
  const memories: Value[] = [];
  let state = carried(learner.begin());
  let memory: Value = null;
  for (;;) {
    const at = state;
    learner.verify(at);
    const { words, parts } = learner.layout(at);
    expect(parts.reduce((sum, { length }) => sum + length, 0)).toBe(words);
    const sum = new BigUint64Array(words);
    boroughs.forEach((rows, borough) => {
      const own = learner.contribute(at, rows, heldOut[borough]);
      expect(own.length).toBe(words);
      // Stores modulo 2^64.
      for (let word = 0; word < words; word++) sum[word]! += own[word]!;
    });
    states.push(at);
    sums.push(sum);
    const learned = learner.learn(at, memory, sum, boroughs.length);
    if (learned.kind !== "next") return { outcome: learned, states, sums, memories };
    state = carried(learned.state);
    memory = decodeValue(encodeValue(learned.memory));
    memories.push(memory);
  }
}

function carried(state: PublicState): PublicState {
  return decodeValue(encodeValue(state)) as PublicState;
}

/** All boroughs' rows as one set. */
export function pooled(boroughs: readonly LearningRows[]): LearningRows {
  const joined = (columns: readonly Float64Array[]) => Float64Array.from(columns.flatMap((column) => [...column]));
  const [first] = boroughs;
  return {
    count: boroughs.reduce((sum, { count }) => sum + count, 0),
    label: joined(boroughs.map(({ label }) => label)),
    features: first!.features.map((_, feature) => joined(boroughs.map(({ features }) => features[feature]!))),
    groups: first!.groups.map((_, group) => joined(boroughs.map(({ groups }) => groups[group]!))),
  };
}

/** The rows in other hands: dealt out by turns. */
export function dealt(rows: LearningRows, boroughs = 3): LearningRows[] {
  const places = Array.from({ length: rows.count }, (_, place) => place);
  return Array.from({ length: boroughs }, (_, borough) =>
    pickRows(
      rows,
      places.filter((place) => place % boroughs === borough),
    ),
  );
}

/** Of every sum what is added up over rows: the same for any split. Who holds a level is added up over boroughs. */
export function rowWords(learner: Learner, { states, sums }: Pick<LearnedInTheOpen, "states" | "sums">): bigint[][] {
  return sums.map((sum, step) => {
    const words = [...sum];
    return learner
      .layout(states[step]!)
      .parts.flatMap(({ name, length }) => [words.splice(0, length)].filter(() => name !== "holders"))
      .flat();
  });
}

/** The rows at those places, in that order. */
export function pickRows(rows: LearningRows, places: readonly number[]): LearningRows {
  const picked = (column: Float64Array) => Float64Array.from(places, (place) => column[place]!);
  return {
    count: places.length,
    label: picked(rows.label),
    features: rows.features.map(picked),
    groups: rows.groups.map(picked),
  };
}
