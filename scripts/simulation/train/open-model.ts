import type { OpenEquation } from "../../../shared/learning/equation-terms.ts";
import { usableRows } from "../../../shared/learning/rows.ts";
import type { LearningTask } from "../../../shared/learning/task.ts";
import type { BoroughRows } from "./borough-rows.ts";

/** A model at full precision, which only a simulation shows: a release has the charter's few digits. */
export interface OpenModel {
  readonly features: readonly string[];
  readonly coefficients: readonly {
    readonly name: string;
    readonly estimate: number;
    readonly se: number | null;
    readonly z: number | null;
    readonly p: number | null;
    readonly robustSe: number | null;
  }[];
  readonly deviance: number | null;
  readonly nullDeviance: number | null;
  readonly aic: number | null;
  readonly n: number;
  readonly positives: number | null;
  /** Newton steps, or rounds of local steps. */
  readonly iterations: number;
  /** Null for local steps, which end when their rounds are over. */
  readonly converged: boolean | null;
  /** Rows left out at each borough for what is missing in them. */
  readonly dropped: readonly { readonly id: string; readonly rows: number }[];
  readonly equation: OpenEquation;
}

/** `exact` as an opener's learner gave it: trusted, it never left this process. */
export function openModel(exact: unknown, task: LearningTask, boroughs: readonly BoroughRows[]): OpenModel {
  const { features, coefficients, deviance, nullDeviance, aic, n, positives, iterations, rounds, converged, model } =
    exact as Partial<Omit<OpenModel, "dropped" | "equation" | "coefficients">> & {
      readonly features: readonly string[];
      readonly coefficients: readonly (Partial<OpenModel["coefficients"][number]> & {
        name: string;
        estimate: number;
      })[];
      readonly n: number;
      readonly positives: number | null;
      readonly rounds?: number;
      readonly model: OpenEquation;
    };
  return {
    features,
    // Local steps give estimates alone.
    coefficients: coefficients.map((own) => ({ se: null, z: null, p: null, robustSe: null, ...own })),
    deviance: deviance ?? null,
    nullDeviance: nullDeviance ?? null,
    aic: aic ?? null,
    n,
    positives,
    iterations: iterations ?? rounds ?? 0,
    converged: converged ?? null,
    dropped: boroughs.map(({ id, train }) => ({ id, rows: train.count - usableRows(task, train).length })),
    equation: model,
  };
}
