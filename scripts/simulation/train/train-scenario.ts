import { dirname, resolve } from "node:path";
import { z } from "zod";
import { parseShape } from "../../../shared/base/shape.ts";
import { readDocument } from "../../../shared/host/config.ts";
import { parseYaml } from "../../../shared/protocol/charter-document.ts";
import { MESSAGE_TYPES } from "../../../shared/protocol/messages.ts";
import { partyName } from "../../../shared/protocol/roster.ts";
import { wrong } from "../scenario.ts";

/**
 * A scenario of learning (examples/hmo.yaml): boroughs from files, from one file split among them, or generated; the
 * charter or what of it matters; faults; what to fit beside it in the open. Paths are relative to the file.
 */
const columns = {
  csv: z.record(z.string(), z.unknown()).optional(),
  attributes: z.record(z.string(), z.unknown()).optional(),
  /** Rows to evaluate on, of the same shape. */
  testFile: z.string().nullable().optional(),
};
const borough = z.strictObject({
  id: partyName,
  roles: z
    .array(z.enum(["owner", "opener"]))
    .min(1)
    .optional(),
  file: z.string().optional(),
  like: z.string().optional(),
  /** Of the file's rows, by place from 0, those of this borough; the others in `testRows` are evaluated on. */
  rows: z.array(z.number().int().min(0)).optional(),
  testRows: z.array(z.number().int().min(0)).optional(),
  ...columns,
});
export type TrainBorough = z.infer<typeof borough>;

const split = z.strictObject({
  file: z.string(),
  /** How many boroughs; by an attribute, one for each of its codes. */
  into: z.number().int().min(3).max(100).optional(),
  by: z.string().default("random"),
  ...columns,
});
export type SplitPart = z.infer<typeof split>;

const fault = z.strictObject({
  party: z.string(),
  at: z.enum(MESSAGE_TYPES),
  /** Which step of the model, from 1; the first one that sends such a message unless given. */
  iteration: z.number().int().min(1).optional(),
  do: z.enum(["drop", "delay", "restart", "duplicate", "corrupt"]),
  afterMs: z.number().int().min(0).max(86_400_000).default(1000),
});

const scenario = z.strictObject({
  format: z.literal("portmoot/scenario/v1"),
  seed: z.number().int().min(0),
  charter: z.union([z.string(), z.record(z.string(), z.unknown())]),
  policy: z.string().default("permissive"),
  boroughs: z
    .union([
      z.array(borough).min(3).max(100),
      z.strictObject({ split, ...columns }),
      z.strictObject({
        generate: z.literal("hmo"),
        into: z.number().int().min(3).max(33),
        properties: z.number().int().min(1000),
      }),
    ])
    .optional(),
  split: split.optional(),
  /** Of a split file. */
  csv: z.record(z.string(), z.unknown()).optional(),
  attributes: z.record(z.string(), z.unknown()).optional(),
  faults: z.array(fault).max(100).default([]),
  compare: z.array(z.enum(["pooled", "alone"])).default([]),
  expect: z.enum(["released", "refused", "aborted"]).default("released"),
});
export type TrainScenario = z.infer<typeof scenario> & { readonly folder: string };

/** Whether the scenario's charter learns or evaluates rather than matches. @throws ProtocolError "bad-input" where it is not YAML */
export function isTrainScenario(file: string): boolean {
  const document = parseYaml(readDocument(file), file) as { charter?: unknown };
  const { charter } = document;
  const part =
    typeof charter === "string" ? parseYaml(readDocument(resolve(dirname(file), charter)), charter) : charter;
  const kind = (part as { operation?: { kind?: unknown } } | undefined)?.operation?.kind;
  return kind === "train" || kind === "evaluate";
}

/** @throws ProtocolError "bad-input" naming line or field */
export function readTrainScenario(file: string): TrainScenario {
  return readTrainScenarioValue(parseYaml(readDocument(file), file), dirname(resolve(file)), file);
}

/** @param folder that its paths are relative to @throws ProtocolError "bad-input" naming the field */
export function readTrainScenarioValue(value: unknown, folder: string, what = "scenario"): TrainScenario {
  const parsed = parseShape(scenario, value, what, "bad-input");
  if ((parsed.boroughs === undefined) === (parsed.split === undefined)) {
    throw wrong("boroughs", "expected a list of boroughs, or one file to split among them");
  }
  const { boroughs, faults } = parsed;
  if (Array.isArray(boroughs)) {
    for (const [index, { id, like }] of boroughs.entries()) {
      const path = `boroughs.${index}`;
      if (boroughs.findIndex((other) => other.id === id) !== index) throw wrong(`${path}.id`, `${id} stands twice`);
      const model = boroughs.findIndex((other) => other.id === like);
      if (like !== undefined && (model < 0 || model >= index)) {
        throw wrong(`${path}.like`, `${like} is no borough before this one`);
      }
    }
    for (const [index, { party }] of faults.entries()) {
      if (!boroughs.some(({ id }) => id === party))
        throw wrong(`faults.${index}.party`, `${party} is not among the boroughs`);
    }
  }
  return { ...parsed, folder };
}
