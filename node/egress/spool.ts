import type { Database } from "better-sqlite3";
import { isEqualBytes } from "../../shared/base/bytes.ts";
import { assert, ProtocolError } from "../../shared/base/errors.ts";
import { MAX_CHUNK_BYTES } from "../../shared/base/limits.ts";
import { createSha256 } from "../../shared/crypto/hash.ts";
import { MESSAGES, isMessageType } from "../../shared/protocol/messages.ts";
import type { Receipt } from "../../shared/protocol/relay.ts";
import { MAX_KEPT_BODY_BYTES } from "./ledger-entry.ts";

/**
 * The spool: messages whose ledger entry stands, with their bytes in the chunks in which they travel, so that a
 * resend repeats exactly what the entry's digest covers. Rows move waiting → receipted or dropped. Bodies up to
 * MAX_KEPT_BODY_BYTES stay for `ledger show --raw`; larger ones, and pieces of a round's seeds, go with their round.
 */
export type SpoolState = "waiting" | "receipted" | "dropped" | "handed" | "answered" | "received";

export interface SpoolRow {
  readonly sequence: number;
  readonly messageId: Uint8Array;
  readonly type: string;
  readonly round: Uint8Array | null;
  readonly attempt: number;
  readonly charter: Uint8Array | null;
  readonly recipient: string;
  readonly pair: string;
  readonly sizeBytes: number;
  readonly sha256: Uint8Array;
  readonly state: SpoolState;
  readonly hasBody: 0 | 1;
}

/** Where a message of a round goes: at most one message takes a route. */
export type SpoolRoute = Pick<SpoolRow, "round" | "attempt" | "type" | "recipient" | "pair">;
/** What is dropped together: an attempt, all under a charter, or everything. */
export type SpoolScope = { round: Uint8Array; attempt: number } | { charter: Uint8Array } | "all";

const COLUMNS = `sequence, message_id AS messageId, type, round, attempt, charter, recipient, pair,
  size_bytes AS sizeBytes, sha256, state, has_body AS hasBody`;

export type Spool = ReturnType<typeof createSpool>;

