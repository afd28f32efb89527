import { isEqualBytes } from "../base/bytes.ts";
import { decodeValue, encodeValue, type Value } from "../base/encoding.ts";
import { ProtocolError } from "../base/errors.ts";
import { parseShape } from "../base/shape.ts";
import { digest } from "../crypto/hash.ts";
import { z } from "zod";
import { expandCascade } from "../matching/library.ts";
import {
  evaluateCharter,
  leftAndRight,
  matchCharter,
  onePopulation,
  trainCharter,
  type Charter,
} from "./charter-shape.ts";
import { verifyCharterSense } from "./charter-sense.ts";

export {
  asksFor,
  cascadeFields,
  derivedColumns,
  fairnessOf,
  hasSum,
  isMatch,
  isTraining,
  matchers,
  needsMatcher,
  openers,
  owners,
  requireMatch,
  transformTables,
  type Charter,
  type EvaluateCharter,
  type LearningCharter,
  type MatchCharter,
  type Role,
  type TrainCharter,
} from "./charter-shape.ts";

/**
 * The charter: the one document that says who counts what with whom, why, under which controls, and for how long.
 * People approve its digest; nodes act on nothing else.
 */

const kindShape = z.looseObject({
  operation: z.looseObject({
    kind: z.enum(
      ["match", "train", "evaluate"],
      'expected "match", "train" or "evaluate", the operations of this version',
    ),
  }),
});

/**
 * A complete charter from a document's value, its cascade spelt out where the document names keys of the library.
 * @throws ProtocolError "bad-input" naming the field and what was expected
 */
export function parseCharter(value: unknown): Charter {
  // A union would only say that neither form fits: choose by what stands there, so that the message names the field.
  parseShape(kindShape, value, "charter", "bad-input");
  const spelt = spellOutCascade(value);
  const operation = isRecord(spelt) && isRecord(spelt["operation"]) ? spelt["operation"] : {};
  const charter = parseShape(formOf(operation), spelt, "charter", "bad-input");
  verifyCharterSense(charter);
  return charter;
}

function formOf(operation: Record<string, unknown>): z.ZodType<Charter> {
  if (operation["kind"] === "train") return trainCharter;
  if (operation["kind"] === "evaluate") return evaluateCharter;
  const form = "left" in operation || "right" in operation ? leftAndRight : onePopulation;
  return matchCharter.extend({ operation: form });
}

/** Names of the library give way to what they stand for, before anything is checked or hashed. */
function spellOutCascade(value: unknown): unknown {
  if (!isRecord(value) || !isRecord(value["operation"]) || !isRecord(value["dataset"])) return value;
  const { cascade, kind } = value["operation"];
  if (kind !== "match") return value;
  const { fields } = value["dataset"];
  const declared = Array.isArray(fields) ? fields.filter((field) => typeof field === "string") : [];
  return { ...value, operation: { ...value["operation"], cascade: expandCascade(cascade, declared) } };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** The bytes that are stored and sent; the digest is over the same value. */
export function encodeCharter(charter: Charter): Uint8Array {
  return encodeValue(charter as unknown as Value);
}

/** @throws ProtocolError "malformed" for bytes that `encodeCharter` does not write for a charter that makes sense. */
export function decodeCharter(encoded: Uint8Array): Charter {
  let charter: Charter;
  try {
    charter = parseCharter(decodeValue(encoded));
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause;
    throw new ProtocolError("malformed", cause.message, { cause });
  }
  // Parsing trims and normalises: what is kept must be what the digest covers.
  if (!isEqualBytes(encodeCharter(charter), encoded)) {
    throw new ProtocolError("malformed", "charter: is not in its canonical form");
  }
  return charter;
}

/** What people approve: the same for every spelling of the same document. */
export function charterDigest(charter: Charter): Uint8Array {
  return digest("portmoot/charter/v1", charter as unknown as Value);
}
