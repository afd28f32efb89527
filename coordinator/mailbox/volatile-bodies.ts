import { bytesToHex, concatBytes, isEqualBytes } from "../../shared/base/bytes.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import { MAX_CHUNK_BYTES, MAX_VOLATILE_BYTES } from "../../shared/base/limits.ts";
import { sha256 } from "../../shared/crypto/hash.ts";
import type { MessageType } from "../../shared/protocol/messages.ts";
import type { PostHeader, Receipt } from "../../shared/protocol/relay.ts";
import type { ReceivedBody } from "../store/store.ts";
import type { Posting } from "./posting.ts";
import { isSameHeader, isSameRoute } from "./same-header.ts";

/**
 * Bodies that no table may hold: unmask answers on their way in, openings on their way out. They end with the process;
 * a restarted coordinator asks again and gets the same bytes. Bounded: a party has one answer of a kind in an attempt,
 * and of the openings the oldest go first.
 */
interface Incoming {
  readonly from: string;
  readonly header: PostHeader;
  readonly chunks: Uint8Array[];
  receipt: Receipt | null;
}

export function createVolatileBodies() {
  const incoming = new Map<string, Incoming>();
  const outgoing = new Map<string, { to: string; body: Uint8Array }>();

  return {
    /** @throws ProtocolError "conflict" for another message in the same place, or bytes from another offset */
    post(
      from: string,
      header: PostHeader,
      offset: number,
      receipt: (from: string, header: PostHeader) => Receipt,
    ): Receipt | Posting {
      const key = bytesToHex(header.messageId);
      const known =
        incoming.get(key) ??
        [...incoming.values()].find((other) => other.from === from && isSameRoute(other.header, header));
      if (known !== undefined && (known.from !== from || !isSameHeader(known.header, header))) {
        throw new ProtocolError("conflict", `${header.type}: another message stands under this identifier or route`);
      }
      if (known !== undefined && known.receipt !== null) return known.receipt;
      const message: Incoming = known ?? { from, header, chunks: [], receipt: null };
      if (sizeOf(message) !== offset) {
        throw new ProtocolError(
          "conflict",
          `${header.type}: expected bytes from ${sizeOf(message)}, not from ${offset}`,
        );
      }
      incoming.set(key, message);
      let end = offset;
      /* eslint-disable @typescript-eslint/require-await -- as a posting to the store, which waits */
      return {
        async append(chunk) {
          if (chunk.length === 0 || chunk.length > MAX_CHUNK_BYTES) {
            throw new ProtocolError("too-large", `chunk: expected 1 to ${MAX_CHUNK_BYTES} bytes`);
          }
          if (end + chunk.length > header.sizeBytes) {
            throw new ProtocolError("too-large", "message: longer than its header says");
          }
          if (sizeOf(message) !== end) {
            throw new ProtocolError("conflict", "message: another connection is sending it");
          }
          message.chunks.push(chunk.slice());
          end += chunk.length;
        },
        async finish() {
          if (end !== header.sizeBytes) {
            throw new ProtocolError("unavailable", `message: ended after ${end} of ${header.sizeBytes} bytes`);
          }
          if (!isEqualBytes(sha256(...message.chunks), header.sha256)) {
            incoming.delete(key);
            throw new ProtocolError("integrity", "message: not the bytes that its header names");
          }
          message.receipt ??= receipt(from, header);
          return message.receipt;
        },
      };
      /* eslint-enable @typescript-eslint/require-await */
    },

    held(from: string, messageId: Uint8Array): number {
      const message = incoming.get(bytesToHex(messageId));
      return message?.from === from ? sizeOf(message) : 0;
    },

    received(round: Uint8Array, attempt: number, type: MessageType): ReceivedBody[] {
      return [...incoming.values()].flatMap(({ from, header, chunks, receipt }) => {
        const isAsked =
          header.type === type &&
          header.attempt === attempt &&
          header.round !== null &&
          isEqualBytes(header.round, round);
        if (!isAsked || receipt === null) return [];
        return [{ from, messageId: header.messageId, body: concatBytes(...chunks), completeMs: receipt.atMs }];
      });
    },

    /** Forgets the answers of all other rounds. @param open the rounds that are not over */
    keepOnly(open: readonly Uint8Array[]): void {
      for (const [key, { header }] of incoming) {
        if (!open.some((round) => isEqualBytes(round, header.round ?? new Uint8Array()))) incoming.delete(key);
      }
    },

    put(messageId: Uint8Array, to: string, body: Uint8Array): void {
      const key = bytesToHex(messageId);
      outgoing.delete(key);
      outgoing.set(key, { to, body });
      let size = 0;
      for (const { body: kept } of outgoing.values()) size += kept.length;
      for (const [oldest, { body: kept }] of outgoing) {
        if (size <= MAX_VOLATILE_BYTES) break;
        outgoing.delete(oldest);
        size -= kept.length;
      }
    },

    bodyFor(name: string, messageId: Uint8Array): Uint8Array | null {
      const kept = outgoing.get(bytesToHex(messageId));
      return kept?.to === name ? kept.body : null;
    },
  };
}

function sizeOf({ chunks }: Incoming): number {
  return chunks.reduce((sum, { length }) => sum + length, 0);
}
