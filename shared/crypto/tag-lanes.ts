import { assert } from "../base/errors.ts";
import { saltStates, TAG_BYTES } from "./tags.ts";
import { LAYOUT, laneKernel } from "./wasm-sha256.ts";

/**
 * Tags of a whole batch, four at a time: the tags of tags.ts, which is the readable twin and the one that tests hold
 * this to. A list is millions of tags, and this makes them at four times the twin's pace. What depends on the
 * salt stands in the kernel's memory only while `tagAll` runs, and so do the values; copies in registers, and on the
 * stack of a thread that was interrupted, are beyond a program's reach.
 */

const VALUE_BYTES = 32;

export interface TagLanes {
  /**
   * Writes the tag of every message: any number of them, also none.
   * @param columns one byte a message
   * @param digests 32 bytes a message: the digest of a match key
   * @param out 16 bytes a message
   */
  tagAll(columns: Uint8Array, digests: Uint8Array, out: Uint8Array): void;
  /** Forgets the salt; no `tagAll` after it. */
  erase(): void;
}

/** @param salt 32 secret bytes, of one ordered pair of one attempt; not kept */
export function createTagLanes(salt: Uint8Array): TagLanes {
  const { inner, outer } = saltStates(salt);
  const isErased = () => [inner, outer].every((state) => state.every((word) => word === 0));
  return {
    tagAll(columns, digests, out) {
      const count = columns.length;
      assert(digests.length === count * VALUE_BYTES, "a value digest is 32 bytes");
      assert(out.length === count * TAG_BYTES, "a tag is 16 bytes");
      assert(!isErased(), "the salt was erased");
      const kernel = laneKernel();
      const { memory } = kernel;
      const states = new DataView(memory.buffer, LAYOUT.states);
      for (let i = 0; i < 8; i++) {
        states.setInt32(4 * i, inner[i]!, true);
        states.setInt32(4 * (i + 8), outer[i]!, true);
      }
      for (let start = 0; start < count; start += LAYOUT.batch) {
        const end = Math.min(start + LAYOUT.batch, count);
        memory.set(columns.subarray(start, end), LAYOUT.columns);
        memory.set(digests.subarray(start * VALUE_BYTES, end * VALUE_BYTES), LAYOUT.digests);
        kernel.run(end - start);
        out.set(memory.subarray(LAYOUT.tags, LAYOUT.tags + (end - start) * TAG_BYTES), start * TAG_BYTES);
      }
      memory.fill(0, LAYOUT.states);
    },
    erase() {
      inner.fill(0);
      outer.fill(0);
    },
  };
}
