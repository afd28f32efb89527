import { TAG_BYTES } from "../crypto/tags.ts";

/**
 * Equality of 16-byte values by open addressing in typed arrays: 8 bytes a value beyond the input. Tags come from other
 * parties and could be made to collide, so the caller keys them first (createTagKeying).
 */
export interface TagIndex {
  /** The position of an equal value, or -1. */
  find(values: Uint32Array, position: number): number;
}

const WORDS = TAG_BYTES / 4;

/** The 16-byte values as words, copied where memory is not aligned. */
export function tagWords(bytes: Uint8Array): Uint32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
}

/** Indexes every value. @returns the index, or the position of a value that stands twice */
export function indexTags(values: Uint32Array): TagIndex | { readonly repeated: number } {
  const count = values.length / WORDS;
  const size = 2 ** Math.ceil(Math.log2(Math.max(2, count * 2)));
  const slots = new Int32Array(size).fill(-1);
  const mask = size - 1;

  function slotOf(from: Uint32Array, position: number): number {
    const at = position * WORDS;
    let slot = from[at]! & mask;
    for (let found = slots[slot]!; found !== -1; found = slots[slot]!) {
      const other = found * WORDS;
      if (
        values[other] === from[at] &&
        values[other + 1] === from[at + 1] &&
        values[other + 2] === from[at + 2] &&
        values[other + 3] === from[at + 3]
      ) {
        break;
      }
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  for (let position = 0; position < count; position++) {
    const slot = slotOf(values, position);
    if (slots[slot] !== -1) return { repeated: position };
    slots[slot] = position;
  }
  return { find: (from, position) => slots[slotOf(from, position)]! };
}
