import type { MessageType, NoticeType } from "./messages.ts";

/**
 * The node's view of the coordinator: six calls, all made by the node. node/wire speaks them over gRPC, a
 * simulation hands them over in memory; the coordinator's side is coordinator/mailbox. Bodies are canonical
 * encodings, sealed frames or masked vectors; the coordinator can read routing and nothing else.
 */
export interface Relay {
  /** Everything the coordinator has to say to this node, in order, from the notice after number `after`. Ends with the signal. */
  follow(after: number, signal: AbortSignal): AsyncIterable<Notice>;
  /** How many bytes of a message the coordinator holds already: where to go on after a cut. */
  held(messageId: Uint8Array): Promise<number>;
  /** One message up, from a byte offset on. The same message twice gives the same receipt. */
  post(header: PostHeader, offset: number, chunks: Iterable<Uint8Array>): Promise<Receipt>;
  /** A waiting body down, from a byte offset on. */
  fetch(messageId: Uint8Array, offset: number): AsyncIterable<Uint8Array>;
  /** The body was opened and verified here: the coordinator may delete it. */
  acknowledge(messageId: Uint8Array, sha256: Uint8Array): Promise<void>;
  /** A new certificate for the same party. */
  renew(request: RenewRequest): Promise<Uint8Array>;
}

/** The recipient named in a header that is the coordinator itself. */
export const COORDINATOR = "coordinator";

export interface PostHeader {
  /** 16 random bytes. */
  readonly messageId: Uint8Array;
  readonly type: MessageType;
  /** 16 bytes, or null outside a round. */
  readonly round: Uint8Array | null;
  readonly attempt: number;
  /** A party's name, or COORDINATOR. */
  readonly to: string;
  /** Charter positions (left, right) of the pair the message belongs to. */
  readonly pair: readonly [number, number] | null;
  readonly sizeBytes: number;
  readonly sha256: Uint8Array;
}

/** The coordinator's word that it holds the message: Sign(coordinator; "portmoot/receipt/v1", {from, messageId, sha256, atMs}). */
export interface Receipt {
  readonly messageId: Uint8Array;
  readonly sha256: Uint8Array;
  readonly atMs: number;
  readonly signature: Uint8Array;
}

/** Sign(coordinator; "portmoot/notice/v1", {to, number, type, round, attempt, sha256: H(body)}). */
export interface Notice {
  /** 1, 2, 3 … per node, without gaps. */
  readonly number: number;
  readonly type: NoticeType;
  readonly round: Uint8Array | null;
  readonly attempt: number;
  readonly body: Uint8Array;
  readonly signature: Uint8Array;
}

export interface RenewRequest {
  readonly csrDer: Uint8Array;
  /** A signed delegation from the root key, as enrolled or with a higher serial. */
  readonly delegation: Uint8Array;
}
