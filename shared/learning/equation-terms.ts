import type { Feature, LearningRows, LearningTask } from "./task.ts";

/** A model's equation on the natural scale, as `modelEquation` (equation.ts) and a released model have it. */
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

/** What a value, as rows hold it, adds to the linear predictor; NaN where the model says nothing of such a value. */
export type Term = (value: number) => number;

/** @returns of a value of that feature; NaN stands for a missing one */
export function featureTerm(
  feature: Feature,
  { coefficients, merged }: Pick<OpenEquation, "coefficients" | "merged">,
): Term {
  const own = coefficients.filter((coefficient) => coefficient.feature === feature.name);
  const estimate = (of: string, level: string | null = null) =>
    own.find((each) => each.of === of && each.level === level)?.estimate;
  const missing = estimate("missing") ?? NaN;
  if (feature.type !== "category") {
    const slope = estimate("value") ?? 0;
    return (value) => (Number.isNaN(value) ? missing : slope * value);
  }
  const pooled = merged.find((each) => each.feature === feature.name)?.codes ?? [];
  const levels = feature.codes.map(
    (code) => (pooled.includes(code) ? estimate("merged") : estimate("level", code)) ?? 0,
  );
  return (value) => (Number.isNaN(value) ? missing : levels[value]!);
}

/** From the linear predictor to the mean: a chance, a figure, a rate. */
export function meanOf(family: LearningTask["family"], predictor: number): number {
  if (family === "linear") return predictor;
  return family === "poisson" ? Math.exp(predictor) : 1 / (1 + Math.exp(-predictor));
}

/** The mean by row; NaN where the model says nothing of what is missing there. */
export function scoreByEquation(
  { family, features }: Pick<LearningTask, "family" | "features">,
  equation: OpenEquation,
  rows: LearningRows,
): Float64Array {
  const terms = features.map((feature) => featureTerm(feature, equation));
  return Float64Array.from({ length: rows.count }, (_, row) =>
    meanOf(
      family,
      terms.reduce((sum, term, index) => sum + term(rows.features[index]![row]!), equation.intercept),
    ),
  );
}
