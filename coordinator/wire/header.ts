import { ProtocolError } from "../../shared/base/errors.ts";
import { isMessageType } from "../../shared/protocol/messages.ts";
import type { PostHeader } from "../../shared/protocol/relay.ts";
import type { Header__Output } from "../../proto/generated/portmoot/v1/Header.ts";

/** gRPC types stop here. Field rules are coordinator/mailbox/header-rules.ts. */
export function headerFromWire(header: Header__Output): PostHeader {
  if (!isMessageType(header.type)) throw new ProtocolError("malformed", "header: type: not one of the list");
  return {
    messageId: header.messageId,
    type: header.type,
    round: header.round.length === 0 ? null : header.round,
    attempt: header.attempt,
    to: header.to,
    pair: header.pair === null ? null : [header.pair.left, header.pair.right],
    sizeBytes: header.sizeBytes,
    sha256: header.sha256,
  };
}
