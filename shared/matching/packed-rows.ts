import { concatBytes } from "../base/bytes.ts";
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

/** What a sender must keep to, by the charter and by the message's notice. */
export interface ExpectedRows extends RowShape {
  readonly maximumRows: number;
  /** Length of all that was announced: a header that claims more is refused before memory is set aside. */
  readonly maximumBytes: number;
}

export interface RowsSink {
  /** Once, when the header is found right. */
  begin(rows: number): void;
  /** Whole rows, one after another from row `first` on; the bytes are to be used during the call. */
  take(rows: Uint8Array, first: number): void;
}

/**
 * Reads rows from opened frames as they come, wherever they were cut, and keeps none of them. Attacker-controlled: they
 * come from another borough.
 */
export class RowsReader {
  readonly #expected: ExpectedRows;
  readonly #sink: RowsSink;
  readonly #rowBytes: number;
  /** A header or a row that a cut went through. */
  #part: Uint8Array = new Uint8Array(0);
  #rows = -1;
  #taken = 0;

  constructor(expected: ExpectedRows, sink: RowsSink) {
    this.#expected = expected;
    this.#sink = sink;
    this.#rowBytes = expected.keys * expected.cellBytes + expected.payloadBytes;
  }

  /** @throws ProtocolError "malformed" naming the part, "too-large" beyond `maximumRows` */
  push(frame: Uint8Array): void {
    let rest = frame;
    if (this.#rows < 0) {
      const start = concatBytes(this.#part, rest);
      this.#part = start;
      if (start.length < ROWS_HEADER_BYTES) return;
      this.#rows = readHeader(start, this.#expected);
      this.#sink.begin(this.#rows);
      this.#part = new Uint8Array(0);
      rest = start.subarray(ROWS_HEADER_BYTES);
    }
    if (this.#part.length > 0) {
      const missing = this.#rowBytes - this.#part.length;
      this.#part = concatBytes(this.#part, rest.subarray(0, missing));
      rest = rest.subarray(missing);
      if (this.#part.length < this.#rowBytes) return;
      this.#take(this.#part);
    }
    const whole = rest.length - (rest.length % this.#rowBytes);
    if (whole > 0) this.#take(rest.subarray(0, whole));
    this.#part = rest.slice(whole);
  }

  /** @returns the number of rows @throws ProtocolError "malformed" where some are missing */
  end(): number {
    if (this.#rows < 0) throw malformed("too short for a header");
    if (this.#taken < this.#rows || this.#part.length > 0) throw malformed("not as long as its header says");
    return this.#rows;
  }

  #take(rows: Uint8Array): void {
    const count = rows.length / this.#rowBytes;
    if (this.#taken + count > this.#rows) throw malformed("longer than its header says");
    this.#sink.take(rows, this.#taken);
    this.#taken += count;
  }
}

function readHeader(header: Uint8Array, expected: ExpectedRows): number {
  const { keys, cellBytes, payloadBytes, maximumRows, maximumBytes } = expected;
  const rows = new DataView(header.buffer, header.byteOffset, header.byteLength).getUint32(0);
  if (header[4] !== keys) throw malformed(`expected ${keys} keys, found ${header[4]!}`);
  if (header[5] !== payloadBytes) throw malformed(`expected ${payloadBytes} payload bytes, found ${header[5]!}`);
  if (rows > maximumRows) throw new ProtocolError("too-large", `list: more than the charter's ${maximumRows} rows`);
  if (rows !== paddedRows(rows)) throw malformed("not padded to a bucket");
  const needed = ROWS_HEADER_BYTES + rows * (keys * cellBytes + payloadBytes);
  if (needed > maximumBytes) throw malformed(`expected ${needed} bytes, announced are ${maximumBytes}`);
  return rows;
}

/** Reads rows into columns, as frames come. */
export class ColumnsReader {
  readonly #reader: RowsReader;
  #columns: readonly Uint8Array[] = [];
  #payloads = new Uint8Array(0);

  constructor(expected: ExpectedRows) {
    const { keys, cellBytes, payloadBytes } = expected;
    const rowBytes = keys * cellBytes + payloadBytes;
    this.#reader = new RowsReader(expected, {
      begin: (rows) => {
        this.#columns = Array.from({ length: keys }, () => new Uint8Array(rows * cellBytes));
        this.#payloads = new Uint8Array(rows * payloadBytes);
      },
      take: (rows, first) => {
        for (let row = first, at = 0; at < rows.length; row++, at += rowBytes) {
          for (const [key, column] of this.#columns.entries()) {
            const from = at + key * cellBytes;
            column.set(rows.subarray(from, from + cellBytes), row * cellBytes);
          }
          this.#payloads.set(rows.subarray(at + keys * cellBytes, at + rowBytes), row * payloadBytes);
        }
      },
    });
  }

  /** @throws ProtocolError "malformed" naming the part, "too-large" beyond `maximumRows` */
  push(frame: Uint8Array): void {
    this.#reader.push(frame);
  }

  end(): PackedRows {
    return { rows: this.#reader.end(), columns: this.#columns, payloads: this.#payloads };
  }
}

/** Reads frames that are all there. @throws ProtocolError as ColumnsReader */
export function decodeRows(frames: readonly Uint8Array[], expected: Omit<ExpectedRows, "maximumBytes">): PackedRows {
  const maximumBytes = frames.reduce((sum, frame) => sum + frame.length, 0);
  const reader = new ColumnsReader({ ...expected, maximumBytes });
  for (const frame of frames) reader.push(frame);
  return reader.end();
}

function malformed(message: string): ProtocolError {
  return new ProtocolError("malformed", `list: ${message}`);
}
