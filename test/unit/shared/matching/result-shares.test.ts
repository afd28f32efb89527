import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { derivedPermutation } from "../../../../shared/crypto/permutation.ts";
import type { TagList } from "../../../../shared/matching/list.ts";
import { cellIndex, sumLayout } from "../../../../shared/matching/layout.ts";
import {
  addPairShare,
  countPair,
  decodeWords,
  encodeWords,
  splitPairResult,
} from "../../../../shared/matching/result-shares.ts";
import { codeOf, present, seededRandom } from "../crypto/support.ts";

const anyWords = fc.bigUint64Array({ minLength: 1, maxLength: 20 });

function labelled(labels: readonly number[]): TagList {
  return { rows: labels.length, columns: [], labels: Uint16Array.from(labels), handles: null };
}

describe("splitPairResult", () => {
  it("makes halves that add up to the result modulo 2^64", () => {
    fc.assert(
      fc.property(anyWords, fc.nat(), (words, seed) => {
        const { left, right } = splitPairResult(words, seededRandom(seed));
        expect(left.map((word, slot) => word + present(right[slot]))).toEqual(words);
      }),
    );
  });

  it("draws one mask word a slot, and others the next time", () => {
    const random = seededRandom("masks");
    const zero = new BigUint64Array(50);
    const [once, again] = [splitPairResult(zero, random), splitPairResult(zero, random)];
    expect(new Set([...once.left, ...once.right, ...again.left, ...again.right]).size).toBe(200);
  });
});

describe("countPair", () => {
  const matches = { left: Uint32Array.of(0, 1, 2), right: Uint32Array.of(2, 1, 0), key: Uint8Array.of(0, 0, 1) };

  it("counts matches in the scrambled codes of both sides, row by row", () => {
    const words = countPair(matches, labelled([1, 1, 0]), labelled([2, 0, 2]), { left: 2, right: 3 });
    // (1, 2), (1, 0), (0, 2).
    expect(Array.from(words, Number)).toEqual([3, 0, 0, 1, 1, 0, 1]);
  });

  it("counts the total alone without labels", () => {
    expect(countPair(matches, labelled([]), labelled([]), null)).toEqual(BigUint64Array.of(3n));
  });

  it("refuses a code that the charter has no label for, on either side", () => {
    const labels = { left: 2, right: 3 };
    expect(codeOf(() => countPair(matches, labelled([0, 2, 0]), labelled([0, 0, 0]), labels))).toBe("integrity");
    expect(codeOf(() => countPair(matches, labelled([0, 0, 0]), labelled([0, 0, 3]), labels))).toBe("integrity");
    expect(codeOf(() => countPair(matches, labelled([0, 0, 0]), labelled([0xffff, 0, 0]), labels))).toBe("integrity");
  });
});

describe("addPairShare", () => {
  it("undoes the pair's permutations", () => {
    const shape = fc.record({ left: fc.integer({ min: 1, max: 6 }), right: fc.integer({ min: 1, max: 6 }) });
    fc.assert(
      fc.property(shape, fc.nat(), (labels, seed) => {
        const random = seededRandom(seed);
        const layout = sumLayout({ outputs: ["total", "table"], populations: "left-right", labels });
        const sigma = {
          left: derivedPermutation(random.bytes(32), labels.left),
          right: derivedPermutation(random.bytes(32), labels.right),
        };
        // The cell (i, j) says its own place; it stands where the permutations put it.
        const half = new BigUint64Array(1 + labels.left * labels.right);
        half[0] = 77n;
        for (let i = 0; i < labels.left; i++) {
          for (let j = 0; j < labels.right; j++) {
            half[1 + present(sigma.left[i]) * labels.right + present(sigma.right[j])] = BigInt(100 * i + j);
          }
        }
        const sum = new BigUint64Array(layout.words);
        addPairShare(sum, half, { layout, sigma });
        const cells = Array.from({ length: labels.left * labels.right }, (_, cell) =>
          BigInt(100 * Math.floor(cell / labels.right) + (cell % labels.right)),
        );
        expect([...sum]).toEqual([77n, ...cells]);
      }),
    );
  });

  it("folds (i, j) with (j, i) where the population is one, and counts the diagonal once", () => {
    const layout = sumLayout({ outputs: ["total", "table"], populations: "one", labels: { left: 3, right: 3 } });
    const same = Uint16Array.of(0, 1, 2);
    const sum = new BigUint64Array(layout.words);
    const table = [1n, 2n, 4n, 8n, 16n, 32n, 64n, 128n, 256n];
    addPairShare(sum, BigUint64Array.of(511n, ...table), { layout, sigma: { left: same, right: same } });
    expect([...sum]).toEqual([511n, 1n, 2n + 8n, 4n + 64n, 16n, 32n + 128n, 256n]);
  });

  it("adds the total alone without a table, wrapping at 2^64", () => {
    const layout = sumLayout({ outputs: ["total"], populations: "one", labels: null });
    const sum = BigUint64Array.of(5n);
    addPairShare(sum, BigUint64Array.of(2n ** 64n - 3n), { layout, sigma: null });
    expect(sum).toEqual(BigUint64Array.of(2n));
  });
});

describe("sumLayout", () => {
  it.each([
    ["one", 4, 11],
    ["left-right", 4, 17],
  ] as const)("gives every cell of a table over %s population its own word", (populations, size, words) => {
    const layout = sumLayout({ outputs: ["total", "table"], populations, labels: { left: size, right: size } });
    const table = present(layout.table ?? undefined);
    expect(layout.words).toBe(words);
    const used = new Set<number>([layout.total]);
    const order: number[] = [];
    for (let i = 0; i < size; i++) {
      for (let j = populations === "one" ? i : 0; j < size; j++) {
        order.push(cellIndex(table, i, j));
        used.add(cellIndex(table, i, j));
        if (populations === "one") expect(cellIndex(table, j, i)).toBe(cellIndex(table, i, j));
      }
    }
    expect(used.size).toBe(words);
    // Row by row, as the release prints them.
    expect(order).toEqual(Array.from({ length: words - 1 }, (_, cell) => cell + 1));
  });

  it("has no table where none is asked for", () => {
    const labels = { left: 2, right: 2 };
    expect(sumLayout({ outputs: ["total"], populations: "one", labels })).toEqual({ words: 1, total: 0, table: null });
  });
});

describe("encodeWords", () => {
  it("writes little-endian words that decodeWords reads back", () => {
    expect(encodeWords(BigUint64Array.of(1n, 2n ** 63n))).toEqual(
      Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80),
    );
    fc.assert(
      fc.property(anyWords, (words) => {
        expect(decodeWords(encodeWords(words))).toEqual(words);
      }),
    );
  });

  it("refuses bytes that are no whole words", () => {
    expect(codeOf(() => decodeWords(new Uint8Array(9)))).toBe("malformed");
  });
});
