import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSha256, digest, hkdfSha256, hmacSha256, sha256, sha256OfMany } from "../../../../shared/crypto/hash.ts";
import { toHex } from "./support.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const repeat = (byte: number, count: number): Uint8Array => new Uint8Array(count).fill(byte);

describe("sha256", () => {
  it("gives the digest of FIPS 180-4 for abc", () => {
    expect(toHex(sha256(text("abc")))).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  });

  it("hashes parts and chunks as one message", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), (parts) => {
        const running = createSha256();
        for (const part of parts) running.update(part);
        const whole = sha256(Uint8Array.from(parts.flatMap((part) => [...part])));
        expect(running.digest()).toEqual(whole);
        expect(sha256(...parts)).toEqual(whole);
        expect(toHex(sha256OfMany(Uint8Array.from(parts.flatMap((part) => [...part]))))).toBe(toHex(whole));
      }),
    );
  });
});

describe("hmacSha256", () => {
  // RFC 4231 §4.2 to §4.8, without the truncated case 5.
  it.each([
    [1, repeat(0x0b, 20), text("Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"],
    [
      2,
      text("Jefe"),
      text("what do ya want for nothing?"),
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ],
    [3, repeat(0xaa, 20), repeat(0xdd, 50), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"],
    [
      4,
      Uint8Array.from({ length: 25 }, (_, i) => i + 1),
      repeat(0xcd, 50),
      "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
    ],
    [
      6,
      repeat(0xaa, 131),
      text("Test Using Larger Than Block-Size Key - Hash Key First"),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ],
    [
      7,
      repeat(0xaa, 131),
      text(
        "This is a test using a larger than block-size key and a larger than block-size data. " +
          "The key needs to be hashed before being used by the HMAC algorithm.",
      ),
      "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
    ],
  ])("agrees with RFC 4231 test case %i", (_, key, message, expected) => {
    expect(toHex(hmacSha256(key, message))).toBe(expected);
  });
});

describe("hkdfSha256", () => {
  const count = (from: number, length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => from + i);
  // RFC 5869 A.1 to A.3.
  it.each([
    [
      "A.1",
      repeat(0x0b, 22),
      count(0x00, 13),
      count(0xf0, 10),
      "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    ],
    [
      "A.2",
      count(0x00, 80),
      count(0x60, 80),
      count(0xb0, 80),
      "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09" +
        "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
    ],
    [
      "A.3",
      repeat(0x0b, 22),
      new Uint8Array(0),
      new Uint8Array(0),
      "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    ],
  ])("agrees with RFC 5869 %s", (_, secret, salt, info, expected) => {
    expect(toHex(hkdfSha256(secret, salt, info, expected.length / 2))).toBe(expected);
  });
});

describe("digest", () => {
  it("gives the digest that the design states for {a: 1, b: [x, true]}", () => {
    expect(toHex(digest("portmoot/test/v1", { a: 1, b: ["x", true] }))).toBe(
      "9641cbb3b96d80df4625aca2c32aaaf121ff5dd06c08ff160285de03d780a7d6",
    );
  });

  it("differs between labels, also where one label begins another", () => {
    const value = { a: 1 };
    const labels = ["portmoot/a/v1", "portmoot/a/v11", "portmoot/b/v1", ""];
    expect(new Set(labels.map((label) => toHex(digest(label, value)))).size).toBe(labels.length);
  });
});
