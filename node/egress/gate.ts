import type { Database } from "better-sqlite3";
import { isEqualBytes } from "../../shared/base/bytes.ts";
import type { RandomSource } from "../../shared/base/clock.ts";
import { assert, ProtocolError } from "../../shared/base/errors.ts";
import { MAX_CHUNK_BYTES } from "../../shared/base/limits.ts";
import { sha256 } from "../../shared/crypto/hash.ts";
import type { Sealer } from "../../shared/crypto/sealing.ts";
import type { Charter } from "../../shared/protocol/charter.ts";
import { MESSAGES, type MessageType } from "../../shared/protocol/messages.ts";
import { verifyReceipt } from "../../shared/protocol/notices.ts";
import type { PostHeader, Relay } from "../../shared/protocol/relay.ts";
import { deliverAll, type DeliveryQueue } from "../wire/outbox.ts";
import type { EntryDraft, Ledger } from "./ledger.ts";
import { checkBody, checkParties, checkRoute, derivedFields, maximumBytes, needsConsent } from "./message-rules.ts";
import type { OutgoingMessage } from "./outgoing-message.ts";
import { createSpool, type Spool, type SpoolRow, type SpoolScope } from "./spool.ts";

/**
 * The one door out of a node (protocol.md, "Egress gate and ledger"). A message is checked against consent, charter
 * and its own shape, sealed, and written: bytes, ledger entry and the caller's change of state in one transaction.
 * Only what was so written is ever delivered, always the same bytes, and only after the ledger's head stands behind
 * its entry. Promise 2: nothing leaves a node but through here.
 */
export interface Gate {
  /**
   * Commits a message to leave. Inside the caller's transaction, with the change of state that it belongs to.
   * The same route in a round again (or the same bytes outside one) is the same message: no second entry, and the
   * frames of sealed content are not read.
   * @throws ProtocolError "refused" without consent or role, "malformed" for a shape the catalogue does not have,
   * "conflict" for other bytes on a route already taken, "wrong-phase" where it was dropped, "unavailable" on a full disk
   */
  send(message: OutgoingMessage): { messageId: Uint8Array };
  /** A message of this type waits once more, unchanged: the coordinator lost it. No entry. @throws ProtocolError "not-found" */
  resend(of: OfType): void;
  /** The bytes of the message of this type as sent, or null where there are none (any more). */
  sentBody(of: OfType): Uint8Array | null;
  /** Whether the coordinator has every message of this type that was sent, or there are none. */
  isDelivered(of: OfType): boolean;
  /** Something that came in and is for keeping, such as a released result, once. Inside the caller's transaction. */
  recordInbound(message: InboundMessage): void;
  /** Somebody here opened what a round left at this node. Nothing leaves. Inside the caller's transaction. */
  recordOpening(opening: { round: Uint8Array; charterDigest: Uint8Array; encodes: string }): void;
  /** The attempt is over here: what still waits never leaves, large bodies go. Inside the caller's transaction. */
  dropRound(round: Uint8Array, attempt: number): void;
  /** Consent to a charter is withdrawn: what still waits under it never leaves. */
  withdraw(charterDigest: Uint8Array): void;
  /** The node was told to stop: what still waits never leaves. */
  stop(): void;
  /**
   * Delivers what waits until nothing does. One call at a time.
   * @returns whether anything went
   * @throws ProtocolError "unavailable", "not-allowed" or "integrity", see node/wire/outbox.ts
   */
  deliver(relay: Pick<Relay, "held" | "post">, signal?: AbortSignal): Promise<boolean>;
}

interface InboundMessage {
  readonly type: "result";
  readonly round: Uint8Array;
  readonly attempt: number;
  readonly charterDigest: Uint8Array;
  readonly jobKey: Uint8Array;
  readonly body: Uint8Array;
}

interface OfType {
  readonly round: Uint8Array;
  readonly attempt: number;
  readonly type: MessageType;
}

/** What lets a message leave: an approved charter in force, within policy. */
interface Consent {
  readonly charter: Charter;
  /** SHA-256 of the decision statement. */
  readonly approval: Uint8Array;
}

export interface GateParts {
  readonly db: Database;
  /** This party's name. */
  readonly name: string;
  readonly ledger: Ledger;
  readonly random: RandomSource;
  /** The coordinator's receipt key. */
  readonly coordinatorKey: Uint8Array;
  readonly log: { warn(fields: object, message: string): void };
  /** @throws ProtocolError "refused" naming the rule */
  consent(charterDigest: Uint8Array): Consent;
}

const RESULT_FACTS = {
  encodes: "The released result of the round, as this node received and verified it.",
  protection: "minimum count, rounding and the quorum of the charter; signed by two openers",
};

