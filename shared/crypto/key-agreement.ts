import sodium from "sodium-native";
import { bytesToHex } from "../base/bytes.ts";
import type { RandomSource } from "../base/clock.ts";
import { assert, ProtocolError } from "../base/errors.ts";

/**
 * X25519 (RFC 7748) by libsodium, which takes raw keys: with node:crypto, wrapping them cost three times the arithmetic. A shared secret is never used as a key: it goes into HKDF together with
 * the job's key and the purpose (sealing.ts, callers of hkdfSha256). One pair serves one purpose in one
 * attempt of one round. Public keys are attacker-controlled: non-canonical encodings are refused, although
 * RFC 7748 §5 would accept them, because "no key twice" compares bytes.
 */

const DH_KEY_BYTES = 32;

export interface DhKey {
  readonly publicKey: Uint8Array;
  readonly secretKey: Uint8Array;
}

/** RFC 7748 §4.1: u = 9. */
const BASE_POINT = Uint8Array.of(9, ...new Uint8Array(DH_KEY_BYTES - 1));
const FIELD_PRIME = 2n ** 255n - 19n;

export function generateDhKey(random: RandomSource): DhKey {
  const secretKey = Uint8Array.from(random.bytes(DH_KEY_BYTES));
  return { secretKey, publicKey: dhPublicKey(secretKey) };
}

/** The public key of a 32-byte secret; how a reconstructed mask key is checked. */
export function dhPublicKey(secretKey: Uint8Array): Uint8Array {
  return multiply(secretKey, BASE_POINT);
}

/**
 * The 32 bytes that both holders get.
 * @throws ProtocolError "integrity" for a public key that is not 32 canonical bytes, or that gives zero with every secret
 */
export function sharedSecret(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  checkDhPublicKey(publicKey);
  try {
    // RFC 7748 §6.1: libsodium refuses the all-zero value, in constant time.
    return multiply(secretKey, publicKey);
  } catch (cause) {
    throw new ProtocolError("integrity", "key agreement: the public key is of small order", { cause });
  }
}

/** @throws ProtocolError "integrity" unless 32 bytes, little-endian, below 2^255 - 19. */
function checkDhPublicKey(publicKey: Uint8Array): void {
  if (publicKey.length !== DH_KEY_BYTES) throw new ProtocolError("integrity", "key agreement: public key not 32 bytes");
  const u = BigInt(`0x${bytesToHex(Uint8Array.from(publicKey).reverse())}`);
  if (u >= FIELD_PRIME) throw new ProtocolError("integrity", "key agreement: public key not canonical");
}

function multiply(secretKey: Uint8Array, u: Uint8Array): Uint8Array {
  assert(secretKey.length === DH_KEY_BYTES, "an X25519 secret is 32 bytes");
  const product = new Uint8Array(DH_KEY_BYTES);
  sodium.crypto_scalarmult(product, secretKey, u);
  return product;
}
