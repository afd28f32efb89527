import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openNodeDatabase, type Database } from "../../../../node/data/database.ts";
import { readLearningRows } from "../../../../node/learning/rows.ts";
import type { LearningTask } from "../../../../shared/learning/task.ts";
import { HOMES_TASK, importRows } from "../../../helpers/learning-homes.ts";

let db: Database;
beforeEach(() => {
  db = openNodeDatabase(":memory:");
});
afterEach(() => {
  db.close();
});

const read = (task: LearningTask = HOMES_TASK) => readLearningRows(db, { dataset: "homes", task });

describe("a node's rows for learning", () => {
  it("are columns in the order of the task, NaN where a feature is missing or cannot be read", async () => {
    await importRows(db, [
      ["a", "2", "4.5", "Y", "rented"],
      ["b", "0", "", "N", "caravan"],
      ["c", "1", "1,000", "", "owned"],
    ]);
    const rows = read();
    expect(rows.count).toBe(3);
    expect([...rows.label]).toEqual([1, 0, 1]);
    expect(rows.features.map((column) => [...column])).toEqual([
      [4.5, NaN, NaN],
      [1, 0, NaN],
      [1, NaN, 0],
    ]);
    expect(rows.groups).toEqual([]);
  });

  it("leave out a row whose label is missing or cannot be read", async () => {
    await importRows(db, [
      ["a", "", "1", "Y", "owned"],
      ["b", "3", "2", "Y", "owned"],
      ["c", "9", "3", "Y", "owned"],
      ["d", "many", "4", "Y", "owned"],
    ]);
    const rows = read();
    expect(rows.count).toBe(1);
    expect(rows.features.map((column) => [...column])).toEqual([[2], [1], [0]]);
  });

  it("have the groups of an evaluation beside the features, also where one attribute is both", async () => {
    await importRows(db, [["a", "1", "7", "N", "social"]]);
    const groups = [HOMES_TASK.features[2]!, { name: "hmo", type: "category", codes: ["0", "1"] } as const];
    const evaluate = { metrics: ["auc"], groups, bins: 8, top: [] } as const;
    expect(read({ ...HOMES_TASK, evaluate }).groups.map((column) => [...column])).toEqual([[2], [1]]);
  });

  it("are all there beyond one page, in the order of the rows", async () => {
    const many = Array.from({ length: 4501 }, (_, row) => [`r${row}`, "1", String(row % 97), "N", "owned"]);
    await importRows(db, many);
    const rows = read();
    expect(rows.count).toBe(4501);
    expect([...rows.features[0]!]).toEqual(many.map((_, row) => row % 97));
  });

  it("are those of the present snapshot, and say which that is", async () => {
    await importRows(db, [["a", "1", "1", "Y", "owned"]]);
    const before = read().snapshot;
    await importRows(db, [["b", "1", "2", "Y", "owned"]]);
    expect(read().snapshot).not.toBe(before);
    expect([...read().features[0]!]).toEqual([2]);
  });

  it("need the dataset and each attribute", async () => {
    expect(() => read()).toThrow(/dataset homes is not here/);
    await importRows(db, [["a", "1", "1", "Y"]], { attributes: ["hmo", "complaints", "exempt"] });
    expect(() => read()).toThrow(/attribute tenure was not imported/);
  });
});
