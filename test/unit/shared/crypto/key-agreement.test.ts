import { describe, expect, it } from "vitest";
import { dhPublicKey, generateDhKey, sharedSecret } from "../../../../shared/crypto/key-agreement.ts";
import { codeOf, fromHex, seededRandom, toHex } from "./support.ts";

describe("X25519", () => {
  it("agrees with the first vector of RFC 7748 §5.2", () => {
    const secret = fromHex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4");
    const u = fromHex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c");
    expect(toHex(sharedSecret(secret, u))).toBe("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
  });

  it("agrees with the iteration of RFC 7748 §5.2 after 1 and 1,000 steps", () => {
    let k = fromHex("0900000000000000000000000000000000000000000000000000000000000000");
    let u = k;
    for (let step = 1; step <= 1000; step++) {
      const next = sharedSecret(k, u);
      u = k;
      k = next;
      if (step === 1) expect(toHex(k)).toBe("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079");
    }
    expect(toHex(k)).toBe("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
  });

  it("agrees with the exchange of RFC 7748 §6.1", () => {
    const alice = fromHex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
    const bob = fromHex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
    const shared = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";
    expect(toHex(dhPublicKey(alice))).toBe("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
    expect(toHex(dhPublicKey(bob))).toBe("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
    expect(toHex(sharedSecret(alice, dhPublicKey(bob)))).toBe(shared);
    expect(toHex(sharedSecret(bob, dhPublicKey(alice)))).toBe(shared);
  });

  it("gives two parties one secret, and another pair another", () => {
    const a = generateDhKey(seededRandom("a"));
    const b = generateDhKey(seededRandom("b"));
    const c = generateDhKey(seededRandom("c"));
    expect(sharedSecret(a.secretKey, b.publicKey)).toEqual(sharedSecret(b.secretKey, a.publicKey));
    expect(sharedSecret(a.secretKey, b.publicKey)).not.toEqual(sharedSecret(a.secretKey, c.publicKey));
  });

  it("refuses the canonical points of small order, which give zero with every secret", () => {
    const { secretKey } = generateDhKey(seededRandom("victim"));
    const smallOrder = [
      "0000000000000000000000000000000000000000000000000000000000000000",
      "0100000000000000000000000000000000000000000000000000000000000000",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
      "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    ];
    for (const u of smallOrder) expect(() => sharedSecret(secretKey, fromHex(u))).toThrow("of small order");
  });

  it("refuses a second encoding of a key, so that comparing bytes finds a key used twice", () => {
    const { secretKey } = generateDhKey(seededRandom("victim"));
    // RFC 7748 §5.2, the second vector's u has its highest bit set; p + 9 is 9 again.
    const second = "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493";
    const nineAgain = "f6ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";
    for (const u of [second, nineAgain]) expect(() => sharedSecret(secretKey, fromHex(u))).toThrow("not canonical");
  });

  it("refuses a public key of another length", () => {
    const { secretKey, publicKey } = generateDhKey(seededRandom("length"));
    for (const length of [0, 31]) {
      expect(codeOf(() => sharedSecret(secretKey, publicKey.subarray(0, length)))).toBe("integrity");
    }
  });
});
