import { isEqualBytes } from "../../shared/base/bytes.ts";
import type { PostHeader } from "../../shared/protocol/relay.ts";

/** Whether two headers, from whoever, announce the same message in every field. */
export function isSameHeader(a: PostHeader, b: PostHeader): boolean {
  return (
    isEqualBytes(a.messageId, b.messageId) &&
    isEqualBytes(a.sha256, b.sha256) &&
    a.sizeBytes === b.sizeBytes &&
    isSameRoute(a, b)
  );
}

/** Whether two messages of one sender compete for one place: of each kind one goes from one party to another in an attempt. */
export function isSameRoute(a: PostHeader, b: PostHeader): boolean {
  const isSameRound = a.round === null || b.round === null ? a.round === b.round : isEqualBytes(a.round, b.round);
  return (
    isSameRound && a.attempt === b.attempt && a.type === b.type && a.to === b.to && String(a.pair) === String(b.pair)
  );
}
