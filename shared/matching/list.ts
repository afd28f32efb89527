import type { RandomSource } from "../base/clock.ts";
import { assert } from "../base/errors.ts";
import { IN_MEMORY, type Workspace } from "../base/scratch.ts";
import { MAX_FRAME_BYTES } from "../crypto/sealing.ts";
import { freshOrder } from "../crypto/permutation.ts";
import type { TagLanes } from "../crypto/tag-lanes.ts";
import { TAG_BYTES } from "../crypto/tags.ts";
import { tagsInOrder } from "./ordered-tags.ts";
import { decodeRows, ROWS_HEADER_BYTES } from "./packed-rows.ts";
import { paddedRows } from "./padding.ts";
import type { KeyColumns } from "./population.ts";

/**
 * An owner's list for one pair, in clear as the matcher sees it after opening:
 *
 *   u32 rows (padded) ‖ u8 keys ‖ u8 payload bytes (0 or 2) ‖ rows of [keys × 16-byte tags ‖ u16 scrambled label code]
 *
 * Padded first, then shuffled; values that are missing or not unique, and padding, get random tags made the same way,
 * so that nobody without the salt can tell them from the others by bytes or by time.
 */
export const LABEL_BYTES = 2;

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
  /** Where tags wait for their place in the list. */
  readonly workspace?: Workspace;
}): BuiltList {
  const { columns, labelCodes, random } = options;
  const rows = paddedRows(columns.units);
  const order = freshOrder(rows, random);
  const codes = labelCodes === null ? null : scrambleLabels(columns, rows, labelCodes);
  return { rows, order, frames: { [Symbol.iterator]: () => writeFrames(options, rows, order, codes) } };
}

function* writeFrames(
  { columns, lanes, random, workspace = IN_MEMORY }: Parameters<typeof buildList>[0],
  rows: number,
  order: Uint32Array,
  codes: Uint16Array | null,
): Generator<Uint8Array> {
  const { keys } = columns;
  const payloadBytes = codes === null ? 0 : LABEL_BYTES;
  const tagBytes = keys * TAG_BYTES;
  const rowBytes = tagBytes + payloadBytes;
  const rowsPerFrame = Math.floor((MAX_FRAME_BYTES - ROWS_HEADER_BYTES) / rowBytes);
  let start = 0;
  for (const tags of tagsInOrder({ columns, lanes, random, workspace }, order, rowsPerFrame)) {
    const units = order.subarray(start, start + rowsPerFrame);
    const header = start === 0 ? ROWS_HEADER_BYTES : 0;
    const frame = new Uint8Array(header + units.length * rowBytes);
    const view = new DataView(frame.buffer);
    if (start === 0) {
      view.setUint32(0, rows);
      frame[4] = keys;
      frame[5] = payloadBytes;
    }
    if (codes === null) frame.set(tags, header);
    else {
      for (const [row, unit] of units.entries()) {
        const at = header + row * rowBytes;
        frame.set(tags.subarray(row * tagBytes, (row + 1) * tagBytes), at);
        view.setUint16(at + tagBytes, codes[unit]!);
      }
    }
    yield frame;
    start += units.length;
  }
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
  const labels = expected.payloadBytes === 0 ? null : labelsOf(payloads);
  return { rows, columns, labels, handles: null };
}

/** The label codes that rows of a list carry. @param payloads 2 bytes a row */
export function labelsOf(payloads: Uint8Array): Uint16Array {
  return Uint16Array.from({ length: payloads.length / LABEL_BYTES }, (_, row) => {
    return (payloads[row * LABEL_BYTES]! << 8) | payloads[row * LABEL_BYTES + 1]!;
  });
}
