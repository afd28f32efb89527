import { chmodSync } from "node:fs";
import { join } from "node:path";
import Sqlite, { type Database } from "better-sqlite3";
import { ProtocolError } from "../../shared/base/errors.ts";
import { migrate } from "../../shared/host/migrations.ts";
import { dropLeftovers } from "./snapshots.ts";

export type { Database };

/**
 * The node's one database: rows, consent, rounds, spool and ledger, so that what belongs together commits together.
 * Deleted content is overwritten (secure_delete), and what a killed import left behind is deleted here.
 *
 * @param path a file, readable by its owner alone, or ":memory:" for a simulation
 * @throws ProtocolError "bad-input" where it cannot be opened, is not a database or was made by a newer version
 */
export function openNodeDatabase(path: string): Database {
  let db: Database | null = null;
  try {
    db = new Sqlite(path);
    if (!db.memory) chmodSync(path, 0o600);
    db.pragma("busy_timeout = 5000");
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = FULL");
    db.pragma("foreign_keys = ON");
    db.pragma("secure_delete = ON");
    migrate(db, join(import.meta.dirname, "migrations"));
    dropLeftovers(db);
    return db;
  } catch (cause) {
    db?.close();
    if (cause instanceof ProtocolError) throw cause;
    throw new ProtocolError("bad-input", `${path}: cannot be opened as the node's database`, {
      cause,
      hint: "check the folder, its permissions and the disk",
    });
  }
}
