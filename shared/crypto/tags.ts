import { assert } from "../base/errors.ts";

/**
 * Tags of single-salt matching (protocol.md, "Matching"): the first 16 bytes of HMAC-SHA-256(salt, u8 column ‖
 * 32-byte value digest), RFC 2104 over FIPS 180-4. A call of node:crypto per tag costs several times the hash
 * itself, so this is SHA-256 in plain TypeScript: the two key blocks are compressed once per salt, and each
 * tag then takes two compressions. Its simple twin is `hmacSha256` of hash.ts, and this is the readable twin of
 * tag-lanes.ts, which makes the lists; tests hold the three together. Arithmetic only: no table or branch depends
 * on the salt or on a value.
 */

const SALT_BYTES = 32;
const VALUE_BYTES = 32;
export const TAG_BYTES = 16;
const BLOCK_BYTES = 64;
const BLOCK_WORDS = 16;
export const INNER_BITS = (BLOCK_BYTES + 1 + VALUE_BYTES) * 8;
export const OUTER_BITS = (BLOCK_BYTES + 32) * 8;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

export interface Tagger {
  /**
   * Writes the tag of `value` (32 bytes: the digest of a match key) in `column` (0 … 255) to the 16 bytes of
   * `out` from `offset` on.
   */
  tag(column: number, value: Uint8Array, out: Uint8Array, offset: number): void;
}

/** @param salt 32 secret bytes, of one ordered pair of one attempt */
export function createTagger(salt: Uint8Array): Tagger {
  const { inner, outer } = saltStates(salt);
  const block = new Int32Array(BLOCK_WORDS);
  const state = new Int32Array(8);
  return {
    tag(column, value, out, offset) {
      assert(value.length === VALUE_BYTES, "a value digest is 32 bytes");
      assert(offset >= 0 && offset + TAG_BYTES <= out.length, "a tag is 16 bytes");
      // u8 column ‖ value ‖ 0x80 ‖ zeros ‖ length: every word straddles two of the value's.
      let carried = column;
      for (let i = 0; i < 8; i++) {
        const at = i * 4;
        block[i] = (carried << 24) | (value[at]! << 16) | (value[at + 1]! << 8) | value[at + 2]!;
        carried = value[at + 3]!;
      }
      block[8] = (carried << 24) | 0x800000;
      block.fill(0, 9, 15);
      block[15] = INNER_BITS;
      state.set(inner);
      compress(state, block);

      block.set(state);
      block[8] = 0x80000000;
      block.fill(0, 9, 15);
      block[15] = OUTER_BITS;
      state.set(outer);
      compress(state, block);

      for (let i = 0; i < TAG_BYTES; i++) out[offset + i] = state[i >> 2]! >>> (24 - 8 * (i & 3));
    },
  };
}

/** The states after the two key blocks, eight secret words each: all that a tag takes from its salt. */
export function saltStates(salt: Uint8Array): { readonly inner: Int32Array; readonly outer: Int32Array } {
  assert(salt.length === SALT_BYTES, "a salt is 32 bytes");
  return { inner: keyState(salt, INNER_PAD), outer: keyState(salt, OUTER_PAD) };
}

/** RFC 2104 §2: the state after the block key ⊕ pad, the same for every message. */
function keyState(key: Uint8Array, pad: number): Int32Array {
  const bytes = new Uint8Array(BLOCK_BYTES).fill(pad);
  key.forEach((byte, i) => {
    bytes[i] = byte ^ pad;
  });
  const view = new DataView(bytes.buffer);
  const block = Int32Array.from({ length: BLOCK_WORDS }, (_, i) => view.getInt32(4 * i));
  const state = Int32Array.from(INITIAL);
  compress(state, block);
  // Whoever erases the salt would leave it behind here.
  bytes.fill(0);
  block.fill(0);
  return state;
}

/** FIPS 180-4 §6.2.2. The message schedule is kept in the 16 words of `block`, which it overwrites. */
function compress(state: Int32Array, block: Int32Array): void {
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  let f = state[5]!;
  let g = state[6]!;
  let h = state[7]!;
  for (let round = 0; round < 64; round++) {
    const slot = round & 15;
    let word = block[slot]!;
    if (round >= 16) {
      const early = block[(round + 1) & 15]!;
      const late = block[(round + 14) & 15]!;
      const sigma0 = ((early >>> 7) | (early << 25)) ^ ((early >>> 18) | (early << 14)) ^ (early >>> 3);
      const sigma1 = ((late >>> 17) | (late << 15)) ^ ((late >>> 19) | (late << 13)) ^ (late >>> 10);
      word = (word + sigma0 + block[(round + 9) & 15]! + sigma1) | 0;
      block[slot] = word;
    }
    const sum1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const choice = g ^ (e & (f ^ g));
    const first = (h + sum1 + choice + ROUND_CONSTANTS[round]! + word) | 0;
    const sum0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const majority = (a & b) | (c & (a | b));
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + sum0 + majority) | 0;
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
  state[4]! += e;
  state[5]! += f;
  state[6]! += g;
  state[7]! += h;
}

/** FIPS 180-4 §4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
export const ROUND_CONSTANTS = Int32Array.of(
  0x428a2f98,
  0x71374491,
  0xb5c0fbcf,
  0xe9b5dba5,
  0x3956c25b,
  0x59f111f1,
  0x923f82a4,
  0xab1c5ed5,
  0xd807aa98,
  0x12835b01,
  0x243185be,
  0x550c7dc3,
  0x72be5d74,
  0x80deb1fe,
  0x9bdc06a7,
  0xc19bf174,
  0xe49b69c1,
  0xefbe4786,
  0x0fc19dc6,
  0x240ca1cc,
  0x2de92c6f,
  0x4a7484aa,
  0x5cb0a9dc,
  0x76f988da,
  0x983e5152,
  0xa831c66d,
  0xb00327c8,
  0xbf597fc7,
  0xc6e00bf3,
  0xd5a79147,
  0x06ca6351,
  0x14292967,
  0x27b70a85,
  0x2e1b2138,
  0x4d2c6dfc,
  0x53380d13,
  0x650a7354,
  0x766a0abb,
  0x81c2c92e,
  0x92722c85,
  0xa2bfe8a1,
  0xa81a664b,
  0xc24b8b70,
  0xc76c51a3,
  0xd192e819,
  0xd6990624,
  0xf40e3585,
  0x106aa070,
  0x19a4c116,
  0x1e376c08,
  0x2748774c,
  0x34b0bcb5,
  0x391c0cb3,
  0x4ed8aa4a,
  0x5b9cca4f,
  0x682e6ff3,
  0x748f82ee,
  0x78a5636f,
  0x84c87814,
  0x8cc70208,
  0x90befffa,
  0xa4506ceb,
  0xbef9a3f7,
  0xc67178f2,
);
/** FIPS 180-4 §5.3.3. */
const INITIAL = Int32Array.of(
  0x6a09e667,
  0xbb67ae85,
  0x3c6ef372,
  0xa54ff53a,
  0x510e527f,
  0x9b05688c,
  0x1f83d9ab,
  0x5be0cd19,
);
