import { isEqualBytes } from "../../shared/base/bytes.ts";
import type { Clock } from "../../shared/base/clock.ts";
import { assert, ProtocolError } from "../../shared/base/errors.ts";
import {
  MAX_CHUNK_BYTES,
  MAX_MAILBOX_BYTES_PER_NODE,
  MAX_MESSAGES_OUTSIDE_ROUNDS,
  MAX_NOTICES_PER_READ,
} from "../../shared/base/limits.ts";
import { createSha256 } from "../../shared/crypto/hash.ts";
import { createCharterReader } from "../../shared/protocol/charter-reader.ts";
import { isMessageType, isNodeToNode, MESSAGES, type MessageType } from "../../shared/protocol/messages.ts";
import {
  COORDINATOR,
  type Notice,
  type PostHeader,
  type Receipt,
  type Relay,
  type RenewRequest,
} from "../../shared/protocol/relay.ts";
import { waitingBody } from "../../shared/protocol/round-messages.ts";
import { isFinal } from "../rounds/round-row.ts";
import type { MailboxBounds, MessageRow, NoticeDraftRow, ReceivedBody, Store } from "../store/store.ts";
import { checkHeader, checkRoute } from "./header-rules.ts";
import type { Posting } from "./posting.ts";
import { isSameHeader } from "./same-header.ts";
import { createVolatileBodies } from "./volatile-bodies.ts";

const BOUNDS: MailboxBounds = {
  waitingBytes: MAX_MAILBOX_BYTES_PER_NODE,
  outsideRounds: MAX_MESSAGES_OUTSIDE_ROUNDS,
};

/**
 * The coordinator's post office. It takes sealed, masked or signed bodies from nodes, keeps them in the chunks they came
 * in until the recipient acknowledged them, and gives signed receipts. It opens nothing: it checks routing, sizes and
 * digests. Every argument but `name` is attacker-controlled; `name` is who the certificate says is calling.
 */
export interface Mailbox {
  post(name: string, header: PostHeader, offset: number): Promise<Receipt | Posting>;
  held(name: string, messageId: Uint8Array): Promise<number>;
  fetch(name: string, messageId: Uint8Array, offset: number): AsyncIterable<Uint8Array>;
  acknowledge(name: string, messageId: Uint8Array, sha256: Uint8Array): Promise<void>;
  /** Ends with the signal. @throws ProtocolError "not-allowed" as soon as the party is revoked */
  follow(name: string, after: number, signal: AbortSignal): AsyncIterable<Notice>;
  /** Complete bodies addressed to the coordinator, one a sender, for the driver. */
  received(round: Uint8Array, attempt: number, type: MessageType): Promise<ReceivedBody[]>;
  /** A body of the coordinator's own for one party, never written to disk. */
  putVolatile(messageId: Uint8Array, to: string, body: Uint8Array): void;
  /** The six calls as one party makes them, without a network: for a simulation. */
  relayFor(name: string, renew?: (request: RenewRequest) => Promise<Uint8Array>): Relay;
}

export function isReceipt(answer: Receipt | Posting): answer is Receipt {
  return "signature" in answer;
}

