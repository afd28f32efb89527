import type { Database } from "better-sqlite3";

/**
 * Who waits for a change, and one look every few milliseconds for all of them together. SQLite tells nobody: this
 * connection's own writes show in total_changes(), those of other processes (a command beside `serve`) in data_version.
 */
const LOOK_EVERY_MS = 50;

export function createChanges(db: Database) {
  const others = db.prepare<[], number>("PRAGMA data_version").pluck();
  const own = db.prepare<[], number>("SELECT total_changes()").pluck();
  const waiting = new Map<() => void, string>();
  let timer: NodeJS.Timeout | null = null;
  let isLookDue = false;

  const revision = () => `${others.get()!}/${own.get()!}`;

  function look(): void {
    isLookDue = false;
    const now = db.open ? revision() : null;
    for (const [wake, since] of waiting) if (since !== now) wake();
  }

  return {
    revision,
    changed: (since: string, signal: AbortSignal): Promise<void> =>
      new Promise((resolve) => {
        const wake = () => {
          waiting.delete(wake);
          signal.removeEventListener("abort", wake);
          if (waiting.size === 0 && timer !== null) {
            clearInterval(timer);
            timer = null;
          }
          resolve();
        };
        waiting.set(wake, since);
        timer ??= setInterval(look, LOOK_EVERY_MS);
        signal.addEventListener("abort", wake);
        // What changed since the caller read is not waited for.
        if (signal.aborted || !db.open || revision() !== since) wake();
      }),
    /** A notice was written here: look as soon as the transaction is over, without waiting for the next turn. */
    lookSoon: (): void => {
      if (isLookDue || waiting.size === 0) return;
      isLookDue = true;
      setImmediate(look);
    },
  };
}
