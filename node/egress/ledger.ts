import type { Database } from "better-sqlite3";
import { isEqualBytes } from "../../shared/base/bytes.ts";
import type { Clock } from "../../shared/base/clock.ts";
import { assert, ProtocolError } from "../../shared/base/errors.ts";
import type { StatementSigner } from "../../shared/base/statement.ts";
import { statementBody } from "../../shared/protocol/identity.ts";
import type { HeadFile } from "./head-file.ts";
import {
  entryDigest,
  entryToValue,
  FIRST_EPOCH,
  LEDGER_HEAD_LABEL,
  LEDGER_LABEL,
  NO_ENTRY,
  parseEntry,
  parseHead,
  type LedgerEntry,
} from "./ledger-entry.ts";

/**
 * The ledger's writer. Entries are appended inside the transaction that also spools the bytes and moves the round,
 * so that an entry stands for certain before its bytes can leave; `syncHead` then puts the head file behind it.
 * It never changes or removes an entry, and trusts nothing it wrote before: `ledger-verify.ts` does the checking.
 */
export interface Ledger {
  /** Digest of the last entry, 32 bytes; zeros while there is none. */
  digest(): Uint8Array;
  /** Appends an entry. Only inside a transaction. @returns its sequence number */
  append(draft: EntryDraft): number;
  /** Makes the head file name the last committed entry. Outside any transaction, before anything leaves. */
  syncHead(): void;
}

export type EntryDraft = Omit<LedgerEntry, "epoch" | "sequence" | "previous" | "timeMs">;

export interface LedgerParts {
  /** With the migrations applied. */
  readonly db: Database;
  readonly head: HeadFile;
  readonly signer: StatementSigner;
  readonly clock: Clock;
}

interface LastEntry {
  readonly sequence: number;
  readonly digest: Uint8Array;
}

/**
 * @throws ProtocolError "integrity" where the head file is missing beside a ledger that has entries, or names an
 * entry that the ledger has not: going on would paint over what is gone
 */
export function openLedger(parts: LedgerParts): Ledger {
  const { db, head, signer, clock } = parts;
  const lastRow = db.prepare<[], LastEntry>("SELECT sequence, digest FROM ledger ORDER BY sequence DESC LIMIT 1");
  const digestAt = db.prepare<[number], Uint8Array>("SELECT digest FROM ledger WHERE sequence = ?").pluck();
  const statementAt = db.prepare<[number], Uint8Array>("SELECT statement FROM ledger WHERE sequence = ?").pluck();
  const insert = db.prepare<[number, Uint8Array, Uint8Array]>(
    "INSERT INTO ledger (sequence, digest, statement) VALUES (?, ?, ?)",
  );
  const last = (): LastEntry => lastRow.get() ?? { sequence: 0, digest: NO_ENTRY };
  const timeOf = (sequence: number): number => {
    const statement = statementAt.get(sequence);
    return statement === undefined ? 0 : parseEntry(statementBody(statement)).timeMs;
  };

  let synced = -1;
  const syncHead = () => {
    assert(!db.inTransaction, "the head names only what is committed");
    if (last().sequence === synced) return;
    // Under the write lock: a second process cannot put an older head over a newer one.
    db.transaction(() => {
      const { sequence, digest } = last();
      const timeMs = Math.max(clock.nowMs(), timeOf(sequence));
      head.write(signer.sign(LEDGER_HEAD_LABEL, { epoch: FIRST_EPOCH, sequence, digest, timeMs }));
      synced = sequence;
    }).immediate();
  };

  checkHead(head.read(), last(), (sequence) => digestAt.get(sequence) ?? null);
  syncHead();

  return {
    digest: () => last().digest,
    append(draft) {
      assert(db.inTransaction, "an entry is appended with what it stands for, or not at all");
      const { sequence, digest } = last();
      const entry: LedgerEntry = {
        ...draft,
        epoch: FIRST_EPOCH,
        sequence: sequence + 1,
        previous: digest,
        // A clock that was set back does not turn the order of entries around.
        timeMs: Math.max(clock.nowMs(), timeOf(sequence)),
      };
      insert.run(entry.sequence, entryDigest(entry), signer.sign(LEDGER_LABEL, entryToValue(entry)));
      return entry.sequence;
    },
    syncHead,
  };
}

function checkHead(bytes: Uint8Array | null, last: LastEntry, digestAt: (sequence: number) => Uint8Array | null): void {
  const hint = "portmoot node ledger verify";
  if (bytes === null) {
    if (last.sequence === 0) return;
    throw new ProtocolError("integrity", "ledger.head: missing beside a ledger that has entries", { hint });
  }
  const { sequence, digest } = parseHead(statementBody(bytes));
  const standing = sequence === 0 ? NO_ENTRY : digestAt(sequence);
  if (standing === null || !isEqualBytes(standing, digest)) {
    throw new ProtocolError("integrity", `ledger.head: names entry ${sequence}, which the ledger does not have`, {
      hint,
    });
  }
}
