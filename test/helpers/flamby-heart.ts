import type { LearningRows } from "../../shared/learning/task.ts";
import { pickRows } from "./learn-in-the-open.ts";
import { numberOf, readLearningFile, readTable, toRows } from "./learning-data.ts";

/** FLamby's Fed-Heart-Disease: its rows, columns and split of four hospitals, from the shared data. */
export const HOSPITALS = ["cleveland", "hungarian", "switzerland", "va"];

interface Splits {
  readonly features: readonly string[];
  readonly centres: Readonly<Record<string, Centre>>;
}
interface Centre {
  readonly rowIndexInFile_zeroBased: readonly number[];
  readonly train: readonly number[];
  readonly test: readonly number[];
}

/** What stands at each place of a file's rows. */
const PLACES = ["age", "sex", "cp", "trestbps", "chol", "fbs", "restecg", "thalach", "exang", "oldpeak"];

/** By hospital; thirteen columns in FLamby's order, levels as 0 and 1. */
export function flambyHeart(): { train: LearningRows[]; test: LearningRows[]; features: readonly string[] } {
  const { centres, features } = JSON.parse(readLearningFile("heart-disease/flamby-splits.json")) as Splits;
  const columns = features.map((name) => {
    const [attribute, level] = name.split("_") as [string, string | undefined];
    const at = PLACES.indexOf(attribute);
    return (row: readonly string[]): number => {
      const value = numberOf(row[at]);
      return level === undefined ? value : Number(value === Number(level));
    };
  });
  const sets = HOSPITALS.map((name) => {
    const { rowIndexInFile_zeroBased, train, test } = centres[name]!;
    const table = readTable(`heart-disease/processed.${name}.data`);
    const all = toRows(table, (row) => (numberOf(row[13]) > 0 ? 1 : 0), columns);
    const whole = pickRows(all, rowIndexInFile_zeroBased);
    return { train: pickRows(whole, train), test: pickRows(whole, test) };
  });
  return { features, train: sets.map(({ train }) => train), test: sets.map(({ test }) => test) };
}
