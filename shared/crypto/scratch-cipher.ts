import { createCipheriv } from "node:crypto";
import type { RandomSource } from "../base/clock.ts";
import { assert } from "../base/errors.ts";

/**
 * What a scratch file holds, under a key that never leaves memory: AES-256-CTR (NIST SP 800-38A), the counter being the
 * place in the file. Whoever finds the blocks of a deleted file on a disk has noise. One key a file, and no place is
 * written twice, so no part of the stream serves two contents. It does not protect against a change: a file that the
 * node's own system changes beneath it is out of scope, as its memory is.
 */
const BLOCK_BYTES = 16;

/** @returns the bytes en- or deciphered, in a new array; `at`: their place in the file, a multiple of 16 */
export function createScratchCipher(random: RandomSource): (bytes: Uint8Array, at: number) => Uint8Array {
  const key = Uint8Array.from(random.bytes(32));
  return (bytes, at) => {
    assert(at % BLOCK_BYTES === 0, "a place in a scratch file is a multiple of 16 bytes");
    const counter = new Uint8Array(BLOCK_BYTES);
    new DataView(counter.buffer).setBigUint64(8, BigInt(at / BLOCK_BYTES));
    return createCipheriv("aes-256-ctr", key, counter).update(bytes);
  };
}
