import { pino, type DestinationStream, type Logger } from "pino";

export type Log = Logger;

/**
 * Structured logs without people in them. Redaction is by construction rather than by hope: of what is logged, only
 * the fields named here pass; bytes never do; an error passes with its code, message and stack, whose messages
 * never hold a record, a key or a tag (shared/base/errors.ts).
 */
const PASSING_FIELDS: ReadonlySet<string> = new Set([
  "type",
  "state",
  "party",
  "rule",
  "round",
  "attempt",
  "failures",
  "maximumRounds",
  "minimumDaysBetweenRounds",
  "event",
  "port",
  "code",
  "number",
  "ms",
  "bytes",
  "rows",
  "version",
  "address",
]);

const REDACTED = "[redacted]";
/** Longer texts are nobody's state, type or rule. */
const MAX_TEXT_CHARACTERS = 200;

export function createLog(program: string, destination: DestinationStream, level = "info"): Log {
  return pino(
    {
      level,
      base: { program },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: (fields) => redact(fields) },
    },
    destination,
  );
}

function redact(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      name === "err" ? describeError(value) : PASSING_FIELDS.has(name) && isPlain(value) ? value : REDACTED,
    ]),
  );
}

function isPlain(value: unknown): boolean {
  if (typeof value === "string") return value.length <= MAX_TEXT_CHARACTERS;
  return typeof value === "number" || typeof value === "boolean" || value === null;
}

/** Causes are kept by kind alone: a library's own message may quote what it could not read. */
function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { kind: typeof error };
  const code: unknown = "code" in error ? error.code : undefined;
  const known = error.name === "ProtocolError";
  return {
    kind: error.name,
    ...(typeof code === "string" || typeof code === "number" ? { code } : {}),
    message: known ? error.message : REDACTED,
    at: error.stack?.split("\n").slice(1, 6).map((line) => line.trim().replace(/\(?(file:\/\/)?\/.*\/(?=[^/]+$)/, "(")),
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  };
}
