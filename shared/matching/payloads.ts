import { isEqualBytes } from "../base/bytes.ts";
import type { RandomSource } from "../base/clock.ts";
import { ProtocolError } from "../base/errors.ts";
import { BLOCK_BYTES, decryptBlocks, encryptBlocks } from "../crypto/block-cipher.ts";
import { sha256 } from "../crypto/hash.ts";

/**
 * What a row carries through the partner's hands to the matcher: one block of 16 bytes that only the matcher can open,
 * u16 scrambled label code ‖ 14 random bytes. The owner tells the matcher the digest of all of them, sorted, so that a
 * re-masker can neither swap one for another of its making nor drop or repeat one (protocol.md, Matching, "Rows").
 */
export const PAYLOAD_BYTES = BLOCK_BYTES;

/** @param key of this owner and the matcher, for this pair @param codes one a row @returns rows × 16 bytes */
export function sealPayloads(key: Uint8Array, codes: Uint16Array, random: RandomSource): Uint8Array {
  const blocks = Uint8Array.from(random.bytes(codes.length * BLOCK_BYTES));
  const view = new DataView(blocks.buffer);
  for (const [row, code] of codes.entries()) view.setUint16(row * BLOCK_BYTES, code);
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
 * The codes of rows that came through the partner. Attacker-controlled.
 * @param expected the digest that the owner itself sent
 * @throws ProtocolError "integrity" where they are not the owner's
 */
export function openPayloads(key: Uint8Array, payloads: Uint8Array, expected: Uint8Array): Uint16Array {
  if (!isEqualBytes(payloadsDigest(payloads), expected)) {
    throw new ProtocolError("integrity", "list: its payloads are not those that their owner announced");
  }
  const blocks = decryptBlocks(key, payloads);
  const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength);
  return Uint16Array.from({ length: blocks.length / BLOCK_BYTES }, (_, row) => view.getUint16(row * BLOCK_BYTES));
}
