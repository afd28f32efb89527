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

// Chapter 5.4: instructions.

export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)];

export function integer(value: number): Code {
  assert(value >= 0 && value < 64, "one byte of a signed LEB128");
  return [0x41, value];
}
export const sum = (left: Code, right: Code): Code => [...left, ...right, 0x6a];
export const shiftedLeft = (value: Code, bits: number): Code => [...value, ...integer(bits), 0x74];

/** Runs `body` once, and again as long as `left` is below `right`. */
export const repeatWhileLess = (body: Code, left: Code, right: Code): Code => [
  ...[0x03, NO_RESULT, ...body],
  ...[...left, ...right, 0x49, 0x0d, 0],
  END,
];

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
export const or = (left: Code, right: Code): Code => [...left, ...right, ...vector(0x50)];
export const xor = (...terms: readonly Code[]): Code => joined(terms, 0x51);
export const add = (...terms: readonly Code[]): Code => joined(terms, 0xae);
export const shiftLeft = (lanes: Code, bits: number): Code => [...lanes, ...integer(bits), ...vector(0xab)];
export const shiftRight = (lanes: Code, bits: number): Code => [...lanes, ...integer(bits), ...vector(0xad)];

function joined([first, ...rest]: readonly Code[], operation: number): Code {
  assert(first !== undefined, "an operation has terms");
  return [...first, ...rest.flatMap((term) => [...term, ...vector(operation)])];
}

function vector(operation: number): Code {
  return [0xfd, ...unsigned(operation)];
}

function place(offset: number): Code {
  return [UNALIGNED, ...unsigned(offset)];
}

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

/** LEB128. */
function unsigned(value: number): Code {
  const bytes: number[] = [];
  for (; value >= 0x80; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value];
}
