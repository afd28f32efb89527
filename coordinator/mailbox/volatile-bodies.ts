import { bytesToHex, concatBytes, isEqualBytes } from "../../shared/base/bytes.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import { MAX_CHUNK_BYTES } from "../../shared/base/limits.ts";
import { sha256 } from "../../shared/crypto/hash.ts";
import type { MessageType } from "../../shared/protocol/messages.ts";
import type { PostHeader, Receipt } from "../../shared/protocol/relay.ts";
import type { ReceivedBody } from "../store/store.ts";
import type { Posting } from "./posting.ts";

/**
 * Bodies that no table may hold: unmask answers on their way in, openings on their way out. They end with the process;
 * a restarted coordinator asks again and gets the same bytes. Bounded: the oldest go first.
 */
const MAX_BODIES = 1000;

interface Incoming {
  readonly from: string;
  readonly header: PostHeader;
  readonly chunks: Uint8Array[];
  complete: boolean;
}

export function createVolatileBodies() {
  const incoming = new Map<string, Incoming>();
  const outgoing = new Map<string, { to: string; body: Uint8Array }>();

  function size({ chunks }: Incoming): number {
    return chunks.reduce((sum, { length }) => sum + length, 0);
  }

  return {
    post(
      from: string,
      header: PostHeader,
      offset: number,
      receipt: (sha256: Uint8Array) => Receipt,
    ): Receipt | Posting {
      const key = bytesToHex(header.messageId);
      const known = incoming.get(key);
      if (known !== undefined && (known.from !== from || !isEqualBytes(known.header.sha256, header.sha256))) {
        throw new ProtocolError("conflict", `${header.type}: another message stands under this identifier`);
      }
      if (known?.complete === true) return receipt(header.sha256);
      const message: Incoming = known ?? { from, header, chunks: [], complete: false };
      if (size(message) !== offset)
        throw new ProtocolError("conflict", `${header.type}: expected bytes from ${size(message)}`);
      incoming.set(key, message);
      forgetOldest(incoming);
      return {
        append(chunk) {
          if (chunk.length > MAX_CHUNK_BYTES || size(message) + chunk.length > header.sizeBytes) {
            return Promise.reject(new ProtocolError("too-large", "message: longer than its header says"));
          }
          message.chunks.push(chunk.slice());
          return Promise.resolve();
        },
        finish() {
          if (!isEqualBytes(sha256(...message.chunks), header.sha256)) {
            incoming.delete(key);
            return Promise.reject(new ProtocolError("integrity", "message: not the bytes that its header names"));
          }
          message.complete = true;
          return Promise.resolve(receipt(header.sha256));
        },
      };
    },

    held(from: string, messageId: Uint8Array): number {
      const message = incoming.get(bytesToHex(messageId));
      return message?.from === from ? size(message) : 0;
    },

    received(round: Uint8Array, attempt: number, type: MessageType): ReceivedBody[] {
      return [...incoming.values()]
        .filter(
          ({ header, complete }) =>
            complete &&
            header.type === type &&
            header.attempt === attempt &&
            header.round !== null &&
            isEqualBytes(header.round, round),
        )
        .map(({ from, header, chunks }) => ({ from, messageId: header.messageId, body: concatBytes(...chunks) }));
    },

    put(messageId: Uint8Array, to: string, body: Uint8Array): void {
      outgoing.set(bytesToHex(messageId), { to, body });
      forgetOldest(outgoing);
    },

    bodyFor(name: string, messageId: Uint8Array): Uint8Array | null {
      const kept = outgoing.get(bytesToHex(messageId));
      return kept?.to === name ? kept.body : null;
    },
  };
}

function forgetOldest(map: Map<string, unknown>): void {
  const [oldest] = map.keys();
  if (map.size > MAX_BODIES && oldest !== undefined) map.delete(oldest);
}
