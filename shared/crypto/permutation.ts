import { createCipheriv } from "node:crypto";
import type { RandomSource } from "../base/clock.ts";
import { assert } from "../base/errors.ts";
import { littleEndianWords } from "./mask-stream.ts";

/**
 * Shuffles and random words. A shuffle is Fisher–Yates (Durstenfeld 1964) with rejection, so that every order
 * is equally likely; a modulo bias would tell the matcher something about where rows came from. Randomness is
 * drawn in batches, because a call per row to the operating system would cost more than the shuffle.
 */

const SEED_BYTES = 32;
const BATCH_WORDS = 4096;
const TWO_32 = 2 ** 32;

/** Reorders `indices` in place; every order is equally likely. */
export function shuffle(indices: Uint32Array, random: RandomSource): void {
  shuffleWith(
    indices,
    batched((words) => wordsOf(random.bytes(words * 4))),
  );
}

/** The numbers below `length` in an order that nobody can foresee. */
export function freshOrder(length: number, random: RandomSource): Uint32Array {
  const order = Uint32Array.from({ length }, (_, place) => place);
  shuffle(order, random);
  return order;
}

/**
 * The same permutation of 0 … length-1 for everybody who has the seed: two owners of a pair scramble label
 * codes alike. AES-256-CTR with a zero counter as the stream of words, so a seed serves one permutation.
 * @param seed 32 secret bytes
 * @param length 0 … 65,536
 */
export function derivedPermutation(seed: Uint8Array, length: number): Uint16Array {
  assert(seed.length === SEED_BYTES, "a permutation's seed is 32 bytes");
  assert(Number.isInteger(length) && length >= 0 && length <= 0x10000, "a permutation of at most 65,536");
  const cipher = createCipheriv("aes-256-ctr", seed, new Uint8Array(16));
  const permutation = Uint16Array.from({ length }, (_, i) => i);
  shuffleWith(
    permutation,
    batched((words) => wordsOf(cipher.update(new Uint8Array(words * 4)))),
  );
  return permutation;
}

/** `count` uniform 64-bit words, for additive masks modulo 2^64. */
export function randomWords(count: number, random: RandomSource): BigUint64Array {
  return littleEndianWords(new Uint8Array(random.bytes(count * 8)));
}

function shuffleWith(items: Uint32Array | Uint16Array, nextWord: () => number): void {
  for (let last = items.length - 1; last > 0; last--) {
    const choices = last + 1;
    // Words from the largest multiple of `choices` on would favour the first few.
    const limit = TWO_32 - (TWO_32 % choices);
    let word = nextWord();
    while (word >= limit) word = nextWord();
    const chosen = word % choices;
    const kept = items[last]!;
    items[last] = items[chosen]!;
    items[chosen] = kept;
  }
}

function batched(draw: (words: number) => Uint32Array): () => number {
  let words: Uint32Array = new Uint32Array(0);
  let next = 0;
  return () => {
    if (next === words.length) {
      words = draw(BATCH_WORDS);
      next = 0;
    }
    return words[next++]!;
  };
}

/** Little-endian words, the same on every machine. */
function wordsOf(bytes: Uint8Array): Uint32Array {
  const pairs = littleEndianWords(bytes);
  return new Uint32Array(pairs.buffer, pairs.byteOffset, pairs.length * 2);
}
