import { createCipheriv } from "node:crypto";
import { assert } from "../base/errors.ts";

/**
 * PRG of the secure sum (protocol.md, "Secure sum"): AES-256-CTR (NIST SP 800-38A) with a zero counter block,
 * read as little-endian 64-bit words. A seed is used for one stream only, which is what makes the zero counter
 * safe; it is 32 bytes, never shortened. Sums wrap modulo 2^64 by intention.
 */

const MASK_SEED_BYTES = 32;
const ZERO_COUNTER = new Uint8Array(16);
/** Small enough for the second cache, large enough that calls do not count. */
const PIECE_WORDS = 8192;
const ZEROS = new Uint8Array(PIECE_WORDS * 8);

/**
 * Adds (`sign` 1) or subtracts (-1) the stream of `seed` to every word of `target`, in place, modulo 2^64.
 * @param seed 32 secret bytes
 */
export function addMaskStream(target: BigUint64Array, seed: Uint8Array, sign: 1 | -1): void {
  assert(seed.length === MASK_SEED_BYTES, "a mask seed is 32 bytes");
  const cipher = createCipheriv("aes-256-ctr", seed, ZERO_COUNTER);
  for (let start = 0; start < target.length; start += PIECE_WORDS) {
    const count = Math.min(PIECE_WORDS, target.length - start);
    const words = littleEndianWords(cipher.update(ZEROS.subarray(0, count * 8)));
    if (sign === 1) for (let i = 0; i < count; i++) target[start + i]! += words[i]!;
    else for (let i = 0; i < count; i++) target[start + i]! -= words[i]!;
  }
}

/** The bytes as 64-bit words, without a copy where memory allows. @param bytes a multiple of eight */
export function littleEndianWords(bytes: Uint8Array): BigUint64Array {
  assert(IS_LITTLE_ENDIAN, "this machine keeps words in little-endian order");
  const aligned = bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);
  return new BigUint64Array(aligned.buffer, aligned.byteOffset, aligned.length / 8);
}

const IS_LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
