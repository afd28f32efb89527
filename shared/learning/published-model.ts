import { z } from "zod";
import { ProtocolError } from "../base/errors.ts";
import { MAX_CSV_COLUMNS, MAX_LABELS, MAX_PARTIES } from "../base/limits.ts";
import { parseShape } from "../base/shape.ts";
import { digest } from "../crypto/hash.ts";
import { plainText } from "../protocol/plain-text.ts";
import type { Feature } from "./task.ts";

/**
 * A released model as boroughs keep, hand on and score with it: protected coefficients on the natural scale, how each
 * feature is read, and a card for people. All of it is public; it never holds a borough's intercept, a count of one
 * borough or a list of who took part. Attacker-controlled where it comes as a file. Every value has one text in JSON
 * and one canonical encoding, and the digest is over the latter.
 */
export const SCORE_NOTICE =
  "A score supports a decision and does not make one: look at the case itself, and let a person decide.";

const name = z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/, "expected a name of a-z, 0-9, _ and -, at most 63 long");
const code = plainText(200);
const line = plainText(2000);
const lines = z.array(line).max(50);
const figure = z.number().min(-1e15).max(1e15);
const hex = (bytes: number) =>
  z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`), `expected ${bytes} bytes in hexadecimal`);
const day = z.iso.date("expected a day as YYYY-MM-DD");
const whole = (least: number, most: number) => z.number().int().min(least).max(most);

const feature = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("number"), name, unit: plainText(40), least: figure, most: figure }),
  /** `merged` levels share one coefficient: too few rows or boroughs had them (standardise.ts). */
  z.strictObject({
    type: z.literal("category"),
    name,
    codes: z.array(code).min(1).max(MAX_LABELS),
    merged: z.array(code).max(MAX_LABELS),
  }),
  z.strictObject({ type: z.literal("flag"), name, yes: z.array(code).min(1).max(MAX_LABELS) }),
]);

/**
 * What is added to the linear predictor: `value`, the estimate times the number or the flag; `level`, where the category
 * has that code; `merged`, where it has one of the merged codes; `missing`, where there is no value, instead of anything
 * else of that feature. What has no coefficient adds nothing: a reference level, or a column that was left out.
 */
const coefficient = z.strictObject({
  feature: name,
  of: z.enum(["value", "level", "merged", "missing"]),
  level: code.nullable(),
  estimate: figure,
});

const equation = z.strictObject({
  family: z.enum(["logistic", "linear", "poisson"]),
  intercept: figure,
  /** In the order of the charter, every one that a dataset must have. */
  features: z.array(feature).min(1).max(MAX_CSV_COLUMNS),
  /** In the order of the columns. A missing value without a coefficient of its own leaves the row unscored. */
  coefficients: z.array(coefficient).max(MAX_CSV_COLUMNS * MAX_LABELS),
  missing: z.enum(["drop-row", "indicator"]),
  label: z.strictObject({ attribute: name, description: line }),
  /** Significant figures of the estimates. */
  digits: whole(1, 17),
});

const card = z.strictObject({
  purpose: line,
  /** From when to when the rows were, as the boroughs say it. */
  trainingPeriod: line,
  /** Protected figures as released: "AUC", "0.842 (between 0.840 and 0.844)". */
  metrics: z.array(z.strictObject({ name: line, figure: line })).max(100),
  /** The same by group. */
  groups: z.array(z.strictObject({ group: line, name: line, figure: line })).max(1000),
  limits: lines,
  notice: z.literal(SCORE_NOTICE, "expected the notice that every model has"),
});

const publishedModel = z.strictObject({
  format: z.literal("portmoot/model/v1"),
  /** Of models under one charter, from 1. */
  version: whole(1, 1_000_000),
  charter: z.strictObject({
    id: z.string().regex(/^[a-z0-9][a-z0-9-]{2,63}$/),
    version: whole(1, 1e6),
    digest: hex(32),
  }),
  round: hex(16),
  /** Secure sums it took. */
  steps: whole(1, 100_000),
  /** How many boroughs, not which. */
  participants: whole(1, MAX_PARTIES),
  created: day,
  /** The last day on which it may score. */
  expires: day,
  /** A rehearsal on synthetic or open data, under lower floors: not for real cases. */
  notForRelease: z.boolean(),
  card,
  equation,
});

export type PublishedModel = z.infer<typeof publishedModel>;
export type Equation = PublishedModel["equation"];
export type EquationFeature = Equation["features"][number];

/** @throws ProtocolError "malformed" naming the field, whose parts must fit each other */
export function parsePublishedModel(value: unknown): PublishedModel {
  const model = parseShape(publishedModel, value, "model");
  verifyEquation(model.equation);
  if (model.expires < model.created) throw wrong("expires", "is before created");
  return model;
}

/** What people compare and what names the model: the same for every spelling of the same model. */
export function modelDigest(model: PublishedModel): Uint8Array {
  return digest("portmoot/model/v1", model);
}

/** How the feature's text is read: as when the model was learned. */
export function declarationOf(feature: EquationFeature): Feature {
  switch (feature.type) {
    case "number":
      return { name: feature.name, type: "number", least: feature.least, most: feature.most };
    case "category":
      return { name: feature.name, type: "category", codes: feature.codes };
    case "flag":
      return { name: feature.name, type: "flag", yes: feature.yes };
  }
}

function verifyEquation({ features, coefficients, missing }: Equation): void {
  const byName = new Map(features.map((each) => [each.name, each]));
  if (byName.size !== features.length) throw wrong("equation.features", "a name stands twice");
  for (const [index, each] of features.entries()) {
    const path = `equation.features.${index}`;
    if (each.type === "number" && each.least >= each.most) throw wrong(`${path}.least`, "is not below most");
    if (each.type !== "category") continue;
    if (new Set(each.codes).size !== each.codes.length) throw wrong(`${path}.codes`, "a code stands twice");
    if (!each.merged.every((merged) => each.codes.includes(merged))) {
      throw wrong(`${path}.merged`, "is not among the codes");
    }
  }
  const seen = new Set<string>();
  for (const [index, { feature: named, of, level }] of coefficients.entries()) {
    const path = `equation.coefficients.${index}`;
    const declared = byName.get(named);
    if (declared === undefined) throw wrong(`${path}.feature`, "is not among the features");
    const key = JSON.stringify([named, of, level]);
    if (seen.has(key)) throw wrong(path, "stands twice");
    seen.add(key);
    if ((of === "level") !== (level !== null)) throw wrong(`${path}.level`, "is needed for a level and nothing else");
    if (of === "missing") {
      if (missing !== "indicator") throw wrong(path, "has an indicator, and rows with gaps were left out");
      continue;
    }
    const isOfCategory = of === "level" || of === "merged";
    if (isOfCategory !== (declared.type === "category")) throw wrong(`${path}.of`, `does not suit a ${declared.type}`);
    if (declared.type !== "category" || level === null) continue;
    if (!declared.codes.includes(level)) throw wrong(`${path}.level`, "is not among the codes");
    if (declared.merged.includes(level)) throw wrong(`${path}.level`, "was merged with others");
  }
}

function wrong(path: string, message: string): ProtocolError {
  return new ProtocolError("malformed", `model: ${path}: ${message}`);
}
