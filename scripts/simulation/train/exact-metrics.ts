import type { LearningTask } from "../../../shared/learning/task.ts";

/** Of labelled rows with a score: exact, from the rows, which only a simulation has in one place. */
export interface ExactMetrics {
  readonly rows: number;
  /** With a label above 0. */
  readonly positives: number;
  readonly accuracy: number | null;
  readonly auc: number | null;
  /** Mean squared error. */
  readonly brier: number | null;
  /** Share of positives among the hundred rows that score highest, as a multiple of the share among all. */
  readonly liftAt100: number | null;
}

/** @param family of numbers has no accuracy, area or lift: a score is no chance there */
export function exactMetrics(
  scores: Float64Array,
  label: Float64Array,
  family: LearningTask["family"] = "logistic",
): ExactMetrics {
  const places = Array.from(scores, (_, place) => place).filter(
    (place) => !Number.isNaN(scores[place]!) && !Number.isNaN(label[place]!),
  );
  const rows = places.length;
  const positives = places.filter((place) => label[place]! > 0).length;
  if (rows === 0) return { rows, positives, accuracy: null, auc: null, brier: null, liftAt100: null };
  const right = places.filter((place) => (scores[place]! > 0.5 ? 1 : 0) === label[place]).length;
  const squares = places.reduce((sum, place) => sum + (scores[place]! - label[place]!) ** 2, 0);
  const brier = squares / rows;
  if (family !== "logistic") return { rows, positives, accuracy: null, auc: null, brier, liftAt100: null };
  const top = places.toSorted((a, b) => scores[b]! - scores[a]! || a - b).slice(0, TOP);
  const hits = top.filter((place) => label[place] === 1).length;
  return {
    rows,
    positives,
    accuracy: right / rows,
    auc: areaUnderCurve(places, scores, label),
    brier,
    liftAt100: positives === 0 || rows < TOP ? null : hits / TOP / (positives / rows),
  };
}

const TOP = 100;

/** The share of pairs of a positive and a negative row that the score puts in order, a tie counting half. */
function areaUnderCurve(places: readonly number[], scores: Float64Array, label: Float64Array): number | null {
  const sorted = places.toSorted((a, b) => scores[a]! - scores[b]!);
  let [below, wins, positives] = [0, 0, 0];
  for (let from = 0; from < sorted.length;) {
    let to = from;
    let [ups, downs] = [0, 0];
    for (; to < sorted.length && scores[sorted[to]!] === scores[sorted[from]!]; to++) {
      if (label[sorted[to]!] === 1) ups++;
      else downs++;
    }
    wins += ups * (below + downs / 2);
    below += downs;
    positives += ups;
    from = to;
  }
  return positives === 0 || below === 0 ? null : wins / (positives * below);
}
