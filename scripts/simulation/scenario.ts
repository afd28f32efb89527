import { dirname, resolve } from "node:path";
import { z } from "zod";
import { ProtocolError } from "../../shared/base/errors.ts";
import { parseShape } from "../../shared/base/shape.ts";
import { readDocument } from "../../shared/host/config.ts";
import { parseYaml } from "../../shared/protocol/charter-document.ts";
import { MESSAGE_TYPES } from "../../shared/protocol/messages.ts";
import { partyName } from "../../shared/protocol/roster.ts";

/**
 * A scenario as a researcher writes it (examples/): boroughs from files or generated, what of the charter matters, the
 * policy of the nodes, faults and the expected outcome. Paths are relative to the file. Unknown keys are errors.
 */
const share = z.number().min(0).max(1);
const roles = z.array(z.enum(["owner", "matcher", "opener"])).min(1);
/** As in a node's mapping file, which is parsed where it is used; a scenario adds only where the truth stands. */
const mappingParts = {
  csv: z.record(z.string(), z.unknown()).optional(),
  dateFormat: z.enum(["ymd", "dmy", "mdy"]).optional(),
  mapping: z.record(z.string(), z.unknown()).optional(),
  attributes: z.record(z.string(), z.unknown()).optional(),
  truth: z
    .union([z.string(), z.strictObject({ column: z.string(), pattern: z.string().max(200).optional() })])
    .optional(),
};
/** What is made, and how (scripts/generator/london.ts); a share of families comes apart unless told otherwise. */
/** Of a household, the share that a list holds, unless a scenario says otherwise. */
export const COVERAGE = 0.95;
const generatorParts = {
  what: z.enum(["people", "properties", "businesses"]).default("people"),
  coverage: z.number().min(0.1).max(1).default(COVERAGE),
  sameAddress: share.optional(),
};
const borough = z.strictObject({
  id: partyName,
  roles: roles.optional(),
  file: z.string().optional(),
  like: z.string().optional(),
  generate: z
    .strictObject({ residents: z.number().int().min(1), overlap: share, dirt: share, ...generatorParts })
    .optional(),
  ...mappingParts,
});
export type BoroughPart = z.infer<typeof borough>;

const fault = z.strictObject({
  party: z.string(),
  at: z.enum(MESSAGE_TYPES),
  do: z.enum(["drop", "delay", "restart", "duplicate", "corrupt"]),
  afterMs: z.number().int().min(0).max(86_400_000).default(1000),
});
export type Fault = z.infer<typeof fault>;

const london = z.strictObject({
  generate: z.number().int().min(3).max(33),
  /** In all boroughs together. */
  residents: z.number().int().min(300),
  overlap: share.default(0.12),
  dirt: share.default(0.25),
  ...generatorParts,
});
export type LondonPart = z.infer<typeof london>;

const scenario = z.strictObject({
  format: z.literal("portmoot/scenario/v1"),
  seed: z.number().int().min(0),
  charter: z.union([z.string(), z.record(z.string(), z.unknown())]).default({}),
  policy: z.string().default("permissive"),
  boroughs: z.union([london, z.array(borough).min(3).max(33)]),
  faults: z.array(fault).max(100).default([]),
  expect: z.enum(["released", "refused", "aborted"]).default("released"),
});
export type Scenario = z.infer<typeof scenario> & {
  /** Of the scenario's file. */
  readonly folder: string;
};

/** @throws ProtocolError "bad-input" naming line or field */
export function readScenario(file: string): Scenario {
  const parsed = parseShape(scenario, parseYaml(readDocument(file), file), file, "bad-input");
  const { boroughs, faults } = parsed;
  if (Array.isArray(boroughs)) {
    checkBoroughs(boroughs);
    const names = boroughs.map(({ id }) => id);
    for (const [index, { party }] of faults.entries()) {
      if (!names.includes(party)) throw wrong(`faults.${index}.party`, `${party} is not among the boroughs`);
    }
  }
  return { ...parsed, folder: dirname(resolve(file)) };
}

function checkBoroughs(boroughs: readonly BoroughPart[]): void {
  for (const [index, { id, file, like, generate }] of boroughs.entries()) {
    const path = `boroughs.${index}`;
    if (boroughs.findIndex((other) => other.id === id) !== index) throw wrong(`${path}.id`, `${id} stands twice`);
    if (file !== undefined && generate !== undefined) throw wrong(path, "has a file and is generated, choose one");
    if (like === undefined) continue;
    const model = boroughs.findIndex((other) => other.id === like);
    if (model < 0 || model >= index) throw wrong(`${path}.like`, `${like} is no borough before this one`);
  }
}

export function wrong(path: string, message: string, hint = "mend the scenario"): ProtocolError {
  return new ProtocolError("bad-input", `scenario: ${path}: ${message}`, { hint });
}
