import { z } from "zod";
import { MAX_CASCADE_KEYS, MAX_DIMINUTIVE_GROUPS, MAX_LABELS, MAX_LIST_ROWS, MAX_PARTIES } from "../base/limits.ts";
import { ProtocolError } from "../base/errors.ts";
import { extendDiminutives } from "../matching/standardise/diminutives.ts";
import { STANDARD_TABLES, type TransformTables } from "../matching/transforms.ts";
import {
  evaluateControls,
  evaluateOperation,
  learningDataset,
  trainControls,
  trainOperation,
} from "./charter-learning.ts";
import { plainText } from "./plain-text.ts";
import { partyName } from "./roster.ts";

/**
 * A charter, field by field (protocol.md, "Charter and job"). No default is implied: every field is written out, and an
 * unknown one is an error. What this version can do stands here as literals; charter-sense.ts checks that the parts fit.
 */
const id = z.string().regex(/^[a-z0-9][a-z0-9-]{2,63}$/, "expected 3 to 64 of a-z, 0-9 and -");
const name = z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/, "expected a name of a-z, 0-9, _ and -, at most 63 long");
const text = plainText(2000);
const code = plainText(200);
const rootKey = z.string().regex(/^ed25519:[A-Za-z0-9_-]{43}$/, "expected ed25519: and 43 base64url characters");
const day = z.iso.date("expected a day as YYYY-MM-DD");
const whole = (least: number, most: number) => z.number().int().min(least).max(most);

const gateway = z.strictObject({ citation: text, scope: text, confirmedBy: text, confirmedOn: day, expires: day });

const party = z.strictObject({
  id: partyName,
  roles: z.array(z.enum(["owner", "matcher", "opener"])).min(1),
  rootKey,
  lawfulBasis: text,
  legalGateway: gateway.nullable(),
});

const attribute = z.strictObject({
  type: z.literal("category", 'expected "category", the type that this version can use'),
  codes: z.array(code).min(1).max(MAX_LABELS),
});

const population = z.strictObject({
  where: z.array(z.strictObject({ attribute: name, in: z.array(code).min(1).max(MAX_LABELS) })).max(16),
});

const cascade = z
  .array(
    z.strictObject({
      key: name,
      of: z
        .array(z.strictObject({ field: name, as: z.array(z.string().max(32)).min(1).max(8) }))
        .min(1)
        .max(16),
    }),
  )
  .min(1)
  .max(MAX_CASCADE_KEYS);

/** Names that the transform `diminutive` takes for one, beside those of the program's own table. */
const diminutives = z
  .array(
    z
      .array(z.string().regex(/^[A-Z]{2,40}$/, "expected a name of A to Z, at most 40 long"))
      .min(2)
      .max(32),
  )
  .min(1)
  .max(MAX_DIMINUTIVE_GROUPS);

const matchCommon = {
  kind: z.literal("match"),
  protocol: z.enum(["double-salt", "single-salt"], 'expected "double-salt" or "single-salt"'),
  cascade,
  outputs: z
    .array(
      z.enum(
        ["total", "table", "pair-matrix", "own-side-list"],
        'expected "total", "table", "pair-matrix" or "own-side-list"',
      ),
    )
    .min(1),
};
export const onePopulation = z.strictObject({
  ...matchCommon,
  population,
  label: z.strictObject({ attribute: name }).optional(),
});
export const leftAndRight = z.strictObject({
  ...matchCommon,
  left: population,
  right: population,
  label: z.strictObject({ left: name, right: name }).optional(),
});

/** Largest differences between groups of people that a rehearsal may show (rehearsal.ts), as shares of 0 … 1. */
const fairness = z.strictObject({
  largestRecallGap: z.number().min(0).max(1),
  largestFalseMatchGap: z.number().min(0).max(1),
});

const matchControls = z.strictObject({
  // Floors of the network (disclosure.md, "Defaults"): a charter may ask for more, never for less.
  minimumContributors: whole(3, MAX_PARTIES),
  minimumCount: whole(10, 1_000_000),
  roundTo: whole(5, 1_000_000),
  minimumPopulation: whole(20, MAX_LIST_ROWS),
  smallCounts: z.literal("pool", 'expected "pool": "strict" is for counts'),
  privacyBudget: z.null("expected null: a match makes no claim of differential privacy"),
  maximumRounds: whole(1, 1000),
  minimumDaysBetweenRounds: whole(0, 3660),
  listCap: whole(1024, MAX_LIST_ROWS),
  fairness: fairness.optional(),
});

const minutes = z.number().positive().max(100_000);

const matchDataset = z.strictObject({
  name,
  unit: z.enum(["person", "property", "company", "case", "account"]),
  collapse: z.enum(["none", "reference"]),
  fields: z.array(name).min(1).max(64),
  attributes: z.record(name, attribute),
  diminutives: diminutives.optional(),
});

