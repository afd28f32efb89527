import { hchacha } from "@noble/ciphers/chacha.js";
import { createCipheriv, createDecipheriv } from "node:crypto";
import { concatBytes } from "../base/bytes.ts";
import { assert } from "../base/errors.ts";

/**
 * XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03 over RFC 8439) for long plaintexts: HChaCha20 by noble makes
 * the subkey, node:crypto's ChaCha20-Poly1305 does the rest, ten times faster than noble alone. Byte-equal to
 * noble's xchacha20poly1305, which is its simple twin; a test holds the two together. Used by sealing.ts only.
 */

export const NONCE_BYTES = 24;
export const TAG_BYTES = 16;
const KEY_BYTES = 32;
const CIPHER = "chacha20-poly1305";
const OPTIONS = { authTagLength: TAG_BYTES };
/** "expand 32-byte k" */
const SIGMA = Uint32Array.of(0x61707865, 0x3320646e, 0x79622d32, 0x6b206574);

/** ciphertext ‖ tag. @param key 32 bytes @param nonce 24 bytes, never twice under one key */
export function encryptXChaCha(
  key: Uint8Array,
  nonce: Uint8Array,
  associated: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  const cipher = createCipheriv(CIPHER, subkey(key, nonce), innerNonce(nonce), OPTIONS);
  cipher.setAAD(associated, { plaintextLength: plaintext.length });
  const body = cipher.update(plaintext);
  const rest = cipher.final();
  return concatBytes(body, rest, cipher.getAuthTag());
}

/** The plaintext, or null where the tag does not hold. @param sealed ciphertext ‖ tag, at least 16 bytes */
export function decryptXChaCha(
  key: Uint8Array,
  nonce: Uint8Array,
  associated: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | null {
  const body = sealed.subarray(0, sealed.length - TAG_BYTES);
  const decipher = createDecipheriv(CIPHER, subkey(key, nonce), innerNonce(nonce), OPTIONS);
  decipher.setAAD(associated, { plaintextLength: body.length });
  decipher.setAuthTag(sealed.subarray(body.length));
  const plaintext = decipher.update(body);
  try {
    decipher.final();
  } catch {
    // Node gives no other reason here than a wrong tag.
    return null;
  }
  return new Uint8Array(plaintext.buffer, plaintext.byteOffset, plaintext.length);
}

/** draft-irtf-cfrg-xchacha-03 §2.2: HChaCha20 of the key and the first 16 bytes of the nonce. */
function subkey(key: Uint8Array, nonce: Uint8Array): Uint8Array {
  assert(key.length === KEY_BYTES && nonce.length === NONCE_BYTES, "a key is 32 bytes, a nonce 24");
  const out = new Uint32Array(8);
  hchacha(SIGMA, littleEndianWords(key), littleEndianWords(nonce.subarray(0, 16)), out);
  const bytes = new Uint8Array(KEY_BYTES);
  const view = new DataView(bytes.buffer);
  out.forEach((word, i) => {
    view.setUint32(4 * i, word, true);
  });
  return bytes;
}

/** The same draft, §2.3: four zero bytes, then the last eight of the nonce. */
function innerNonce(nonce: Uint8Array): Uint8Array {
  const inner = new Uint8Array(12);
  inner.set(nonce.subarray(16), 4);
  return inner;
}

function littleEndianWords(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint32Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(4 * i, true));
}
