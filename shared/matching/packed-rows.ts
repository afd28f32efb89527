import { ProtocolError } from "../base/errors.ts";
import { MAX_FRAME_BYTES } from "../crypto/sealing.ts";
import { paddedRows } from "./padding.ts";

/**
 * Rows of cells of one size, and a payload of one size, on their way from party to party:
 *
 *   u32 rows (padded) ‖ u8 keys ‖ u8 payload bytes ‖ rows of [keys × cell ‖ payload]
 */
export const ROWS_HEADER_BYTES = 6;

export interface RowShape {
  readonly keys: number;
  readonly cellBytes: number;
  readonly payloadBytes: number;
}

export interface PackedRows {
  readonly rows: number;
  /** One column a key, rows × cellBytes. */
  readonly columns: readonly Uint8Array[];
  /** rows × payloadBytes. */
  readonly payloads: Uint8Array;
}

/** @param order the row of `packed` that stands at each place @returns frames of at most MAX_FRAME_BYTES, made as they are taken */
export function* encodeRows(packed: PackedRows, shape: RowShape, order: Uint32Array): Generator<Uint8Array> {
  const { rows, columns, payloads } = packed;
  const { keys, cellBytes, payloadBytes } = shape;
  const rowBytes = keys * cellBytes + payloadBytes;
  const rowsPerFrame = Math.floor((MAX_FRAME_BYTES - ROWS_HEADER_BYTES) / rowBytes);
  for (let start = 0; start < rows; start += rowsPerFrame) {
    const count = Math.min(rowsPerFrame, rows - start);
    const frame = new Uint8Array((start === 0 ? ROWS_HEADER_BYTES : 0) + count * rowBytes);
    if (start === 0) {
      new DataView(frame.buffer).setUint32(0, rows);
      frame[4] = keys;
      frame[5] = payloadBytes;
    }
    let at = start === 0 ? ROWS_HEADER_BYTES : 0;
    for (const row of order.subarray(start, start + count)) {
      for (const column of columns) {
        frame.set(column.subarray(row * cellBytes, (row + 1) * cellBytes), at);
        at += cellBytes;
      }
      frame.set(payloads.subarray(row * payloadBytes, (row + 1) * payloadBytes), at);
      at += payloadBytes;
    }
    yield frame;
  }
}

/**
 * Reads rows from opened frames, wherever they were cut. Attacker-controlled: they come from another borough.
 * @param expected what the charter says
 * @throws ProtocolError "malformed" naming the part, "too-large" beyond `maximumRows`
 */
export function decodeRows(
  frames: readonly Uint8Array[],
  expected: RowShape & { readonly maximumRows: number },
): PackedRows {
  const { keys, cellBytes, payloadBytes, maximumRows } = expected;
  const reader = new FrameReader(frames);
  const header = reader.take(ROWS_HEADER_BYTES);
  const rows = new DataView(header.buffer, header.byteOffset, header.byteLength).getUint32(0);
  if (header[4] !== keys) throw malformed(`expected ${keys} keys, found ${header[4]!}`);
  if (header[5] !== payloadBytes) throw malformed(`expected ${payloadBytes} payload bytes, found ${header[5]!}`);
  if (rows > maximumRows) throw new ProtocolError("too-large", `list: more than the charter's ${maximumRows} rows`);
  if (rows !== paddedRows(rows)) throw malformed("not padded to a bucket");
  // Before any memory is set aside for what a header only claims.
  const held = frames.reduce((sum, frame) => sum + frame.length, 0);
  const needed = ROWS_HEADER_BYTES + rows * (keys * cellBytes + payloadBytes);
  if (held !== needed) throw malformed(`expected ${needed} bytes, found ${held}`);
  const columns = Array.from({ length: keys }, () => new Uint8Array(rows * cellBytes));
  const payloads = new Uint8Array(rows * payloadBytes);
  for (let row = 0; row < rows; row++) {
    for (const column of columns) column.set(reader.take(cellBytes), row * cellBytes);
    payloads.set(reader.take(payloadBytes), row * payloadBytes);
  }
  return { rows, columns, payloads };
}

class FrameReader {
  readonly #frames: Iterator<Uint8Array>;
  #frame: Uint8Array = new Uint8Array();
  #offset = 0;

  constructor(frames: Iterable<Uint8Array>) {
    this.#frames = frames[Symbol.iterator]();
  }

  take(length: number): Uint8Array {
    if (this.#offset + length <= this.#frame.length) {
      this.#offset += length;
      return this.#frame.subarray(this.#offset - length, this.#offset);
    }
    // Across a cut: a few bytes, copied.
    const out = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      if (this.#offset === this.#frame.length) this.#next();
      const part = this.#frame.subarray(this.#offset, this.#offset + length - filled);
      out.set(part, filled);
      filled += part.length;
      this.#offset += part.length;
    }
    return out;
  }

  #next(): void {
    const next = this.#frames.next();
    if (next.done === true) throw malformed("too short for a header");
    this.#frame = next.value;
    this.#offset = 0;
  }
}

function malformed(message: string): ProtocolError {
  return new ProtocolError("malformed", `list: ${message}`);
}
