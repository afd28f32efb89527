import { status, type ServiceError } from "@grpc/grpc-js";
import { ProtocolError, type ErrorCode } from "../../shared/base/errors.ts";
import type { Log } from "../../shared/host/logs.ts";

/**
 * The one place where an error becomes a gRPC status. Only ProtocolErrors' own messages travel, behind their code, so
 * that the node finds the same error again; causes and bugs stay in the log.
 */
const STATUS: Readonly<Record<ErrorCode, status>> = {
  malformed: status.INVALID_ARGUMENT,
  "too-large": status.INVALID_ARGUMENT,
  "bad-input": status.INVALID_ARGUMENT,
  integrity: status.INVALID_ARGUMENT,
  "not-found": status.NOT_FOUND,
  "not-allowed": status.PERMISSION_DENIED,
  expired: status.PERMISSION_DENIED,
  "wrong-phase": status.FAILED_PRECONDITION,
  refused: status.FAILED_PRECONDITION,
  disclosure: status.FAILED_PRECONDITION,
  conflict: status.ABORTED,
  unavailable: status.UNAVAILABLE,
};

export function errorToStatus(error: unknown, log: Log): Pick<ServiceError, "code" | "details"> {
  if (error instanceof ProtocolError) {
    log.info({ err: error }, "call refused");
    return { code: STATUS[error.code], details: `${error.code}: ${error.message}` };
  }
  if (isStorageTrouble(error)) {
    log.error({ err: error }, "call failed: the database cannot be written");
    return { code: status.UNAVAILABLE, details: "unavailable: the coordinator cannot store anything now" };
  }
  log.error({ err: error }, "call failed by a bug");
  return { code: status.INTERNAL, details: "internal error" };
}

/** A full or failing disk, or a lock held too long: it passes, and nothing was changed. */
function isStorageTrouble(error: unknown): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    typeof error.code === "string" &&
    /^SQLITE_(FULL|BUSY|IOERR|READONLY)/.test(error.code)
  );
}
