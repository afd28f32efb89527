import type { z } from "zod";
import { ProtocolError, type ErrorCode } from "./errors.ts";

/**
 * Parses an attacker-controlled value or an operator's document by a zod schema.
 * @throws ProtocolError `code`, naming the first field that is wrong and what was expected, never its content.
 */
export function parseShape<T>(schema: z.ZodType<T>, value: unknown, what: string, code: ErrorCode = "malformed"): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue === undefined ? "" : issue.path.map(String).join(".");
  const message = issue === undefined ? "not valid" : issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
  throw new ProtocolError(code, `${what}: ${path === "" ? "" : `${path}: `}${message}`, { cause: result.error });
}
