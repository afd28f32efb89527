import type { Sealer } from "../../shared/crypto/sealing.ts";
import type { MessageType } from "../../shared/protocol/messages.ts";

/** A message as the round hands it to the gate: typed, addressed, and not yet sealed where another node opens it. */
export interface OutgoingMessage {
  readonly type: MessageType;
  /** A party's name, or COORDINATOR. */
  readonly to: string;
  /** 16 bytes, or null outside a round. */
  readonly round: Uint8Array | null;
  /** 0 outside a round. */
  readonly attempt: number;
  /** Charter positions (left, right), for messages between nodes. */
  readonly pair: readonly [number, number] | null;
  readonly charterDigest: Uint8Array | null;
  /** J*, null before there is one. */
  readonly jobKey: Uint8Array | null;
  readonly content:
    | { readonly kind: "final"; readonly body: Uint8Array }
    | { readonly kind: "sealed"; readonly sealer: Sealer; readonly frames: Iterable<Uint8Array> };
  /** The exact length as sent, where public facts give it. Promise 7: no length depends on data. */
  readonly expectedBytes?: number;
}
