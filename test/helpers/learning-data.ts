import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import type { Feature, LearningRows, LearningTask } from "../../shared/learning/task.ts";

/** Where the shared learning data lies, outside the project; tests that need it are skipped without it. */
const FOLDER = join(import.meta.dirname, "../../../shared/data/learning");

export const hasLearningData = existsSync(FOLDER);

export function readLearningFile(name: string): string {
  return readFileSync(join(FOLDER, name), "utf8");
}

/** Rows of text; "?" and the empty text are missing. */
export function readTable(name: string): string[][] {
  const options = { trim: true, skip_empty_lines: true, relax_column_count: true };
  return parse(readLearningFile(name), options);
}

/** Columns by feature and label, from one value a row and attribute; NaN is missing. */
export function toRows<T>(
  table: readonly T[],
  label: (row: T) => number,
  features: readonly ((row: T) => number)[],
): LearningRows {
  return {
    count: table.length,
    label: Float64Array.from(table, label),
    features: features.map((value) => Float64Array.from(table, value)),
    groups: [],
  };
}

export function numberOf(text: string | undefined): number {
  return text === undefined || text === "?" || text === "" ? NaN : Number(text);
}

/** Network floors, but for what a test names. */
export function newtonTask(
  features: readonly Feature[],
  rest: Partial<Omit<LearningTask, "features" | "controls" | "algorithm">> & {
    readonly l2?: number;
    readonly controls?: Partial<LearningTask["controls"]>;
    readonly maximumIterations?: number;
  } = {},
): LearningTask {
  const { l2 = 0, controls, maximumIterations = 25, ...own } = rest;
  return {
    family: "logistic",
    label: { attribute: { name: "label", type: "flag", yes: ["1"] }, positive: null },
    missing: "drop-row",
    standardise: "pooled",
    outputs: ["coefficients", "standard-errors", "deviance", "aic"],
    evaluate: null,
    ...own,
    features,
    algorithm: { name: "newton", l2, tolerance: 1e-10, maximumIterations },
    controls: {
      minimumCount: 10,
      roundTo: 5,
      minimumRows: 20,
      minimumLevelCount: 0,
      publicDigits: 4,
      ...controls,
    },
  };
}

export const number = (name: string, least: number, most: number): Feature => ({ name, type: "number", least, most });
export const flag = (name: string): Feature => ({ name, type: "flag", yes: ["1"] });
export const category = (name: string, codes: readonly string[]): Feature => ({ name, type: "category", codes });

export interface ExactResult {
  readonly features: readonly string[];
  readonly coefficients: readonly CoefficientRow[];
  readonly natural: readonly CoefficientRow[];
  readonly deviance: number;
  readonly nullDeviance: number;
  readonly aic: number;
  readonly n: number;
  readonly positives: number | null;
  readonly iterations: number;
  readonly ridge: number;
  readonly separated: boolean;
  readonly merged: readonly { readonly feature: string; readonly levels: readonly string[]; readonly into: string }[];
  readonly dropped: readonly { readonly name: string; readonly why: string }[];
  readonly warnings: readonly string[];
}
export interface CoefficientRow {
  readonly name: string;
  readonly estimate: number;
  readonly se: number;
  readonly z: number;
  readonly p: number;
  readonly robustSe: number | null;
}
