import { chmodSync } from "node:fs";
import Sqlite from "better-sqlite3";
import { ProtocolError } from "../../../shared/base/errors.ts";

/**
 * One import at a time: each begins by dropping what an earlier one left unfinished, which must not be another's work
 * under way. The lock is SQLite's on a file of its own, so that a killed import leaves none behind.
 * @throws ProtocolError "conflict" while another import runs
 */
export function openImportLock(path: string): { release(): void } {
  const lock = new Sqlite(path, { timeout: 0 });
  chmodSync(path, 0o600);
  try {
    lock.exec("BEGIN EXCLUSIVE");
  } catch (cause) {
    lock.close();
    throw new ProtocolError("conflict", "another import into this node is running", {
      cause,
      hint: "wait for its end, then import again",
    });
  }
  return {
    release: () => void lock.close(),
  };
}
