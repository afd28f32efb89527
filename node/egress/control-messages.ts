import type { Database } from "better-sqlite3";
import type { Clock } from "../../shared/base/clock.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import type { Relay } from "../../shared/protocol/relay.ts";

/**
 * The closed list of what a node sends besides the gate's messages: requests with fixed content that carry nothing
 * but numbers, identifiers and digests the coordinator knows already, and public keys. They are counted, not logged
 * one by one. Whatever is not on this list leaves through the gate.
 */
export const CONTROL_MESSAGES = {
  follow: "Asks for the notices after a number.",
  held: "Asks how many bytes of a message have arrived.",
  fetch: "Asks for a waiting body from a byte offset on.",
  acknowledge: "Says that a body was opened, by its identifier and digest.",
  renew: "Asks for a new certificate for a public key, with the delegation of the borough's root key.",
} as const;
export type ControlMessage = keyof typeof CONTROL_MESSAGES;

const MAX_RENEWAL_BYTES = 4096;

/** The relay, with every control message checked for its fixed shape and counted before it goes. `post` is the gate's. */
export function countControlMessages(relay: Relay, db: Database, clock: Clock): Relay {
  const upsert = db.prepare<[ControlMessage, number]>(
    `INSERT INTO control_counts (kind, count, last_ms) VALUES (?, 1, ?)
     ON CONFLICT (kind) DO UPDATE SET count = count + 1, last_ms = excluded.last_ms`,
  );
  const count = (kind: ControlMessage) => void upsert.run(kind, clock.nowMs());
  return {
    follow(after, signal) {
      checkNumber("follow", "after", after);
      count("follow");
      return relay.follow(after, signal);
    },
    async held(messageId) {
      checkBytes("held", "messageId", messageId, 16);
      count("held");
      return relay.held(messageId);
    },
    fetch(messageId, offset) {
      checkBytes("fetch", "messageId", messageId, 16);
      checkNumber("fetch", "offset", offset);
      count("fetch");
      return relay.fetch(messageId, offset);
    },
    async acknowledge(messageId, sha256) {
      checkBytes("acknowledge", "messageId", messageId, 16);
      checkBytes("acknowledge", "sha256", sha256, 32);
      count("acknowledge");
      return relay.acknowledge(messageId, sha256);
    },
    async renew(request) {
      if (request.csrDer.length + request.delegation.length > MAX_RENEWAL_BYTES) {
        throw new ProtocolError("too-large", `renew: more than ${MAX_RENEWAL_BYTES} bytes`);
      }
      count("renew");
      return relay.renew(request);
    },
    post: (header, offset, chunks) => relay.post(header, offset, chunks),
  };
}

/** How often each control message was sent, in the order of the list. */
export function controlCounts(db: Database): { kind: ControlMessage; count: number; lastMs: number | null }[] {
  const row = db.prepare<[string], { count: number; lastMs: number }>(
    "SELECT count, last_ms AS lastMs FROM control_counts WHERE kind = ?",
  );
  return (Object.keys(CONTROL_MESSAGES) as ControlMessage[]).map((kind) => ({
    kind,
    count: row.get(kind)?.count ?? 0,
    lastMs: row.get(kind)?.lastMs ?? null,
  }));
}

function checkNumber(kind: ControlMessage, field: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new ProtocolError("malformed", `${kind}: ${field}: not a number`);
}

function checkBytes(kind: ControlMessage, field: string, value: Uint8Array, length: number): void {
  if (value.length !== length) throw new ProtocolError("malformed", `${kind}: ${field}: expected ${length} bytes`);
}
