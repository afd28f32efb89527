import type { Database } from "better-sqlite3";
import type { NoticeDraftRow, NoticeRow, StoreSigner } from "../store.ts";

/** Notices, numbered 1, 2, 3 … per recipient and signed as they are numbered. Called inside a transaction. */
export function createNotices(db: Database, signer: StoreSigner, appended: () => void) {
  const last = db.prepare<[string], number>("SELECT coalesce(max(number), 0) FROM notices WHERE recipient = ?").pluck();
  const insert = db.prepare(
    "INSERT INTO notices (recipient, number, type, round, attempt, body, signature) VALUES (?, ?, ?, ?, ?, ?, ?)",
  );
  const after = db.prepare<[string, number, number], NoticeRow>(
    `SELECT number, type, round, attempt, body, signature FROM notices
     WHERE recipient = ? AND number > ? ORDER BY number LIMIT ?`,
  );
  return {
    append: ({ to, type, round, attempt, body }: NoticeDraftRow): void => {
      const number = (last.get(to) ?? 0) + 1;
      const signature = signer.notice(to, { number, type, round, attempt, body });
      insert.run(to, number, type, round, attempt, body, signature);
      appended();
    },
    after: (recipient: string, number: number, limit: number): NoticeRow[] => after.all(recipient, number, limit),
  };
}
