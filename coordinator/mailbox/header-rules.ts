import { ProtocolError } from "../../shared/base/errors.ts";
import { MAX_ATTEMPTS, MAX_LIST_BODY_BYTES, MAX_PARTIES, MAX_SMALL_BODY_BYTES } from "../../shared/base/limits.ts";
import { isMessageType, MESSAGES } from "../../shared/protocol/messages.ts";
import { COORDINATOR, type PostHeader } from "../../shared/protocol/relay.ts";

/** What a header must be before a byte of its body is taken. @throws ProtocolError naming the field */
export function checkHeader(header: PostHeader): void {
  const { messageId, type, round, attempt, to, pair, sizeBytes, sha256 } = header;
  if (messageId.length !== 16) throw malformed("message_id: expected 16 bytes");
  if (sha256.length !== 32) throw malformed("sha256: expected 32 bytes");
  if (!isMessageType(type) || type === "enrolment") throw malformed("type: not one of the list");
  if (round !== null && round.length !== 16) throw malformed("round: expected 16 bytes");
  if ((round === null) !== (type === "decision")) throw malformed("round: is needed for everything but a decision");
  if (!Number.isInteger(attempt) || attempt < 0 || attempt > MAX_ATTEMPTS) throw malformed("attempt: out of range");
  const isDirect = MESSAGES[type].recipient === "coordinator";
  if (isDirect !== (to === COORDINATOR)) throw malformed("to: not a recipient of this type");
  if (isDirect !== (pair === null)) throw malformed("pair: is needed for bodies between nodes and for nothing else");
  if (pair?.some((position) => !Number.isInteger(position) || position < 0 || position >= MAX_PARTIES) === true) {
    throw malformed("pair: out of range");
  }
  const most = type === "list" ? MAX_LIST_BODY_BYTES : MAX_SMALL_BODY_BYTES;
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 1 || sizeBytes > most) {
    throw new ProtocolError("too-large", `header: size_bytes: expected 1 to ${most}`);
  }
}

function malformed(message: string): ProtocolError {
  return new ProtocolError("malformed", `header: ${message}`);
}