export function createGate(parts: GateParts): Gate {
  const { db, ledger, random } = parts;
  const spool = createSpool(db);
  const queue = createQueue(parts, spool);

  return {
    send(message) {
      assert(db.inTransaction, "a message is committed with the state it belongs to");
      checkRoute(message);
      const known = findSent(spool, message);
      if (known !== null) return { messageId: known.messageId };
      const consent =
        message.charterDigest !== null && needsConsent(message) ? parts.consent(message.charterDigest) : null;
      if (consent !== null) checkParties(message, consent.charter, parts.name);
      const { content } = message;
      if (content.kind === "final") checkBody(message, content.body);
      const messageId = random.bytes(16);
      const body = withDiskErrors(() => spool.writeBody(messageId, chunksOf(message), maximumBytes(message.type)));
      if (message.expectedBytes !== undefined && body.sizeBytes !== message.expectedBytes) {
        const { expectedBytes, type } = message;
        throw new ProtocolError("malformed", `egress: ${type}: expected ${expectedBytes} bytes, is ${body.sizeBytes}`);
      }
      withDiskErrors(() => {
        writeMessage(message, consent, { messageId, ...body });
      });
      return { messageId };
    },

    resend({ round, attempt, type }) {
      const rows = spool
        .ofType(round, attempt, type)
        .filter(({ hasBody, state }) => hasBody === 1 && state !== "dropped");
      if (rows.length === 0) throw new ProtocolError("not-found", `egress: no ${type} of this attempt to send again`);
      for (const { messageId } of rows) spool.move(messageId, "receipted", "waiting");
    },

    sentBody({ round, attempt, type }) {
      const [row] = spool.ofType(round, attempt, type);
      return row === undefined ? null : spool.body(row.messageId);
    },

    isDelivered: ({ round, attempt, type }) =>
      spool.ofType(round, attempt, type).every(({ state }) => state !== "waiting"),

    recordInbound({ round, attempt, type, charterDigest, jobKey, body }) {
      assert(db.inTransaction, "what came in is recorded with the state it belongs to");
      if (spool.ofType(round, attempt, type).length > 0) return;
      const messageId = random.bytes(16);
      const written = spool.writeBody(messageId, chunksOfBytes(body), maximumBytes("protected-result"));
      const route = { round, attempt, charter: charterDigest, type };
      const consent = consentIfAny(charterDigest);
      const fields = consent === null ? [] : derivedFields("protected-result", consent.charter);
      const approval = consent?.approval ?? null;
      const facts = { ...RESULT_FACTS, fields, approval, jobKey, recipient: null, pair: null, dropped: [] };
      const sequence = ledger.append({ direction: "in", ...route, messageId, ...written, ...facts });
      spool.add({ sequence, messageId, ...route, ...written, recipient: "", pair: "", state: "received" });
    },

    recordOpening({ round, charterDigest, encodes }) {
      assert(db.inTransaction, "an opening is recorded before anything is read");
      ledger.append(localEntry("open-lists", { round, charter: charterDigest }, encodes));
    },

    dropRound(round, attempt) {
      assert(db.inTransaction, "a round is dropped with the state it belongs to");
      const dropped = spool.drop({ round, attempt });
      if (dropped.length > 0) ledger.append(dropEntry("drop", { round, attempt }, dropped));
    },
    withdraw: (charter) => {
      dropAndLog("withdraw", { charter });
    },
    stop: () => {
      dropAndLog("stop", "all");
    },

    deliver: (relay, signal) => deliverAll(queue, relay, signal),
  };

  function writeMessage(
    message: OutgoingMessage,
    consent: Consent | null,
    body: Pick<SpoolRow, "messageId" | "sizeBytes" | "sha256">,
  ): void {
    const { type, round, attempt, charterDigest: charter, to: recipient, pair } = message;
    const route = { type, round, attempt, charter, recipient };
    const sequence = ledger.append({
      direction: "out",
      ...route,
      ...body,
      pair: pair === null ? null : [...pair],
      jobKey: message.jobKey,
      encodes: MESSAGES[type].encodes,
      fields: consent === null ? [] : derivedFields(type, consent.charter),
      protection: MESSAGES[type].protection,
      approval: consent?.approval ?? null,
      dropped: [],
    });
    spool.add({ sequence, ...route, ...body, pair: pairText(pair), state: "waiting" });
  }

  /** A result that comes after a withdrawal is recorded all the same. */
  function consentIfAny(charterDigest: Uint8Array): Consent | null {
    try {
      return parts.consent(charterDigest);
    } catch (error) {
      if (error instanceof ProtocolError && error.code === "refused") return null;
      throw error;
    }
  }

  function dropAndLog(type: "withdraw" | "stop", scope: SpoolScope): void {
    const work = () => ledger.append(dropEntry(type, scope === "all" ? {} : scope, spool.drop(scope)));
    if (db.inTransaction) work();
    else db.transaction(work).immediate();
  }
}

