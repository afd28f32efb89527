import { INNER_BITS, OUTER_BITS, ROUND_CONSTANTS, TAG_BYTES } from "./tags.ts";
import * as wasm from "./wasm-assembler.ts";
import { add, and, constant, get, set, shiftLeft, shiftRight, splat, xor, type Code } from "./wasm-assembler.ts";

/**
 * Four tags at a time: the two compressions of tags.ts as WebAssembly over vectors of four 32-bit lanes, one message
 * a lane. Assembled at first use in some 25 ms, one for each thread; only tag-lanes.ts may call it, and leaves
 * nothing of a salt or a value in its memory. Arithmetic and fixed shuffles only: no branch, no address and no shift
 * count depends on a salt or a value. Sixteen rounds are written out and the other 48 loop, because code beyond the
 * processor's instruction cache runs slower than the loop costs.
 */

const LANES = 4;
const WORD_BYTES = 4;
const VALUE_BYTES = 32;
const BLOCK_BYTES = 64;
const STATE_BYTES = 32;
const BATCH = 1024;

/** Byte addresses in the kernel's memory. The round constants stand at its start; from `states` on it is secret. */
export const LAYOUT = {
  /** The salt's inner and outer state, 8 words each, little-endian as WebAssembly is. */
  states: 1024,
  columns: 2048,
  /** The byte before the first is read, and replaced. */
  digests: 4096,
  tags: 4096 + BATCH * VALUE_BYTES,
  /** Messages a run takes at most, a multiple of the lanes. */
  batch: BATCH,
} as const;

export interface LaneKernel {
  readonly memory: Uint8Array;
  /** Tags `count` messages, 1 … batch; where that is no multiple of four, tags after the last are of no meaning. */
  run(count: number): void;
}

/** Neither the language's nor Node's types know it. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => {
    readonly exports: { readonly memory: { readonly buffer: ArrayBuffer }; readonly run: (count: number) => void };
  };
};

let kernel: LaneKernel | null = null;

export function laneKernel(): LaneKernel {
  if (kernel === null) {
    const { memory, run } = new WebAssembly.Instance(new WebAssembly.Module(assembleKernel())).exports;
    kernel = { memory: new Uint8Array(memory.buffer), run };
  }
  return kernel;
}

// Locals of `run`: its argument, integers, then vectors.
const COUNT = 0;
const MESSAGE = 1;
const DIGEST = 2;
const TAG = 3;
const PASS = 4; // address of the inner state, then the outer, from `states`
const ROUND = 5; // address of sixteen round constants
const STATE = 6; // eight: a … h, which change places as the rounds go by
const WORDS = 14; // sixteen: the message schedule
const FIRST = 30; // T1 of a round
const CHANGES = 31; // two: a ⊕ b of this round and of the round before
const LOCALS = { integers: STATE - 1, vectors: CHANGES + 2 - STATE };

function assembleKernel(): Uint8Array {
  const body = wasm.repeat(MESSAGE, LANES, get(COUNT), [
    ...loadMessages(),
    ...wasm.repeat(PASS, STATE_BYTES, wasm.integer(2 * STATE_BYTES), [...compress(), ...loadInnerHash()]),
    ...storeTags(),
    ...wasm.advance(DIGEST, LANES * VALUE_BYTES),
    ...wasm.advance(TAG, LANES * TAG_BYTES),
  ]);
  const constants = new DataView(new ArrayBuffer(64 * WORD_BYTES));
  ROUND_CONSTANTS.forEach((word, i) => {
    constants.setInt32(i * WORD_BYTES, word, true);
  });
  return wasm.assembleModule(body, LOCALS, new Uint8Array(constants.buffer));
}

/** u8 column ‖ value ‖ 0x80 ‖ zeros ‖ length: a word begins one byte before a word of the value. */
function loadMessages(): Code {
  const gather = (offset: number) => {
    let lanes = splat(get(DIGEST), LAYOUT.digests + offset);
    for (let lane = 1; lane < LANES; lane++)
      lanes = wasm.withLane(lanes, lane, get(DIGEST), LAYOUT.digests + offset + lane * VALUE_BYTES);
    return lanes;
  };
  const columns = splat(get(MESSAGE), LAYOUT.columns);
  const threeBytesThenColumn = [3, 2, 1, 16, 7, 6, 5, 17, 11, 10, 9, 18, 15, 14, 13, 19];
  const code = [...set(WORDS, wasm.shuffled(gather(-1), columns, threeBytesThenColumn))];
  for (let i = 1; i < 8; i++)
    code.push(...set(WORDS + i, gather(i * WORD_BYTES - 1)), ...set(WORDS + i, reversed(WORDS + i)));
  const lastByte = and(gather(VALUE_BYTES - WORD_BYTES), constant(0xff000000));
  code.push(...set(WORDS + 8, xor(lastByte, constant(0x800000))), ...padding(INNER_BITS));
  return code;
}

