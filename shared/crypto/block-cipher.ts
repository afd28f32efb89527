import { createCipheriv, createDecipheriv } from "node:crypto";
import { assert } from "../base/errors.ts";

/**
 * AES-256 (FIPS 197) on single blocks of 16 bytes, a permutation: equal blocks stay equal, so every block must carry
 * randomness of its own. It hides and binds nothing but the block; what keeps the whole together is a digest.
 */
export const BLOCK_BYTES = 16;

/** @param key 32 bytes @param blocks n × 16 bytes, no two equal @returns n × 16 bytes */
export function encryptBlocks(key: Uint8Array, blocks: Uint8Array): Uint8Array {
  assert(blocks.length % BLOCK_BYTES === 0, "blocks are 16 bytes each");
  return new Uint8Array(createCipheriv("aes-256-ecb", key, null).setAutoPadding(false).update(blocks));
}

/** Inverts `encryptBlocks`. */
export function decryptBlocks(key: Uint8Array, blocks: Uint8Array): Uint8Array {
  assert(blocks.length % BLOCK_BYTES === 0, "blocks are 16 bytes each");
  return new Uint8Array(createDecipheriv("aes-256-ecb", key, null).setAutoPadding(false).update(blocks));
}
