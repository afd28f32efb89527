import type { Value } from "../../../shared/base/encoding.ts";
import type { Learned, Learner } from "../../../shared/learning/learner.ts";
import type { LearningRows } from "../../../shared/learning/task.ts";

/**
 * The same learner over rows in one place: what a statistician with all the data, or one borough on its own, would get.
 * Only for comparison; a node never does this.
 */
export function learnInOnePlace(learner: Learner, rows: LearningRows): Exclude<Learned, { kind: "next" }> {
  return learnInTheOpen(learner, [rows]);
}

/** By plain addition over boroughs, without rounds and masks. For comparison too. */
export function learnInTheOpen(
  learner: Learner,
  boroughs: readonly LearningRows[],
): Exclude<Learned, { kind: "next" }> {
  let state = learner.begin();
  let memory: Value = null;
  for (;;) {
    const sum = new BigUint64Array(learner.layout(state).words);
    // Stores modulo 2^64.
    for (const rows of boroughs) learner.contribute(state, rows).forEach((word, place) => (sum[place]! += word));
    const learned = learner.learn(state, memory, sum, boroughs.length);
    if (learned.kind !== "next") return learned;
    ({ state, memory } = learned);
  }
}

export function poolRows(boroughs: readonly LearningRows[]): LearningRows {
  const count = boroughs.reduce((sum, rows) => sum + rows.count, 0);
  const join = (columns: readonly Float64Array[]): Float64Array => {
    const joined = new Float64Array(count);
    let at = 0;
    for (const column of columns) {
      joined.set(column, at);
      at += column.length;
    }
    return joined;
  };
  const [first] = boroughs;
  return {
    count,
    label: join(boroughs.map(({ label }) => label)),
    features: first!.features.map((_, index) => join(boroughs.map(({ features }) => features[index]!))),
    groups: first!.groups.map((_, index) => join(boroughs.map(({ groups }) => groups[index]!))),
  };
}
