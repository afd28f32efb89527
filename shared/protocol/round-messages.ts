import { z } from "zod";
import { decodeValue, encodeValue, type Value } from "../base/encoding.ts";
import { MAX_LIST_ROWS, MAX_PARTIES, MAX_MODEL_STEPS, MIN_LIST_ROWS } from "../base/limits.ts";
import { parseShape } from "../base/shape.ts";
import type { PublicState } from "../learning/learner.ts";
import { NODE_TO_NODE } from "./messages.ts";

/**
 * The bodies of a round that are not the secure sum's own (those are in shared/aggregation) nor lists
 * (shared/matching): preflight, Keys, entries, the notice of a waiting message, results and ends. Each has one
 * canonical encoding; decoders throw ProtocolError "malformed" naming the field.
 */

const bytes = (length: number) =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === length, `expected ${length} bytes`);
const anyBytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, "expected bytes");
const position = z
  .number()
  .int()
  .min(0)
  .max(MAX_PARTIES - 1);
const attempt = z.number().int().min(1).max(MAX_MODEL_STEPS);
const value = z.custom<Value>(() => true);

/** The labels that domain-separate the round's own statements. */
export const PREFLIGHT_LABEL = "portmoot/preflight/v1";
export const KEYS_LABEL = "portmoot/keys/v1";
export const NEXT_MODEL_LABEL = "portmoot/next-model/v1";
export const PROTECTED_RESULT_LABEL = "portmoot/protected-result/v1";

/** Outwardly only the kind of refusal; the rule and its figures stay in the node's own log. */
export const PREFLIGHT_ANSWERS = [
  "willing",
  "not-approved",
  "policy",
  "disclosure-control",
  "busy",
  "stopped",
] as const;
export type PreflightAnswer = (typeof PREFLIGHT_ANSWERS)[number];

/** Why a round ended without a release. */
export const END_REASONS = [
  "refused by the boroughs",
  "too few boroughs take part",
  "too few openers take part",
  "a pair has no matcher",
  "a step's deadline passed",
  "a check failed at a borough",
  "the openers' results differ",
  "disclosure control withholds the result",
  "ended by the operator",
  "the round's deadline passed",
] as const;
export type EndReason = (typeof END_REASONS)[number];

const preflightRequest = z.strictObject({
  charter: bytes(32),
  matchAttempt: attempt,
  deadlineMs: z.number().int(),
  /** Learning, from the second step on: the state of this step, as openers signed it at the end of the one before. */
  model: anyBytes.nullable(),
});
export type PreflightRequest = z.infer<typeof preflightRequest>;

const preflight = z.strictObject({
  round: bytes(16),
  attempt,
  charter: bytes(32),
  answer: z.enum(PREFLIGHT_ANSWERS),
  contributes: z.boolean(),
  commitment: bytes(32).nullable(),
});
export type Preflight = z.infer<typeof preflight>;

const keysEntry = z.strictObject({
  job: bytes(32),
  party: position,
  nonce: bytes(32),
  envelopeKey: bytes(32),
  pairKey: bytes(32),
  maskKey: bytes(32),
});
export type KeysEntry = z.infer<typeof keysEntry>;

const entries = z.strictObject({ job: bytes(32), statements: z.array(anyBytes.nullable()).max(MAX_PARTIES) });
export type Entries = z.infer<typeof entries>;

const waiting = z.strictObject({
  messageId: bytes(16),
  type: z.enum(NODE_TO_NODE),
  from: z.string().max(64),
  pair: z.tuple([position, position]),
  sizeBytes: z.number().int().min(0),
  sha256: bytes(32),
});
/** The coordinator's notice that a sealed body from another node waits to be fetched. */
export type WaitingMessage = z.infer<typeof waiting>;

const payloadDigest = z.strictObject({
  rows: z.number().int().min(MIN_LIST_ROWS).max(MAX_LIST_ROWS),
  payloads: bytes(32),
});
/** What the owner of a double-salt list tells the matcher itself: how many rows, and the digest of their payloads. */
export type PayloadDigest = z.infer<typeof payloadDigest>;

const opening = z.strictObject({ messageId: bytes(16) });
export type OpeningNotice = z.infer<typeof opening>;

const result = z.strictObject({
  jobKey: bytes(32),
  members: z.array(position).max(MAX_PARTIES),
  result: value,
});
/** What an opener signs: the protected result of exactly this attempt and cohort. */
export type ProtectedResult = z.infer<typeof result>;

const nextModel = z.strictObject({
  jobKey: bytes(32),
  members: z.array(position).max(MAX_PARTIES),
  state: z.custom<PublicState>((given) => typeof given === "object" && given !== null && "stage" in given),
});
/** What an opener signs between two steps of learning: the state that the next sum is computed at, and whose sum it was. */
export type NextModel = z.infer<typeof nextModel>;

const modelStatements = z
  .array(z.strictObject({ party: position, statement: anyBytes }))
  .min(2)
  .max(MAX_PARTIES);

const release = z.strictObject({
  charter: bytes(32),
  round: bytes(16),
  attempt,
  statements: z
    .array(z.strictObject({ party: position, statement: anyBytes }))
    .min(2)
    .max(MAX_PARTIES),
  transcript: bytes(32),
});
/** The released result: at least two equal opener statements and the digest of the round's transcript. */
export type Release = z.infer<typeof release>;

const ended = z.strictObject({
  state: z.enum(["refused", "aborted"]),
  reason: z.enum(END_REASONS),
});
export type Ended = z.infer<typeof ended>;

function codec<T>(schema: z.ZodType<T>, what: string) {
  return {
    encode: (body: T): Uint8Array => encodeValue(body as unknown as Value),
    decode: (encoded: Uint8Array): T => parseShape(schema, decodeValue(encoded), what),
    parse: (body: Value): T => parseShape(schema, body, what),
  };
}

export const preflightRequestBody = codec(preflightRequest, "preflight request");
export const preflightBody = codec(preflight, "preflight answer");
export const keysEntryBody = codec(keysEntry, "keys entry");
export const entriesBody = codec(entries, "entries");
export const waitingBody = codec(waiting, "message notice");
export const payloadDigestBody = codec(payloadDigest, "payload digest");
export const openingBody = codec(opening, "opening notice");
export const nextModelBody = codec(nextModel, "next model");
/** At least two openers' `next-model`. */
export const modelStatementsBody = codec(modelStatements, "model statements");
export const protectedResultBody = codec(result, "protected result");
export const releaseBody = codec(release, "release");
export const endedBody = codec(ended, "end of round");
export const abortBody = codec(z.strictObject({ reason: z.enum(END_REASONS) }), "abort");
