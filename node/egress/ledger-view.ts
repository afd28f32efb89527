import type { Database } from "better-sqlite3";
import { ProtocolError } from "../../shared/base/errors.ts";
import { statementBody } from "../../shared/protocol/identity.ts";
import { parseEntry, type LedgerEntry } from "./ledger-entry.ts";
import { createSpool } from "./spool.ts";

/**
 * Reading the ledger for people: what left, what may have left, what came in. Reading proves nothing;
 * `ledger-verify.ts` does.
 */
export interface LedgerLine {
  readonly entry: LedgerEntry;
  /** In words, and honest about what is not known: without a receipt bytes may have left. */
  readonly fate: string;
  readonly receiptMs: number | null;
}

interface Row {
  statement: Uint8Array;
  state: string | null;
  receiptMs: number | null;
}

const SELECT = `SELECT ledger.statement, spool.state, receipts.at_ms AS receiptMs FROM ledger
  LEFT JOIN spool ON spool.sequence = ledger.sequence
  LEFT JOIN receipts ON receipts.message_id = spool.message_id`;

/** All entries, oldest first. */
export function* readLedger(db: Database): Generator<LedgerLine> {
  const page = db.prepare<[number], Row>(`${SELECT} WHERE ledger.sequence > ? ORDER BY ledger.sequence LIMIT 500`);
  for (let after = 0, rows = page.all(after); rows.length > 0; rows = page.all(after)) {
    for (const row of rows) {
      const line = toLine(row);
      after = line.entry.sequence;
      yield line;
    }
  }
}

/** @throws ProtocolError "not-found" */
export function readLedgerLine(db: Database, sequence: number): LedgerLine {
  const row = db.prepare<[number], Row>(`${SELECT} WHERE ledger.sequence = ?`).get(sequence);
  if (row === undefined) {
    throw new ProtocolError("not-found", `ledger: no entry ${sequence}`, { hint: "portmoot node ledger list" });
  }
  return toLine(row);
}

/** The very bytes of an entry. @throws ProtocolError "not-found" where it has none, or only their digest is left */
export function readLedgerBody(db: Database, { entry }: LedgerLine): Uint8Array {
  if (entry.messageId === null)
    throw new ProtocolError("not-found", `ledger: entry ${entry.sequence} is about no message`);
  const body = createSpool(db).body(entry.messageId);
  if (body === null) {
    throw new ProtocolError("not-found", `ledger: of entry ${entry.sequence} only digest and length are kept`);
  }
  return body;
}

function toLine({ statement, state, receiptMs }: Row): LedgerLine {
  return { entry: parseEntry(statementBody(new Uint8Array(statement))), fate: fateOf(state, receiptMs), receiptMs };
}

function fateOf(state: string | null, receiptMs: number | null): string {
  if (receiptMs !== null) return "left, received by the coordinator";
  switch (state) {
    case null:
      return "nothing left";
    case "received":
      return "came in";
    case "answered":
      return "left, answered by the coordinator";
    case "dropped":
      return "may have left, dropped before a receipt came";
    default:
      return "may have left";
  }
}
