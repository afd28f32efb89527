import { isEqualBytes } from "../../shared/base/bytes.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import { MAX_LIST_BODY_BYTES, MAX_SMALL_BODY_BYTES, MAX_MODEL_STEPS } from "../../shared/base/limits.ts";
import { derivedColumns, type Charter } from "../../shared/protocol/charter-shape.ts";
import { statementBody } from "../../shared/protocol/identity.ts";
import { belongsTo, isList, MESSAGES, type MessageType } from "../../shared/protocol/messages.ts";
import { COORDINATOR } from "../../shared/protocol/relay.ts";
import {
  abortBody,
  keysEntryBody,
  nextModelBody,
  preflightBody,
  protectedResultBody,
} from "../../shared/protocol/round-messages.ts";
import type { OutgoingMessage } from "./outgoing-message.ts";

/**
 * What the gate asks of a message before a byte of it is written: a route that its type allows, the recipient's
 * role in the charter, a body of the shape that the catalogue promises. The engine that built the message is
 * trusted for none of this: a fault there must stop here.
 */

/** A person's decision and the end of a round can always be told; a preflight answer may say no without an approval. */
export function needsConsent({ type, content }: OutgoingMessage): boolean {
  if (type === "decision" || type === "abort") return false;
  if (type !== "preflight-answer" || content.kind !== "final") return true;
  const { answer, contributes } = preflightBody.parse(statementBody(content.body));
  return answer === "willing" || contributes;
}

export function maximumBytes(type: MessageType): number {
  return isList(type) ? MAX_LIST_BODY_BYTES : MAX_SMALL_BODY_BYTES;
}

/** @throws ProtocolError "malformed" naming the field */
export function checkRoute(message: OutgoingMessage): void {
  const { type, round, attempt, pair, to, charterDigest, content } = message;
  if (type === "enrolment") throw wrong(type, "type: leaves with `node enrol`, before there is an outbox");
  const inRound = type !== "decision";
  if (inRound && round?.length !== 16) throw wrong(type, "round: expected 16 bytes");
  if (!inRound && round !== null) throw wrong(type, "round: belongs to no round");
  if (inRound ? attempt < 1 || attempt > MAX_MODEL_STEPS : attempt !== 0) throw wrong(type, "attempt: out of range");
  if (charterDigest?.length !== 32) throw wrong(type, "charter: expected a digest of 32 bytes");
  const { recipient } = MESSAGES[type];
  if ((recipient === "coordinator") !== (to === COORDINATOR)) throw wrong(type, `to: goes to ${recipient} only`);
  // What another node opens is sealed to it; what the coordinator opens is not for hiding from the ledger.
  if ((recipient === "coordinator") !== (content.kind === "final")) {
    throw wrong(type, recipient === "coordinator" ? "content: comes as final bytes" : "content: must be sealed");
  }
  if ((recipient === "coordinator") !== (pair === null))
    throw wrong(type, "pair: stands for messages between nodes only");
}

/**
 * Whether the charter lets `self` send this to that party.
 * @throws ProtocolError "refused" naming the party and the role it lacks
 */
export function checkParties(message: OutgoingMessage, charter: Charter, self: string): void {
  const { type, to, pair } = message;
  const sender = charter.parties.findIndex(({ id }) => id === self);
  if (sender < 0) throw refused(type, `this node, ${self}, is not a party of the charter`);
  if (!belongsTo(type, charter.operation)) {
    throw refused(type, "belongs to no round under the charter");
  }
  const { recipient } = MESSAGES[type];
  if (recipient === "coordinator" || pair === null) return;
  const position = charter.parties.findIndex(({ id }) => id === to);
  const party = charter.parties[position];
  if (party === undefined) throw refused(type, `${to} is not a party of the charter`);
  const role = recipient === "partner" ? "owner" : recipient;
  if (!party.roles.includes(role)) throw refused(type, `${to} has not the role ${role}`);
  const senderRole = recipient === "owner" || recipient === "opener" ? "matcher" : "owner";
  if (charter.parties[sender]?.roles.includes(senderRole) !== true) {
    throw refused(type, `this node, ${self}, has not the role ${senderRole}`);
  }
  if (recipient === "partner") {
    if (sender === position || !pair.includes(sender) || !pair.includes(position)) {
      throw refused(type, "goes from one owner of the pair to the other only");
    }
    return;
  }
  if (recipient === "opener") {
    if (pair.includes(sender)) throw refused(type, "the matcher belongs to the pair");
    return;
  }
  const [owner, matcher] = recipient === "matcher" ? [sender, position] : [position, sender];
  if (!pair.includes(owner)) throw refused(type, "the owner does not belong to the pair");
  if (pair.includes(matcher)) throw refused(type, "the matcher belongs to the pair");
}

/** The shape of a final body, where the gate can tell. @throws ProtocolError "malformed" or "integrity" */
export function checkBody(message: OutgoingMessage, body: Uint8Array): void {
  const { type, round, attempt, charterDigest, jobKey } = message;
  if (body.length === 0) throw wrong(type, "body: empty");
  switch (type) {
    case "preflight-answer": {
      const answer = preflightBody.parse(statementBody(body));
      if (!isSame(answer.round, round) || answer.attempt !== attempt || !isSame(answer.charter, charterDigest)) {
        throw wrong(type, "body: of another round, attempt or charter than its route says");
      }
      return;
    }
    case "keys":
      keysEntryBody.parse(statementBody(body));
      return;
    case "protected-result":
      if (!isSame(protectedResultBody.parse(statementBody(body)).jobKey, jobKey)) {
        throw wrong(type, "body: of another attempt than its route says");
      }
      return;
    case "next-model":
      if (!isSame(nextModelBody.parse(statementBody(body)).jobKey, jobKey)) {
        throw wrong(type, "body: of another attempt than its route says");
      }
      return;
    case "abort":
      abortBody.decode(body);
      return;
    case "decision":
    case "agree":
      statementBody(body);
      return;
    case "shares":
    case "masked-input":
    case "unmask":
      // Random-looking by design: what can be checked is the length, which the caller knows from public facts.
      return;
    case "enrolment":
    case "list":
    case "masked-list":
    case "remasked-list":
    case "payload-digest":
    case "pair-size":
    case "pair-result":
    case "pair-figure":
    case "own-side-list":
      throw wrong(type, "content: never as final bytes");
  }
}

/** The fields and attributes that a message computed from records derives from: the same that `charter explain` names. */
export function derivedFields(type: MessageType, charter: Charter): string[] {
  return MESSAGES[type].fromRecords ? derivedColumns(charter) : [];
}

function isSame(a: Uint8Array, b: Uint8Array | null): boolean {
  return b !== null && isEqualBytes(a, b);
}

function wrong(type: MessageType, what: string): ProtocolError {
  return new ProtocolError("malformed", `egress: ${type}: ${what}`);
}

function refused(type: MessageType, what: string): ProtocolError {
  return new ProtocolError("refused", `egress: ${type}: ${what}`);
}
