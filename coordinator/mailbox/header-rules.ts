import { ProtocolError } from "../../shared/base/errors.ts";
import {
  MAX_DOCUMENT_BYTES,
  MAX_LIST_BODY_BYTES,
  MAX_PARTIES,
  MAX_SMALL_BODY_BYTES,
  MAX_MODEL_STEPS,
} from "../../shared/base/limits.ts";
import type { Charter } from "../../shared/protocol/charter.ts";
import { belongsTo, isList, isMessageType, MESSAGES, type MessageType } from "../../shared/protocol/messages.ts";
import { COORDINATOR, type PostHeader } from "../../shared/protocol/relay.ts";

/**
 * What a header must be before a byte of its body is taken. Headers are attacker-controlled; who sends is not: that is
 * whom the certificate names. Whether the body is what its type says is for the driver and the recipients.
 */

/** The shape of a header alone. @throws ProtocolError naming the field */
export function checkHeader(header: PostHeader): void {
  const { messageId, type, round, attempt, to, pair, sizeBytes, sha256 } = header;
  if (messageId.length !== 16) throw malformed("message_id: expected 16 bytes");
  if (sha256.length !== 32) throw malformed("sha256: expected 32 bytes");
  if (!isMessageType(type) || type === "enrolment") throw malformed("type: not one of the list");
  if (round !== null && round.length !== 16) throw malformed("round: expected 16 bytes");
  if ((round === null) !== (type === "decision")) throw malformed("round: is needed for everything but a decision");
  if (!Number.isInteger(attempt) || attempt < 0 || attempt > MAX_MODEL_STEPS) throw malformed("attempt: out of range");
  const isDirect = MESSAGES[type].recipient === "coordinator";
  if (isDirect !== (to === COORDINATOR)) throw malformed("to: not a recipient of this type");
  if (isDirect !== (pair === null)) throw malformed("pair: is needed for bodies between nodes and for nothing else");
  if (pair?.some((position) => !Number.isInteger(position) || position < 0 || position >= MAX_PARTIES) === true) {
    throw malformed("pair: out of range");
  }
  if (pair !== null && pair[0] === pair[1]) throw malformed("pair: a party is no pair with itself");
  const most = mostBytes(type);
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 1 || sizeBytes > most) {
    throw new ProtocolError("too-large", `header: size_bytes: expected 1 to ${most}`);
  }
}

function mostBytes(type: MessageType): number {
  if (isList(type)) return MAX_LIST_BODY_BYTES;
  return type === "decision" ? MAX_DOCUMENT_BYTES : MAX_SMALL_BODY_BYTES;
}

/**
 * Whether a party of the charter may send such a message to such a recipient: from one end of the pair to the other,
 * from an end to a matcher outside it, or back the same way. Nobody else can reach a party's mailbox.
 * @throws ProtocolError "not-allowed" naming the field
 */
export function checkRoute({ parties, operation }: Charter, sender: string, { type, to, pair }: PostHeader): void {
  const from = parties.findIndex(({ id }) => id === sender);
  if (from < 0) throw notAllowed("round: its charter does not name this party");
  if (!belongsTo(type, operation)) throw notAllowed("type: no message of a round under its charter");
  if (pair === null) return;
  const recipient = parties.findIndex(({ id }) => id === to);
  if (recipient < 0) throw notAllowed("to: no party of the round's charter");
  const isEnd = (position: number) => pair.includes(position);
  const isOwner = (position: number) => parties[position]?.roles.includes("owner") === true;
  const isMatcher = (position: number) => parties[position]?.roles.includes("matcher") === true && !isEnd(position);
  if (!pair.every(isOwner)) throw notAllowed("pair: expected two owners");
  switch (MESSAGES[type].recipient) {
    case "partner":
      if (!isEnd(from)) throw notAllowed("pair: not the sender's");
      if (!isEnd(recipient) || recipient === from) throw notAllowed("to: not the other end of the pair");
      return;
    case "matcher":
      if (!isEnd(from)) throw notAllowed("pair: not the sender's");
      if (!isMatcher(recipient)) throw notAllowed("to: no matcher outside the pair");
      return;
    case "owner":
      if (!isEnd(recipient)) throw notAllowed("to: no end of the pair");
      if (!isMatcher(from)) throw notAllowed("pair: its matcher is somebody else");
      return;
    case "opener":
      if (parties[recipient]?.roles.includes("opener") !== true) throw notAllowed("to: no opener");
      if (!isMatcher(from)) throw notAllowed("pair: its matcher is somebody else");
      return;
    case "coordinator":
      throw malformed("pair: is needed for bodies between nodes and for nothing else");
  }
}

function notAllowed(message: string): ProtocolError {
  return new ProtocolError("not-allowed", `header: ${message}`);
}

function malformed(message: string): ProtocolError {
  return new ProtocolError("malformed", `header: ${message}`);
}
