import type { Database } from "better-sqlite3";
import { COORDINATOR } from "../../../shared/protocol/relay.ts";
import type { MessageRow, NoticeDraftRow, ReceivedBody, Store } from "../store.ts";

type MessageOperations = Pick<
  Store,
  | "beginMessage"
  | "message"
  | "appendChunk"
  | "dropMessage"
  | "completeMessage"
  | "chunks"
  | "acknowledge"
  | "received"
  | "posted"
>;

interface Stored extends Omit<MessageRow, "pair"> {
  readonly left: number | null;
  readonly right: number | null;
}

const COLUMNS = `message_id AS messageId, sender, recipient, type, round, attempt, pair_left AS "left", pair_right AS "right",
  size_bytes AS sizeBytes, sha256, held_bytes AS heldBytes, complete_ms AS completeMs, receipt_signature AS receiptSignature`;

/** Bodies under way in SQLite, in the chunks they came in. */
export function createMessages(db: Database, appendNotice: (notice: NoticeDraftRow) => void) {
  const byId = db.prepare<[Uint8Array], Stored>(`SELECT ${COLUMNS} FROM messages WHERE message_id = ?`);
  const byRoute = db.prepare<unknown[], Stored>(
    `SELECT ${COLUMNS} FROM messages WHERE round = ? AND attempt = ? AND type = ? AND sender = ? AND recipient = ?
       AND pair_left IS ? AND pair_right IS ?`,
  );
  const insert = db.prepare(
    `INSERT INTO messages (message_id, sender, recipient, type, round, attempt, pair_left, pair_right, size_bytes, sha256)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const grow = db.prepare(
    "UPDATE messages SET held_bytes = held_bytes + ? WHERE message_id = ? AND held_bytes = ? AND complete_ms IS NULL",
  );
  const insertChunk = db.prepare("INSERT INTO chunks (message_id, offset_bytes, bytes) VALUES (?, ?, ?)");
  const dropChunks = db.prepare("DELETE FROM chunks WHERE message_id = ?");
  const drop = db.prepare("DELETE FROM messages WHERE message_id = ?");
  const complete = db.prepare(
    "UPDATE messages SET complete_ms = ?, receipt_signature = ? WHERE message_id = ? AND complete_ms IS NULL",
  );
  const nextChunk = db.prepare<[Uint8Array, number], { offset: number; bytes: Buffer }>(
    `SELECT offset_bytes AS "offset", bytes FROM chunks WHERE message_id = ? AND offset_bytes + length(bytes) > ?
     ORDER BY offset_bytes LIMIT 1`,
  );
  const waitingBytes = db
    .prepare<[string], number>(
      `SELECT coalesce(sum(size_bytes), 0) FROM messages m WHERE recipient = ?
         AND (complete_ms IS NULL OR EXISTS (SELECT 1 FROM chunks c WHERE c.message_id = m.message_id))`,
    )
    .pluck();
  const outside = db
    .prepare<[string], number>("SELECT count(*) FROM messages WHERE sender = ? AND round IS NULL")
    .pluck();
  const received = db.prepare<unknown[], { from: string; messageId: Buffer; completeMs: number }>(
    `SELECT sender AS "from", message_id AS messageId, complete_ms AS completeMs FROM messages
     WHERE round IS ? AND attempt = ? AND type = ? AND recipient = '${COORDINATOR}' AND complete_ms IS NOT NULL
     ORDER BY complete_ms, rowid`,
  );
  const posted = db.prepare<
    [Uint8Array, number, string],
    { from: string; to: string; left: number; right: number; waits: 0 | 1 }
  >(
    `SELECT sender AS "from", recipient AS "to", pair_left AS "left", pair_right AS "right",
       EXISTS (SELECT 1 FROM chunks c WHERE c.message_id = m.message_id) AS waits
     FROM messages m WHERE round = ? AND attempt = ? AND type = ? AND pair_left IS NOT NULL AND complete_ms IS NOT NULL`,
  );
  const dropRound = db.prepare("DELETE FROM messages WHERE round = ?");

  const begin = db.transaction((...[sender, header, most]: Parameters<Store["beginMessage"]>) => {
    const { messageId, to, type, round, attempt, pair, sizeBytes, sha256 } = header;
    const [left, right] = pair ?? [null, null];
    const find = () => byId.get(messageId) ?? byRoute.get(round, attempt, type, sender, to, left, right);
    const known = find();
    if (known !== undefined) return toRow(known);
    if (round === null && outside.get(sender)! >= most.outsideRounds) return "too-many";
    // A body for the coordinator itself is bounded by the one route it may take.
    if (to !== COORDINATOR && waitingBytes.get(to)! + sizeBytes > most.waitingBytes) return "full";
    insert.run(messageId, sender, to, type, round, attempt, left, right, sizeBytes, sha256);
    return toRow(find()!);
  });
  const append = db.transaction((messageId: Uint8Array, offset: number, bytes: Uint8Array): boolean => {
    // Two connections of one sender: only the one that is at the end adds.
    if (grow.run(bytes.length, messageId, offset).changes !== 1) return false;
    insertChunk.run(messageId, offset, bytes);
    return true;
  });
  const finish = db.transaction(
    (messageId: Uint8Array, atMs: number, signature: Uint8Array, notice: NoticeDraftRow | null) => {
      if (complete.run(atMs, signature, messageId).changes === 1 && notice !== null) appendNotice(notice);
    },
  );

  function* readChunks(messageId: Uint8Array, from: number): Generator<Uint8Array> {
    let offset = from;
    for (let chunk = nextChunk.get(messageId, offset); chunk !== undefined; chunk = nextChunk.get(messageId, offset)) {
      yield chunk.bytes.subarray(offset - chunk.offset);
      offset = chunk.offset + chunk.bytes.length;
    }
  }

  /* eslint-disable @typescript-eslint/require-await -- SQLite answers at once; the interface allows a store that does not */
  const operations: MessageOperations = {
    async beginMessage(sender, header, most) {
      return begin.immediate(sender, header, most);
    },
    async message(messageId) {
      const stored = byId.get(messageId);
      return stored === undefined ? null : toRow(stored);
    },
    async appendChunk(messageId, offset, bytes) {
      return append.immediate(messageId, offset, bytes);
    },
    async dropMessage(messageId) {
      drop.run(messageId);
    },
    async completeMessage(messageId, atMs, signature, notice) {
      finish.immediate(messageId, atMs, signature, notice);
    },
    async *chunks(messageId, offset) {
      yield* readChunks(messageId, offset);
    },
    async acknowledge(messageId) {
      dropChunks.run(messageId);
    },
    async posted(round, attempt, type) {
      return posted
        .all(round, attempt, type)
        .map(({ from, to, left, right, waits }) => ({ from, to, pair: [left, right], taken: waits === 0 }));
    },
    async received(round, attempt, type) {
      return received.all(round, attempt, type).map(({ from, messageId, completeMs }): ReceivedBody => ({
        from,
        messageId,
        completeMs,
        body: Buffer.concat([...readChunks(messageId, 0)]),
      }));
    },
  };
  return { operations, dropRound: (round: Uint8Array) => dropRound.run(round) };
}

function toRow({ left, right, ...row }: Stored): MessageRow {
  return { ...row, pair: left === null || right === null ? null : [left, right] };
}