export function createMailbox({
  store,
  clock,
  signReceipt,
}: {
  store: Store;
  clock: Clock;
  signReceipt: (from: string, receipt: Omit<Receipt, "signature">) => Receipt;
}): Mailbox {
  const volatile = createVolatileBodies();
  const readCharter = createCharterReader();

  async function checkSender(name: string, header: PostHeader): Promise<void> {
    if (header.round === null) return;
    const round = await store.rounds.one(header.round);
    if (round === null) throw new ProtocolError("not-found", "header: round is not known");
    if (isFinal(round.state)) throw new ProtocolError("wrong-phase", "header: the round is over");
    if (header.attempt < 1 || header.attempt > round.attempt) {
      throw new ProtocolError("wrong-phase", "header: attempt has not begun");
    }
    const charter = await store.charter(round.charter);
    assert(charter !== null, "a round's charter is stored");
    checkRoute(readCharter(charter.body).charter, name, header);
  }

  async function post(name: string, header: PostHeader, offset: number): Promise<Receipt | Posting> {
    checkHeader(header);
    await checkSender(name, header);
    if (MESSAGES[header.type].volatile) {
      volatile.keepOnly((await store.rounds.open()).map(({ id }) => id));
      return volatile.post(name, header, offset, receipt);
    }
    const row = await store.beginMessage(name, header, BOUNDS);
    if (row === "too-many") {
      throw new ProtocolError("too-large", `messages outside rounds: more than ${MAX_MESSAGES_OUTSIDE_ROUNDS}`);
    }
    if (row === "full") {
      throw new ProtocolError("too-large", `mailbox: more than ${MAX_MAILBOX_BYTES_PER_NODE} bytes for ${header.to}`);
    }
    if (row.sender !== name || !isSameHeader(headerOf(row), header)) {
      throw new ProtocolError("conflict", `${header.type}: another message stands under this identifier or route`);
    }
    const given = receiptOf(row);
    if (given !== null) return given;
    if (row.heldBytes !== offset) {
      throw new ProtocolError("conflict", `${header.type}: expected bytes from ${row.heldBytes}, not from ${offset}`);
    }
    return posting(name, header, offset);
  }

  async function posting(name: string, header: PostHeader, from: number): Promise<Posting> {
    const hash = createSha256();
    let end = 0;
    const add = (chunk: Uint8Array) => {
      hash.update(chunk);
      end += chunk.length;
    };
    // What came before the cut is read once more; the chunks of this connection are hashed as they pass.
    if (from > 0) {
      for await (const chunk of store.chunks(header.messageId, 0)) {
        add(chunk);
        await turn();
      }
      // Another connection has added to it since.
      if (end !== from) throw new ProtocolError("conflict", "message: another connection is sending it");
    }
    return {
      async append(chunk) {
        if (chunk.length === 0 || chunk.length > MAX_CHUNK_BYTES) {
          throw new ProtocolError("too-large", `chunk: expected 1 to ${MAX_CHUNK_BYTES} bytes`);
        }
        if (end + chunk.length > header.sizeBytes) {
          throw new ProtocolError("too-large", "message: longer than its header says");
        }
        if (!(await store.appendChunk(header.messageId, end, chunk))) {
          throw new ProtocolError("conflict", "message: another connection is sending it");
        }
        add(chunk);
      },
      async finish() {
        if (end !== header.sizeBytes) {
          throw new ProtocolError("unavailable", `message: ended after ${end} of ${header.sizeBytes} bytes`);
        }
        if (!isEqualBytes(hash.digest(), header.sha256)) {
          await store.dropMessage(header.messageId);
          throw new ProtocolError("integrity", "message: not the bytes that its header names");
        }
        const given = receipt(name, header);
        await store.completeMessage(header.messageId, given.atMs, given.signature, waitingNotice(name, header));
        // Where another connection was faster, its receipt is the one.
        const row = await store.message(header.messageId);
        return (row === null ? null : receiptOf(row)) ?? given;
      },
    };
  }

  function receipt(name: string, { messageId, sha256 }: PostHeader): Receipt {
    return signReceipt(name, { messageId, sha256, atMs: clock.nowMs() });
  }

  async function addressed(name: string, messageId: Uint8Array): Promise<MessageRow> {
    const row = await store.message(messageId);
    // The same answer for "not yours" and "not there": nobody learns what others are sent.
    if (row?.recipient !== name || row.completeMs === null) {
      throw new ProtocolError("not-found", "message: none of this identifier waits here for this party");
    }
    return row;
  }

  const mailbox: Mailbox = {
    post,
    async held(name, messageId) {
      const row = await store.message(messageId);
      if (row !== null) return row.sender === name ? row.heldBytes : 0;
      return volatile.held(name, messageId);
    },
    async *fetch(name, messageId, offset) {
      const kept = volatile.bodyFor(name, messageId);
      if (kept !== null) {
        for (let start = offset; start < kept.length; start += MAX_CHUNK_BYTES) {
          yield kept.subarray(start, start + MAX_CHUNK_BYTES);
        }
        return;
      }
      await addressed(name, messageId);
      yield* store.chunks(messageId, offset);
    },
    async acknowledge(name, messageId, sha256) {
      const row = await addressed(name, messageId);
      if (!isEqualBytes(row.sha256, sha256))
        throw new ProtocolError("conflict", "acknowledgement: sha256 is not the message's");
      await store.acknowledge(messageId);
    },
    async *follow(name, after, signal) {
      let number = after;
      while (!signal.aborted) {
        // Before reading: what is written meanwhile ends the wait at once.
        const revision = await store.revision();
        // A stream that nothing passes through must end too.
        const party = await store.party(name);
        if (party?.revokedMs !== null) throw new ProtocolError("not-allowed", "follow: revoked");
        const notices = await store.noticesAfter(name, number, MAX_NOTICES_PER_READ);
        for (const notice of notices) {
          yield notice;
          number = notice.number;
        }
        if (notices.length === 0) await store.changed(revision, signal);
      }
    },
    async received(round, attempt, type) {
      return MESSAGES[type].volatile ? volatile.received(round, attempt, type) : store.received(round, attempt, type);
    },
    putVolatile: (messageId, to, body) => {
      volatile.put(messageId, to, body);
    },
    relayFor: (name, renew) => ({
      follow: (after, signal) => mailbox.follow(name, after, signal),
      held: (messageId) => mailbox.held(name, messageId),
      async post(header, offset, chunks) {
        const answer = await post(name, header, offset);
        if (isReceipt(answer)) return answer;
        for (const chunk of chunks) await answer.append(chunk);
        return answer.finish();
      },
      fetch: (messageId, offset) => mailbox.fetch(name, messageId, offset),
      acknowledge: (messageId, sha256) => mailbox.acknowledge(name, messageId, sha256),
      async renew(request) {
        if (renew === undefined) throw new ProtocolError("unavailable", "renew: there is no authority in a simulation");
        return renew(request);
      },
    }),
  };
  return mailbox;
}

function receiptOf({ messageId, sha256, completeMs, receiptSignature }: MessageRow): Receipt | null {
  if (completeMs === null || receiptSignature === null) return null;
  return { messageId, sha256, atMs: completeMs, signature: receiptSignature };
}

function headerOf({ recipient, ...row }: MessageRow): PostHeader {
  return { ...row, to: recipient };
}

/** Lets the others have a turn: reading a long message must not hold up every call. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Tells a recipient that is a party what waits for it; a body for the coordinator needs no notice. */
function waitingNotice(from: string, header: PostHeader): NoticeDraftRow | null {
  const { to, type, round, attempt, pair, messageId, sizeBytes, sha256 } = header;
  if (to === COORDINATOR || pair === null || !isMessageType(type) || !isNodeToNode(type)) return null;
  const body = waitingBody.encode({ messageId, type, from, pair: [...pair], sizeBytes, sha256 });
  return { to, type: "message", round, attempt, body };
}
