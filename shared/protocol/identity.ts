import { z } from "zod";
import { base64UrlToBytes, bytesToBase64Url, bytesToHex } from "../base/bytes.ts";
import type { Clock } from "../base/clock.ts";
import { decodeValue, encodeValue, type Value } from "../base/encoding.ts";
import { assert, ProtocolError } from "../base/errors.ts";
import { MAX_CLOCK_SKEW_MS } from "../base/limits.ts";
import { parseShape } from "../base/shape.ts";
import type { StatementSigner, StatementVerifier } from "../base/statement.ts";
import { digest } from "../crypto/hash.ts";
import { checkSigningPublicKey, createSign, signBytes, verifySignature } from "../crypto/signature.ts";

/**
 * Who says what (protocol.md, "Identity"): a party is its Ed25519 root key, kept offline after use. The root signs
 * short-lived delegations to operational keys; every statement carries its delegation, so that whoever confirmed a
 * root key once can check everything said under it. The highest serial wins.
 *
 *   delegation = {body: {operationalKey, serial, notAfterMs}, signature: Sign(root; digest("portmoot/delegation/v1", body))}
 *   statement  = {label, body, delegation, signature: Sign(operational; digest(label, body))}
 */
const ROOT_KEY_PREFIX = "ed25519:";
const DELEGATION_LABEL = "portmoot/delegation/v1";

const bytes = (length: number) =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === length, `expected ${length} bytes`);
const anyBytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, "expected bytes");
const delegationBody = z.strictObject({
  operationalKey: bytes(32),
  serial: z.number().int().min(1),
  notAfterMs: z.number().int().positive(),
});
const signedDelegation = z.strictObject({ body: delegationBody, signature: bytes(64) });
const signedStatement = z.strictObject({
  label: z.string().max(64),
  body: anyBytes,
  delegation: anyBytes,
  signature: bytes(64),
});

export type Delegation = z.infer<typeof delegationBody>;

/** "ed25519:" and the key in base64url. */
export function rootKeyText(rootKey: Uint8Array): string {
  return `${ROOT_KEY_PREFIX}${bytesToBase64Url(rootKey)}`;
}

/** @throws ProtocolError "malformed" unless `text` is exactly what `rootKeyText` writes for a sound key. */
export function parseRootKey(text: string): Uint8Array {
  const key = text.startsWith(ROOT_KEY_PREFIX) ? base64UrlToBytes(text.slice(ROOT_KEY_PREFIX.length)) : null;
  if (key?.length !== 32)
    throw new ProtocolError("malformed", "root key: expected ed25519: and 43 base64url characters");
  checkSigningPublicKey(key);
  return key;
}

/** @param serial 1, 2, 3 …; a higher one replaces the lower everywhere */
export function createDelegation(rootSecret: Uint8Array, body: Delegation): Uint8Array {
  const signature = signBytes(rootSecret, digest(DELEGATION_LABEL, { ...body }));
  return encodeValue({ body: { ...body }, signature });
}

/** @throws ProtocolError "integrity" unless the root key signed it, "expired" after notAfterMs. */
export function verifyDelegation(rootKey: Uint8Array, encoded: Uint8Array, nowMs: number): Delegation {
  const body = signedBody(rootKey, encoded);
  if (nowMs > body.notAfterMs + MAX_CLOCK_SKEW_MS) {
    throw new ProtocolError("expired", "delegation: past its notAfter", { hint: "portmoot node delegate" });
  }
  return body;
}

/** Every message of a party carries the same delegation: its signature is verified once for the same bytes and key. */
const KNOWN_DELEGATIONS = 256;
const verified = new Map<string, Delegation>();

function signedBody(rootKey: Uint8Array, encoded: Uint8Array): Delegation {
  const name = `${bytesToHex(rootKey)} ${bytesToHex(encoded)}`;
  const found = verified.get(name);
  if (found !== undefined) return found;
  const { body, signature } = parseShape(signedDelegation, decodeValue(encoded), "delegation");
  verifySignature(rootKey, digest(DELEGATION_LABEL, body), signature);
  if (verified.size >= KNOWN_DELEGATIONS) verified.delete(verified.keys().next().value!);
  verified.set(name, body);
  return body;
}

export function createSigner(own: { delegation: Uint8Array; operationalSecret: Uint8Array }): StatementSigner {
  const sign = createSign(own.operationalSecret);
  return {
    sign(label, body) {
      const signature = sign(digest(label, body));
      return encodeValue({ label, body: encodeValue(body), delegation: own.delegation, signature });
    },
  };
}

/** The highest delegation serial seen under each root key, kept for good: a replaced operational key says nothing more. */
export interface DelegationSerials {
  least(rootKey: Uint8Array): number;
  note(rootKey: Uint8Array, serial: number): void;
}

/**
 * @param roots confirmed root keys by charter position
 * @param serials left out where nothing is remembered, as in a simulation
 */
export function createVerifier({
  roots,
  clock,
  serials,
}: {
  roots: readonly Uint8Array[];
  clock: Clock;
  serials?: DelegationSerials;
}): StatementVerifier {
  return {
    open(party, label, statement) {
      const root = roots[party];
      assert(root !== undefined, "a statement is opened for a party of the charter");
      const { body, serial } = openSigned(root, label, statement, clock.nowMs());
      if (serials === undefined) return body;
      if (serial < serials.least(root)) throw new ProtocolError("integrity", "statement: its delegation was replaced");
      serials.note(root, serial);
      return body;
    },
  };
}

/** The body of a statement, after every check. @throws ProtocolError "integrity", "expired" or "malformed" */
export function openStatement(root: Uint8Array, label: string, statement: Uint8Array, nowMs: number): Value {
  return openSigned(root, label, statement, nowMs).body;
}

function openSigned(root: Uint8Array, label: string, statement: Uint8Array, nowMs: number) {
  const signed = parseShape(signedStatement, decodeValue(statement), "statement");
  if (signed.label !== label) throw new ProtocolError("integrity", `statement: expected label ${label}`);
  const { operationalKey, serial } = verifyDelegation(root, signed.delegation, nowMs);
  const body = decodeValue(signed.body);
  verifySignature(operationalKey, digest(label, body), signed.signature);
  return { body, serial };
}

/** What a statement says, unverified: for one's own, or one that was verified before it was stored. */
export function statementBody(statement: Uint8Array): Value {
  return decodeValue(parseShape(signedStatement, decodeValue(statement), "statement").body);
}

/** A party's identifier, the same whatever it is called and whichever operational key it uses. */
export function partyId(rootKey: Uint8Array): Uint8Array {
  return digest("portmoot/party/v1", rootKey);
}
