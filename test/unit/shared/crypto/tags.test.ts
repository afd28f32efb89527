import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hmacSha256 } from "../../../../shared/crypto/hash.ts";
import { createTagger, TAG_BYTES } from "../../../../shared/crypto/tags.ts";
import { seededRandom } from "./support.ts";

const digests = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe("createTagger", () => {
  it("writes the first 16 bytes of HMAC-SHA-256 over column and value, for every salt, column and value", () => {
    fc.assert(
      fc.property(
        digests,
        fc.integer({ min: 0, max: 255 }),
        fc.array(digests, { minLength: 1 }),
        (salt, column, values) => {
          const tagger = createTagger(salt);
          for (const value of values) {
            const tag = new Uint8Array(TAG_BYTES);
            tagger.tag(column, value, tag, 0);
            expect(tag).toEqual(hmacSha256(salt, Uint8Array.of(column, ...value)).slice(0, TAG_BYTES));
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("writes 16 bytes at the offset and touches no other", () => {
    const random = seededRandom("offset");
    const [salt, value] = [random.bytes(32), random.bytes(32)];
    const out = new Uint8Array(64).fill(0xee);
    createTagger(salt).tag(3, value, out, 20);
    const expected = new Uint8Array(64).fill(0xee);
    expected.set(hmacSha256(salt, Uint8Array.of(3, ...value)).subarray(0, TAG_BYTES), 20);
    expect(out).toEqual(expected);
  });

  it("does not write beyond the end, nor take values that are no digest", () => {
    const tagger = createTagger(new Uint8Array(32));
    expect(() => {
      tagger.tag(0, new Uint8Array(32), new Uint8Array(40), 25);
    }).toThrow("assertion failed");
    expect(() => {
      tagger.tag(0, new Uint8Array(31), new Uint8Array(16), 0);
    }).toThrow("assertion failed");
    expect(() => createTagger(new Uint8Array(16))).toThrow("assertion failed");
  });
});
