import { ProtocolError } from "../base/errors.ts";

/**
 * Between figures and ring words. Overflow is refused, never wrapped and never clipped: a node that cannot say its
 * figure exactly says nothing (protocol.md, "Secure sum").
 */
const RING_HALF = 2n ** 63n;

/**
 * Fixed point with `scaleBits` fractional bits, two's complement modulo 2^64.
 * @param values finite; each within ±range @param owners N: the sum of N such values must stay below 2^63
 * @throws ProtocolError "bad-input" naming the coordinate, where a value is out of range or N·range·2^scaleBits ≥ 2^63
 */
export function encodeFixed(
  values: readonly number[],
  { scaleBits, range, owners }: { scaleBits: number; range: number; owners: number },
): BigUint64Array {
  if (!Number.isFinite(range) || range < 0) {
    throw new ProtocolError("bad-input", "fixed point: range is not a finite number from 0");
  }
  if (BigInt(owners) * BigInt(Math.ceil(range)) * 2n ** BigInt(scaleBits) >= RING_HALF) {
    throw new ProtocolError("bad-input", "fixed point: owners times range does not fit the ring");
  }
  const scale = 2 ** scaleBits;
  return BigUint64Array.from(values, (value, index) => {
    if (!Number.isFinite(value) || Math.abs(value) > range) {
      throw new ProtocolError("bad-input", `fixed point: coordinate ${index} is beyond its declared range`);
    }
    return BigInt.asUintN(64, BigInt(Math.round(value * scale)));
  });
}

export function decodeFixed(words: BigUint64Array, scaleBits: number): number[] {
  return Array.from(words, (word) => Number(BigInt.asIntN(64, word)) / 2 ** scaleBits);
}

/**
 * Counts from an opened sum.
 * @throws ProtocolError "integrity" where a word is no count from 0 to `most`: someone's share was false
 */
export function wordsToCounts(words: BigUint64Array, most: number): number[] {
  return Array.from(words, (word, index) => {
    if (word > BigInt(most)) {
      throw new ProtocolError("integrity", `opened sum: coordinate ${index} is not a count in range`);
    }
    return Number(word);
  });
}
