import { TAG_BYTES } from "../crypto/tags.ts";
import { RowsReader, type ExpectedRows } from "./packed-rows.ts";
import type { AddTags } from "./pair-tags.ts";

/**
 * Reads a list as its matcher gets it, frame by frame: tags go on, column by column, and only payloads are kept. Nothing
 * of it counts before `end` has not thrown.
 */
export class ListReader {
  readonly #reader: RowsReader;
  #payloads = new Uint8Array(0);

  constructor(expected: Omit<ExpectedRows, "cellBytes">, add: AddTags) {
    const { keys, payloadBytes } = expected;
    const rowBytes = keys * TAG_BYTES + payloadBytes;
    this.#reader = new RowsReader(
      { ...expected, cellBytes: TAG_BYTES },
      {
        begin: (rows) => {
          this.#payloads = new Uint8Array(rows * payloadBytes);
        },
        take: (rows, first) => {
          const count = rows.length / rowBytes;
          for (let key = 0; key < keys; key++) {
            const tags = new Uint8Array(count * TAG_BYTES);
            copyCells(rows, { from: key * TAG_BYTES, every: rowBytes }, tags, TAG_BYTES);
            add(key, first, tags);
          }
          if (payloadBytes === 0) return;
          const payloads = this.#payloads.subarray(first * payloadBytes, (first + count) * payloadBytes);
          copyCells(rows, { from: keys * TAG_BYTES, every: rowBytes }, payloads, payloadBytes);
        },
      },
    );
  }

  /** @throws ProtocolError "malformed" naming the part, "too-large" beyond `maximumRows` */
  push(frame: Uint8Array): void {
    this.#reader.push(frame);
  }

  /** @returns how many rows there were, and their payloads one after another */
  end(): { readonly rows: number; readonly payloads: Uint8Array } {
    return { rows: this.#reader.end(), payloads: this.#payloads };
  }
}

/** Cells that stand apart in `source`, one after another. */
function copyCells(
  source: Uint8Array,
  { from, every }: { readonly from: number; readonly every: number },
  target: Uint8Array,
  cellBytes: number,
): void {
  for (let at = from, to = 0; to < target.length; at += every, to += cellBytes) {
    for (let byte = 0; byte < cellBytes; byte++) target[to + byte] = source[at + byte]!;
  }
}
