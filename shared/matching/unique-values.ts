import { DIGEST_BYTES, type UnitDigests } from "./unit-digests.ts";

/** Of one match key, over all units: how many have it, its values, and units that are alone with theirs. */
export interface KeyCounts {
  readonly present: number;
  readonly distinct: number;
  readonly unique: number;
}

/** Units whose values are looked at together: their table takes some 25 MB. */
const SLICE_UNITS = 524_288;
/** Slices differ in size by chance. */
const UNEVEN_UNITS = 4096;
const DIGEST_WORDS = DIGEST_BYTES / 4;

/**
 * Which units share the value of a key. Slice by slice of the values' first bits, each a pass over the key's digests, so
 * that memory holds one slice's values whatever the number of units.
 * @param of.cells units × keys; 1 where the unit has the key, afterwards only where nobody else has the same value
 * @param of.flags 1 at units at risk; whoever shares a value with one of them gets 1 in `withheld`
 */
export function judgeValues(
  key: number,
  of: {
    readonly digests: UnitDigests;
    readonly count: number;
    readonly cells: Uint8Array;
    readonly flags: Uint8Array;
    readonly withheld: Uint8Array;
  },
  sliceUnits = SLICE_UNITS,
): KeyCounts {
  const { digests, count, cells, flags, withheld } = of;
  const { keys } = digests;
  const slices = Math.ceil(count / sliceUnits);
  const groups = new Int32Array(count);
  let [present, distinct, unique] = [0, 0, 0];
  for (let slice = 0; slice < slices; slice++) {
    groups.fill(-1);
    const values = new ValueTable(Math.ceil(count / slices) + UNEVEN_UNITS);
    for (const block of digests.blocks(key)) {
      const { first, units } = block;
      const bytes = block.digestsOf(key);
      const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
      for (let place = 0; place < units; place++) {
        const unit = first + place;
        if (cells[unit * keys + key] !== 1) continue;
        const at = place * DIGEST_WORDS;
        if (((words[at]! >>> 16) * slices) >>> 16 !== slice) continue;
        groups[unit] = values.add(words, at, flags[unit] === 1);
      }
    }
    for (let unit = 0; unit < count; unit++) {
      const group = groups[unit]!;
      if (group < 0) continue;
      present++;
      // Whoever shares a key with a person at risk would lead to that person.
      if (values.isFlagged(group)) withheld[unit] = 1;
      if (values.unitsOf(group) === 1) unique++;
      else cells[unit * keys + key] = 0;
    }
    distinct += values.count;
  }
  return { present, distinct, unique };
}

/** Different values, numbered as they come, by open addressing. They are this node's own, so nobody aims them. */
class ValueTable {
  #count = 0;
  #words: Uint32Array;
  #units: Uint32Array;
  #flagged: Uint8Array;
  #slots: Int32Array;

  /** @param expected grows beyond it */
  constructor(expected: number) {
    this.#words = new Uint32Array(expected * DIGEST_WORDS);
    this.#units = new Uint32Array(expected);
    this.#flagged = new Uint8Array(expected);
    this.#slots = emptySlots(expected);
  }

  get count(): number {
    return this.#count;
  }

  unitsOf(group: number): number {
    return this.#units[group]!;
  }

  isFlagged(group: number): boolean {
    return this.#flagged[group] === 1;
  }

  /** One unit with the value at `words[at]`. @returns the value's number */
  add(words: Uint32Array, at: number, isFlagged: boolean): number {
    if (this.#count === this.#units.length) this.#grow();
    const slot = this.#slotOf(words, at);
    let group = this.#slots[slot]!;
    if (group < 0) {
      group = this.#count++;
      this.#slots[slot] = group;
      for (let i = 0; i < DIGEST_WORDS; i++) this.#words[group * DIGEST_WORDS + i] = words[at + i]!;
    }
    this.#units[group]!++;
    if (isFlagged) this.#flagged[group] = 1;
    return group;
  }

  #slotOf(words: Uint32Array, at: number): number {
    const mask = this.#slots.length - 1;
    // Not the word that chose the slice: in a slice its first bits are alike.
    let slot = words[at + 1]! & mask;
    for (let found = this.#slots[slot]!; found !== -1; found = this.#slots[slot]!) {
      if (isEqualAt(this.#words, found * DIGEST_WORDS, words, at)) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #grow(): void {
    const size = this.#units.length * 2;
    this.#words = withStart(new Uint32Array(size * DIGEST_WORDS), this.#words);
    this.#units = withStart(new Uint32Array(size), this.#units);
    this.#flagged = withStart(new Uint8Array(size), this.#flagged);
    this.#slots = emptySlots(size);
    for (let group = 0; group < this.#count; group++) {
      this.#slots[this.#slotOf(this.#words, group * DIGEST_WORDS)] = group;
    }
  }
}

/** At least twice as many as values, a power of two. */
function emptySlots(values: number): Int32Array {
  return new Int32Array(2 ** Math.ceil(Math.log2(values * 2))).fill(-1);
}

function withStart<T extends Uint8Array | Uint32Array>(longer: T, start: T): T {
  longer.set(start);
  return longer;
}

function isEqualAt(a: Uint32Array, atA: number, b: Uint32Array, atB: number): boolean {
  for (let i = 0; i < DIGEST_WORDS; i++) if (a[atA + i] !== b[atB + i]) return false;
  return true;
}
