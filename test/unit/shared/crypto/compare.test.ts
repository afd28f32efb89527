import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isEqualSecret } from "../../../../shared/crypto/compare.ts";
import { flipBit } from "./support.ts";

describe("isEqualSecret", () => {
  it("is true for equal bytes and false for any one bit, or length, that differs", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), fc.nat(), fc.nat(7), (secret, at, bit) => {
        expect(isEqualSecret(secret, secret.slice())).toBe(true);
        expect(isEqualSecret(secret, flipBit(secret, at, bit))).toBe(false);
        expect(isEqualSecret(secret, secret.subarray(1))).toBe(false);
      }),
    );
  });
});
