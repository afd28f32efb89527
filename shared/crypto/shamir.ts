import type { RandomSource } from "../base/clock.ts";
import { assert, ProtocolError } from "../base/errors.ts";

/**
 * Shamir's secret sharing (1979) of 32 bytes over GF(2^8) with the polynomial of AES, x^8+x^4+x^3+x+1, byte
 * by byte: share(x) = s + c1·x + … + c(t-1)·x^(t-1). Fewer than t shares say nothing about the secret; t
 * shares that somebody falsified combine to another secret without notice, so the caller checks what comes
 * out against a commitment or a public key.
 *
 * Secrets are only ever multiplied by public numbers (x-coordinates and what follows from them), four bytes
 * to a word: no table and no branch depends on a secret.
 */

const SHARED_SECRET_BYTES = 32;
const WORDS = SHARED_SECRET_BYTES / 4;
const MAX_X = 255;

/**
 * One share of 32 bytes for each x.
 * @param xs distinct, 1 … 255; never 0, where the secret itself lies
 * @param threshold 1 … xs.length: this many shares give the secret back, one fewer nothing
 */
export function splitSecret(
  secret: Uint8Array,
  xs: readonly number[],
  threshold: number,
  random: RandomSource,
): Map<number, Uint8Array> {
  assert(secret.length === SHARED_SECRET_BYTES, "a shared secret is 32 bytes");
  assert(new Set(xs).size === xs.length && xs.every(isX), "x-coordinates are distinct, 1 … 255");
  assert(Number.isInteger(threshold) && threshold >= 1 && threshold <= xs.length, "1 ≤ threshold ≤ number of shares");
  const coefficients = [bytesToWords(secret)];
  for (let power = 1; power < threshold; power++) {
    coefficients.push(bytesToWords(random.bytes(SHARED_SECRET_BYTES)));
  }
  const shares = new Map<number, Uint8Array>();
  for (const x of xs) {
    const share = new Uint32Array(WORDS);
    // Horner's rule, from the highest power down.
    for (const coefficient of coefficients.toReversed()) {
      for (let i = 0; i < WORDS; i++) share[i] = multiplyWord(share[i]!, x) ^ coefficient[i]!;
    }
    shares.set(x, wordsToBytes(share));
  }
  return shares;
}

/**
 * The secret on the polynomial through the first `threshold` shares by x. Attacker-controlled shares give an
 * arbitrary result.
 * @throws ProtocolError "integrity" for fewer than `threshold` shares, an x outside 1 … 255, a share not of 32 bytes
 */
export function combineShares(shares: ReadonlyMap<number, Uint8Array>, threshold: number): Uint8Array {
  assert(Number.isInteger(threshold) && threshold >= 1, "threshold ≥ 1");
  for (const [x, share] of shares) {
    if (!isX(x)) throw new ProtocolError("integrity", "share: x-coordinate outside 1 to 255");
    if (share.length !== SHARED_SECRET_BYTES) throw new ProtocolError("integrity", "share: not 32 bytes");
  }
  if (shares.size < threshold) {
    throw new ProtocolError("integrity", `shares: ${shares.size} where ${threshold} are needed`);
  }
  const used = [...shares].sort(([a], [b]) => a - b).slice(0, threshold);
  const secret = new Uint32Array(WORDS);
  for (const [x, share] of used) {
    // Lagrange at 0: the product over the others of x' / (x' - x); minus is plus here.
    let [above, below] = [1, 1];
    for (const [other] of used) {
      if (other === x) continue;
      above = multiply(above, other);
      below = multiply(below, other ^ x);
    }
    const weight = multiply(above, invert(below));
    const words = bytesToWords(share);
    for (let i = 0; i < WORDS; i++) secret[i]! ^= multiplyWord(words[i]!, weight);
  }
  return wordsToBytes(secret);
}

function isX(x: number): boolean {
  return Number.isInteger(x) && x >= 1 && x <= MAX_X;
}

/** Four secret bytes, each times a public factor 0 … 255. */
function multiplyWord(word: number, factor: number): number {
  let product = 0;
  let power = word;
  for (let bits = factor; bits > 0; bits >>>= 1) {
    if ((bits & 1) === 1) product ^= power;
    // Times x in each byte, the bit that falls out reduced by 0x1b.
    power = ((power & 0x7f7f7f7f) << 1) ^ (((power >>> 7) & 0x01010101) * 0x1b);
  }
  return product >>> 0;
}

/** Two public field elements. */
function multiply(a: number, b: number): number {
  return multiplyWord(a, b) & 0xff;
}

/** a^254 = 1/a for a public a ≠ 0. */
function invert(a: number): number {
  let result = 1;
  for (let i = 0; i < 254; i++) result = multiply(result, a);
  return result;
}

function bytesToWords(bytes: Uint8Array): Uint32Array {
  const words = new Uint32Array(WORDS);
  new Uint8Array(words.buffer).set(bytes);
  return words;
}

function wordsToBytes(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}