export function createSpool(db: Database) {
  const insertChunk = db.prepare("INSERT INTO spool_chunks (message_id, offset_bytes, bytes) VALUES (?, ?, ?)");
  const insertRow = db.prepare(
    `INSERT INTO spool (sequence, message_id, type, round, attempt, charter, recipient, pair, size_bytes, sha256, state)
     VALUES (@sequence, @messageId, @type, @round, @attempt, @charter, @recipient, @pair, @sizeBytes, @sha256, @state)`,
  );
  const byRoute = db.prepare<[Uint8Array | null, number, string, string, string], SpoolRow>(
    `SELECT ${COLUMNS} FROM spool WHERE round = ? AND attempt = ? AND type = ? AND recipient = ? AND pair = ?`,
  );
  const byContent = db.prepare<[string, string, Uint8Array], SpoolRow>(
    `SELECT ${COLUMNS} FROM spool WHERE round IS NULL AND type = ? AND recipient = ? AND sha256 = ?`,
  );
  const byType = db.prepare<[Uint8Array, number, string], SpoolRow>(
    `SELECT ${COLUMNS} FROM spool WHERE round = ? AND attempt = ? AND type = ? ORDER BY sequence`,
  );
  const byId = db.prepare<[Uint8Array], SpoolRow>(`SELECT ${COLUMNS} FROM spool WHERE message_id = ?`);
  const oldestWaiting = db.prepare<[], SpoolRow>(
    `SELECT ${COLUMNS} FROM spool WHERE state = 'waiting' ORDER BY sequence LIMIT 1`,
  );
  const chunkAt = db
    .prepare<[Uint8Array, number], Uint8Array>(
      "SELECT bytes FROM spool_chunks WHERE message_id = ? AND offset_bytes = ?",
    )
    .pluck();
  const setState = db.prepare<[SpoolState, Uint8Array, SpoolState]>(
    "UPDATE spool SET state = ? WHERE message_id = ? AND state = ?",
  );
  const insertReceipt = db.prepare(
    "INSERT OR IGNORE INTO receipts (message_id, sha256, at_ms, signature) VALUES (?, ?, ?, ?)",
  );
  const inRound = db.prepare<[Uint8Array, number], SpoolRow>(
    `SELECT ${COLUMNS} FROM spool WHERE round = ? AND attempt = ? ORDER BY sequence`,
  );
  const underCharter = db.prepare<[Uint8Array], SpoolRow>(
    `SELECT ${COLUMNS} FROM spool WHERE charter = ? AND state = 'waiting' ORDER BY sequence`,
  );
  const allWaiting = db.prepare<[], SpoolRow>(`SELECT ${COLUMNS} FROM spool WHERE state = 'waiting' ORDER BY sequence`);
  const dropChunks = db.prepare("DELETE FROM spool_chunks WHERE message_id = ?");
  const forgetBody = db.prepare("UPDATE spool SET has_body = 0 WHERE message_id = ?");

  function* chunks(messageId: Uint8Array, offset: number, isWanted: (row: SpoolRow) => boolean) {
    const { sizeBytes } = byId.get(messageId) ?? missing();
    for (let at = offset; at < sizeBytes;) {
      // Read anew before every chunk: while the wire was busy the message may have been dropped.
      const row = byId.get(messageId);
      if (row === undefined || !isWanted(row)) throw new ProtocolError("wrong-phase", "spool: the message was dropped");
      const chunk = chunkAt.get(messageId, at);
      if (chunk === undefined) throw new ProtocolError("integrity", `spool: no chunk begins at byte ${at}`);
      yield chunk;
      at += chunk.length;
    }
  }

  return {
    /** Writes a body of a message to be. Memory holds one chunk at a time. */
    writeBody(messageId: Uint8Array, parts: Iterable<Uint8Array>, maximumBytes: number) {
      assert(db.inTransaction, "a body is spooled with its entry, or not at all");
      const hash = createSha256();
      let sizeBytes = 0;
      for (const part of parts) {
        assert(part.length > 0 && part.length <= MAX_CHUNK_BYTES, "a spooled chunk fits the wire");
        if (sizeBytes + part.length > maximumBytes) {
          throw new ProtocolError("too-large", `body: more than ${maximumBytes} bytes`);
        }
        insertChunk.run(messageId, sizeBytes, part);
        hash.update(part);
        sizeBytes += part.length;
      }
      return { sizeBytes, sha256: hash.digest() };
    },
    add: (row: Omit<SpoolRow, "hasBody">) => void insertRow.run(row),

    find(route: SpoolRoute): SpoolRow | null {
      return byRoute.get(route.round, route.attempt, route.type, route.recipient, route.pair) ?? null;
    },
    findOutsideRounds: (type: string, recipient: string, sha256: Uint8Array): SpoolRow | null =>
      byContent.get(type, recipient, sha256) ?? null,
    ofType: (round: Uint8Array, attempt: number, type: string): SpoolRow[] => byType.all(round, attempt, type),
    byId: (messageId: Uint8Array): SpoolRow | null => byId.get(messageId) ?? null,

    oldestWaiting: (): SpoolRow | null => oldestWaiting.get() ?? null,
    /** The chunks of a message as long as it waits. */
    waitingChunks: (messageId: Uint8Array, offset: number): Iterable<Uint8Array> =>
      chunks(messageId, offset, ({ state }) => state === "waiting"),
    /** The bytes as sent or received, or null where only their digest is left. */
    body(messageId: Uint8Array): Uint8Array | null {
      const row = byId.get(messageId);
      if (row?.hasBody !== 1) return null;
      const body = new Uint8Array(row.sizeBytes);
      let offset = 0;
      for (const chunk of chunks(messageId, 0, ({ hasBody }) => hasBody === 1)) {
        body.set(chunk, offset);
        offset += chunk.length;
      }
      return body;
    },

    /** Compare-and-swap on the state. @returns whether the message was in `from` */
    move: (messageId: Uint8Array, from: SpoolState, to: SpoolState): boolean =>
      setState.run(to, messageId, from).changes === 1,
    /** The first receipt stays: a second one, of a resend, says the same later. */
    keepReceipt({ messageId, sha256, atMs, signature }: Receipt): void {
      const row = byId.get(messageId);
      if (row === undefined || !isEqualBytes(row.sha256, sha256)) {
        throw new ProtocolError("integrity", "receipt: for a message that was not sent");
      }
      insertReceipt.run(messageId, sha256, atMs, signature);
    },

    /** Nothing in the scope is delivered any more. @returns the identifiers of what was still waiting */
    drop(scope: SpoolScope): Uint8Array[] {
      const rows =
        scope === "all"
          ? allWaiting.all()
          : "charter" in scope
            ? underCharter.all(scope.charter)
            : inRound.all(scope.round, scope.attempt);
      const dropped = rows.filter(({ state }) => state === "waiting");
      for (const { messageId } of dropped) setState.run("dropped", messageId, "waiting");
      for (const row of rows) {
        if (row.hasBody === 0 || staysReadable(row)) continue;
        dropChunks.run(row.messageId);
        forgetBody.run(row.messageId);
      }
      return dropped.map(({ messageId }) => messageId);
    },
  };
}

/** Promise 6: shares of a round's seeds do not outlive the round, however short. */
function staysReadable({ type, sizeBytes }: { type: string; sizeBytes: number }): boolean {
  return sizeBytes <= MAX_KEPT_BODY_BYTES && !(isMessageType(type) && MESSAGES[type].volatile);
}

function missing(): never {
  throw new ProtocolError("not-found", "spool: no such message");
}
