import { ed25519 } from "@noble/curves/ed25519.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  generateSigningKey,
  signBytes,
  signingPublicKey,
  verifySignature,
} from "../../../../shared/crypto/signature.ts";
import { codeOf, flipBit, fromHex, seededRandom, toHex } from "./support.ts";

const CURVE_PRIME = 2n ** 255n - 19n;
const GROUP_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

const VECTORS = [
  // RFC 8032 §7.1, tests 1 to 3.
  {
    secret: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    publicKey: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    message: "",
    signature:
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155" +
      "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  },
  {
    secret: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    publicKey: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    message: "72",
    signature:
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" +
      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  },
  {
    secret: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
    publicKey: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    message: "af82",
    signature:
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac" +
      "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
  },
];

describe("Ed25519", () => {
  it.each(VECTORS)("agrees with RFC 8032 for message '$message'", ({ secret, publicKey, message, signature }) => {
    expect(toHex(signingPublicKey(fromHex(secret)))).toBe(publicKey);
    expect(toHex(signBytes(fromHex(secret), fromHex(message)))).toBe(signature);
    expect(
      codeOf(() => {
        verifySignature(fromHex(publicKey), fromHex(message), fromHex(signature));
      }),
    ).toBe("no error");
  });

  it("makes the same key from the same randomness", () => {
    expect(generateSigningKey(seededRandom(1))).toEqual(generateSigningKey(seededRandom(1)));
    expect(generateSigningKey(seededRandom(1))).not.toEqual(generateSigningKey(seededRandom(2)));
  });

  it("refuses a signature with any one bit changed, in the message, the key or the signature", () => {
    const key = generateSigningKey(seededRandom("bits"));
    const message = new TextEncoder().encode("the charter's digest");
    const signature = signBytes(key.secretKey, message);
    const parts = { message, publicKey: key.publicKey, signature };
    fc.assert(
      fc.property(fc.constantFrom("message", "publicKey", "signature"), fc.nat(), fc.nat(7), (part, at, bit) => {
        const changed = { ...parts, [part]: flipBit(parts[part], at, bit) };
        expect(
          codeOf(() => {
            verifySignature(changed.publicKey, changed.message, changed.signature);
          }),
        ).toBe("integrity");
      }),
    );
  });

  it("refuses the second signature that S + L would make of a valid one", () => {
    const key = generateSigningKey(seededRandom("malleable"));
    const message = new Uint8Array([1, 2, 3]);
    const signature = signBytes(key.secretKey, message);
    const s = littleEndianToBigInt(signature.subarray(32));
    const forged = new Uint8Array([...signature.subarray(0, 32), ...bigIntToLittleEndian(s + GROUP_ORDER)]);
    expect(
      codeOf(() => {
        verifySignature(key.publicKey, message, forged);
      }),
    ).toBe("integrity");
  });

  it("refuses keys of small order, under which one signature would hold for every message", () => {
    const torsion = ed25519.Point.fromHex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05");
    const smallOrder = Array.from({ length: 8 }, (_, k) =>
      k === 0 ? ed25519.Point.ZERO : torsion.multiplyUnsafe(BigInt(k)),
    );
    expect(new Set(smallOrder.map((point) => point.toHex())).size).toBe(8);
    // R = the identity and S = 0 satisfy the equation wherever h·A is the identity, so for A of order 1 always.
    const signature = new Uint8Array(64);
    signature[0] = 1;
    for (const point of smallOrder) {
      expect(() => {
        verifySignature(point.toBytes(), new Uint8Array(3), signature);
      }).toThrow("of small order");
    }
  });

  it("refuses encodings of a key that are not canonical", () => {
    for (let y = CURVE_PRIME; y < 2n ** 255n; y++) {
      for (const sign of [0n, 2n ** 255n]) {
        const key = bigIntToLittleEndian(y + sign);
        expect(() => {
          verifySignature(key, new Uint8Array(1), new Uint8Array(64));
        }).toThrow("not canonical");
      }
    }
  });

  it("refuses keys and signatures of another length", () => {
    const key = generateSigningKey(seededRandom("length"));
    const message = new Uint8Array(5);
    const signature = signBytes(key.secretKey, message);
    expect(
      codeOf(() => {
        verifySignature(key.publicKey.subarray(1), message, signature);
      }),
    ).toBe("integrity");
    expect(
      codeOf(() => {
        verifySignature(key.publicKey, message, signature.subarray(1));
      }),
    ).toBe("integrity");
    expect(
      codeOf(() => {
        verifySignature(key.publicKey, message, new Uint8Array(0));
      }),
    ).toBe("integrity");
  });
});

function littleEndianToBigInt(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes.slice().reverse())}`);
}

function bigIntToLittleEndian(value: bigint): Uint8Array {
  return fromHex(value.toString(16).padStart(64, "0")).reverse();
}
