import { z } from "zod";
import type { Value } from "../../shared/base/encoding.ts";
import { parseShape } from "../../shared/base/shape.ts";
import { digest } from "../../shared/crypto/hash.ts";

/**
 * The encoding of a ledger entry (protocol.md, "Egress gate and ledger"): all that writer and verifier share.
 * An entry is the body of a statement under LEDGER_LABEL by the operational key, so what is signed is exactly the
 * digest that the next entry names as its previous. No resident's data ever enters one.
 */
export const LEDGER_LABEL = "portmoot/ledger/v1";
export const LEDGER_HEAD_LABEL = "portmoot/ledger-head/v1";

/** The previous digest of the first entry. */
export const NO_ENTRY = new Uint8Array(32);
/** A restored backup will start the next epoch. */
export const FIRST_EPOCH = 1;
/** Bodies up to here stay readable in the ledger; larger ones only until their round ends. */
export const MAX_KEPT_BODY_BYTES = 1024 * 1024;

const bytes = (length: number) =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === length, `expected ${length} bytes`);
const whole = z.number().int().min(0);

const entry = z.strictObject({
  epoch: whole,
  /** 1, 2, 3 … without gaps. */
  sequence: whole,
  /** Digest of the entry before, NO_ENTRY for the first. */
  previous: bytes(32),
  timeMs: whole,
  /** "local": something was decided here and nothing left. */
  direction: z.enum(["out", "in", "local"]),
  /** A type of the message catalogue, "result" for a released result, or "drop", "stop", "withdraw", "open-lists". */
  type: z.string(),
  messageId: bytes(16).nullable(),
  round: bytes(16).nullable(),
  attempt: whole,
  charter: bytes(32).nullable(),
  /** J*, null before the Keys entries are out. */
  jobKey: bytes(32).nullable(),
  recipient: z.string().nullable(),
  pair: z.tuple([whole, whole]).nullable(),
  sizeBytes: whole,
  /** SHA-256 of the bytes as sent, or as received. */
  sha256: bytes(32).nullable(),
  /** One plain sentence. */
  encodes: z.string(),
  /** The charter's fields that the content is computed from. */
  fields: z.array(z.string()),
  protection: z.string(),
  /** SHA-256 of the decision statement this rests on. */
  approval: bytes(32).nullable(),
  /** Messages that will not be delivered any more. */
  dropped: z.array(bytes(16)),
});
export type LedgerEntry = z.infer<typeof entry>;

const head = z.strictObject({ epoch: whole, sequence: whole, digest: bytes(32), timeMs: whole });
/** What `ledger.head` says: the last entry that stood there when something was about to leave. */
export type LedgerHead = z.infer<typeof head>;

export function entryToValue(value: LedgerEntry): Value {
  return { ...value };
}

/** @throws ProtocolError "malformed" */
export function parseEntry(value: Value): LedgerEntry {
  return parseShape(entry, value, "ledger entry");
}

/** @throws ProtocolError "malformed" */
export function parseHead(value: Value): LedgerHead {
  return parseShape(head, value, "ledger.head");
}

/** The link of the chain. */
export function entryDigest(value: LedgerEntry): Uint8Array {
  return digest(LEDGER_LABEL, entryToValue(value));
}
