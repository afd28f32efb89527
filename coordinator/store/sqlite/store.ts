import { chmodSync } from "node:fs";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { migrate } from "../../../shared/host/migrations.ts";
import type { Store, StoreSigner } from "../store.ts";
import { createChanges } from "./changes.ts";
import { createMessages } from "./messages.ts";
import { createNotices } from "./notices.ts";
import { createParties } from "./parties.ts";
import { createRoundStore } from "./rounds.ts";

/** Opens the coordinator's database. @param path a file, or ":memory:" for a simulation */
export function openStore(path: string, signer: StoreSigner): Store {
  const db = new Sqlite(path);
  if (path !== ":memory:") chmodSync(path, 0o600);
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.pragma("foreign_keys = ON");
  db.pragma("secure_delete = ON");
  db.pragma("busy_timeout = 5000");
  migrate(db, join(import.meta.dirname, "..", "migrations"));

  const changes = createChanges(db);
  const notices = createNotices(db, signer, changes.lookSoon);
  const { operations, dropRound } = createMessages(db, notices.append);
  const rounds = createRoundStore(db, {
    appendNotice: ({ to, type, body, round, attempt }) => {
      notices.append({ to, type, body, round, attempt });
    },
    dropMessages: dropRound,
  });
  const appendNotice = db.transaction(notices.append);

  return {
    rounds,
    ...createParties(db, signer, notices.append),
    ...operations,
    /* eslint-disable @typescript-eslint/require-await -- SQLite answers at once; the interface allows a store that does not */
    async appendNotice(notice) {
      appendNotice.immediate(notice);
    },
    async noticesAfter(recipient, after, limit) {
      return notices.after(recipient, after, limit);
    },
    async revision() {
      return changes.revision();
    },
    /* eslint-enable @typescript-eslint/require-await */
    changed: changes.changed,
    close: () => db.close(),
  };
}
