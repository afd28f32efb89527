import { isEqualBytes } from "../base/bytes.ts";
import type { RandomSource } from "../base/clock.ts";
import { ProtocolError } from "../base/errors.ts";
import { BLOCK_BYTES, decryptBlocks, encryptBlocks } from "../crypto/block-cipher.ts";
import { sha256 } from "../crypto/hash.ts";

/**
 * What a row carries through the partner's hands to the matcher: one block of 16 bytes that only the matcher can open,
 * u16 scrambled label code ‖ u32 handle ‖ 10 random bytes, random too where the charter needs no code or handle. The
 * owner tells the matcher the digest of all of them, sorted, so that a re-masker can neither swap one for another of
 * its making nor drop or repeat one (protocol.md, Matching, "Rows").
 */
export const PAYLOAD_BYTES = BLOCK_BYTES;
const HANDLE_AT = 2;

/** By row; null where no output needs it. */
export interface RowPayloads {
  readonly labels: Uint16Array | null;
  /** A permutation of the row numbers: where each row's byte stands in the matcher's reply. */
  readonly handles: Uint32Array | null;
}

/** @param key of this owner and the matcher, for this pair @returns rows × 16 bytes */
export function sealPayloads(
  key: Uint8Array,
  rows: number,
  { labels, handles }: RowPayloads,
  random: RandomSource,
): Uint8Array {
  const blocks = Uint8Array.from(random.bytes(rows * BLOCK_BYTES));
  const view = new DataView(blocks.buffer);
  for (let row = 0; row < rows; row++) {
    if (labels !== null) view.setUint16(row * BLOCK_BYTES, labels[row]!);
    if (handles !== null) view.setUint32(row * BLOCK_BYTES + HANDLE_AT, handles[row]!);
  }
  return encryptBlocks(key, blocks);
}

/** SHA-256 of the blocks in ascending order, 32 bytes; of nothing where rows carry no payload. */
export function payloadsDigest(payloads: Uint8Array): Uint8Array {
  const view = new DataView(payloads.buffer, payloads.byteOffset, payloads.byteLength);
  const order = Uint32Array.from({ length: payloads.length / BLOCK_BYTES }, (_, row) => row);
  order.sort((a, b) => {
    for (let at = 0; at < BLOCK_BYTES; at += 4) {
      const difference = view.getUint32(a * BLOCK_BYTES + at) - view.getUint32(b * BLOCK_BYTES + at);
      if (difference !== 0) return difference;
    }
    return 0;
  });
  const sorted = new Uint8Array(payloads.length);
  for (const [place, row] of order.entries()) {
    sorted.set(payloads.subarray(row * BLOCK_BYTES, (row + 1) * BLOCK_BYTES), place * BLOCK_BYTES);
  }
  return sha256(sorted);
}

/**
 * What rows carry that came through the partner. Attacker-controlled.
 * @param expected the digest that the owner itself sent @param needs which of the two the charter's outputs use
 * @throws ProtocolError "integrity" where they are not the owner's, or two rows have one handle
 */
export function openPayloads(
  key: Uint8Array,
  payloads: Uint8Array,
  expected: Uint8Array,
  needs: { readonly labels: boolean; readonly handles: boolean },
): RowPayloads {
  if (!isEqualBytes(payloadsDigest(payloads), expected)) {
    throw new ProtocolError("integrity", "list: its payloads are not those that their owner announced");
  }
  const blocks = decryptBlocks(key, payloads);
  const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength);
  const length = blocks.length / BLOCK_BYTES;
  const labels = needs.labels ? Uint16Array.from({ length }, (_, row) => view.getUint16(row * BLOCK_BYTES)) : null;
  const handles = needs.handles
    ? Uint32Array.from({ length }, (_, row) => view.getUint32(row * BLOCK_BYTES + HANDLE_AT))
    : null;
  if (handles !== null) verifyHandles(handles);
  return { labels, handles };
}

/** Each place of the reply belongs to one row. */
function verifyHandles(handles: Uint32Array): void {
  const seen = new Uint8Array(handles.length);
  for (const handle of handles) {
    if (handle >= seen.length || seen[handle] === 1) {
      throw new ProtocolError("integrity", "list: its handles are not one for each row");
    }
    seen[handle] = 1;
  }
}
