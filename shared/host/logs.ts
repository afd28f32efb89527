import { pino, type DestinationStream } from "pino";

/** `message` is a constant sentence; what varies stands in `fields`. */
export interface Log {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/**
 * Structured logs without people in them. What may pass is said, not what may not: a field passes by its name and
 * only in the shape that such a value has; bytes, objects and lists never do; a message passes only as a constant
 * sentence in lower case, so nothing can be pasted into it; an error passes by kind, code and place, and with its
 * message only where it is a ProtocolError, whose messages never hold a record, a key or a tag.
 */
const IDENTIFIER = /^[a-z][A-Za-z0-9]*([.-][a-z0-9][A-Za-z0-9]*)*$/;
const SENTENCE = /^[a-z][a-z ,;:'()-]*$/;

const TEXT_FIELDS: Readonly<Record<string, readonly RegExp[]>> = {
  type: [IDENTIFIER],
  state: [IDENTIFIER],
  event: [IDENTIFIER],
  code: [IDENTIFIER],
  party: [IDENTIFIER],
  version: [/^\d+(\.\d+)*$/],
  rule: [IDENTIFIER, SENTENCE],
  address: [/^(\[[0-9a-f:]+\]|[a-z0-9.-]+):\d{1,5}$/],
};

const NUMBER_FIELDS: ReadonlySet<string> = new Set([
  "attempt",
  "failures",
  "maximumRounds",
  "uniquePercent",
  "minimumDaysBetweenRounds",
  "port",
  "number",
  "ms",
  "bytes",
  "version",
]);

/** Whatever the field: a key, a tag, a National Insurance number, a long number are nobody's state, type or rule. */
const SECRET_LIKE = [/[0-9a-f]{16}/i, /(?=[\w-]*[A-Z])(?=[\w-]*\d)[\w-]{40}/, /[a-z]{2}\d{6}/i, /\d{7}/];

const ERROR_CODE = /^([a-z-]{1,40}|E[A-Z0-9]{2,20}|[A-Z]{2,20}(_[A-Z0-9]{1,20}){1,6})$/;

const REDACTED = "[redacted]";
const MAX_TEXT_CHARACTERS = 120;

export function createLog(program: string, destination: DestinationStream, level = "info"): Log {
  const log = pino(
    {
      level,
      base: { program },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // An error is described here; pino's own description would write its message and fields.
      serializers: { err: (error: unknown) => error },
    },
    destination,
  );
  return {
    info(fields, message) {
      log.info(redact(fields), sentence(message));
    },
    warn(fields, message) {
      log.warn(redact(fields), sentence(message));
    },
    error(fields, message) {
      log.error(redact(fields), sentence(message));
    },
  };
}

function sentence(message: string): string {
  return isShape(message, [SENTENCE]) ? message : REDACTED;
}

function redact(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      isShape(name, [IDENTIFIER]) ? name : REDACTED,
      name === "err" ? describeError(value) : pass(name, value),
    ]),
  );
}

function pass(name: string, value: unknown): unknown {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "number") return NUMBER_FIELDS.has(name) ? value : REDACTED;
  if (typeof value !== "string") return REDACTED;
  // A round is told by its first eight digits: enough to follow it, too few to be a tag.
  if (name === "round") return /^[0-9a-f]{32}$/.test(value) ? value.slice(0, 8) : REDACTED;
  const shapes = Object.hasOwn(TEXT_FIELDS, name) ? TEXT_FIELDS[name] : undefined;
  return shapes !== undefined && isShape(value, shapes) ? value : REDACTED;
}

function isShape(text: string, shapes: readonly RegExp[]): boolean {
  return (
    text.length <= MAX_TEXT_CHARACTERS &&
    shapes.some((shape) => shape.test(text)) &&
    !SECRET_LIKE.some((shape) => shape.test(text))
  );
}

/** Causes are kept by kind alone: a library's own message may quote what it could not read. */
function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { kind: typeof error };
  const code: unknown = "code" in error ? error.code : undefined;
  return {
    kind: /^[A-Z][A-Za-z0-9]{0,40}(Error|Exception)$|^Error$/.test(error.name) ? error.name : REDACTED,
    // Ours, the operating system's (ENOENT), a library's (SQLITE_FULL, ERR_TLS_…), gRPC's (a number).
    ...(typeof code === "number" || (typeof code === "string" && ERROR_CODE.test(code)) ? { code } : {}),
    message: error.name === "ProtocolError" ? withoutSecrets(error.message) : REDACTED,
    at: places(error),
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  };
}

function withoutSecrets(message: string): string {
  const words = message.split(/(\s+)/).map((word) => (SECRET_LIKE.some((shape) => shape.test(word)) ? REDACTED : word));
  return words.join("").slice(0, 500);
}

/** File and line of the first frames, without the machine's folders; the lines of the message are not frames. */
function places(error: Error): string[] {
  return (error.stack ?? "")
    .split("\n")
    .map((line) => /^\s+at .*?([^/\\() ]+:\d+:\d+)\)?$/.exec(line)?.[1])
    .filter((place) => place !== undefined)
    .slice(0, 5);
}
