import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { describe, expect, it } from "vitest";
import {
  ELEMENT_BYTES,
  findNonCanonical,
  mapToElements,
  multiplyElements,
} from "../../../../shared/crypto/curve-elements.ts";
import { concatBytes } from "../../../../shared/base/bytes.ts";
import { seededRandom, toHex } from "./support.ts";

const P = 2n ** 255n - 19n;
const A = 486662n;
const mod = (number: bigint) => ((number % P) + P) % P;
const power = (base: bigint, exponent: bigint): bigint => {
  let result = 1n;
  for (let left = exponent, square = mod(base); left > 0n; left >>= 1n, square = mod(square * square)) {
    if ((left & 1n) === 1n) result = mod(result * square);
  }
  return result;
};
const invert = (number: bigint) => power(number, P - 2n);
const numberOf = (bytes: Uint8Array) => BigInt(`0x${toHex(Uint8Array.from(bytes).reverse())}`);
const bytesOf = (number: bigint) =>
  Uint8Array.from({ length: 32 }, (_, index) => Number((number >> BigInt(8 * index)) & 255n));

/** The slow reference: Elligator 2 onto curve25519 (RFC 9380 §6.7.1 with Z = 2), then three doublings by u alone. */
function slowMap(seed: Uint8Array): bigint {
  const r = mod(numberOf(seed) & (2n ** 255n - 1n));
  let u = mod(-A * invert(mod(1n + 2n * r * r)));
  const square = mod(u * u * u + A * u * u + u);
  if (power(square, (P - 1n) / 2n) === P - 1n) u = mod(-u - A);
  for (let doubling = 0; doubling < 3; doubling++) {
    u = mod((u * u - 1n) ** 2n * invert(mod(4n * u * (u * u + A * u + 1n))));
  }
  return u;
}

const random = seededRandom("curve elements");
const seeds = random.bytes(40 * ELEMENT_BYTES);
const elements = mapToElements(seeds);
const at = (bytes: Uint8Array, index: number) => bytes.subarray(index * 32, (index + 1) * 32);
/** Writes of u = 0, 1 and the two points of order eight: every canonical u of small order (RFC 7748 §6.1, curve25519). */
const SMALL = [
  0n,
  1n,
  325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n,
  P - 1n,
];

describe("mapping values to elements", () => {
  it("is the slow reference's map", () => {
    for (let index = 0; index < 40; index++) {
      expect(numberOf(at(elements, index))).toBe(slowMap(at(seeds, index)));
    }
  });

  it("gives points of the prime-order group, by noble", () => {
    for (let index = 0; index < 40; index++) {
      const u = numberOf(at(elements, index));
      const y = bytesOf(mod((u - 1n) * invert(mod(u + 1n))));
      expect(ed25519.Point.fromBytes(y).isTorsionFree()).toBe(true);
    }
  });

  it("does not depend on how the seeds are cut, over a batch's border and for none", () => {
    const many = random.bytes(1030 * ELEMENT_BYTES);
    const whole = mapToElements(many);
    const parts = [0, 1, 7, 1025].map((from, index, all) =>
      mapToElements(many.subarray(from * 32, (all[index + 1] ?? 1030) * 32)),
    );
    expect(concatBytes(...parts)).toEqual(whole);
    expect(mapToElements(new Uint8Array()).length).toBe(0);
  });
});

describe("multiplying elements", () => {
  it("is noble's X25519", () => {
    for (let round = 0; round < 5; round++) {
      const scalar = random.bytes(32);
      const products = multiplyElements(scalar, elements) as Uint8Array;
      for (let index = 0; index < 40; index++) {
        expect(at(products, index)).toEqual(x25519.scalarMult(scalar, at(elements, index)));
      }
    }
  });

  it("commutes: a then b is b then a", () => {
    const [a, b] = [random.bytes(32), random.bytes(32)];
    const there = multiplyElements(b, multiplyElements(a, elements) as Uint8Array);
    expect(there).toEqual(multiplyElements(a, multiplyElements(b, elements) as Uint8Array));
  });

  it.each(SMALL.map((u) => [u]))("names the place of an element of small order, u = %s", (u) => {
    const row = concatBytes(at(elements, 0), at(elements, 1), bytesOf(u), at(elements, 2));
    expect(multiplyElements(random.bytes(32), row)).toEqual({ small: 2 });
  });
});

describe("canonical form", () => {
  it("is what mapping and multiplying give", () => {
    expect(findNonCanonical(elements)).toBe(-1);
    expect(findNonCanonical(multiplyElements(random.bytes(32), elements) as Uint8Array)).toBe(-1);
  });

  it("ends at p − 1: all nineteen writes above it and every set top bit are found", () => {
    expect(findNonCanonical(bytesOf(P - 1n))).toBe(-1);
    expect(findNonCanonical(bytesOf(2n ** 255n - 256n))).toBe(-1);
    for (let above = P; above < 2n ** 255n; above++) expect(findNonCanonical(bytesOf(above)), `${above}`).toBe(0);
    expect(findNonCanonical(concatBytes(bytesOf(9n), bytesOf(9n + 2n ** 255n)))).toBe(1);
  });

  it("matters, since X25519 takes three writes of one number for the same", () => {
    const scalar = random.bytes(32);
    const products = [9n, P + 9n, 9n + 2n ** 255n].map((u) => multiplyElements(scalar, bytesOf(u)));
    expect(products[1]).toEqual(products[0]);
    expect(products[2]).toEqual(products[0]);
  });
});
