import type { RandomSource } from "../base/clock.ts";
import type { Workspace } from "../base/scratch.ts";
import type { TagLanes } from "../crypto/tag-lanes.ts";
import { TAG_BYTES } from "../crypto/tags.ts";
import type { KeyColumns } from "./population.ts";
import { Slices } from "./slices.ts";
import { BLOCK_UNITS, DIGEST_BYTES, type DigestBlock } from "./unit-digests.ts";

/** Rows that are put in order in memory at once take about so much. */
const WINDOW_BYTES = 8 * 1024 * 1024;
const TAG_WORDS = TAG_BYTES / 4;

/**
 * Tags of a list's rows in their shuffled order. The digests are read once, from the first to the last; what was tagged
 * is dealt out to windows of the list and put in its place window by window, so that neither digests nor tags need be in
 * memory as a whole. Every cell, used or not, is filled, tagged and dealt out alike: the time of a row does not tell a
 * missing value.
 * @param order which unit stands in each row; padding from `columns.units` on
 * @param rowsAtOnce how many rows each of the results is for, but the last
 * @returns rows × keys × 16 bytes, to be used before the next is taken
 */
export function* tagsInOrder(
  of: {
    readonly columns: KeyColumns;
    readonly lanes: TagLanes;
    readonly random: RandomSource;
    readonly workspace: Workspace;
  },
  order: Uint32Array,
  rowsAtOnce: number,
  windowBytes = WINDOW_BYTES,
): Generator<Uint8Array> {
  const { keys } = of.columns;
  const rowWords = keys * TAG_WORDS;
  const windowRows = Math.max(1, Math.floor(windowBytes / (rowWords * 4 * rowsAtOnce))) * rowsAtOnce;
  const windows = new Slices(Math.ceil(order.length / windowRows), rowWords + 1, of.workspace);
  try {
    dealOut(of, order, windowRows, windows);
    const ordered = new Uint32Array(Math.min(windowRows, order.length) * rowWords);
    for (let start = 0; start < order.length; start += windowRows) {
      for (const records of windows.read(start / windowRows)) {
        for (let at = 0; at < records.length; at += rowWords + 1) {
          ordered.set(records.subarray(at + 1, at + 1 + rowWords), records[at]! * rowWords);
        }
      }
      const rows = Math.min(windowRows, order.length - start);
      for (let row = 0; row < rows; row += rowsAtOnce) {
        const count = Math.min(rowsAtOnce, rows - row);
        yield new Uint8Array(ordered.buffer, row * rowWords * 4, count * rowWords * 4);
      }
    }
  } finally {
    windows.close();
  }
}

/** Records of [row in its window ‖ tags]. */
function dealOut(
  { columns, lanes, random }: Parameters<typeof tagsInOrder>[0],
  order: Uint32Array,
  windowRows: number,
  windows: Slices,
): void {
  const { keys } = columns;
  const rowWords = keys * TAG_WORDS;
  const rowOf = new Uint32Array(order.length);
  for (const [row, unit] of order.entries()) rowOf[unit] = row;
  const keyOfCell = Uint8Array.from({ length: BLOCK_UNITS * keys }, (_, cell) => cell % keys);
  const tags = new Uint32Array(BLOCK_UNITS * rowWords);
  const tagBytes = new Uint8Array(tags.buffer);
  let unit = 0;
  for (const block of withPadding(columns, order.length)) {
    const cells = block.units * keys;
    lanes.tagAll(
      keyOfCell.subarray(0, cells),
      cellValues(columns, block, random),
      tagBytes.subarray(0, cells * TAG_BYTES),
    );
    for (let from = 0; from < block.units * rowWords; from += rowWords, unit++) {
      const row = rowOf[unit]!;
      const window = Math.floor(row / windowRows);
      const at = windows.add(window);
      windows.room[at] = row - window * windowRows;
      for (let word = 0; word < rowWords; word++) windows.room[at + 1 + word] = tags[from + word]!;
    }
  }
}

/** The blocks of the units, then blocks without digests until there are as many units as the list has rows. */
function* withPadding({ digests, units }: KeyColumns, rows: number): Generator<DigestBlock> {
  yield* digests.blocks();
  for (let first = units; first < rows; first += BLOCK_UNITS) {
    yield { first, units: Math.min(BLOCK_UNITS, rows - first), digestsOf: () => NO_DIGESTS };
  }
}

const NO_DIGESTS = new Uint8Array(0);

/** What is tagged, cell after cell: the digest of the unit's key, or random bytes where there is none to match. */
function cellValues({ keys, units, usable }: KeyColumns, block: DigestBlock, random: RandomSource): Uint8Array {
  // Drawn for every cell, used or not, and copied alike.
  const filler = random.bytes(block.units * keys * DIGEST_BYTES);
  const values = new Uint8Array(filler.length);
  for (let key = 0; key < keys; key++) {
    const digests = block.digestsOf(key);
    for (let place = 0; place < block.units; place++) {
      const unit = block.first + place;
      const to = (place * keys + key) * DIGEST_BYTES;
      const isReal = unit < units && usable[unit * keys + key] === 1;
      const source = isReal ? digests : filler;
      const from = isReal ? place * DIGEST_BYTES : to;
      for (let i = 0; i < DIGEST_BYTES; i++) values[to + i] = source[from + i]!;
    }
  }
  return values;
}
