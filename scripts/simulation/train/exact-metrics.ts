import type { LearningRows, LearningTask } from "../../../shared/learning/task.ts";

/** A model as an opener knows it, on the natural scale. */
export interface OpenEquation {
  readonly intercept: number;
  readonly coefficients: readonly {
    readonly feature: string;
    readonly of: string;
    readonly level: string | null;
    readonly estimate: number;
  }[];
  readonly merged: readonly { readonly feature: string; readonly codes: readonly string[] }[];
}

/** Of labelled rows with a score: exact, from the rows, which only a simulation has in one place. */
export interface ExactMetrics {
  readonly rows: number;
  readonly positives: number;
  readonly accuracy: number | null;
  readonly auc: number | null;
  readonly brier: number | null;
  /** Share of positives among the hundred rows that score highest, as a multiple of the share among all. */
  readonly liftAt100: number | null;
}

/** The mean by row, NaN where the model says nothing of what is missing. */
export function scoreRows(task: LearningTask, equation: OpenEquation, rows: LearningRows): Float64Array {
  const add = task.features.map((feature) => {
    const own = equation.coefficients.filter((coefficient) => coefficient.feature === feature.name);
    const estimate = (of: string, level: string | null = null) =>
      own.find((each) => each.of === of && each.level === level)?.estimate;
    const missing = estimate("missing") ?? NaN;
    if (feature.type !== "category") {
      const slope = estimate("value") ?? 0;
      return (value: number) => (Number.isNaN(value) ? missing : slope * value);
    }
    const merged = equation.merged.find((each) => each.feature === feature.name)?.codes ?? [];
    const levels = feature.codes.map((code) =>
      merged.includes(code) ? (estimate("merged") ?? 0) : (estimate("level", code) ?? 0),
    );
    return (value: number) => (Number.isNaN(value) ? missing : levels[value]!);
  });
  return Float64Array.from({ length: rows.count }, (_, row) => {
    const predictor = add.reduce((sum, of, index) => sum + of(rows.features[index]![row]!), equation.intercept);
    return task.family === "linear"
      ? predictor
      : task.family === "poisson"
        ? Math.exp(predictor)
        : 1 / (1 + Math.exp(-predictor));
  });
}

export function exactMetrics(scores: Float64Array, label: Float64Array): ExactMetrics {
  const places = Array.from(scores, (_, place) => place).filter(
    (place) => !Number.isNaN(scores[place]!) && !Number.isNaN(label[place]!),
  );
  const rows = places.length;
  const positives = places.filter((place) => label[place] === 1).length;
  if (rows === 0) return { rows, positives, accuracy: null, auc: null, brier: null, liftAt100: null };
  const right = places.filter((place) => (scores[place]! > 0.5 ? 1 : 0) === label[place]).length;
  const squares = places.reduce((sum, place) => sum + (scores[place]! - label[place]!) ** 2, 0);
  const top = places.toSorted((a, b) => scores[b]! - scores[a]! || a - b).slice(0, TOP);
  const hits = top.filter((place) => label[place] === 1).length;
  return {
    rows,
    positives,
    accuracy: right / rows,
    auc: areaUnderCurve(places, scores, label),
    brier: squares / rows,
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
