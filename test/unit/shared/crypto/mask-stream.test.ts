import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addMaskStream } from "../../../../shared/crypto/mask-stream.ts";
import { fromHex, present, seededRandom, toHex } from "./support.ts";

const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 });
const words = fc.bigUint64Array({ minLength: 1, maxLength: 40 });

function stream(seed: Uint8Array, length: number): BigUint64Array {
  const out = new BigUint64Array(length);
  addMaskStream(out, seed, 1);
  return out;
}

describe("addMaskStream", () => {
  it("is AES-256-CTR from a zero counter: blocks 0, 1 and 2 under the zero key, of GCM's test cases 13 and 14", () => {
    // McGrew and Viega, "The Galois/Counter Mode of Operation": H, E(K, Y0) and the ciphertext of zeros.
    const blocks = [
      "dc95c078a2408989ad48a21492842087",
      "530f8afbc74536b9a963b4f1c4cb738b",
      "cea7403d4d606b6e074ec5d3baf39d18",
    ];
    const view = new DataView(fromHex(...blocks).buffer);
    const expected = BigUint64Array.from({ length: 6 }, (_, i) => view.getBigUint64(8 * i, true));
    expect(stream(new Uint8Array(32), 6)).toEqual(expected);
  });

  it("wraps modulo 2^64", () => {
    const seed = seededRandom("wrap").bytes(32);
    const first = present(stream(seed, 1)[0]);
    const target = BigUint64Array.of(2n ** 64n - 1n);
    addMaskStream(target, seed, 1);
    expect(target[0]).toBe(BigInt.asUintN(64, first - 1n));
  });

  it("is taken off again by the other sign, in any order with other masks", () => {
    fc.assert(
      fc.property(words, seeds, seeds, (plain, one, two) => {
        const masked = plain.slice();
        addMaskStream(masked, one, 1);
        addMaskStream(masked, two, -1);
        addMaskStream(masked, one, -1);
        addMaskStream(masked, two, 1);
        expect(masked).toEqual(plain);
      }),
    );
  });

  it("cancels in the sum of two parties, one adding what the other subtracts", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.bigInt(0n, 2n ** 64n - 1n), fc.bigInt(0n, 2n ** 64n - 1n))),
        seeds,
        (rows, seed) => {
          const left = BigUint64Array.from(rows, ([a]) => a);
          const right = BigUint64Array.from(rows, ([, b]) => b);
          addMaskStream(left, seed, 1);
          addMaskStream(right, seed, -1);
          const sums = left.map((word, i) => word + present(right[i]));
          expect(sums).toEqual(BigUint64Array.from(rows, ([a, b]) => a + b));
        },
      ),
    );
  });

  it("goes on seamlessly where a long vector is done in pieces", () => {
    const seed = seededRandom("long").bytes(32);
    const long = stream(seed, 20_001);
    expect(toHex(new Uint8Array(long.buffer, 0, 64))).toBe(toHex(new Uint8Array(stream(seed, 8).buffer)));
    expect(new Set(long).size).toBe(long.length);
    for (const length of [8191, 8192, 8193, 16_384]) expect(stream(seed, length)).toEqual(long.slice(0, length));
  });

  it("needs all 32 bytes of the seed", () => {
    for (let at = 0; at < 32; at++) {
      const seed = new Uint8Array(32);
      seed[at] = 1;
      expect(stream(seed, 2)).not.toEqual(stream(new Uint8Array(32), 2));
    }
    expect(() => stream(new Uint8Array(16), 1)).toThrow("assertion failed");
  });
});
