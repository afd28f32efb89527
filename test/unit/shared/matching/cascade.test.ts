import { describe, expect, it } from "vitest";
import { runCascade } from "../../../../shared/matching/cascade.ts";
import type { TagList } from "../../../../shared/matching/list.ts";
import { indexTags, tagWords } from "../../../../shared/matching/tag-index.ts";
import { codeOf, seededRandom } from "../crypto/support.ts";

/** A list by small numbers: one array a column. */
function listOf(...columns: number[][]): TagList {
  const tag = (value: number) => [value, ...new Array<number>(15).fill(0)];
  return {
    rows: columns[0]?.length ?? 0,
    columns: columns.map((column) => Uint8Array.from(column.flatMap(tag))),
    labels: null,
    handles: null,
  };
}

function pairsOf(left: TagList, right: TagList) {
  const matches = runCascade(left, right, seededRandom("cascade"));
  return Array.from(matches.left, (row, index) => [row, matches.right[index], matches.key[index]]);
}

describe("runCascade", () => {
  it("takes both rows of a pair out before the next key", () => {
    const left = listOf([1, 2, 3], [11, 12, 13]);
    const right = listOf([9, 1, 8], [11, 12, 13]);
    // Row 0 goes with 1 by the first key, so 12 on the right is no longer free for row 1.
    expect(pairsOf(left, right)).toEqual([
      [0, 1, 0],
      [2, 2, 1],
    ]);
  });

  it("compares a column with the same column only", () => {
    expect(pairsOf(listOf([1, 2], [3, 4]), listOf([3, 4], [1, 2]))).toEqual([]);
  });

  it("matches lists of different lengths", () => {
    expect(pairsOf(listOf([5]), listOf([1, 2, 3, 4, 5]))).toEqual([[0, 4, 0]]);
    expect(pairsOf(listOf([1, 2, 3, 4, 5]), listOf([5]))).toEqual([[4, 0, 0]]);
  });

  it("refuses a value that stands twice in one column, on either side and in a later key", () => {
    const right = listOf([1, 2], [3, 4]);
    expect(codeOf(() => pairsOf(listOf([7, 7], [5, 6]), right))).toBe("integrity");
    expect(codeOf(() => pairsOf(right, listOf([7, 7], [5, 6])))).toBe("integrity");
    // Both rows are taken by the first key already: misconduct all the same.
    expect(codeOf(() => pairsOf(listOf([1, 2], [5, 5]), right))).toBe("integrity");
  });

  it("does not mind a value in two columns", () => {
    expect(pairsOf(listOf([1, 2], [1, 2]), listOf([1, 2], [1, 2])).length).toBe(2);
  });
});

describe("indexTags", () => {
  it("finds values that agree in all but one bit only where all bits do", () => {
    const tags = new Uint8Array(129 * 16);
    for (let bit = 0; bit < 128; bit++) tags[(bit + 1) * 16 + (bit >> 3)] = 1 << (bit & 7);
    const words = tagWords(tags);
    const index = indexTags(words);
    if ("repeated" in index) throw new Error("no value stands twice");
    for (let position = 0; position < 129; position++) expect(index.find(words, position)).toBe(position);
    expect(index.find(tagWords(new Uint8Array(16).fill(0xff)), 0)).toBe(-1);
  });

  it("reads tags from memory that is not aligned", () => {
    const aligned = Uint8Array.from({ length: 32 }, (_, i) => i);
    const shifted = new Uint8Array(33);
    shifted.set(aligned, 1);
    expect(tagWords(shifted.subarray(1))).toEqual(tagWords(aligned));
  });
});
