import { bytesToHex, isEqualBytes } from "../../shared/base/bytes.ts";
import { ProtocolError, type ErrorCode } from "../../shared/base/errors.ts";
import type { PostHeader, Receipt, Relay } from "../../shared/protocol/relay.ts";

/**
 * Delivers what the egress gate has committed, in order, at least once: asks how much of a message the coordinator
 * holds, sends the rest, and keeps its signed receipt. It takes bytes from the queue and from nowhere else, and it
 * alters none. Killed anywhere, it starts over with the oldest message that has no receipt; the coordinator knows
 * a message by its identifier, so a second delivery changes nothing. Only node/egress/gate.ts may import this.
 */
export interface DeliveryQueue {
  /** The oldest message without a receipt whose ledger entry is safe on disk, or null. */
  next(): PostHeader | null;
  /** The message's chunks from a byte offset on. @throws ProtocolError "wrong-phase" once the message was dropped */
  chunks(messageId: Uint8Array, offset: number): Iterable<Uint8Array>;
  /** Checks the coordinator's signature and keeps the receipt. @throws ProtocolError "integrity" */
  accept(receipt: Receipt): void;
  /** The coordinator will not take this message, now or later: it waits no more. */
  giveUp(messageId: Uint8Array, code: ErrorCode): void;
}

/**
 * Refusals that another try cannot change. Everything else is met again after a pause: a full mailbox is emptied, and
 * a connection that lost its other end may still be filling the message that this one would go on with.
 */
const FINAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["malformed", "not-found", "wrong-phase", "refused"]);

/**
 * Delivers until nothing waits.
 * @returns whether anything went
 * @throws ProtocolError "unavailable" where the coordinator cannot be reached, "not-allowed" where it does not know
 * this node, "conflict" or "too-large" where it cannot take the message just now, "integrity" for a receipt that does not hold
 */
export async function deliverAll(
  queue: DeliveryQueue,
  relay: Pick<Relay, "held" | "post">,
  signal?: AbortSignal,
): Promise<boolean> {
  let delivered = false;
  for (let header = queue.next(); header !== null && signal?.aborted !== true; header = queue.next()) {
    await deliverOne(queue, relay, header);
    delivered = true;
  }
  return delivered;
}

async function deliverOne(
  queue: DeliveryQueue,
  relay: Pick<Relay, "held" | "post">,
  header: PostHeader,
): Promise<void> {
  let receipt: Receipt;
  try {
    const offset = await heldOffset(relay, header);
    receipt = await relay.post(header, offset, queue.chunks(header.messageId, offset));
  } catch (error) {
    if (!(error instanceof ProtocolError) || !FINAL.has(error.code)) throw error;
    queue.giveUp(header.messageId, error.code);
    return;
  }
  verifyReceiptNames(receipt, header);
  queue.accept(receipt);
}

async function heldOffset(relay: Pick<Relay, "held">, header: PostHeader): Promise<number> {
  let held: number;
  try {
    held = await relay.held(header.messageId);
  } catch (error) {
    if (error instanceof ProtocolError && error.code === "not-found") return 0;
    throw error;
  }
  // Attacker-controlled: the coordinator may say anything.
  if (!Number.isSafeInteger(held) || held < 0 || held > header.sizeBytes) {
    throw new ProtocolError("integrity", "held: the coordinator says that it holds more than this message has");
  }
  return held;
}

function verifyReceiptNames(receipt: Receipt, header: PostHeader): void {
  if (!isEqualBytes(receipt.messageId, header.messageId) || !isEqualBytes(receipt.sha256, header.sha256)) {
    throw new ProtocolError("integrity", `receipt: not for message ${bytesToHex(header.messageId)} as it was sent`);
  }
}
