import { chmodSync, closeSync, openSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { ProtocolError } from "../../../shared/base/errors.ts";

/**
 * Rows and fields that could not be read: line, field and reason, one CSV row each, in a file of the borough's own that
 * its owner alone can read. It never holds what stood in the field. The file takes its place only when the import is
 * done: until then, the one of the import before stays.
 */
export interface Rejects {
  /** @param field empty for a whole row */
  add(line: number, field: string, reason: string): void;
  readonly count: number;
  /** The import is done: the list takes its place. */
  keep(): void;
  /** The import failed: as if it had not begun. Nothing after `keep`. */
  discard(): void;
}

const BUFFER_CHARACTERS = 64 * 1024;

/** @throws ProtocolError "bad-input" where the file cannot be made */
export function openRejects(path: string): Rejects {
  // A device or pipe (/dev/stderr) is written to as it is; only a file can be replaced.
  const isReplaced = isFileOrNothing(path);
  const written = isReplaced ? `${path}.part` : path;
  let file: number | null;
  try {
    file = openSync(written, "w", 0o600);
    if (isReplaced) chmodSync(written, 0o600);
  } catch (cause) {
    throw new ProtocolError("bad-input", `${path}: the rejects file cannot be made`, {
      cause,
      hint: "name another with --rejects",
    });
  }
  let buffered = "line,field,reason\n";
  let count = 0;
  const flush = () => {
    if (file !== null) writeSync(file, buffered);
    buffered = "";
  };
  const close = () => {
    if (file !== null) closeSync(file);
    file = null;
  };
  return {
    add(line, field, reason) {
      count++;
      buffered += `${line},${quote(field)},${quote(reason)}\n`;
      if (buffered.length > BUFFER_CHARACTERS) flush();
    },
    get count() {
      return count;
    },
    keep() {
      flush();
      close();
      if (isReplaced) renameSync(written, path);
    },
    discard() {
      if (file === null) return;
      close();
      if (isReplaced) rmSync(written, { force: true });
    },
  };
}

function isFileOrNothing(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? true;
}

function quote(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
