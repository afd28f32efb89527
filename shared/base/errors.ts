/**
 * The one error that crosses a boundary. A bug is an `assert`; an expected outcome is a value; everything
 * else (hostile or broken input, an operator's slip, a party that cannot be reached) is a ProtocolError
 * with a code from this closed set. Messages are lower case, without a full stop, name the field, and never
 * hold a record, a key or a tag. `cause` is for the log and is never sent.
 */

/** What went wrong, coarsely enough to be told to a stranger. */
export type ErrorCode =
  | "malformed" // bytes that do not decode, a field of the wrong shape or size
  | "too-large" // a named limit is exceeded
  | "not-found" // no such charter, round, dataset, message
  | "not-allowed" // unknown certificate, revoked party, wrong sender
  | "wrong-phase" // a message for a phase that is over or has not begun
  | "conflict" // other bytes where some were already given, or a lost race
  | "unavailable" // a party cannot be reached, try again
  | "refused" // a policy or a charter says no
  | "disclosure" // disclosure control says no
  | "integrity" // a signature, digest, ledger or file is not what it should be
  | "expired" // an invitation, delegation, certificate or deadline is over
  | "bad-input"; // an operator's file, flag or configuration

export interface ErrorDetails {
  /** For the log only. */
  readonly cause?: unknown;
  /** What the operator can do next, ideally a command. */
  readonly hint?: string;
}

export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  readonly code: ErrorCode;
  readonly hint: string | null;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint ?? null;
  }
}

/** Stops the process on a state that only a bug can produce. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}
