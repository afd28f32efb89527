import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "csv-stringify/sync";
import type { Database } from "../../node/data/database.ts";
import { importFile } from "../../node/data/import/import-file.ts";
import { parseMappingText } from "../../node/data/import/mapping.ts";
import { parsePublishedModel, SCORE_NOTICE, type PublishedModel } from "../../shared/learning/published-model.ts";
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

/** A model of HOMES_TASK's features with round figures, for sums by hand. */
export function homesModel(changes: Partial<PublishedModel> = {}): PublishedModel {
  return parsePublishedModel({
    format: "portmoot/model/v1",
    version: 1,
    charter: { id: "hmo-model", version: 1, digest: "09".repeat(32) },
    round: "07".repeat(16),
    steps: 9,
    participants: 4,
    created: "2026-05-01",
    expires: "2027-05-01",
    notForRelease: false,
    card: {
      purpose: "Find homes in multiple occupation that have no licence.",
      trainingPeriod: "April 2025 to March 2026",
      metrics: [{ name: "AUC", figure: "0.842" }],
      groups: [{ group: "tenure rented", name: "AUC", figure: "[c]" }],
      limits: ["Learned from inspected homes."],
      notice: SCORE_NOTICE,
    },
    equation: {
      family: "logistic",
      intercept: -1,
      features: [
        { type: "number", name: "complaints", unit: "complaints a year", least: 0, most: 100 },
        { type: "flag", name: "exempt", yes: ["Y"] },
        { type: "category", name: "tenure", codes: ["owned", "rented", "social"], merged: [] },
      ],
      coefficients: [
        { feature: "complaints", of: "value", level: null, estimate: 0.5 },
        { feature: "exempt", of: "value", level: null, estimate: -2 },
        { feature: "tenure", of: "level", level: "rented", estimate: 0.25 },
        { feature: "tenure", of: "level", level: "social", estimate: -0.75 },
      ],
      missing: "drop-row",
      label: { attribute: "hmo", description: "hmo above 0" },
      digits: 4,
    },
    ...changes,
  });
}

const HOMES_ATTRIBUTES: readonly string[] = ["hmo", "complaints", "exempt", "tenure"];

/**
 * Imports rows as a node does: the reference, then the attributes, which are columns of the same name.
 * @param attributes names; the values of a row follow its reference in their order
 */
export async function importRows(
  db: Database,
  rows: readonly (readonly string[])[],
  { dataset = "homes", attributes = HOMES_ATTRIBUTES } = {},
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
