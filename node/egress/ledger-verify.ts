import type { Database } from "better-sqlite3";
import { isEqualBytes } from "../../shared/base/bytes.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import { createSha256 } from "../../shared/crypto/hash.ts";
import { openStatement, statementBody } from "../../shared/protocol/identity.ts";
import { MESSAGES, isMessageType } from "../../shared/protocol/messages.ts";
import { verifyReceipt } from "../../shared/protocol/notices.ts";
import type { HeadFile } from "./head-file.ts";
import {
  entryDigest,
  FIRST_EPOCH,
  LEDGER_HEAD_LABEL,
  LEDGER_LABEL,
  MAX_KEPT_BODY_BYTES,
  NO_ENTRY,
  parseEntry,
  parseHead,
  type LedgerEntry,
  type LedgerHead,
} from "./ledger-entry.ts";

/**
 * The ledger's verifier: recomputes everything, with code that shares nothing with the writer but the encoding of
 * an entry. It reads the database as hostile. It finds an entry that was changed, removed, put elsewhere or added
 * without the node's key, a body that is not what left, a receipt the coordinator did not sign, and a tail cut off
 * behind the head file. It cannot find a ledger and head file both put back from one older copy; the heads that
 * other boroughs hold, signed in every `agree`, can.
 */
export interface LedgerTrust {
  readonly db: Database;
  readonly head: HeadFile;
  /** This borough's root key, 32 bytes. */
  readonly rootKey: Uint8Array;
  /** The name under which the coordinator receipts. */
  readonly name: string;
  /** The coordinator's receipt key, null before enrolment. */
  readonly coordinatorKey: Uint8Array | null;
}

export interface VerifiedLedger {
  readonly entries: number;
  readonly receipts: number;
  /** Messages out without a receipt: they may have left. */
  readonly mayHaveLeft: number;
  /** Digest of the last entry. */
  readonly digest: Uint8Array;
}

interface LedgerRow {
  sequence: number;
  digest: Uint8Array;
  statement: Uint8Array;
}

interface MessageRow {
  sequence: number;
  messageId: Uint8Array;
  type: string;
  round: Uint8Array | null;
  attempt: number;
  charter: Uint8Array | null;
  recipient: string;
  pair: string;
  sizeBytes: number;
  sha256: Uint8Array;
  state: string;
  hasBody: number;
}

interface ReceiptRow {
  messageId: Uint8Array;
  sha256: Uint8Array;
  atMs: number;
  signature: Uint8Array;
}

/** @throws ProtocolError "integrity" naming the first entry that is not as it was written */
export function verifyLedger(trust: LedgerTrust): VerifiedLedger {
  const { db } = trust;
  // The head never leads. Read before the entries, it must stand among them, however fast the node appends.
  const before = readHead(trust);
  const { verified, receipted } = db.transaction(() => verifyEntries(trust, before))();
  // It stands behind whatever left. Read after the entries, it must cover each that has a receipt.
  const after = readHead(trust);
  if (receipted > after.sequence) {
    throw failed(after.sequence + 1, "has left, but ledger.head does not reach it: the head file was put back");
  }
  return verified;
}

function verifyEntries(trust: LedgerTrust, head: LedgerHead): { verified: VerifiedLedger; receipted: number } {
  const { db } = trust;
  const page = db.prepare<[number], LedgerRow>(
    "SELECT sequence, digest, statement FROM ledger WHERE sequence > ? ORDER BY sequence LIMIT 500",
  );
  const messages = createMessageCheck(trust);
  let previous: Uint8Array = NO_ENTRY;
  let timeMs = 0;
  let sequence = 0;
  for (let rows = page.all(0); rows.length > 0; rows = page.all(sequence)) {
    for (const row of rows) {
      if (row.sequence !== sequence + 1) throw failed(sequence + 1, "is missing");
      sequence = row.sequence;
      const entry = openEntry(trust.rootKey, row);
      verifyPlace(entry, row, previous, timeMs);
      messages.verify(entry);
      if (sequence === head.sequence && !isEqualBytes(row.digest, head.digest)) {
        throw failed(sequence, "is not the one that ledger.head names");
      }
      previous = row.digest;
      timeMs = entry.timeMs;
    }
  }
  if (head.sequence > sequence) throw failed(sequence + 1, `is missing: ledger.head names entry ${head.sequence}`);
  if (head.sequence === 0 && !isEqualBytes(head.digest, NO_ENTRY))
    throw failed(1, "ledger.head names no true beginning");
  messages.end();
  return {
    verified: { entries: sequence, ...messages.counts(), digest: previous },
    receipted: messages.lastReceipted(),
  };
}

/** An entry under its own time: delegations run out, what was signed while they held stays signed. */
function openEntry(rootKey: Uint8Array, row: LedgerRow): LedgerEntry {
  try {
    const { timeMs } = parseEntry(statementBody(row.statement));
    return parseEntry(openStatement(rootKey, LEDGER_LABEL, row.statement, timeMs));
  } catch (cause) {
    throw failed(row.sequence, "is not signed by this node as it stands", cause);
  }
}

function verifyPlace(entry: LedgerEntry, row: LedgerRow, previous: Uint8Array, timeMs: number): void {
  if (entry.epoch !== FIRST_EPOCH) throw failed(row.sequence, `is of epoch ${entry.epoch}, expected ${FIRST_EPOCH}`);
  if (entry.sequence !== row.sequence) throw failed(row.sequence, `was signed as entry ${entry.sequence}`);
  if (!isEqualBytes(entryDigest(entry), row.digest)) throw failed(row.sequence, "has another digest than is stored");
  if (!isEqualBytes(entry.previous, previous)) throw failed(row.sequence, "does not continue the entry before it");
  if (entry.timeMs < timeMs) throw failed(row.sequence, "is older than the entry before it");
}

