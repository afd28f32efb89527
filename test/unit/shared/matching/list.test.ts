import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes, isEqualBytes } from "../../../../shared/base/bytes.ts";
import { MIN_LIST_ROWS } from "../../../../shared/base/limits.ts";
import { derivedPermutation } from "../../../../shared/crypto/permutation.ts";
import { MAX_FRAME_BYTES } from "../../../../shared/crypto/sealing.ts";
import { createTagLanes } from "../../../../shared/crypto/tag-lanes.ts";
import { createTagger, TAG_BYTES } from "../../../../shared/crypto/tags.ts";
import { buildList, decodeList } from "../../../../shared/matching/list.ts";
import { DIGEST_BYTES } from "../../../../shared/matching/unit-digests.ts";
import { codeOf, present, seededRandom, toHex } from "../crypto/support.ts";
import { columnsOf, digestsOf, sentList } from "./support.ts";

const salt = new Uint8Array(32).fill(7);
const names = (count: number) => Array.from({ length: count }, (_, n) => `NAME${n}`);

function tags({ columns, rows }: { columns: readonly Uint8Array[]; rows: number }): string[] {
  const column = present(columns[0]);
  return Array.from({ length: rows }, (_, row) => toHex(column.subarray(row * TAG_BYTES, (row + 1) * TAG_BYTES)));
}

describe("buildList", () => {
  it("tags each unit's value in the row that its order names", () => {
    const columns = columnsOf(names(20));
    const { list, order } = sentList(columns, { salt, labelCodes: null, random: seededRandom(1) });
    const tag = new Uint8Array(TAG_BYTES);
    for (const [row, unit] of order.entries()) {
      if (unit >= columns.units) continue;
      const value = digestsOf(columns).subarray(unit * DIGEST_BYTES, (unit + 1) * DIGEST_BYTES);
      createTagger(salt).tag(0, value, tag, 0);
      expect(tags(list)[row]).toBe(toHex(tag));
    }
  });

  it("pads to the bucket and shuffles units among the padding", () => {
    const { list, order } = sentList(columnsOf(names(20)), { salt, labelCodes: null, random: seededRandom(2) });
    expect(list.rows).toBe(MIN_LIST_ROWS);
    expect(Array.from(order).sort((a, b) => a - b)).toEqual([...Array(MIN_LIST_ROWS).keys()]);
    const places = [...order.entries()].filter(([, unit]) => unit < 20).map(([row]) => row);
    expect(Math.max(...places)).toBeGreaterThan(MIN_LIST_ROWS / 2);
  });

  it("gives missing and repeated values tags that stand once", () => {
    const texts = ["SAME", "SAME", null, null, "ONE"];
    const { list } = sentList(columnsOf(texts), { salt, labelCodes: null, random: seededRandom(3) });
    expect(new Set(tags(list)).size).toBe(list.rows);
  });

  it("shares no tag between two salts, and only real values between two lists under one", () => {
    const columns = columnsOf([...names(10), null, "TWICE", "TWICE"]);
    const list = (key: Uint8Array, seed: number) =>
      new Set(tags(sentList(columns, { salt: key, labelCodes: null, random: seededRandom(seed) }).list));
    const first = list(salt, 4);
    const common = (other: Set<string>) => [...other].filter((tag) => first.has(tag)).length;
    expect(common(list(salt, 5))).toBe(10);
    expect(common(list(new Uint8Array(32).fill(8), 5))).toBe(0);
  });

  it("levels the label codes with the padding", () => {
    const labels = Array.from({ length: 300 }, (_, n) => (n < 290 ? 0 : 1));
    const labelCodes = { permutation: derivedPermutation(salt, 4), labels: 4 };
    const { list } = sentList(columnsOf(names(300), labels), { salt, labelCodes, random: seededRandom(6) });
    const counts = new Array<number>(4).fill(0);
    for (const code of present(list.labels ?? undefined)) counts[code] = present(counts[code]) + 1;
    // 1,024 rows over four codes, and 290 of them of one already.
    expect(counts.sort((a, b) => a - b)).toEqual([244, 245, 245, 290]);
  });

  it("writes every unit's scrambled label", () => {
    const labels = Array.from({ length: 50 }, (_, n) => n % 3);
    const permutation = Uint16Array.of(2, 0, 1);
    const { list, order } = sentList(columnsOf(names(50), labels), {
      salt,
      labelCodes: { permutation, labels: 3 },
      random: seededRandom(7),
    });
    for (const [row, unit] of order.entries()) {
      if (unit < 50) expect(list.labels?.[row]).toBe(permutation[present(labels[unit])]);
    }
  });

  it("cuts frames that fit a sealed chunk, of a length that depends on the bucket alone", () => {
    const lengths = (texts: (string | null)[]) => {
      const options = { lanes: createTagLanes(salt), labelCodes: null, random: seededRandom(8) };
      return Array.from(buildList({ columns: columnsOf(texts), ...options }).frames, ({ length }) => length);
    };
    const full = lengths(names(34_000));
    expect(full.length).toBeGreaterThan(1);
    expect(Math.max(...full)).toBeLessThanOrEqual(MAX_FRAME_BYTES);
    const mostlyMissing = names(34_000).map((name, n) => (n < 10 ? name : null));
    expect(lengths(mostlyMissing)).toEqual(full);
  });
});

