import { assert, ProtocolError } from "../base/errors.ts";
import type { RandomSource } from "../base/clock.ts";
import { littleEndianWords } from "../crypto/mask-stream.ts";
import { randomWords } from "../crypto/permutation.ts";
import { cellIndex, type SumLayout } from "./layout.ts";
import type { TagList } from "./list.ts";
import type { Matches } from "./pair-tags.ts";

/**
 * A pair's result on its way from the matcher into the secure sum (protocol.md, Matching). The matcher counts in the
 * pair's scrambled label codes and hands each owner one half, T + m and −m with a uniform m: it knows sizes without
 * meaning, the owners know nothing, and only the total over all pairs is ever opened.
 */
export interface LabelCounts {
  readonly left: number;
  readonly right: number;
}

/** [total, then the whole table of scrambled codes, row by row]; just the total without labels. */
export function countPair(
  matches: Matches,
  left: Pick<TagList, "labels">,
  right: Pick<TagList, "labels">,
  labels: LabelCounts | null,
): BigUint64Array {
  const words = new BigUint64Array(labels === null ? 1 : 1 + labels.left * labels.right);
  words[0] = BigInt(matches.left.length);
  if (labels === null) return words;
  assert(left.labels !== null && right.labels !== null, "lists for a table carry label codes");
  for (let match = 0; match < matches.left.length; match++) {
    const i = left.labels[matches.left[match]!]!;
    const j = right.labels[matches.right[match]!]!;
    if (i >= labels.left || j >= labels.right)
      throw new ProtocolError("integrity", "list: a label code is out of range");
    words[1 + i * labels.right + j]! += 1n;
  }
  return words;
}

/** T + m for the left owner, −m for the right; m uniform modulo 2^64, one word a slot. */
export function splitPairResult(
  words: BigUint64Array,
  random: RandomSource,
): { left: BigUint64Array; right: BigUint64Array } {
  const mask = randomWords(words.length, random);
  return {
    left: words.map((word, slot) => word + mask[slot]!),
    right: mask.map((word) => -word),
  };
}

/**
 * Adds one half to an owner's words of the sum: undoes the permutation, T[i][j] = T′[σL(i)][σR(j)], and folds (i, j) with
 * (j, i) where the population is one. Modulo 2^64.
 */
export function addPairShare(
  sum: BigUint64Array,
  half: BigUint64Array,
  { layout, sigma }: { layout: SumLayout; sigma: { readonly left: Uint16Array; readonly right: Uint16Array } | null },
): void {
  sum[0]! += half[0]!;
  const { table } = layout;
  if (table === null) return;
  assert(sigma !== null, "a table's halves come with the pair's permutations");
  for (let i = 0; i < table.left; i++) {
    for (let j = 0; j < table.right; j++) {
      sum[cellIndex(table, i, j)]! += half[1 + sigma.left[i]! * table.right + sigma.right[j]!]!;
    }
  }
}

/** 8 bytes a word, little-endian. */
export function encodeWords(words: BigUint64Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength).slice();
}

/** @throws ProtocolError "malformed" where the bytes are not whole words */
export function decodeWords(bytes: Uint8Array): BigUint64Array {
  if (bytes.length % 8 !== 0) throw new ProtocolError("malformed", "words: not a multiple of eight bytes");
  return littleEndianWords(bytes.slice());
}
