import fc from "fast-check";
import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import { describe, expect, it } from "vitest";
import { hkdfSha256, hmacSha256, sha256 } from "../../../../shared/crypto/hash.ts";

const bytes = fc.uint8Array({ maxLength: 300 });

describe("hashes beside an independent implementation", () => {
  it("give the same SHA-256, HMAC and HKDF for any input", () => {
    fc.assert(
      fc.property(bytes, bytes, bytes, fc.integer({ min: 1, max: 200 }), (a, b, c, length) => {
        expect(sha256(a, b)).toEqual(nobleSha256(Uint8Array.of(...a, ...b)));
        expect(hmacSha256(a, b)).toEqual(hmac(nobleSha256, a, b));
        expect(hkdfSha256(a, b, c, length)).toEqual(hkdf(nobleSha256, a, b, c, length));
      }),
    );
  });
});