describe("decodeList", () => {
  const expected = { keys: 1, payloadBytes: 2, maximumRows: 2048 };
  const labelCodes = { permutation: Uint16Array.of(1, 0), labels: 2 };
  const { frames, list } = sentList(columnsOf(names(5)), { salt, labelCodes, random: seededRandom(9) });
  const bytes = concatBytes(...frames);
  const changed = (at: number, value: number) => {
    const copy = bytes.slice();
    copy[at] = value;
    return copy;
  };

  it("reads the same list wherever its bytes are cut", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 20 }), (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const parts = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
        const read = decodeList(parts, expected);
        expect(isEqualBytes(present(read.columns[0]), present(list.columns[0]))).toBe(true);
        expect(read.labels?.join()).toBe(list.labels?.join());
      }),
      { numRuns: 40 },
    );
  });

  it("gives a list or a typed error for any bytes", () => {
    const header = fc.tuple(fc.constantFrom(0, 1024, 2048, 1025, 0xffffffff), fc.nat(2), fc.constantFrom(0, 2, 16));
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 100 }), fc.boolean(), ([rows, keys, payload], rest, isWhole) => {
        const start = new Uint8Array(6);
        new DataView(start.buffer).setUint32(0, rows);
        start.set([keys, payload], 4);
        const body = isWhole ? new Uint8Array(Math.min(rows, 4096) * 18) : rest;
        const code = codeOf(() => decodeList([start, body], expected));
        const isRight = isWhole && (rows === 1024 || rows === 2048) && keys === 1 && payload === 2;
        expect(["malformed", "too-large", "no error"]).toContain(code);
        expect(code === "no error").toBe(isRight);
      }),
      { numRuns: 400 },
    );
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 4 }), (parts) => {
        expect(["malformed", "too-large"]).toContain(codeOf(() => decodeList(parts, expected)));
      }),
    );
  });

  it.each([
    ["a row cut off", bytes.subarray(0, bytes.length - 1), "malformed"],
    ["a byte too many", concatBytes(bytes, new Uint8Array(1)), "malformed"],
    ["nothing", new Uint8Array(0), "malformed"],
    ["half a header", bytes.subarray(0, 3), "malformed"],
    ["another number of keys", changed(4, 2), "malformed"],
    ["another payload", changed(5, 0), "malformed"],
    ["a row count off the buckets", changed(3, 1), "malformed"],
    ["more rows than the charter allows", changed(2, 12), "too-large"],
  ] as const)("refuses %s", (_, hostile, code) => {
    expect(codeOf(() => decodeList([hostile], expected))).toBe(code);
  });

  it("sets no memory aside for rows that a header only claims", () => {
    const claim = Uint8Array.of(0x40, 0, 0, 0, 32, 0);
    const maximumRows = 2 ** 31;
    expect(codeOf(() => decodeList([claim], { keys: 32, payloadBytes: 0, maximumRows }))).toBe("malformed");
  });
});
