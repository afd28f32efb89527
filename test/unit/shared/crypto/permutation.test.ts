import { ctr } from "@noble/ciphers/aes.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { derivedPermutation, randomWords, shuffle } from "../../../../shared/crypto/permutation.ts";
import { fixedRandom, present, seededRandom } from "./support.ts";

describe("shuffle", () => {
  it("keeps exactly the same entries", () => {
    fc.assert(
      fc.property(fc.uint32Array({ maxLength: 300 }), fc.nat(), (indices, seed) => {
        const shuffled = indices.slice();
        shuffle(shuffled, seededRandom(seed));
        expect(shuffled.sort()).toEqual(indices.slice().sort());
      }),
    );
  });

  it("makes each of the 24 orders of four about equally often", () => {
    const random = seededRandom("uniform");
    const seen = new Map<string, number>();
    const runs = 9600;
    for (let run = 0; run < runs; run++) {
      const order = Uint32Array.of(0, 1, 2, 3);
      shuffle(order, random);
      seen.set(order.join(""), (seen.get(order.join("")) ?? 0) + 1);
    }
    expect(seen.size).toBe(24);
    const expected = runs / 24;
    let chiSquare = 0;
    for (const count of seen.values()) chiSquare += (count - expected) ** 2 / expected;
    // 23 degrees of freedom: beyond 49.7 once in a thousand seeds; the seed is fixed.
    expect(chiSquare).toBeLessThan(49.7);
  });

  it("draws again where a word would favour the first entries", () => {
    // Three entries: 2^32 mod 3 = 1, so the word 2^32-1 is refused; then 1 for three entries, 0 for two.
    const words = Uint32Array.from({ length: 4096 }, (_, i) => [0xffffffff, 1, 0][i] ?? 0);
    const order = Uint32Array.of(0, 1, 2);
    shuffle(order, fixedRandom(new Uint8Array(words.buffer)));
    expect([...order]).toEqual([2, 0, 1]);
  });

  it("draws further batches where one does not suffice", () => {
    const order = Uint32Array.from({ length: 20_000 }, (_, i) => i);
    shuffle(order, seededRandom("batches"));
    expect(order.every((entry, i) => entry === i)).toBe(false);
    expect(new Set(order).size).toBe(20_000);
  });
});

describe("derivedPermutation", () => {
  it("agrees with a slow twin over noble's AES-CTR, for every length", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.integer({ min: 0, max: 300 }), (seed, length) => {
        expect([...derivedPermutation(seed, length)]).toEqual(slowPermutation(seed, length));
      }),
    );
  });

  it("is a permutation, the same for the same seed and another for another", () => {
    const [one, two] = [seededRandom(1).bytes(32), seededRandom(2).bytes(32)];
    const permutation = derivedPermutation(one, 64);
    expect([...permutation].sort((a, b) => a - b)).toEqual(Array.from({ length: 64 }, (_, i) => i));
    expect(derivedPermutation(one, 64)).toEqual(permutation);
    expect(derivedPermutation(two, 64)).not.toEqual(permutation);
  });

  it("reaches up to the largest Uint16 and not beyond", () => {
    const seed = new Uint8Array(32);
    expect(new Set(derivedPermutation(seed, 65_536)).size).toBe(65_536);
    expect(() => derivedPermutation(seed, 65_537)).toThrow("assertion failed");
  });
});

describe("randomWords", () => {
  it("reads the random bytes as little-endian words", () => {
    const bytes = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80);
    expect(randomWords(2, fixedRandom(bytes))).toEqual(BigUint64Array.of(1n, 2n ** 63n));
  });

  it("does not share memory with the source", () => {
    const pool = new Uint8Array(16).fill(7);
    const words = randomWords(2, { bytes: (length) => pool.subarray(0, length) });
    pool.fill(0);
    expect(words[0]).toBe(0x0707070707070707n);
  });
});

/** Fisher–Yates as a textbook has it, one word at a time. */
function slowPermutation(seed: Uint8Array, length: number): number[] {
  const stream = new DataView(ctr(seed, new Uint8Array(16)).encrypt(new Uint8Array(64 * 1024)).buffer);
  const items = Array.from({ length }, (_, i) => i);
  let at = 0;
  for (let last = length - 1; last > 0; last--) {
    let word: number;
    do {
      word = stream.getUint32(at, true);
      at += 4;
    } while (word >= Math.floor(2 ** 32 / (last + 1)) * (last + 1));
    const chosen = word % (last + 1);
    [items[last], items[chosen]] = [present(items[chosen]), present(items[last])];
  }
  return items;
}
