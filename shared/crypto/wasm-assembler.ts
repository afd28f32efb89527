import { assert } from "../base/errors.ts";

/**
 * The binary format of WebAssembly 2.0 (W3C, chapter 5), as much of it as one function over 128-bit vectors needs.
 * An expression is the bytes that leave its value on the stack, so expressions nest as formulas do. Addresses are
 * bytes of the one memory, little-endian; `v128` holds four 32-bit lanes. Only sibling modules may call this.
 */

export type Code = readonly number[];

const PAGE_BYTES = 65_536;
const I32 = 0x7f;
const V128 = 0x7b;
const NO_RESULT = 0x40;
const END = 0x0b;
const UNALIGNED = 0;
const UNSIGNED = 0x80;
const SIGNED = 0x40;

// Chapter 5.4: instructions.

export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)];

export function integer(value: number): Code {
  assert(Number.isInteger(value) && value >= 0, "a constant that is not negative");
  return [0x41, ...leb128(value, SIGNED)];
}
/** Adds to a local. */
export const advance = (local: number, by: number): Code => set(local, [...get(local), ...integer(by), 0x6a]);

/** Runs `body` for `counter` at 0, `step`, … below `end`; for 0 in any case. */
export const repeat = (counter: number, step: number, end: Code, body: Code): Code => [
  ...set(counter, integer(0)),
  ...[0x03, NO_RESULT, ...body, ...advance(counter, step)],
  ...[...get(counter), ...end, 0x49, 0x0d, 0],
  END,
];

/** `word` in every lane. @param word 0 … 2^32-1 */
export function constant(word: number): Code {
  const bytes = [word & 0xff, (word >>> 8) & 0xff, (word >>> 16) & 0xff, word >>> 24];
  return [...vector(0x0c), ...bytes, ...bytes, ...bytes, ...bytes];
}

/** The word at `address + offset` in every lane. */
export const splat = (address: Code, offset: number): Code => [...address, ...vector(0x09), ...place(offset)];
/** `lanes` with the word at `address + offset` in one of them. */
export const withLane = (lanes: Code, lane: number, address: Code, offset: number): Code => [
  ...[...address, ...lanes, ...vector(0x56)],
  ...[...place(offset), lane],
];
export const storeLane = (address: Code, offset: number, lanes: Code, lane: number): Code => [
  ...[...address, ...lanes, ...vector(0x5a)],
  ...[...place(offset), lane],
];
/** @param bytes sixteen of 0 … 31: which byte of `left` ‖ `right` comes to each place */
export const shuffled = (left: Code, right: Code, bytes: readonly number[]): Code => [
  ...[...left, ...right, ...vector(0x0d)],
  ...bytes,
];

export const and = (left: Code, right: Code): Code => [...left, ...right, ...vector(0x4e)];
export const xor = (...terms: readonly Code[]): Code => joined(terms, 0x51);
export const add = (...terms: readonly Code[]): Code => joined(terms, 0xae);
export const shiftLeft = (lanes: Code, bits: number): Code => [...lanes, ...integer(bits), ...vector(0xab)];
export const shiftRight = (lanes: Code, bits: number): Code => [...lanes, ...integer(bits), ...vector(0xad)];

function joined([first, ...rest]: readonly Code[], operation: number): Code {
  assert(first !== undefined, "an operation has terms");
  return [...first, ...rest.flatMap((term) => [...term, ...vector(operation)])];
}

const vector = (operation: number): Code => [0xfd, ...unsigned(operation)];
const place = (offset: number): Code => [UNALIGNED, ...unsigned(offset)];

// Chapter 5.5: modules.

/**
 * A module that exports `memory`, of one page with `data` at its start, and `run`, a function of one integer.
 * @param locals how many of each follow the argument, which is local 0
 */
export function assembleModule(
  body: Code,
  locals: { readonly integers: number; readonly vectors: number },
  data: Uint8Array,
): Uint8Array {
  assert(data.length <= PAGE_BYTES, "the data fits one page");
  const declared = list([
    [...unsigned(locals.integers), I32],
    [...unsigned(locals.vectors), V128],
  ]);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [[0x60, ...list([[I32]]), ...list([])]]),
    ...section(3, [[0]]),
    ...section(5, [[0x01, 1, 1]]),
    ...section(7, [
      [...name("memory"), 0x02, 0],
      [...name("run"), 0x00, 0],
    ]),
    ...section(10, [sized([...declared, ...body, END])]),
    ...section(11, [[0x00, ...integer(0), END, ...sized([...data])]]),
  ]);
}

const section = (id: number, entries: readonly Code[]): Code => [id, ...sized(list(entries))];
const list = (entries: readonly Code[]): Code => [...unsigned(entries.length), ...entries.flat()];
const sized = (bytes: Code): Code => [...unsigned(bytes.length), ...bytes];
const name = (text: string): Code => sized(Array.from(text, (letter) => letter.charCodeAt(0)));

const unsigned = (value: number): Code => leb128(value, UNSIGNED);

/** @param limit the last byte's: seven bits, or six and a sign that is never set here */
function leb128(value: number, limit: number): Code {
  const bytes: number[] = [];
  for (; value >= limit; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value];
}