/** The block of the second pass; after that, nobody reads it. */
function loadInnerHash(): Code {
  const hash = Array.from({ length: 8 }, (_, i) => set(WORDS + i, get(STATE + i))).flat();
  return [...hash, ...set(WORDS + 8, constant(0x80000000)), ...padding(OUTER_BITS)];
}

function padding(bits: number): Code {
  const zeros = Array.from({ length: 6 }, (_, i) => set(WORDS + 9 + i, constant(0))).flat();
  return [...zeros, ...set(WORDS + 15, constant(bits))];
}

function storeTags(): Code {
  const code: number[] = [];
  for (let i = 0; i < TAG_BYTES / WORD_BYTES; i++) {
    code.push(...set(STATE + i, reversed(STATE + i)));
    for (let lane = 0; lane < LANES; lane++) {
      const offset = LAYOUT.tags + lane * TAG_BYTES + i * WORD_BYTES;
      code.push(...wasm.storeLane(get(TAG), offset, get(STATE + i), lane));
    }
  }
  return code;
}

/** Big-endian to little-endian and back, in each lane. */
function reversed(local: number): Code {
  return wasm.shuffled(get(local), get(local), [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12]);
}

/** FIPS 180-4 §6.2.2, from the state of this pass and the block in WORDS into STATE. */
function compress(): Code {
  const initial = (i: number) => splat(get(PASS), LAYOUT.states + i * WORD_BYTES);
  const code = Array.from({ length: 8 }, (_, i) => set(STATE + i, initial(i))).flat();
  code.push(...set(CHANGES + 1, xor(get(STATE + 1), get(STATE + 2))));
  for (let slot = 0; slot < 16; slot++) code.push(...step(slot, splat(wasm.integer(0), slot * WORD_BYTES)));
  const expanded: number[] = [];
  for (let slot = 0; slot < 16; slot++)
    expanded.push(...expand(slot), ...step(slot, splat(get(ROUND), BLOCK_BYTES + slot * WORD_BYTES)));
  code.push(...wasm.repeat(ROUND, BLOCK_BYTES, wasm.integer(3 * BLOCK_BYTES), expanded));
  for (let i = 0; i < 8; i++) code.push(...set(STATE + i, add(get(STATE + i), initial(i))));
  return code;
}

/** §6.2.2 step 1: a later word of the schedule, in the place of the one sixteen rounds before. */
function expand(slot: number): Code {
  const word = (later: number) => get(WORDS + ((slot + later) & 15));
  return set(WORDS + slot, add(word(0), sigma(word(1), 3, 7, 18), word(9), sigma(word(14), 10, 17, 19)));
}

/** §6.2.2 step 3. The letters move by one each round, so that after sixteen all are back in their places. */
function step(slot: number, roundConstant: Code): Code {
  const letter = (i: number) => STATE + ((i - slot) & 7);
  const [a, b, d, e] = [get(letter(0)), get(letter(1)), get(letter(3)), get(letter(4))];
  const [f, g, h] = [get(letter(5)), get(letter(6)), get(letter(7))];
  const change = CHANGES + (slot & 1);
  const changeBefore = CHANGES + (~slot & 1);
  const choice = xor(g, and(e, xor(f, g)));
  // Maj(a, b, c) = b ⊕ ((a ⊕ b) ∧ (b ⊕ c)), and b ⊕ c was a ⊕ b one round ago.
  const majority = xor(b, and(get(change), get(changeBefore)));
  return [
    ...set(FIRST, add(h, roundConstant, get(WORDS + slot), choice, largeSigma(e, 6, 11, 25))),
    ...set(letter(3), add(d, get(FIRST))),
    ...set(change, xor(a, b)),
    ...set(letter(7), add(get(FIRST), add(largeSigma(a, 2, 13, 22), majority))),
  ];
}

/** §4.1.2 (4.4, 4.5): the lanes rotated right by p, by q and by r. */
function largeSigma(lanes: Code, p: number, q: number, r: number): Code {
  return xor(shifted(shiftRight, lanes, [p, q, r]), shifted(shiftLeft, lanes, [32 - r, 32 - q, 32 - p]));
}

/** §4.1.2 (4.6, 4.7): the lanes shifted right by p, rotated right by q and by r. */
function sigma(lanes: Code, p: number, q: number, r: number): Code {
  return xor(shifted(shiftRight, lanes, [p, q, r]), shifted(shiftLeft, lanes, [32 - r, 32 - q]));
}

/** The sum of the lanes shifted by each of the ascending `amounts`, nested so that it takes two registers. */
function shifted(shift: (lanes: Code, bits: number) => Code, lanes: Code, amounts: readonly number[]): Code {
  const [first, ...others] = amounts as [number, ...number[]];
  if (others.length === 0) return shift(lanes, first);
  const rest = others.map((amount) => amount - first);
  return shift(xor(lanes, shifted(shift, lanes, rest)), first);
}
