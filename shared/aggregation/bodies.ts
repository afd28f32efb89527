import { z } from "zod";
import { decodeValue, encodeValue, type Value } from "../base/encoding.ts";
import { ProtocolError } from "../base/errors.ts";
import { MAX_PARTIES } from "../base/limits.ts";
import { parseShape } from "../base/shape.ts";
import type { SumContext } from "./context.ts";

/**
 * The secure sum's bodies on the wire: canonical encodings, attacker-controlled where they arrive. Decoders give a
 * value of the stated shape or throw ProtocolError "malformed" naming the field.
 */
export const SHARES_LABEL = "portmoot/shares/v1";
export const MASKED_INPUT_LABEL = "portmoot/masked-input/v1";
export const AGREE_LABEL = "portmoot/agree/v1";

/** Share of the mask key ‖ share of b. */
export const SHARE_PAIR_BYTES = 64;

const bytes = (length: number) =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === length, `expected ${length} bytes`);
const anyBytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, "expected bytes");
const party = z
  .number()
  .int()
  .min(0)
  .max(MAX_PARTIES - 1);
/** A list by party: ascending and without repeats, so that one set has one encoding. */
const byParty = <T extends z.ZodType>(item: T) =>
  z
    .array(z.tuple([party, item]))
    .max(MAX_PARTIES)
    .refine((entries) => entries.every(([p], i) => i === 0 || entries[i - 1]![0] < p), "parties out of order");
const parties = z
  .array(party)
  .max(MAX_PARTIES)
  .refine((list) => list.every((p, i) => i === 0 || list[i - 1]! < p), "parties out of order");

const sharesStatement = z.strictObject({ jobKey: bytes(32), selfMaskHash: bytes(32), held: anyBytes });
const inputStatement = z.strictObject({ jobKey: bytes(32), digest: bytes(32) });
const agreeStatement = z.strictObject({
  jobKey: bytes(32),
  u1: parties,
  u2: parties,
  u3: parties,
  digests: z.array(bytes(32)).max(MAX_PARTIES),
  ledgerHead: bytes(32),
});
const shares = z.strictObject({ statement: anyBytes, envelopes: byParty(anyBytes), seeds: byParty(anyBytes) });
const cohort = byParty(z.strictObject({ statement: anyBytes, envelope: anyBytes }));
const maskedInput = z.strictObject({ statement: anyBytes, words: anyBytes });
const statements = byParty(anyBytes);
const unmask = z.strictObject({ selfMaskShares: byParty(bytes(32)), maskKeyShares: byParty(bytes(32)) });
const opening = z.strictObject({
  agreements: anyBytes,
  cohort: byParty(anyBytes),
  inputs: byParty(maskedInput),
  selfMasks: byParty(bytes(32)),
  maskKeys: byParty(bytes(32)),
  seeds: byParty(anyBytes),
  sum: anyBytes,
});
const cohortState = z.strictObject({
  members: parties,
  commitments: byParty(bytes(32)),
  held: byParty(anyBytes),
  maskKeyShares: byParty(bytes(32)),
  selfMaskShares: byParty(bytes(32)),
});

function codec<T>(schema: z.ZodType<T>, what: string) {
  return {
    encode: (body: T): Uint8Array => encodeValue(body as unknown as Value),
    decode: (encoded: Uint8Array): T => parseShape(schema, decodeValue(encoded), what),
    parse: (body: Value): T => parseShape(schema, body, what),
  };
}

export const sharesStatementBody = codec(sharesStatement, "shares statement");
export const inputStatementBody = codec(inputStatement, "masked input statement");
export const agreeStatementBody = codec(agreeStatement, "agreement");
export const sharesBody = codec(shares, "shares");
export const cohortBody = codec(cohort, "cohort");
export const maskedInputBody = codec(maskedInput, "masked input");
export const statementsBody = codec(statements, "statements");
export const unmaskBody = codec(unmask, "unmask answer");
export const openingBody = codec(opening, "opening");
export const cohortStateBody = codec(cohortState, "cohort state");

export type AgreeStatement = z.infer<typeof agreeStatement>;

/** Entries of a map in the one order that is encoded. */
export function sortedEntries<T>(map: ReadonlyMap<number, T>): [number, T][] {
  return [...map].sort(([a], [b]) => a - b);
}

export function isSameSet(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

export function isSubset(part: readonly number[], whole: readonly number[]): boolean {
  return part.every((item) => whole.includes(item));
}

/** Words of a vector on the wire: 8·d bytes, little-endian. @throws ProtocolError "malformed" for another length */
export function checkWords(context: Pick<SumContext, "words">, encoded: Uint8Array, what: string): Uint8Array {
  if (encoded.length !== context.words * 8) {
    throw new ProtocolError("malformed", `${what}: expected ${context.words * 8} bytes, found ${encoded.length}`);
  }
  return encoded;
}
