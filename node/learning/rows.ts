import type { Database } from "better-sqlite3";
import { attributeReader, labelReader, type AttributeReader } from "../../shared/learning/attribute-values.ts";
import type { LearningRows, LearningTask } from "../../shared/learning/task.ts";
import { readAttributes } from "../data/attributes.ts";

/**
 * A node's rows as the arithmetic takes them (protocol.md, "Learning"): the present snapshot's attributes, column by
 * column. They never leave the node. Rows without a readable label are left out; a feature that is missing or cannot be
 * read is NaN, and what becomes of its row is the learner's business (task.missing).
 */
export interface SnapshotRows extends LearningRows {
  /** Of which snapshot, so that every step of a round learns from one. */
  readonly snapshot: number;
}

/**
 * Beside the columns themselves, 8 bytes a value, memory stays flat.
 * @throws ProtocolError "not-found" without the dataset, "bad-input" naming an attribute that was not imported
 */
export function readLearningRows(
  db: Database,
  { dataset, task }: { readonly dataset: string; readonly task: LearningTask },
): SnapshotRows {
  const groups = task.evaluate?.groups ?? [];
  const names = [...new Set([task.label.attribute, ...task.features, ...groups].map(({ name }) => name))];
  const { snapshot, rows, pages } = readAttributes(db, dataset, names);
  const placed = (name: string, read: AttributeReader): Column => ({
    // The row's number stands first.
    place: names.indexOf(name) + 1,
    read,
    values: new Float64Array(rows),
  });
  const label = placed(task.label.attribute.name, labelReader(task));
  const columns = [...task.features, ...groups].map((feature) => placed(feature.name, attributeReader(feature)));
  let count = 0;
  for (const page of pages()) {
    for (const row of page) {
      const value = label.read(row[label.place] as string | null);
      if (typeof value !== "number") continue;
      label.values[count] = value;
      for (const { place, read, values } of columns) {
        const reading = read(row[place] as string | null);
        values[count] = typeof reading === "number" ? reading : NaN;
      }
      count++;
    }
  }
  const filled = columns.map(({ values }) => values.subarray(0, count));
  return {
    snapshot,
    count,
    label: label.values.subarray(0, count),
    features: filled.slice(0, task.features.length),
    groups: filled.slice(task.features.length),
  };
}

interface Column {
  readonly place: number;
  readonly read: AttributeReader;
  readonly values: Float64Array;
}
