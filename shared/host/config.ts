import { readFileSync, statSync } from "node:fs";
import { parseDocument } from "yaml";
import type { z } from "zod";
import { ProtocolError } from "../base/errors.ts";
import { MAX_DOCUMENT_BYTES } from "../base/limits.ts";
import { parseShape } from "../base/shape.ts";

/**
 * One validated configuration file per program; secrets come by environment. This file is the only reader of the
 * environment.
 * @throws ProtocolError "bad-input" naming file, key and what was expected
 */
export function readConfig<T>(file: string, schema: z.ZodType<T>): T {
  const document = parseDocument(readDocument(file), { uniqueKeys: true });
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) {
    throw new ProtocolError("bad-input", `${file}: not valid YAML at line ${problem.linePos?.[0].line ?? 1}`, {
      cause: problem,
    });
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 0 });
  } catch (cause) {
    throw new ProtocolError("bad-input", `${file}: aliases (*name) are not allowed`, { cause });
  }
  return parseShape(schema, value, file, "bad-input");
}

/** A small text document of an operator. */
export function readDocument(file: string): string {
  let size: number;
  try {
    const stat = statSync(file);
    if (!stat.isFile()) throw new ProtocolError("bad-input", `${file}: expected a file, found a directory or device`);
    size = stat.size;
  } catch (cause) {
    if (cause instanceof ProtocolError) throw cause;
    throw new ProtocolError("bad-input", `${file}: cannot be read`, {
      cause,
      hint: "check the path and its permissions",
    });
  }
  if (size > MAX_DOCUMENT_BYTES)
    throw new ProtocolError("too-large", `${file}: larger than ${MAX_DOCUMENT_BYTES} bytes`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
  } catch (cause) {
    throw new ProtocolError("bad-input", `${file}: not UTF-8 text`, { cause });
  }
}

/** A secret from the environment, or null where it is not set. */
export function secretFromEnvironment(name: `PORTMOOT_${string}`): string | null {
  const value = process.env[name];
  return value === undefined || value === "" ? null : value;
}
