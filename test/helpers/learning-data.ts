import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import type { Feature, LearningRows, LearningTask } from "../../shared/learning/task.ts";

/** Where the shared learning data lies, outside the project; tests that need it are skipped without it. */
export const LEARNING_FOLDER = join(import.meta.dirname, "../../../shared/data/learning");

export const hasLearningData = existsSync(LEARNING_FOLDER);

export function readLearningFile(name: string): string {
  return readFileSync(join(LEARNING_FOLDER, name), "utf8");
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

/** Numbers in [0, 1) that a seed fixes: Park and Miller's generator, enough for made-up rows. */
export function seededNumbers(seed: string): () => number {
  let state = Array.from(seed).reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 2147483646, 7) + 1;
  return () => (state = (state * 16807) % 2147483647) / 2147483647;
}

const MIXED = [number("size", 0, 50), number("age", -100, 300), flag("licensed"), category("class", ["a", "b", "c"])];

export function mixedTask(rest: Parameters<typeof newtonTask>[1] = {}): LearningTask {
  return newtonTask(MIXED, rest);
}

/** Rows of that task's features whose label depends on every one. */
export function mixedRows(seed: string, count: number, family: LearningTask["family"] = "logistic"): LearningRows {
  const next = seededNumbers(seed);
  const features = MIXED.map(() => new Float64Array(count));
  const label = Float64Array.from({ length: count }, (_, row) => {
    const size = Math.round(next() * next() * 500) / 10;
    const age = next() * 200;
    const [licensed, level] = [next() < 0.3 ? 1 : 0, Math.floor(next() * 3)];
    [size, age, licensed, level].forEach((value, feature) => (features[feature]![row] = value));
    const eta = -1 + size / 12 - age / 150 + 0.7 * licensed + (level === 2 ? -0.8 : 0.2 * level);
    if (family === "linear") return Math.round(100 * (eta + 2 * next())) / 10;
    return family === "logistic"
      ? Number(next() < 1 / (1 + Math.exp(-eta)))
      : Math.round(2 * next() * Math.exp(eta / 2));
  });
  return { count, label, features, groups: [] };
}
