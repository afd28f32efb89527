import { chmodSync } from "node:fs";
import { join } from "node:path";
import Sqlite, { type Database } from "better-sqlite3";
import { ProtocolError } from "../../shared/base/errors.ts";
import { migrate } from "../../shared/host/migrations.ts";

export type { Database };

/**
 * The node's one database: rows, consent, rounds, spool and ledger, so that what belongs together commits together.
 * Deleted content is overwritten (secure_delete). @param path a file, or ":memory:" for a simulation
 */
export function openNodeDatabase(path: string): Database {
  let db: Database;
  try {
    db = new Sqlite(path);
    if (path !== ":memory:") chmodSync(path, 0o600);
    db.pragma("journal_mode = WAL");
  } catch (cause) {
    throw new ProtocolError("bad-input", `${path}: cannot be opened as the node's database`, {
      cause,
      hint: "check the folder, its permissions and the disk",
    });
  }
  db.pragma("synchronous = FULL");
  db.pragma("foreign_keys = ON");
  db.pragma("secure_delete = ON");
  db.pragma("busy_timeout = 5000");
  migrate(db, join(import.meta.dirname, "migrations"));
  return db;
}
