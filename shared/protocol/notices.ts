import { digest, sha256 } from "../crypto/hash.ts";
import { signBytes, verifySignature } from "../crypto/signature.ts";
import type { Notice, Receipt } from "./relay.ts";

/**
 * What the coordinator signs with its own key: notices (so that a node can prove what it was told) and receipts (so
 * that a ledger can be reconciled with what the coordinator admits to hold).
 */
function noticeDigest(to: string, { number, type, round, attempt, body }: Omit<Notice, "signature">): Uint8Array {
  return digest("portmoot/notice/v1", { to, number, type, round, attempt, sha256: sha256(body) });
}

export function signNotice(secretKey: Uint8Array, to: string, notice: Omit<Notice, "signature">): Notice {
  return { ...notice, signature: signBytes(secretKey, noticeDigest(to, notice)) };
}

/** @throws ProtocolError "integrity" unless the coordinator signed exactly this notice for this node. */
export function verifyNotice(coordinatorKey: Uint8Array, to: string, notice: Notice): void {
  verifySignature(coordinatorKey, noticeDigest(to, notice), notice.signature);
}

function receiptDigest(from: string, { messageId, sha256: hash, atMs }: Omit<Receipt, "signature">): Uint8Array {
  return digest("portmoot/receipt/v1", { from, messageId, sha256: hash, atMs });
}

export function signReceipt(secretKey: Uint8Array, from: string, receipt: Omit<Receipt, "signature">): Receipt {
  return { ...receipt, signature: signBytes(secretKey, receiptDigest(from, receipt)) };
}

/** @throws ProtocolError "integrity" unless the coordinator signed it for a message from this node. */
export function verifyReceipt(coordinatorKey: Uint8Array, from: string, receipt: Receipt): void {
  verifySignature(coordinatorKey, receiptDigest(from, receipt), receipt.signature);
}
