import { INNER_BITS, OUTER_BITS, ROUND_CONSTANTS, TAG_BYTES } from "./tags.ts";
import {
  add,
  and,
  assembleModule,
  get,
  integer,
  or,
  repeatWhileLess,
  set,
  shiftedLeft,
  shiftLeft,
  shiftRight,
  shuffled,
  splat,
  storeLane,
  sum,
  withLane,
  xor,
  type Code,
} from "./wasm-assembler.ts";

/**
 * Four tags at a time: the two compressions of tags.ts as WebAssembly over vectors of four 32-bit lanes, one message
 * a lane, all 128 rounds written out. Assembled at first use, a few milliseconds, and one for the process: its memory
 * is worked on between two turns of the event loop and by `createTagLanes` alone, which leaves nothing in it.
 * Arithmetic and fixed shuffles only: no branch, no address and no shift count depends on a salt or a value.
 */

const LANES = 4;
const WORD_BYTES = 4;
const VALUE_BYTES = 32;

/** Byte addresses in the kernel's memory; all that comes before `states` is public. */
export const LAYOUT = {
  /** Messages at most in one run, a multiple of the lanes. */
  batch: 1024,
  /** 8 words inner ‖ 8 words outer state of the salt. */
  states: 1024,
  columns: 2048,
  digests: 4096,
  tags: 4096 + 1024 * VALUE_BYTES,
} as const;

