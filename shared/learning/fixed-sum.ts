import { assert, ProtocolError } from "../base/errors.ts";
import type { StepPart } from "./learner.ts";

/**
 * Exact sums of figures rounded to a binary grid, so that a sum has the same bits however its rows are split or ordered
 * (protocol.md, "Learning"). Adding and subtracting 1.5·2^(52−F) rounds a float64 to F binary places, half to even,
 * while |v| < 2^(51−F); such values add without error below 2^(53−F); blocks of them are then flushed to 64-bit integers.
 * How many places a part keeps follows from public bounds alone, never from who takes part or how many rows they have.
 */

/** Rows whose figures may be added as floats before the sums are flushed. */
export const BLOCK_ROWS = 1024;
const MOST_FRACTION_BITS = 32;
/** Of the score, which alone decides where the coefficients settle, and of the likelihood, which residuals make small. */
export const MOST_FINE_BITS = 40;
/** Fewer are refused: a sum of such figures says too little. */
export const LEAST_FRACTION_BITS = 16;
/** 2^(53−F) must hold BLOCK_ROWS values up to 2^valueBits. */
const BLOCK_BITS = 43;
/** One bit below the sign, so that a sum at its bound is not taken for an overflow. */
const RING_BITS = 62;

/**
 * Binary places of a part.
 * @param valueBits no row's figure exceeds 2^valueBits @param rowsBits no sum is of more than 2^rowsBits rows
 * @param most however few the rows
 */
export function fractionBitsFor(valueBits: number, rowsBits: number, most = MOST_FRACTION_BITS): number {
  return Math.min(most, BLOCK_BITS - valueBits, RING_BITS - rowsBits - valueBits);
}

/** Added and subtracted, it rounds to the grid. */
export function gridRounder(fractionBits: number): number {
  return 1.5 * 2 ** (52 - fractionBits);
}

/** Adds a block's float sums to the integers and clears them. */
export function flushBlock(block: Float64Array, totals: BigInt64Array, offset: number, fractionBits: number): void {
  const scale = 2 ** fractionBits;
  for (let index = 0; index < block.length; index++) {
    const scaled = block[index]! * scale;
    assert(Number.isSafeInteger(scaled), "a block's sum lies on the grid");
    totals[offset + index]! += BigInt(scaled);
    block[index] = 0;
  }
}

/**
 * A borough's totals as ring words.
 * @param valueBits by part: what one row may come to, at most
 * @throws ProtocolError "bad-input" naming the part, where a total is beyond what its layout promises for so many rows
 */
export function totalsToWords(
  totals: BigInt64Array,
  parts: readonly (StepPart & { readonly valueBits: number })[],
  rows: number,
): BigUint64Array {
  let offset = 0;
  for (const { name, length, fractionBits, valueBits } of parts) {
    const most = BigInt(rows) << BigInt(valueBits + fractionBits);
    for (let index = offset; index < offset + length; index++) {
      const total = totals[index]!;
      if (total > most || -total > most) {
        throw new ProtocolError("bad-input", `learning: ${name} is beyond the range that the layout promises`);
      }
    }
    offset += length;
  }
  assert(offset === totals.length, "the parts are the totals");
  return new BigUint64Array(totals.buffer, totals.byteOffset, totals.length);
}

/** Figures of an opened sum, part by part, as floats. */
export function readParts(words: BigUint64Array, parts: readonly StepPart[]): Map<string, Float64Array> {
  assert(words.length === parts.reduce((sum, { length }) => sum + length, 0), "the words are the layout's");
  let offset = 0;
  return new Map(
    parts.map(({ name, length, fractionBits }) => {
      const scale = 2 ** -fractionBits;
      const signed = words.subarray(offset, offset + length);
      offset += length;
      return [name, Float64Array.from(signed, (word) => Number(BigInt.asIntN(64, word)) * scale)];
    }),
  );
}
