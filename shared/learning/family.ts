import { predictorRange, type ModelState } from "./newton-state.ts";
import { labelBounds } from "./rows.ts";
import { logGamma } from "./tails.ts";
import type { LearningTask } from "./task.ts";

/** What one row comes to at a linear predictor, with the canonical link: W, y − μ and its log-likelihood's kernel. */
export interface RowFigures {
  weight: number;
  residual: number;
  likelihood: number;
  /** 1 where the predictor was beyond its range and held there: an opener takes such a step back. */
  held: number;
}

export interface RowFamily {
  at(predictor: number, label: number, out: RowFigures): void;
  /** Three figures of the label alone, for the last sum. */
  label(label: number, out: Float64Array): void;
  /** The mean, in the label's natural units. */
  mean(predictor: number): number;
}

export function rowFamily(task: LearningTask, state: ModelState): RowFamily {
  const range = predictorRange(task, state);
  const held = (predictor: number, out: RowFigures): number => {
    const inside = Math.min(Math.max(predictor, range.least), range.most);
    out.held = inside === predictor ? 0 : 1;
    return inside;
  };
  switch (task.family) {
    case "logistic":
      return {
        at(predictor, label, out) {
          const eta = held(predictor, out);
          const odds = Math.exp(-Math.abs(eta));
          const chance = eta >= 0 ? 1 / (1 + odds) : odds / (1 + odds);
          out.weight = odds / ((1 + odds) * (1 + odds));
          out.residual = label - chance;
          out.likelihood = label * eta - Math.max(eta, 0) - Math.log1p(odds);
        },
        label: (_, out) => out.fill(0),
        mean: (eta) => 1 / (1 + Math.exp(-eta)),
      };
    case "linear": {
      const working = linearLabel(task, state);
      return {
        at(predictor, label, out) {
          out.weight = 1;
          out.residual = working.to(label) - held(predictor, out);
          out.likelihood = -0.5 * out.residual * out.residual;
        },
        label(label, out) {
          const z = working.to(label);
          out[0] = z;
          out[1] = z * z;
        },
        mean: working.from,
      };
    }
    case "poisson":
      return {
        at(predictor, label, out) {
          const eta = held(predictor, out);
          out.weight = Math.exp(eta);
          out.residual = label - out.weight;
          out.likelihood = label * eta - out.weight;
        },
        label(label, out) {
          out[0] = label;
          out[1] = label > 0 ? label * Math.log(label) - label : 0;
          out[2] = logGamma(label + 1);
        },
        mean: Math.exp,
      };
  }
}

/** A linear label on its working scale, and back. */
export function linearLabel(
  task: LearningTask,
  { label: { centre, scale } }: Pick<ModelState, "label">,
): { readonly to: (y: number) => number; readonly from: (z: number) => number; readonly unit: number } {
  const { least, most } = labelBounds(task);
  const unit = (most - least) * scale;
  return {
    to: (y) => ((y - least) / (most - least) - centre) / scale,
    from: (z) => z * unit + least + centre * (most - least),
    unit,
  };
}
