import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keyDigest, type CascadeKey } from "../../../../shared/matching/match-key.ts";
import { parseTransform } from "../../../../shared/matching/transforms.ts";
import { sha256 } from "../../../../shared/crypto/hash.ts";
import { codeOf, toHex } from "../crypto/support.ts";

const keyOf = (...of: [field: string, ...as: string[]][]): CascadeKey => ({
  key: "test",
  of: of.map(([field, ...as]) => ({ field, as })),
});

/** The digest's hex over these values, or null. */
function digestOf(key: CascadeKey, values: Readonly<Record<string, string | null>>): string | null {
  const digest = keyDigest(key, (field) => values[field] ?? null);
  return digest === null ? null : toHex(digest);
}

/** What one transform chain makes of a value, found through the digest of the expected text. */
const digestOfText = (text: string) =>
  toHex(sha256(Uint8Array.of(0, text.length, ...Array.from(text, (sign) => sign.charCodeAt(0)))));

describe("keyDigest", () => {
  it.each<[string, string[], string]>([
    ["O BRIEN", ["fold"], "OBRIEN"],
    ["O'Brien", ["fold"], "OBRIEN"],
    ["O BRIEN", ["sorted"], "BEINOR"],
    ["O BRIEN", ["fold", "first:1"], "O"],
    ["O BRIEN", ["fold", "first:20"], "OBRIEN"],
    ["AB 123456 C", ["identifier"], "AB123456C"],
    ["AB123456C", ["digits"], "123456"],
    ["1987-11-03", ["day", "month", "year"], "03-11-1987"],
    ["1987-11-03", ["year"], "1987"],
    ["1987-11-03", ["year", "first:3"], "198"],
    ["SW1A 1AA", ["postcode"], "SW1A1AA"],
    ["SW1A 1AA", ["sector"], "SW1A 1"],
    ["SW1A 1AA", ["district"], "SW1A"],
    ["E1 6AN", ["district"], "E1"],
  ])("makes of %j by %j the text %j", (value, as, text) => {
    expect(digestOf(keyOf(["field", ...as]), { field: value })).toBe(digestOfText(text));
  });

  it.each<[string | null, string[]]>([
    [null, ["fold"]],
    ["---", ["fold"]],
    ["ABC", ["digits"]],
    ["ABC", ["year"]],
    ["1987", ["day", "month", "year"]],
    ["75008", ["sector"]],
    ["75008", ["district"]],
  ])("has no key where %j by %j gives nothing", (value, as) => {
    const key = keyOf(["other", "fold"], ["field", ...as]);
    expect(digestOf(key, { other: "THERE", field: value })).toBeNull();
    expect(digestOf(keyOf(["other", "fold"]), { other: "THERE", field: value })).not.toBeNull();
  });

  it("hashes each component in UTF-8 behind its length, whatever the texts and however long", () => {
    const text = fc.string({ unit: "binary", minLength: 1, maxLength: 400 });
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 5 }), (values) => {
        const key = keyOf(...values.map((_, index): [string] => [String(index)]));
        const parts = values.map((value) => new TextEncoder().encode(value));
        const expected = sha256(
          ...parts.flatMap((part) => [Uint8Array.of(part.length >> 8, part.length & 0xff), part]),
        );
        expect(digestOf(key, Object.fromEntries(values.entries()))).toBe(toHex(expected));
      }),
    );
  });

  it("has no key for a text longer than a u16 length can say: cut texts would be equal where they are not", () => {
    const key = keyOf(["field", "fold"]);
    expect(digestOf(key, { field: "A".repeat(65_535) })).not.toBeNull();
    expect(digestOf(key, { field: "A".repeat(65_536) })).toBeNull();
  });

  it("keeps components apart, so that letters cannot move from one to the next", () => {
    const words = fc.stringMatching(/^[A-Z]{1,4}$/);
    const key = keyOf(["a", "fold"], ["b", "fold"]);
    fc.assert(
      fc.property(words, words, words, words, (a, b, c, d) => {
        expect(digestOf(key, { a, b }) === digestOf(key, { a: c, b: d })).toBe(a === c && b === d);
      }),
    );
    expect(digestOf(key, { a: "AB", b: "C" })).not.toBe(digestOf(key, { a: "A", b: "BC" }));
  });
});

describe("parseTransform", () => {
  it.each(["soundex", "first:0", "first:", "first:100", "FOLD", "", "constructor", "__proto__"])(
    "refuses %j and names where it stands",
    (text) => {
      expect(codeOf(() => parseTransform(text, "cascade.0"))).toBe("bad-input");
      expect(() => parseTransform(text, "cascade.0")).toThrow(`cascade.0: no transform "${text}"`);
    },
  );

  it("puts no control sign of a charter into its message", () => {
    expect(() => parseTransform("\u001b[2Jx", "here")).toThrow('no transform "?[2Jx"');
  });
});
