import type { RandomSource } from "../base/clock.ts";
import { ProtocolError } from "../base/errors.ts";
import type { Workspace } from "../base/scratch.ts";
import { createTagKeying } from "../crypto/keyed-index.ts";
import { TAG_BYTES } from "../crypto/tags.ts";
import { Slices } from "./slices.ts";
import { indexTags, tagWords } from "./tag-index.ts";

/** Rows of a list that are joined at once: with their index some 30 MB a side. */
const SLICE_ROWS = 1_048_576;
/** By chance a slice of few rows may have some more than its share. */
const UNEVEN_ROWS = 1000;
const TAG_WORDS = TAG_BYTES / 4;
const RECORD_WORDS = 1 + TAG_WORDS;

export type Side = "left" | "right";

/** @param tags of one column, 16 bytes each, of the rows from `first` on */
export type AddTags = (key: number, first: number, tags: Uint8Array) => void;

/** Matched rows: row numbers of the two lists and the key that agreed. In no order that means anything. */
export interface Matches {
  readonly left: Uint32Array;
  readonly right: Uint32Array;
  readonly key: Uint8Array;
}

/**
 * Both lists of a pair as their matcher holds them: keyed tags with their rows, column by column, dealt out to slices by
 * their first bits. Equal tags of one column are in one slice, so the cascade goes slice by slice and needs no more
 * memory than two slices and a byte a row, wherever the rest is.
 */
export class PairTags {
  readonly #keys: number;
  readonly #slices: number;
  readonly #keying: (tags: Uint8Array) => Uint8Array;
  readonly #records: Readonly<Record<Side, Slices>>;

  /** @param of.rowsAtMost of the longer list */
  constructor(of: {
    readonly keys: number;
    readonly rowsAtMost: number;
    readonly workspace: Workspace;
    readonly random: RandomSource;
    readonly sliceRows?: number;
  }) {
    const { keys, rowsAtMost, workspace, random, sliceRows = SLICE_ROWS } = of;
    this.#keys = keys;
    this.#slices = Math.max(1, Math.ceil(rowsAtMost / sliceRows));
    this.#keying = createTagKeying(random);
    const half = { ...workspace, memoryBytes: workspace.memoryBytes / 2 };
    const open = () => new Slices(keys * this.#slices, RECORD_WORDS, half);
    this.#records = { left: open(), right: open() };
  }

  /** Where the rows of one list go. @throws ProtocolError "unavailable" without room on the disk */
  of(side: Side): AddTags {
    return (key, first, tags) => {
      this.#add(this.#records[side], key, first, tags);
    };
  }

  #add(records: Slices, key: number, first: number, tags: Uint8Array): void {
    const keyed = tagWords(this.#keying(tags));
    const { room } = records;
    for (let from = 0, row = first; from < keyed.length; from += TAG_WORDS, row++) {
      const slice = ((keyed[from]! >>> 16) * this.#slices) >>> 16;
      const at = records.add(key * this.#slices + slice);
      room[at] = row;
      for (let word = 0; word < TAG_WORDS; word++) room[at + 1 + word] = keyed[from + word]!;
    }
  }

  /**
   * The cascade (protocol.md, Matching, "C"): key by key, best first, accept every pair of rows equal on both sides, take
   * both out, go on. A row is in at most one pair.
   * @param rows of each list, all of whose columns were added
   * @throws ProtocolError "integrity" where a value stands twice in one column of one list: honest owners send each once
   */
  match(rows: Readonly<Record<Side, number>>): Matches {
    const most = Math.min(rows.left, rows.right);
    const found = { left: new Uint32Array(most), right: new Uint32Array(most), key: new Uint8Array(most) };
    const taken = { left: new Uint8Array(rows.left), right: new Uint8Array(rows.right) };
    let count = 0;
    for (let key = 0; key < this.#keys; key++) {
      for (let slice = 0; slice < this.#slices; slice++) {
        const left = this.#load("left", key, slice, rows.left);
        const right = this.#load("right", key, slice, rows.right);
        requireUnique(left.tags, "left", key);
        const index = requireUnique(right.tags, "right", key);
        for (const [place, leftRow] of left.rows.entries()) {
          if (taken.left[leftRow] === 1) continue;
          const partner = index.find(left.tags, place);
          if (partner < 0) continue;
          const rightRow = right.rows[partner]!;
          if (taken.right[rightRow] === 1) continue;
          taken.left[leftRow] = 1;
          taken.right[rightRow] = 1;
          found.left[count] = leftRow;
          found.right[count] = rightRow;
          found.key[count] = key;
          count++;
        }
      }
    }
    return {
      left: found.left.subarray(0, count),
      right: found.right.subarray(0, count),
      key: found.key.subarray(0, count),
    };
  }

  close(): void {
    this.#records.left.close();
    this.#records.right.close();
  }

  #load(side: Side, key: number, slice: number, rowsOfList: number): { tags: Uint32Array; rows: Uint32Array } {
    const number = key * this.#slices + slice;
    const count = this.#records[side].count(number);
    // Keyed tags that differ fall evenly: twice as many as that are equal ones, which need not be looked for in memory.
    if (count > (2 * rowsOfList) / this.#slices + UNEVEN_ROWS) throw repeated(side, key);
    const tags = new Uint32Array(count * TAG_WORDS);
    const rows = new Uint32Array(count);
    let place = 0;
    for (const records of this.#records[side].read(number)) {
      for (let at = 0; at < records.length; at += RECORD_WORDS, place++) {
        rows[place] = records[at]!;
        for (let word = 0; word < TAG_WORDS; word++) tags[place * TAG_WORDS + word] = records[at + 1 + word]!;
      }
    }
    return { tags, rows };
  }
}

function requireUnique(words: Uint32Array, side: Side, key: number) {
  const index = indexTags(words);
  if ("repeated" in index) throw repeated(side, key);
  return index;
}

function repeated(side: Side, key: number): ProtocolError {
  return new ProtocolError("integrity", `list: a value stands twice in column ${key} of the ${side} list`);
}
