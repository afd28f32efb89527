import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { ProtocolError } from "../../shared/base/errors.ts";

/**
 * `ledger.head`, beside the database and outside it: the signed number and digest of a ledger entry, so that a
 * ledger whose tail was cut off, or a database put back from a copy, is noticed. It is written before a message
 * leaves and after its entry is committed. So it may lag behind the ledger, by entries of which nothing has left;
 * it never leads.
 */
export interface HeadFile {
  /** The file's bytes, or null without a file. */
  read(): Uint8Array | null;
  /** Replaces the file in one step. @throws ProtocolError "unavailable" */
  write(bytes: Uint8Array): void;
}

export function openHeadFile(path: string): HeadFile {
  return {
    read: () => (existsSync(path) ? new Uint8Array(readFileSync(path)) : null),
    write(bytes) {
      try {
        replaceFile(path, bytes);
      } catch (cause) {
        throw new ProtocolError("unavailable", "ledger.head: cannot be written, so nothing leaves", {
          cause,
          hint: "free disk space, or give this account the right to write in the node's folder",
        });
      }
    },
  };
}

function replaceFile(path: string, bytes: Uint8Array): void {
  const draft = `${path}.new`;
  const file = openSync(draft, "w", 0o600);
  try {
    writeSync(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
  // The new name must survive a power cut too.
  const folder = openSync(dirname(path), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** For a simulation: a head that ends with the process. */
export function createMemoryHead(): HeadFile {
  let head: Uint8Array | null = null;
  return {
    read: () => head,
    write(bytes) {
      head = bytes.slice();
    },
  };
}
