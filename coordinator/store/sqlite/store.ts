import { chmodSync } from "node:fs";
import { join } from "node:path";
import Sqlite, { type Database } from "better-sqlite3";
import { migrate } from "../../../shared/host/migrations.ts";
import type { Store, StoreSigner } from "../store.ts";
import { createMessages } from "./messages.ts";
import { createNotices } from "./notices.ts";
import { createParties } from "./parties.ts";
import { createRoundStore } from "./rounds.ts";

/** How soon a change by another process (a command beside `serve`) is noticed. */
const LOOK_EVERY_MS = 50;
/** A change between a look-up and the wait for the next would be missed: so no wait is longer than this. */
const LOOK_ANYWAY_MS = 500;

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

  const notices = createNotices(db, signer);
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
    /* eslint-enable @typescript-eslint/require-await */
    changed: (signal) => changed(db, signal),
    close: () => db.close(),
  };
}

/** Looks every few milliseconds whether this connection or another wrote: `data_version` tells of the others. */
function changed(db: Database, signal: AbortSignal): Promise<void> {
  const state = () => `${String(db.pragma("data_version", { simple: true }))}/${totalChanges(db)}`;
  const before = state();
  let looks = 0;
  return new Promise((resolve) => {
    const end = () => {
      clearInterval(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setInterval(() => {
      if (!db.open || ++looks * LOOK_EVERY_MS >= LOOK_ANYWAY_MS || state() !== before) end();
    }, LOOK_EVERY_MS);
    if (signal.aborted) end();
    else signal.addEventListener("abort", end);
  });
}

function totalChanges(db: Database): number {
  return db.prepare<[], number>("SELECT total_changes()").pluck().get() ?? 0;
}
