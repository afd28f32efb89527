import { createCipheriv } from "node:crypto";
import type { RandomSource } from "../base/clock.ts";
import { assert } from "../base/errors.ts";

/**
 * Tags in a list are attacker-controlled: 100,000 crafted ones made an unkeyed hash table take 24 seconds. A
 * table therefore indexes tags after one pass of AES-256 under a key that nobody else has and that lives as
 * long as the table. AES is a permutation of 16-byte blocks: equal tags stay equal, different ones different.
 */

const TAG_BYTES = 16;
const KEY_BYTES = 32;
const BATCH_BYTES = TAG_BYTES * 65_536;

/**
 * A function from n tags of 16 bytes to n keyed tags of 16 bytes in the same order, in a new array; the same
 * key on each call, so that tags of two lists may be compared.
 */
export function createTagKeying(random: RandomSource): (tags: Uint8Array) => Uint8Array {
  const key = Uint8Array.from(random.bytes(KEY_BYTES));
  return (tags) => {
    assert(tags.length % TAG_BYTES === 0, "tags are 16 bytes each");
    // One block per tag and no chaining is what is wanted here: a keyed permutation of blocks.
    const cipher = createCipheriv("aes-256-ecb", key, null).setAutoPadding(false);
    const keyed = new Uint8Array(tags.length);
    for (let start = 0; start < tags.length; start += BATCH_BYTES) {
      keyed.set(cipher.update(tags.subarray(start, start + BATCH_BYTES)), start);
    }
    return keyed;
  };
}
