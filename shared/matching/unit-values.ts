/**
 * Which units of one's own population share a key value: groups by equal digest, in flat arrays. The digests are this
 * node's own, so nobody chooses them.
 */
export interface UnitValues {
  /** The group of a unit's value, which goes by the first unit that has it, or -1 where the key is missing. */
  groupOf(unit: number): number;
  sizeOf(group: number): number;
  /** Whether a unit of the group carries the flag. */
  isFlagged(group: number, flags: Uint8Array): boolean;
}

const DIGEST_WORDS = 8;

export function indexDigests(
  digests: Uint8Array,
  present: Uint8Array,
  count: number,
  keys: number,
  column: number,
): UnitValues {
  const words = new Uint32Array(digests.buffer, digests.byteOffset, digests.length / 4);
  const size = 2 ** Math.ceil(Math.log2(Math.max(2, count * 2)));
  const slots = new Int32Array(size).fill(-1);
  const mask = size - 1;
  const groups = new Int32Array(count).fill(-1);
  const sizes = new Uint32Array(count);
  let flagged: Uint8Array | null = null;

  for (let unit = 0; unit < count; unit++) {
    if (present[unit * keys + column] !== 1) continue;
    const at = (unit * keys + column) * DIGEST_WORDS;
    let slot = words[at]! & mask;
    while (slots[slot] !== -1 && !isEqualAt(words, at, (slots[slot]! * keys + column) * DIGEST_WORDS)) {
      slot = (slot + 1) & mask;
    }
    if (slots[slot] === -1) slots[slot] = unit;
    const group = slots[slot]!;
    groups[unit] = group;
    sizes[group]!++;
  }

  return {
    groupOf: (unit) => groups[unit]!,
    sizeOf: (group) => sizes[group]!,
    isFlagged(group, flags) {
      if (flagged === null) {
        flagged = new Uint8Array(count);
        for (let unit = 0; unit < count; unit++) {
          if (flags[unit] === 1 && groups[unit]! >= 0) flagged[groups[unit]!] = 1;
        }
      }
      return flagged[group] === 1;
    },
  };
}

function isEqualAt(words: Uint32Array, a: number, b: number): boolean {
  for (let i = 0; i < DIGEST_WORDS; i++) if (words[a + i] !== words[b + i]) return false;
  return true;
}