/** The queue that the outbox empties: waiting messages behind whose entries the ledger's head stands. */
function createQueue(parts: GateParts, spool: Spool): DeliveryQueue {
  const { db, ledger, name, coordinatorKey, log } = parts;
  return {
    next() {
      const row = spool.oldestWaiting();
      if (row === null) return null;
      ledger.syncHead();
      return headerOf(row);
    },
    chunks: (messageId, offset) => spool.waitingChunks(messageId, offset),
    accept(receipt) {
      verifyReceipt(coordinatorKey, name, receipt);
      db.transaction(() => {
        spool.keepReceipt(receipt);
        // A message dropped while it was under way keeps its state; that it arrived stands beside it.
        spool.move(receipt.messageId, "waiting", "receipted");
      }).immediate();
    },
    giveUp(messageId, code) {
      db.transaction(() => {
        const row = spool.byId(messageId);
        if (row === null || !spool.move(messageId, "waiting", "dropped")) return;
        log.warn({ type: row.type, attempt: row.attempt, code }, "the coordinator refused a message");
        const entry = dropEntry("drop", row, [messageId]);
        ledger.append({ ...entry, encodes: `The coordinator refused this message (${code}), so it waits no more.` });
      }).immediate();
    },
  };
}

function findSent(spool: Spool, message: OutgoingMessage): SpoolRow | null {
  const { type, round, attempt, to, pair, content } = message;
  const digest = content.kind === "final" ? sha256(content.body) : null;
  if (round === null) return digest === null ? null : spool.findOutsideRounds(type, to, digest);
  const row = spool.find({ type, round, attempt, recipient: to, pair: pairText(pair) });
  if (row === null) return null;
  if (digest !== null && !isEqualBytes(digest, row.sha256)) {
    throw new ProtocolError("conflict", `egress: ${type}: other bytes were sent in this attempt before`);
  }
  if (row.state === "dropped") throw new ProtocolError("wrong-phase", `egress: ${type}: was dropped`);
  return row;
}

function headerOf(row: SpoolRow): PostHeader {
  const { messageId, round, attempt, sizeBytes, sha256 } = row;
  const [left, right] = row.pair === "" ? [] : row.pair.split("-").map(Number);
  const pair = left === undefined || right === undefined ? null : ([left, right] as const);
  return { messageId, type: row.type as MessageType, round, attempt, to: row.recipient, pair, sizeBytes, sha256 };
}

const DROP_REASONS = {
  drop: "An attempt ended",
  withdraw: "Consent to a charter was withdrawn",
  stop: "The node was told to stop",
} as const;

function dropEntry(
  type: keyof typeof DROP_REASONS,
  scope: Partial<Pick<SpoolRow, "round" | "attempt" | "charter">>,
  dropped: Uint8Array[],
): EntryDraft {
  const encodes = `${DROP_REASONS[type]}: ${dropped.length} waiting messages will not be delivered.`;
  return { ...localEntry(type, scope, encodes), dropped };
}

function localEntry(
  type: string,
  scope: Partial<Pick<SpoolRow, "round" | "attempt" | "charter">>,
  encodes: string,
): EntryDraft {
  return {
    direction: "local",
    type,
    messageId: null,
    round: scope.round ?? null,
    attempt: scope.attempt ?? 0,
    charter: scope.charter ?? null,
    jobKey: null,
    recipient: null,
    pair: null,
    sizeBytes: 0,
    sha256: null,
    encodes,
    fields: [],
    protection: "nothing leaves with this entry",
    approval: null,
    dropped: [],
  };
}

function pairText(pair: readonly [number, number] | null): string {
  return pair === null ? "" : `${pair[0]}-${pair[1]}`;
}

function chunksOf({ content }: OutgoingMessage): Iterable<Uint8Array> {
  return content.kind === "final" ? chunksOfBytes(content.body) : sealedFrames(content.sealer, content.frames);
}

function* chunksOfBytes(body: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < body.length; at += MAX_CHUNK_BYTES) yield body.subarray(at, at + MAX_CHUNK_BYTES);
}

/** One sealed frame a chunk, so that a recipient opens chunk by chunk. No frames are one empty frame. */
function* sealedFrames(sealer: Sealer, frames: Iterable<Uint8Array>): Generator<Uint8Array> {
  let pending: Uint8Array | null = null;
  for (const frame of frames) {
    if (pending !== null) yield sealer.seal(pending, false);
    // Kept while the next one is made, perhaps in the same buffer.
    pending = frame.slice();
  }
  yield sealer.seal(pending ?? new Uint8Array(0), true);
}

/** A full disk is no bug: the transaction is undone, and the work is met again later. */
function withDiskErrors<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    if (!code.startsWith("SQLITE_FULL") && !code.startsWith("SQLITE_IOERR")) throw cause;
    throw new ProtocolError("unavailable", "egress: the disk is full or failing, nothing was sent", {
      cause,
      hint: "free disk space in the node's folder",
    });
  }
}
