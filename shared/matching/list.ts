import type { RandomSource } from "../base/clock.ts";
import { assert } from "../base/errors.ts";
import { MAX_FRAME_BYTES } from "../crypto/sealing.ts";
import { shuffle } from "../crypto/permutation.ts";
import type { TagLanes } from "../crypto/tag-lanes.ts";
import { TAG_BYTES } from "../crypto/tags.ts";
import { decodeRows, ROWS_HEADER_BYTES } from "./packed-rows.ts";
import { paddedRows } from "./padding.ts";
import { DIGEST_BYTES, type KeyColumns } from "./population.ts";

/**
 * An owner's list for one pair, in clear as the matcher sees it after opening:
 *
 *   u32 rows (padded) ‖ u8 keys ‖ u8 payload bytes (0 or 2) ‖ rows of [keys × 16-byte tags ‖ u16 scrambled label code]
 *
 * Padded first, then shuffled; values that are missing or not unique, and padding, get random tags made the same way,
 * so that nobody without the salt can tell them from the others by bytes or by time.
 */
const LABEL_BYTES = 2;

export interface BuiltList {
  /** Rows of the list, padding included. */
  readonly rows: number;
  /** Which unit stands in each row; padding from `columns.units` on. Stays at the owner. */
  readonly order: Uint32Array;
  /** At most MAX_FRAME_BYTES each; made as they are taken, so memory stays flat. */
  readonly frames: Iterable<Uint8Array>;
}

export interface LabelCodes {
  /** The pair's secret permutation of the codes. */
  readonly permutation: Uint16Array;
  readonly labels: number;
}

export function buildList(options: {
  readonly columns: KeyColumns;
  /** Under the pair's salt; to be erased after the last frame was taken. */
  readonly lanes: TagLanes;
  /** Null where no table is asked for: then a row carries no payload. */
  readonly labelCodes: LabelCodes | null;
  readonly random: RandomSource;
}): BuiltList {
  const { columns, labelCodes, random } = options;
  const rows = paddedRows(columns.units);
  const order = Uint32Array.from({ length: rows }, (_, row) => row);
  shuffle(order, random);
  const codes = labelCodes === null ? null : scrambleLabels(columns, rows, labelCodes);
  return { rows, order, frames: { [Symbol.iterator]: () => writeFrames(options, rows, order, codes) } };
}

function* writeFrames(
  { columns, lanes, random }: Parameters<typeof buildList>[0],
  rows: number,
  order: Uint32Array,
  codes: Uint16Array | null,
): Generator<Uint8Array> {
  const { keys } = columns;
  const payloadBytes = codes === null ? 0 : LABEL_BYTES;
  const tagBytes = keys * TAG_BYTES;
  const rowBytes = tagBytes + payloadBytes;
  const rowsPerFrame = Math.floor((MAX_FRAME_BYTES - ROWS_HEADER_BYTES) / rowBytes);
  const keyOfCell = Uint8Array.from({ length: Math.min(rows, rowsPerFrame) * keys }, (_, cell) => cell % keys);
  for (let start = 0; start < rows; start += rowsPerFrame) {
    const units = order.subarray(start, start + rowsPerFrame);
    const header = start === 0 ? ROWS_HEADER_BYTES : 0;
    const frame = new Uint8Array(header + units.length * rowBytes);
    const view = new DataView(frame.buffer);
    if (start === 0) {
      view.setUint32(0, rows);
      frame[4] = keys;
      frame[5] = payloadBytes;
    }
    const tags = new Uint8Array(units.length * tagBytes);
    lanes.tagAll(keyOfCell.subarray(0, units.length * keys), cellValues(columns, units, random), tags);
    for (const [row, unit] of units.entries()) {
      const at = header + row * rowBytes;
      frame.set(tags.subarray(row * tagBytes, (row + 1) * tagBytes), at);
      if (codes !== null) view.setUint16(at + tagBytes, codes[unit]!);
    }
    yield frame;
  }
}

/** What is tagged, cell after cell: the digest of the unit's key, or random bytes where there is none to match. */
function cellValues(
  { keys, units, digests, usable }: KeyColumns,
  order: Uint32Array,
  random: RandomSource,
): Uint8Array {
  // Drawn for every cell, used or not, and copied alike: the time of a row does not tell a missing value.
  const filler = random.bytes(order.length * keys * DIGEST_BYTES);
  const values = new Uint8Array(filler.length);
  let to = 0;
  for (const unit of order) {
    for (let key = 0; key < keys; key++) {
      const cell = unit * keys + key;
      const isReal = unit < units && usable[cell] === 1;
      const source = isReal ? digests : filler;
      const from = isReal ? cell * DIGEST_BYTES : to;
      for (let i = 0; i < DIGEST_BYTES; i++) values[to + i] = source[from + i]!;
      to += DIGEST_BYTES;
    }
  }
  return values;
}

/** By unit, then padding: padding fills up the rarest codes first, so that their histogram is as level as it can be. */
export function scrambleLabels({ units, labels }: KeyColumns, rows: number, codes: LabelCodes): Uint16Array {
  const scrambled = new Uint16Array(rows);
  const counts = new Uint32Array(codes.labels);
  for (let unit = 0; unit < units; unit++) {
    const code = codes.permutation[labels[unit]!];
    assert(code !== undefined, "a label index is below the number of labels");
    scrambled[unit] = code;
    counts[code]!++;
  }
  for (let row = units; row < rows; row++) {
    let rarest = 0;
    for (let code = 1; code < codes.labels; code++) if (counts[code]! < counts[rarest]!) rarest = code;
    scrambled[row] = rarest;
    counts[rarest]!++;
  }
  return scrambled;
}

/** A list as the matcher holds it. */
export interface TagList {
  readonly rows: number;
  /** One column a key, rows × 16 bytes. */
  readonly columns: readonly Uint8Array[];
  readonly labels: Uint16Array | null;
  /** Under which place in its owner's reply each row goes; null where it is the row's own. */
  readonly handles: Uint32Array | null;
}

/**
 * Reads a list from opened frames, wherever they were cut. Attacker-controlled: it comes from another borough.
 * @param expected what the charter says a list holds
 * @throws ProtocolError "malformed" naming the part, "too-large" beyond `maximumRows`
 */
export function decodeList(
  frames: readonly Uint8Array[],
  expected: { readonly keys: number; readonly payloadBytes: number; readonly maximumRows: number },
): TagList {
  const packed = decodeRows(frames, { ...expected, cellBytes: TAG_BYTES });
  const { rows, columns, payloads } = packed;
  if (expected.payloadBytes === 0) return { rows, columns, labels: null, handles: null };
  const labels = Uint16Array.from({ length: rows }, (_, row) => (payloads[row * 2]! << 8) | payloads[row * 2 + 1]!);
  return { rows, columns, labels, handles: null };
}