function createMessageCheck(trust: LedgerTrust) {
  const { db } = trust;
  const message = db.prepare<[number], MessageRow>(
    `SELECT sequence, message_id AS messageId, type, round, attempt, charter, recipient, pair, size_bytes AS sizeBytes, sha256,
       state, has_body AS hasBody FROM spool WHERE sequence = ?`,
  );
  const receiptOf = db.prepare<[Uint8Array], ReceiptRow>(
    "SELECT message_id AS messageId, sha256, at_ms AS atMs, signature FROM receipts WHERE message_id = ?",
  );
  const strayMessage = db
    .prepare<[], number>("SELECT sequence FROM spool WHERE sequence NOT IN (SELECT sequence FROM ledger) LIMIT 1")
    .pluck();
  const strayReceipt = db
    .prepare<[], number>("SELECT count(*) FROM receipts WHERE message_id NOT IN (SELECT message_id FROM spool)")
    .pluck();
  let receipts = 0;
  let mayHaveLeft = 0;
  let lastReceipted = 0;

  const verifyReceiptOf = (row: MessageRow, receipt: ReceiptRow) => {
    if (trust.coordinatorKey === null) throw failed(row.sequence, "has a receipt, but no coordinator's key is known");
    if (!isEqualBytes(receipt.sha256, row.sha256)) throw failed(row.sequence, "has a receipt for other bytes");
    try {
      verifyReceipt(trust.coordinatorKey, trust.name, receipt);
    } catch (cause) {
      throw failed(row.sequence, "has a receipt that the coordinator did not sign", cause);
    }
    receipts += 1;
    lastReceipted = row.sequence;
  };

  return {
    verify(entry: LedgerEntry): void {
      const row = message.get(entry.sequence);
      if (entry.messageId === null) {
        if (row !== undefined) throw failed(entry.sequence, "is about no message, but one is spooled under it");
        return;
      }
      if (row === undefined) throw failed(entry.sequence, "names a message that is not in the spool");
      verifySame(entry, row);
      verifyBody(db, row);
      const receipt = receiptOf.get(row.messageId);
      if (receipt !== undefined) verifyReceiptOf(row, receipt);
      else if (row.state === "receipted") throw failed(row.sequence, "is marked as received, but its receipt is gone");
      else if (entry.direction === "out") mayHaveLeft += 1;
    },
    /** What the entries did not lead to must not exist. */
    end(): void {
      const stray = strayMessage.get();
      if (stray !== undefined) throw failed(stray, "is missing, but its message is in the spool");
      if (strayReceipt.get() !== 0) throw new ProtocolError("integrity", "ledger: a receipt belongs to no entry");
    },
    counts: () => ({ receipts, mayHaveLeft }),
    lastReceipted: () => lastReceipted,
  };
}

function verifySame(entry: LedgerEntry, row: MessageRow): void {
  const same =
    isSame(entry.messageId, row.messageId) &&
    isSame(entry.round, row.round) &&
    isSame(entry.charter, row.charter) &&
    isSame(entry.sha256, row.sha256) &&
    entry.type === row.type &&
    entry.attempt === row.attempt &&
    (entry.recipient ?? "") === row.recipient &&
    (entry.pair?.join("-") ?? "") === row.pair &&
    entry.sizeBytes === row.sizeBytes &&
    (entry.direction === "in") === (row.state === "received");
  if (!same) throw failed(entry.sequence, "and the spooled message differ");
}

function verifyBody(db: Database, row: MessageRow): void {
  if (row.hasBody === 0) {
    const mayGo = row.sizeBytes > MAX_KEPT_BODY_BYTES || (isMessageType(row.type) && MESSAGES[row.type].volatile);
    if (!mayGo || row.state === "waiting") throw failed(row.sequence, "lost its bytes");
    return;
  }
  const next = db.prepare<[Uint8Array, number], { offset: number; bytes: Uint8Array }>(
    `SELECT offset_bytes AS offset, bytes FROM spool_chunks WHERE message_id = ? AND offset_bytes >= ?
     ORDER BY offset_bytes LIMIT 1`,
  );
  const hash = createSha256();
  let length = 0;
  for (let chunk = next.get(row.messageId, 0); chunk !== undefined; chunk = next.get(row.messageId, length)) {
    if (chunk.offset !== length || chunk.bytes.length === 0) break;
    hash.update(chunk.bytes);
    length += chunk.bytes.length;
  }
  if (length !== row.sizeBytes || !isEqualBytes(hash.digest(), row.sha256)) {
    throw failed(row.sequence, "has other bytes in the spool than it says");
  }
}

function readHead({ head, rootKey }: LedgerTrust): LedgerHead {
  const bytes = head.read();
  if (bytes === null) throw new ProtocolError("integrity", "ledger.head: missing");
  try {
    const { timeMs } = parseHead(statementBody(bytes));
    return parseHead(openStatement(rootKey, LEDGER_HEAD_LABEL, bytes, timeMs));
  } catch (cause) {
    throw new ProtocolError("integrity", "ledger.head: not signed by this node", { cause });
  }
}

function isSame(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : isEqualBytes(a, b);
}

function failed(sequence: number, what: string, cause?: unknown): ProtocolError {
  return new ProtocolError("integrity", `ledger: entry ${sequence} ${what}`, { cause });
}
