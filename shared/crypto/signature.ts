import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from "node:crypto";
import { bytesToHex, concatBytes, hexToBytes } from "../base/bytes.ts";
import type { RandomSource } from "../base/clock.ts";
import { assert, ProtocolError } from "../base/errors.ts";

/**
 * Ed25519 (RFC 8032, pure) by node:crypto. Signatures are deterministic, so that a message sent again has the
 * same bytes. Public keys are attacker-controlled: only canonical encodings of points of large order are
 * accepted, because under a key of small order one signature holds for many messages, and two encodings of
 * one key would be two parties. What is signed is a digest under a label; callers go through statements, not
 * through here. Verification throws; there is no boolean to drop.
 */

const PUBLIC_KEY_BYTES = 32;
export const SECRET_KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

export interface SigningKey {
  readonly publicKey: Uint8Array;
  /** The 32-byte seed of RFC 8032 §5.1.5. */
  readonly secretKey: Uint8Array;
}

// RFC 8410: the DER around a raw key.
const PKCS8_PREFIX = hexToBytes("302e020100300506032b657004220420")!;
const SPKI_PREFIX = hexToBytes("302a300506032b6570032100")!;

const FIELD_PRIME = 2n ** 255n - 19n;
/** The y-coordinates of the eight points whose order divides 8. */
const SMALL_ORDER_Y: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  FIELD_PRIME - 1n,
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n,
  0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
]);

export function generateSigningKey(random: RandomSource): SigningKey {
  const secretKey = Uint8Array.from(random.bytes(SECRET_KEY_BYTES));
  return { secretKey, publicKey: signingPublicKey(secretKey) };
}

/** The public key of a 32-byte seed. */
export function signingPublicKey(secretKey: Uint8Array): Uint8Array {
  const der = createPublicKey(privateKeyObject(secretKey)).export({ type: "spki", format: "der" });
  return new Uint8Array(der.subarray(SPKI_PREFIX.length));
}

/** The 64-byte signature R ‖ S. */
export function signBytes(secretKey: Uint8Array, message: Uint8Array): Uint8Array {
  return createSign(secretKey)(message);
}

/** Signing for whoever signs often: the key is wrapped once, at the first signature. */
export function createSign(secretKey: Uint8Array): (message: Uint8Array) => Uint8Array {
  let key: KeyObject | null = null;
  return (message) => new Uint8Array(sign(null, message, (key ??= privateKeyObject(secretKey))));
}

/**
 * Returns where `signature` is the holder's over `message`.
 * @throws ProtocolError "integrity" for a wrong signature, and for a key or signature that nobody could honestly have made
 */
export function verifySignature(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): void {
  checkSigningPublicKey(publicKey);
  if (signature.length !== SIGNATURE_BYTES) throw new ProtocolError("integrity", "signature: not 64 bytes");
  // RFC 8032 §5.1.7: OpenSSL refuses S ≥ L and compares the encoding of R.
  if (!verify(null, message, publicKeyObject(publicKey), signature)) {
    throw new ProtocolError("integrity", "signature: does not hold under this key");
  }
}

/** Wrapping a public key costs more than verifying under it, and a round asks about the same few again and again. */
const KNOWN_KEYS = 256;
const known = new Map<string, KeyObject>();

function publicKeyObject(publicKey: Uint8Array): KeyObject {
  const name = bytesToHex(publicKey);
  const found = known.get(name);
  if (found !== undefined) return found;
  const key = createPublicKey({ key: Buffer.from(concatBytes(SPKI_PREFIX, publicKey)), format: "der", type: "spki" });
  if (known.size >= KNOWN_KEYS) known.delete(known.keys().next().value!);
  known.set(name, key);
  return key;
}

/** @throws ProtocolError "integrity" unless the bytes can be a signing key: 32, canonical, not of small order. */
export function checkSigningPublicKey(publicKey: Uint8Array): void {
  if (publicKey.length !== PUBLIC_KEY_BYTES) throw new ProtocolError("integrity", "signing key: not 32 bytes");
  const littleEndian = Uint8Array.from(publicKey).reverse();
  // RFC 8032 §5.1.3: the highest bit is the sign of x.
  const y = BigInt(`0x${bytesToHex(littleEndian)}`) & (2n ** 255n - 1n);
  if (y >= FIELD_PRIME) throw new ProtocolError("integrity", "signing key: not canonical");
  if (SMALL_ORDER_Y.has(y)) throw new ProtocolError("integrity", "signing key: of small order");
}

function privateKeyObject(secretKey: Uint8Array): KeyObject {
  assert(secretKey.length === SECRET_KEY_BYTES, "a signing seed is 32 bytes");
  return createPrivateKey({ key: Buffer.from(concatBytes(PKCS8_PREFIX, secretKey)), format: "der", type: "pkcs8" });
}