const common = {
  format: z.literal("portmoot/charter/v1"),
  id,
  version: whole(1, 1_000_000),
  title: text,
  purpose: text,
  publicBenefit: text,
  sensitivity: z.strictObject({
    specialCategory: z.boolean(),
    children: z.boolean(),
    criminal: z.boolean(),
    vulnerableGroup: z.boolean(),
    novelMethod: z.boolean(),
    automatedRanking: z.boolean(),
  }),
  requester: z.strictObject({ role: text, organisation: text }),
  coordinator: z.strictObject({ name: text, rootKey }),
  parties: z.array(party).min(3).max(MAX_PARTIES),
  validFrom: day,
  validTo: day,
  reviewDate: day,
};
const stepDeadlines = {
  preflightMinutes: minutes,
  stepMinutes: minutes,
  roundHours: z
    .number()
    .positive()
    .max(24 * 90),
};
const kept = {
  keys: z.literal("round-end"),
  snapshotDays: whole(0, 3660),
  releaseYears: whole(0, 100),
  ledgerYears: whole(1, 100),
};

export const matchCharter = z.strictObject({
  ...common,
  dataset: matchDataset,
  operation: z.union([onePopulation, leftAndRight]),
  controls: matchControls,
  deadlines: z.strictObject({ ...stepDeadlines, matchMinutes: minutes }),
  retention: z.strictObject({ ...kept, tags: z.literal("round-end"), ownSideListDays: whole(0, 3660) }),
});
export const trainCharter = z.strictObject({
  ...common,
  dataset: learningDataset,
  operation: trainOperation,
  controls: trainControls,
  deadlines: z.strictObject(stepDeadlines),
  retention: z.strictObject({ ...kept, modelDays: whole(1, 3660) }),
});
export const evaluateCharter = z.strictObject({
  ...common,
  dataset: learningDataset,
  operation: evaluateOperation,
  controls: evaluateControls,
  deadlines: z.strictObject(stepDeadlines),
  retention: z.strictObject(kept),
});

export type MatchCharter = z.infer<typeof matchCharter>;
export type TrainCharter = z.infer<typeof trainCharter>;
export type EvaluateCharter = z.infer<typeof evaluateCharter>;
/** What has a label and features: a model is made, or one that is there is judged. */
export type LearningCharter = TrainCharter | EvaluateCharter;
export type Charter = MatchCharter | LearningCharter;

export function isMatch(charter: Charter): charter is MatchCharter {
  return charter.operation.kind === "match";
}

export function isTraining(charter: LearningCharter): charter is TrainCharter {
  return charter.operation.kind === "train";
}

/** @throws ProtocolError "refused": a learning charter came where lists of rows are compared */
export function requireMatch(charter: Charter): MatchCharter {
  if (!isMatch(charter)) throw new ProtocolError("refused", `charter: ${charter.operation.kind} compares no lists`);
  return charter;
}

/** The gaps that a charter of people allows between groups; undefined where it sets none, or learns. */
export function fairnessOf(charter: Charter): MatchCharter["controls"]["fairness"] {
  return isMatch(charter) ? charter.controls.fairness : undefined;
}

/** Whether an output stands in the charter. */
export function asksFor({ operation }: Charter, output: string): boolean {
  return (operation.outputs as readonly string[]).includes(output);
}

export type Role = Charter["parties"][number]["roles"][number];

function positionsWith(charter: Charter, role: Role): number[] {
  return charter.parties.flatMap(({ roles }, position) => (roles.includes(role) ? [position] : []));
}

/** Charter positions of the parties that contribute rows. */
export function owners(charter: Charter): number[] {
  return positionsWith(charter, "owner");
}

/** Charter positions of the parties that may be drawn as matcher. */
export function matchers(charter: Charter): number[] {
  return positionsWith(charter, "matcher");
}

/** Charter positions of the parties that open and protect the sum. */
export function openers(charter: Charter): number[] {
  return positionsWith(charter, "opener");
}

/** Whether figures of all pairs together are opened by a secure sum; without it each pair stands alone. */
export function hasSum(charter: Charter): boolean {
  return !isMatch(charter) || asksFor(charter, "total");
}

/** Whether the outputs rest on what a pair's matcher keeps beyond the halves: then a retry is a whole new match. */
export function needsMatcher(charter: Charter): boolean {
  return asksFor(charter, "pair-matrix") || asksFor(charter, "own-side-list");
}

/** The columns of a node that anything sent under the charter derives from. */
export function derivedColumns(charter: Charter): string[] {
  const attributes = Object.keys(charter.dataset.attributes);
  return isMatch(charter) ? [...cascadeFields(charter), ...attributes] : attributes;
}

/** What transforms look up, the same at every node of the charter. */
export function transformTables({ dataset }: MatchCharter): TransformTables {
  return dataset.diminutives === undefined ? STANDARD_TABLES : { diminutives: extendDiminutives(dataset.diminutives) };
}

/** Every field that a key of the cascade reads. */
export function cascadeFields(charter: Pick<MatchCharter, "operation">): string[] {
  return [...new Set(charter.operation.cascade.flatMap(({ of }) => of.map(({ field }) => field)))];
}