export interface LaneKernel {
  readonly memory: Uint8Array;
  /** Tags `count` messages, 1 … batch; where that is no multiple of four, the last ones run along unused. */
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

// Locals of `run`: integers, then vectors.
const COUNT = 0;
const MESSAGE = 1;
const DIGEST = 2;
const TAG = 3;
const STATE = 4; // eight: a … h, which change places as the rounds go by
const WORDS = 12; // sixteen: the message schedule
const FIRST = 28; // T1 of a round
const CHANGES = 29; // two: a ⊕ b of this round and of the round before
const VECTORS = 31 - STATE;

/** Words of a message block; null is a word of zeros, which costs nothing. */
type Schedule = (Code | null)[];

function assembleKernel(): Uint8Array {
  const pool = new Map<number, number>();
  /** The word in every lane, from the start of the memory. */
  const constant = (word: number): Code => {
    const index = pool.get(word) ?? pool.size;
    pool.set(word, index);
    return splat(integer(0), index * WORD_BYTES);
  };

  const body = repeatWhileLess(
    [
      ...set(DIGEST, shiftedLeft(get(MESSAGE), Math.log2(VALUE_BYTES))),
      ...set(TAG, shiftedLeft(get(MESSAGE), Math.log2(TAG_BYTES))),
      ...loadMessage(constant),
      ...compress(LAYOUT.states, 9, constant),
      ...Array.from({ length: 8 }, (_, i) => set(WORDS + i, get(STATE + i))).flat(),
      ...set(WORDS + 8, constant(0x80000000)),
      ...set(WORDS + 15, constant(OUTER_BITS)),
      ...compress(LAYOUT.states + 8 * WORD_BYTES, 9, constant),
      ...storeTags(),
      ...set(MESSAGE, sum(get(MESSAGE), integer(LANES))),
    ],
    get(MESSAGE),
    get(COUNT),
  );
  const data = new DataView(new ArrayBuffer(pool.size * WORD_BYTES));
  for (const [word, index] of pool) data.setInt32(index * WORD_BYTES, word, true);
  return assembleModule(body, { integers: STATE - 1, vectors: VECTORS }, new Uint8Array(data.buffer));
}

/** u8 column ‖ value ‖ 0x80 ‖ zeros ‖ length: a word begins one byte before a word of the value. */
function loadMessage(constant: (word: number) => Code): Code {
  const gathered = (offset: number) => {
    let lanes = splat(get(DIGEST), offset);
    for (let lane = 1; lane < LANES; lane++) lanes = withLane(lanes, lane, get(DIGEST), offset + lane * VALUE_BYTES);
    return lanes;
  };
  const columns = splat(get(MESSAGE), LAYOUT.columns);
  const columnAndThreeBytes = [3, 2, 1, 16, 7, 6, 5, 17, 11, 10, 9, 18, 15, 14, 13, 19];
  const code = [...set(WORDS, shuffled(gathered(LAYOUT.digests - 1), columns, columnAndThreeBytes))];
  for (let i = 1; i < 8; i++) {
    code.push(...set(WORDS + i, gathered(LAYOUT.digests - 1 + i * WORD_BYTES)), ...set(WORDS + i, reversed(WORDS + i)));
  }
  const lastBytes = and(gathered(LAYOUT.digests + VALUE_BYTES - WORD_BYTES), constant(0xff000000));
  code.push(...set(WORDS + 8, or(lastBytes, constant(0x800000))), ...set(WORDS + 15, constant(INNER_BITS)));
  return code;
}

function storeTags(): Code {
  const code: number[] = [];
  for (let i = 0; i < TAG_BYTES / WORD_BYTES; i++) {
    code.push(...set(STATE + i, reversed(STATE + i)));
    for (let lane = 0; lane < LANES; lane++) {
      code.push(...storeLane(get(TAG), LAYOUT.tags + lane * TAG_BYTES + i * WORD_BYTES, get(STATE + i), lane));
    }
  }
  return code;
}

/** Big-endian to little-endian and back, in each lane. */
function reversed(local: number): Code {
  return shuffled(get(local), get(local), [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12]);
}

/**
 * FIPS 180-4 §6.2.2, from the state at the address `from` and the block in WORDS into STATE.
 * @param zerosFrom the words from here to the last but one are zeros, as they are in both blocks of a tag
 */
function compress(from: number, zerosFrom: number, constant: (word: number) => Code): Code {
  const initial = (i: number) => splat(integer(0), from + i * WORD_BYTES);
  const code = Array.from({ length: 8 }, (_, i) => set(STATE + i, initial(i))).flat();
  code.push(...set(CHANGES + 1, xor(get(STATE + 1), get(STATE + 2))));
  const schedule: Schedule = Array.from({ length: 16 }, (_, i) => (i >= zerosFrom && i < 15 ? null : get(WORDS + i)));
  for (let round = 0; round < 64; round++) {
    if (round >= 16) code.push(...expand(schedule, round));
    code.push(...step(round, schedule[round & 15]!, constant(ROUND_CONSTANTS[round]!)));
  }
  // After 64 rounds every word is back in its place.
  for (let i = 0; i < 8; i++) code.push(...set(STATE + i, add(get(STATE + i), initial(i))));
  return code;
}

/** §6.2.2 step 1. */
function expand(schedule: Schedule, round: number): Code {
  const slot = round & 15;
  const early = schedule[(round + 1) & 15]!;
  const late = schedule[(round + 14) & 15]!;
  const terms = [
    schedule[slot]!,
    early === null ? null : xor(rotated(early, 7), rotated(early, 18), shiftRight(early, 3)),
    schedule[(round + 9) & 15]!,
    late === null ? null : xor(rotated(late, 17), rotated(late, 19), shiftRight(late, 10)),
  ];
  schedule[slot] = get(WORDS + slot);
  return set(WORDS + slot, add(...terms.filter((term) => term !== null)));
}

/** §6.2.2 step 3. */
function step(round: number, word: Code | null, constant: Code): Code {
  const letter = (i: number) => STATE + ((i - round) & 7);
  const [a, b, e, f, g, h] = [0, 1, 4, 5, 6, 7].map((i) => get(letter(i))) as [Code, Code, Code, Code, Code, Code];
  const change = CHANGES + (round & 1);
  const changeBefore = CHANGES + (~round & 1);
  const sum1 = xor(rotated(e, 6), rotated(e, 11), rotated(e, 25));
  const choice = xor(g, and(e, xor(f, g)));
  const sum0 = xor(rotated(a, 2), rotated(a, 13), rotated(a, 22));
  // Maj(a, b, c) = b ⊕ ((a ⊕ b) ∧ (b ⊕ c)), and b ⊕ c was a ⊕ b one round ago.
  const majority = xor(b, and(get(change), get(changeBefore)));
  return [
    ...set(FIRST, add(...[h, constant, word, sum1, choice].filter((term) => term !== null))),
    ...set(letter(3), add(get(letter(3)), get(FIRST))),
    ...set(change, xor(a, b)),
    ...set(letter(7), add(get(FIRST), sum0, majority)),
  ];
}

function rotated(lanes: Code, bits: number): Code {
  return or(shiftRight(lanes, bits), shiftLeft(lanes, 32 - bits));
}
