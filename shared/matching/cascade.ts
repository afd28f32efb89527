import { ProtocolError } from "../base/errors.ts";
import type { RandomSource } from "../base/clock.ts";
import { createTagKeying } from "../crypto/keyed-index.ts";
import type { TagList } from "./list.ts";
import { indexTags, tagWords } from "./tag-index.ts";

/** Matched rows, in the order found: row numbers of the two lists and the key that agreed. */
export interface Matches {
  readonly left: Uint32Array;
  readonly right: Uint32Array;
  readonly key: Uint8Array;
}

/**
 * The cascade (protocol.md, Matching, "C"): key by key, best first, accept every pair of rows equal on both sides, take
 * both out, go on. A row is in at most one pair.
 * @throws ProtocolError "integrity" where a value stands twice in one column of one list: honest owners send each once
 */
export function runCascade(left: TagList, right: TagList, random: RandomSource): Matches {
  const most = Math.min(left.rows, right.rows);
  const found = { left: new Uint32Array(most), right: new Uint32Array(most), key: new Uint8Array(most) };
  const takenLeft = new Uint8Array(left.rows);
  const takenRight = new Uint8Array(right.rows);
  let count = 0;
  for (const [key, leftTags] of left.columns.entries()) {
    const keying = createTagKeying(random);
    const leftWords = tagWords(keying(leftTags));
    const rightWords = tagWords(keying(right.columns[key]!));
    requireUnique(leftWords, "left", key);
    const index = requireUnique(rightWords, "right", key);
    for (let row = 0; row < left.rows; row++) {
      if (takenLeft[row] === 1) continue;
      const partner = index.find(leftWords, row);
      if (partner < 0 || takenRight[partner] === 1) continue;
      takenLeft[row] = 1;
      takenRight[partner] = 1;
      found.left[count] = row;
      found.right[count] = partner;
      found.key[count] = key;
      count++;
    }
  }
  return {
    left: found.left.subarray(0, count),
    right: found.right.subarray(0, count),
    key: found.key.subarray(0, count),
  };
}

function requireUnique(words: Uint32Array, side: "left" | "right", key: number) {
  const index = indexTags(words);
  if ("repeated" in index) {
    throw new ProtocolError("integrity", `list: a value stands twice in column ${key} of the ${side} list`);
  }
  return index;
}
