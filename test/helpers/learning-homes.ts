import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "csv-stringify/sync";
import type { Database } from "../../node/data/database.ts";
import { importFile } from "../../node/data/import/import-file.ts";
import { parseMappingText } from "../../node/data/import/mapping.ts";
import type { LearningTask } from "../../shared/learning/task.ts";

/** Homes with a label `hmo`, as a task and as imported rows; small enough to check by hand. */
export const HOMES_TASK: LearningTask = {
  family: "logistic",
  label: { attribute: { name: "hmo", type: "number", least: 0, most: 4 }, positive: { is: ">", than: 0 } },
  features: [
    { name: "complaints", type: "number", least: 0, most: 100 },
    { name: "exempt", type: "flag", yes: ["Y"] },
    { name: "tenure", type: "category", codes: ["owned", "rented", "social"] },
  ],
  missing: "drop-row",
  standardise: "pooled",
  algorithm: { name: "newton", l2: 0, tolerance: 1e-10, maximumIterations: 25 },
  outputs: ["coefficients"],
  evaluate: null,
  controls: { minimumCount: 10, roundTo: 5, minimumRows: 100, minimumLevelCount: 10, publicDigits: 4 },
};

export const HOMES_ATTRIBUTES = ["hmo", "complaints", "exempt", "tenure"] as const;

/**
 * Imports rows as a node does: the reference, then the attributes, which are columns of the same name.
 * @param attributes names; the values of a row follow its reference in their order
 */
export async function importRows(
  db: Database,
  rows: readonly (readonly string[])[],
  { dataset = "homes", attributes = HOMES_ATTRIBUTES as readonly string[] } = {},
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "portmoot-learning-"));
  try {
    const file = join(folder, "rows.csv");
    writeFileSync(file, stringify([["ref", ...attributes], ...rows]));
    const mapped = attributes.map((name) => `${name}: ${name}`).join(", ");
    const mapping = parseMappingText(`mapping: { reference: ref }\nattributes: { ${mapped} }\n`);
    const rejectsFile = join(folder, "rejects.csv");
    await importFile({ db, file, dataset, mapping, rejectsFile, clock: { nowMs: () => Date.UTC(2026, 5, 1) } });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
