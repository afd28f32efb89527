import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import type { LearningRows } from "../../shared/learning/task.ts";

/**
 * FLamby's Fed-Heart-Disease (du Terrail et al. 2022): four hospitals, thirteen columns in its order with levels as 0
 * and 1, its split into training and test rows, its way to normalise, what it published.
 */
export const HOSPITALS = ["cleveland", "hungarian", "switzerland", "va"] as const;

/** By hospital. */
export interface FlambyHeart {
  readonly features: readonly string[];
  readonly train: readonly LearningRows[];
  readonly test: readonly LearningRows[];
}

export interface FlambySplits {
  readonly features: readonly string[];
  readonly centres: Readonly<
    Record<
      (typeof HOSPITALS)[number],
      {
        /** Of the complete rows. */
        readonly rowIndexInFile_zeroBased: readonly number[];
        /** Places among the complete rows. */
        readonly train: readonly number[];
        readonly test: readonly number[];
      }
    >
  >;
}

/** What stands at each place of a file's rows. */
const PLACES = ["age", "sex", "cp", "trestbps", "chol", "fbs", "restecg", "thalach", "exang", "oldpeak"];
const LABEL = 13;

/** @param folder the learning data, with heart-disease in it */
export function readFlambySplits(folder: string): FlambySplits {
  return JSON.parse(readFileSync(join(folder, "heart-disease/flamby-splits.json"), "utf8")) as FlambySplits;
}

/** @param folder the learning data, with heart-disease in it */
export function readFlambyHeart(folder: string): FlambyHeart {
  const { features, centres } = readFlambySplits(folder);
  const columns = features.map((name) => {
    const [attribute, level] = name.split("_") as [string, string | undefined];
    const at = PLACES.indexOf(attribute);
    return (row: readonly string[]) =>
      level === undefined ? Number(row[at]) : Number(Number(row[at]) === Number(level));
  });
  const sets = HOSPITALS.map((name) => {
    const { rowIndexInFile_zeroBased: inFile, train, test } = centres[name];
    const file = readFileSync(join(folder, `heart-disease/processed.${name}.data`), "utf8");
    const table: string[][] = parse(file, { trim: true, skip_empty_lines: true });
    const rowsAt = (places: readonly number[]): LearningRows => {
      const rows = places.map((place) => table[inFile[place]!]!);
      return {
        count: rows.length,
        label: Float64Array.from(rows, (row) => (Number(row[LABEL]) > 0 ? 1 : 0)),
        features: columns.map((value) => Float64Array.from(rows, value)),
        groups: [],
      };
    };
    return { train: rowsAt(train), test: rowsAt(test) };
  });
  return { features, train: sets.map(({ train }) => train), test: sets.map(({ test }) => test) };
}

/** Every column, 0/1 ones too, by mean and standard deviation of the rows in `by`. */
export function normalise(rows: LearningRows, by: LearningRows): LearningRows {
  const features = rows.features.map((column, index) => {
    const { mean, sd } = spreadOf([...by.features[index]!]);
    return column.map((value) => (value - mean) / (sd + 1e-9));
  });
  return { ...rows, features };
}

/** Of one published strategy, over its five seeds. */
export interface Published {
  readonly method: string;
  /** By hospital. */
  readonly accuracy: readonly Spread[];
  readonly pooled: Spread;
}
export interface Spread {
  readonly mean: number;
  /** n − 1. */
  readonly sd: number;
}

type PublishedFile = Readonly<Record<string, Readonly<Record<string, { readonly perSeed: readonly number[] }>>>>;

/** owkin/FLamby, results_benchmark_fed_heart_disease: all but the models of one hospital. @param folder the learning data */
export function readPublished(folder: string): Published[] {
  const file = readFileSync(join(folder, "reference/flamby-heart-published.json"), "utf8");
  const { methods } = JSON.parse(file) as { readonly methods: PublishedFile };
  return Object.entries(methods)
    .filter(([method]) => !method.startsWith("Local"))
    .map(([method, { "Pooled Test": pooled, ...tests }]) => ({
      method,
      accuracy: Object.values(tests).map(({ perSeed }) => spreadOf(perSeed)),
      pooled: spreadOf(pooled!.perSeed),
    }));
}

export function spreadOf(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, sd: Math.sqrt(squares / (values.length - 1)) };
}

/** How many published standard deviations above the published mean: by hospital, then of all test rows. */
export function deviations(
  own: { readonly accuracy: readonly number[]; readonly pooled: number },
  published: Published,
): number[] {
  const spreads = [...published.accuracy, published.pooled];
  return [...own.accuracy, own.pooled].map((value, place) => (value - spreads[place]!.mean) / spreads[place]!.sd);
}
