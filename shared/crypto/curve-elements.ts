import sodium from "sodium-native";
import { assert } from "../base/errors.ts";

/**
 * The group of double-salt matching (protocol.md, "double-salt"): u-coordinates of Curve25519 (RFC 7748 §4.1), 32 bytes
 * little-endian each, many in one array. libsodium does the arithmetic, in constant time as to the scalar; a slow
 * reference on @noble/curves is the oracle of the tests.
 */
export const ELEMENT_BYTES = 32;
/** Numbers that share one inversion: beyond a thousand nothing is won, and memory grows. */
const INVERSION_BATCH = 1024;

const P = 2n ** 255n - 19n;

/**
 * P(x): one Elligator map of each seed into the prime-order group (crypto_core_ed25519_from_uniform, cofactor cleared),
 * as u = (1 + y) / (1 − y) (RFC 7748 §4.1, the birational map of edwards25519 and curve25519).
 * @param seeds n × 32 bytes, digests of values @returns n × 32 bytes
 */
export function mapToElements(seeds: Uint8Array): Uint8Array {
  assert(seeds.length % ELEMENT_BYTES === 0, "seeds are 32 bytes each");
  const out = new Uint8Array(seeds.length);
  const point = Buffer.alloc(ELEMENT_BYTES);
  const count = seeds.length / ELEMENT_BYTES;
  for (let start = 0; start < count; start += INVERSION_BATCH) {
    const batch = Math.min(INVERSION_BATCH, count - start);
    const ys: bigint[] = [];
    for (let index = 0; index < batch; index++) {
      const at = (start + index) * ELEMENT_BYTES;
      sodium.crypto_core_ed25519_from_uniform(point, seeds.subarray(at, at + ELEMENT_BYTES));
      point[31]! &= 0x7f; // the sign of x plays no part in u
      ys.push(littleEndianNumber(point));
    }
    const inverses = invertAll(ys.map((y) => modulo(1n - y)));
    for (let index = 0; index < batch; index++) {
      writeLittleEndian(modulo((1n + ys[index]!) * inverses[index]!), out, (start + index) * ELEMENT_BYTES);
    }
  }
  return out;
}

/**
 * Multiplies every element by one scalar.
 * @param scalar 32 secret bytes, clamped as RFC 7748 §5 says, so that a part of small order is lost
 * @param elements n × 32 bytes, canonical
 * @returns n × 32 bytes; or the position of the first element of small order, whose product would be zero
 */
export function multiplyElements(scalar: Uint8Array, elements: Uint8Array): Uint8Array | { readonly small: number } {
  assert(
    scalar.length === ELEMENT_BYTES && elements.length % ELEMENT_BYTES === 0,
    "scalar and elements are 32 bytes each",
  );
  const out = new Uint8Array(elements.length);
  for (let at = 0; at < elements.length; at += ELEMENT_BYTES) {
    try {
      sodium.crypto_scalarmult(out.subarray(at, at + ELEMENT_BYTES), scalar, elements.subarray(at, at + ELEMENT_BYTES));
    } catch {
      return { small: at / ELEMENT_BYTES };
    }
  }
  return out;
}

/**
 * The position of the first element that is not the shortest way to write its number (u ≥ 2^255 − 19, or the top bit
 * set), or -1. X25519 itself takes 9, p + 9 and 9 + 2^255 for one and the same.
 */
export function findNonCanonical(elements: Uint8Array): number {
  for (let at = 0; at < elements.length; at += ELEMENT_BYTES) {
    const top = elements[at + 31]!;
    if (top < 0x7f) continue;
    if (top > 0x7f || isAtLeastP(elements, at)) return at / ELEMENT_BYTES;
  }
  return -1;
}

/** Of 32 bytes whose top byte is 0x7f: p is 0xed, thirty times 0xff, 0x7f. */
function isAtLeastP(elements: Uint8Array, at: number): boolean {
  for (let index = 30; index > 0; index--) if (elements[at + index] !== 0xff) return false;
  return elements[at]! >= 0xed;
}

/** Montgomery's trick: one inversion and three multiplications a number. Values are of public points before any scalar. */
function invertAll(numbers: readonly bigint[]): bigint[] {
  const before: bigint[] = [];
  let product = 1n;
  for (const number of numbers) {
    assert(number !== 0n, "a digest maps to the neutral element once in 2^250");
    before.push(product);
    product = (product * number) % P;
  }
  let inverse = power(product, P - 2n);
  const inverses = new Array<bigint>(numbers.length);
  for (let index = numbers.length - 1; index >= 0; index--) {
    inverses[index] = (inverse * before[index]!) % P;
    inverse = (inverse * numbers[index]!) % P;
  }
  return inverses;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = base, left = exponent; left > 0n; left >>= 1n, square = (square * square) % P) {
    if ((left & 1n) === 1n) result = (result * square) % P;
  }
  return result;
}

function modulo(number: bigint): bigint {
  const rest = number % P;
  return rest < 0n ? rest + P : rest;
}

function littleEndianNumber(bytes: Buffer): bigint {
  let number = 0n;
  for (let at = 24; at >= 0; at -= 8) number = (number << 64n) | bytes.readBigUInt64LE(at);
  return number;
}

function writeLittleEndian(number: bigint, out: Uint8Array, at: number): void {
  const view = new DataView(out.buffer, out.byteOffset + at, ELEMENT_BYTES);
  for (let word = 0; word < 4; word++)
    view.setBigUint64(word * 8, BigInt.asUintN(64, number >> BigInt(word * 64)), true);
}
