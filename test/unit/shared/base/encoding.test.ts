import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesToHex, hexToBytes } from "../../../../shared/base/bytes.ts";
import { decodeValue, encodeValue, type Value } from "../../../../shared/base/encoding.ts";
import { ProtocolError } from "../../../../shared/base/errors.ts";
import { MAX_VALUE_DEPTH } from "../../../../shared/base/limits.ts";

const wellFormed = fc.string({ unit: "binary", maxLength: 20 }).map((text) => text.normalize("NFC"));

/** A value exactly as `decodeValue` would return it: text in NFC, an integer as a number where that is safe. */
const values: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc
      .bigInt(-(2n ** 63n), 2n ** 63n - 1n)
      .map((whole) => (Number.isSafeInteger(Number(whole)) ? Number(whole) : whole)),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((float) => !Number.isSafeInteger(float)),
    wellFormed,
    fc.uint8Array({ maxLength: 40 }),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(wellFormed, tie("value"), { maxKeys: 5 }),
  ),
})).value;

describe("the canonical encoding", () => {
  it("has the bytes that the design gives for each kind of value", () => {
    const cases: [Value, string][] = [
      [null, "00"],
      [false, "01"],
      [true, "02"],
      [1, "030000000000000001"],
      [-1, "03ffffffffffffffff"],
      [2n ** 63n - 1n, "037fffffffffffffff"],
      [0.5, "043fe0000000000000"],
      // A measure, such as a sum of squares: whole only because a double has no places left.
      [2 ** 53, "044340000000000000"],
      ["é", "0500000002c3a9"],
      [Uint8Array.of(1, 2), "06000000020102"],
      [[null, true], "07000000020002"],
      // A key is text without its kind: u32 length, then UTF-8.
      [{ b: null, a: true }, "0800000002" + "0000000161" + "02" + "0000000162" + "00"],
    ];
    for (const [value, hex] of cases) {
      expect(bytesToHex(encodeValue(value))).toBe(hex);
      expect(decodeValue(fromHex(hex))).toEqual(value);
    }
  });

  it("decodes to the value that was encoded", () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(plain(decodeValue(encodeValue(value)))).toEqual(plain(value));
      }),
      { numRuns: 500 },
    );
  });

  it("decodes bytes only where encoding gives the same bytes again", () => {
    let decoded = 0;
    fc.assert(
      fc.property(mutated(), (bytes) => {
        const value = decodeOrNull(bytes);
        if (value === null) return;
        decoded += 1;
        expect(bytesToHex(encodeValue(value.value))).toBe(bytesToHex(bytes));
      }),
      { numRuns: 2000 },
    );
    expect(decoded).toBeGreaterThan(100);
  });

  it("answers arbitrary bytes with a value or a ProtocolError, never with anything else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        decodeOrNull(bytes);
      }),
      { numRuns: 5000 },
    );
  });

  it("is the same for a map in any order of its keys", () => {
    fc.assert(
      fc.property(fc.uniqueArray(wellFormed, { minLength: 2, maxLength: 8 }), fc.nat(), (keys, turn) => {
        const at = turn % keys.length;
        const turned = [...keys.slice(at), ...keys.slice(0, at)];
        const map = (order: readonly string[]): Value => Object.fromEntries(order.map((key) => [key, key.length]));
        expect(encodeValue(map(turned))).toEqual(encodeValue(map(keys)));
      }),
    );
  });

  it("sorts keys by their UTF-8 bytes, which is not the order of JavaScript's text", () => {
    // U+FF61 comes before U+1F600 in UTF-8, and after its surrogates in UTF-16.
    const keys = Object.keys(decodeValue(encodeValue({ "\u{1F600}": 1, "\uFF61": 2 })) as object);
    expect(keys).toEqual(["\uFF61", "\u{1F600}"]);
  });

  it("writes text in NFC, so that two spellings of one name are one name", () => {
    expect(encodeValue("e\u0301")).toEqual(encodeValue("\u00e9"));
  });

  it("never writes bytes that it would not read, whatever form the keys are in", () => {
    const key = fc.string({
      unit: fc.constantFrom("a", "z", "e", "\u0301", "\u00e9", "\u212b", "\ud800"),
      maxLength: 3,
    });
    fc.assert(
      fc.property(fc.dictionary(key, fc.constant(null), { maxKeys: 4 }), (map) => {
        let bytes: Uint8Array;
        try {
          bytes = encodeValue(map);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
          return;
        }
        expect(encodeValue(decodeValue(bytes))).toEqual(bytes);
      }),
      { numRuns: 500 },
    );
  });

  it("holds a key that names an object's prototype like any other", () => {
    const bytes = encodeValue(Object.fromEntries([["__proto__", { admin: true }]]));
    const value = decodeValue(bytes) as Record<string, Value>;
    expect(Object.keys(value)).toEqual(["__proto__"]);
    expect("admin" in value).toBe(false);
    expect(encodeValue(value)).toEqual(bytes);
  });

  it("gives bytes that do not change with the input afterwards", () => {
    const input = encodeValue(Uint8Array.of(1, 2, 3));
    const value = decodeValue(input);
    input.fill(0);
    expect(value).toEqual(Uint8Array.of(1, 2, 3));
  });

  it.each([
    ["not a number", NaN],
    ["infinity", Infinity],
    ["minus zero", -0],
    ["an integer beyond 64 bits", 2n ** 63n],
    ["an integer below 64 bits", -(2n ** 63n) - 1n],
    ["half a surrogate pair", "\ud800"],
    ["half a surrogate pair as a key", { "\udc00": 1 }],
    ["two keys that are one in NFC", { "e\u0301": 1, "\u00e9": 2 }],
  ])("does not encode %s", (_, value) => {
    expect(() => encodeValue(value)).toThrow(ProtocolError);
  });

  it.each([
    ["nothing", ""],
    ["an unknown kind", "09"],
    ["a byte after the value", "0000"],
    ["a cut integer", "0300000000000000"],
    ["a float that is an integer", "043ff0000000000000"],
    ["a float that is the largest safe integer", "04433fffffffffffff"],
    ["a float that is not a number", "047ff8000000000000"],
    ["minus zero", "048000000000000000"],
    ["an infinite float", "047ff0000000000000"],
    ["text that is not UTF-8", "0500000001ff"],
    ["text with a surrogate", "0500000003eda080"],
    ["text in an overlong form", "0500000002c081"],
    ["text that is not in NFC", "050000000365cc81"],
    ["a length beyond the end", "06ffffffff"],
    ["a count beyond the end", "07ffffffff00"],
    ["keys out of order", "0800000002" + "0000000162" + "00" + "0000000161" + "00"],
    ["a key twice", "0800000002" + "0000000161" + "00" + "0000000161" + "00"],
    ["a key without a value", "0800000001" + "0000000161"],
  ])("does not decode %s", (_, hex) => {
    expect(() => decodeValue(fromHex(hex))).toThrow(expect.objectContaining({ code: "malformed" }));
  });

  it("nests as deep as the limit and no deeper, in both directions", () => {
    const nested = (depth: number): Value => (depth === 0 ? null : [nested(depth - 1)]);
    const deepest = encodeValue(nested(MAX_VALUE_DEPTH));
    expect(decodeValue(deepest)).toEqual(nested(MAX_VALUE_DEPTH));
    expect(() => encodeValue(nested(MAX_VALUE_DEPTH + 1))).toThrow("nested deeper");
    expect(() => decodeValue(Uint8Array.of(7, 0, 0, 0, 1, ...deepest))).toThrow("nested deeper");
  });

  it("does not reserve memory for a count that the bytes cannot hold", () => {
    // Each of a thousand lists claims as many items as bytes are left, and none follow.
    const claim = Uint8Array.of(7, 0, 0, 3, 0xe8, ...new Uint8Array(999));
    expect(() => decodeValue(claim)).toThrow(ProtocolError);
  });
});

/** Encodings with up to three bytes changed, so that many decode and many nearly do. */
function mutated(): fc.Arbitrary<Uint8Array> {
  const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 3 });
  return fc.tuple(values, changes).map(([value, edits]) => {
    const bytes = encodeValue(value);
    for (const [at, byte] of edits) bytes[at % bytes.length] = byte;
    return bytes;
  });
}

function decodeOrNull(bytes: Uint8Array): { value: Value } | null {
  try {
    return { value: decodeValue(bytes) };
  } catch (error) {
    if (error instanceof ProtocolError && error.code === "malformed") return null;
    throw error;
  }
}

/** Maps with the usual prototype: a decoded one has none, which toEqual would not mind but toStrictEqual would. */
function plain(value: Value): unknown {
  if (value === null || typeof value !== "object" || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(plain);
  return new Map(
    Object.entries(value)
      .map(([key, item]) => [key, plain(item)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function fromHex(hex: string): Uint8Array {
  const bytes = hexToBytes(hex);
  if (bytes === null) throw new Error("a test's own hex");
  return bytes;
}
