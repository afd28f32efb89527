import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import fc from "fast-check";
import { createCipheriv } from "node:crypto";
import { describe, expect, it } from "vitest";
import { decryptXChaCha, encryptXChaCha } from "../../../../shared/crypto/xchacha.ts";
import { flipBit, fromHex, toHex } from "./support.ts";

const KEY = fromHex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
const ASSOCIATED = fromHex("50515253c0c1c2c3c4c5c6c7");
const PLAINTEXT = new TextEncoder().encode(
  "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
);

describe("XChaCha20-Poly1305", () => {
  it("rests on a ChaCha20-Poly1305 that agrees with RFC 8439 §2.8.2", () => {
    const cipher = createCipheriv("chacha20-poly1305", KEY, fromHex("070000004041424344454647"), { authTagLength: 16 });
    cipher.setAAD(ASSOCIATED, { plaintextLength: PLAINTEXT.length });
    expect(cipher.update(PLAINTEXT, undefined, "hex") + cipher.final("hex")).toBe(
      "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b" +
        "1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc" +
        "3ff4def08e4b7a9de576d26586cec64b6116",
    );
    expect(toHex(cipher.getAuthTag())).toBe("1ae10b594f09e26a7e902ecbd0600691");
  });

  it("agrees with draft-irtf-cfrg-xchacha-03 A.3.1", () => {
    const nonce = fromHex("404142434445464748494a4b4c4d4e4f5051525354555657");
    const sealed =
      "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39" +
      "ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9" +
      "21f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49";
    expect(toHex(encryptXChaCha(KEY, nonce, ASSOCIATED, PLAINTEXT))).toBe(sealed);
    expect(decryptXChaCha(KEY, nonce, ASSOCIATED, fromHex(sealed))).toEqual(PLAINTEXT);
    expect(toHex(xchacha20poly1305(KEY, nonce, ASSOCIATED).encrypt(PLAINTEXT))).toBe(sealed);
  });

  it("writes byte for byte what noble writes, and opens it", () => {
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    const longer = fc.uint8Array({ maxLength: 5000 });
    fc.assert(
      fc.property(bytes(32), bytes(24), fc.uint8Array({ maxLength: 80 }), longer, (key, nonce, associated, plain) => {
        const sealed = xchacha20poly1305(key, nonce, associated).encrypt(plain);
        expect(encryptXChaCha(key, nonce, associated, plain)).toEqual(sealed);
        expect(decryptXChaCha(key, nonce, associated, sealed)).toEqual(plain);
      }),
    );
  });

  it("gives null where key, nonce, associated data or ciphertext has one bit changed", () => {
    const nonce = new Uint8Array(24).fill(9);
    const parts = {
      key: KEY,
      nonce,
      associated: ASSOCIATED,
      sealed: encryptXChaCha(KEY, nonce, ASSOCIATED, PLAINTEXT),
    };
    fc.assert(
      fc.property(fc.constantFrom("key", "nonce", "associated", "sealed"), fc.nat(), fc.nat(7), (part, at, bit) => {
        const changed = { ...parts, [part]: flipBit(parts[part], at, bit) };
        expect(decryptXChaCha(changed.key, changed.nonce, changed.associated, changed.sealed)).toBeNull();
      }),
    );
  });
});
