import type { Database } from "better-sqlite3";
import type { Pair } from "../../shared/protocol/job.ts";

/**
 * Own-side lists as rows. `refused`: what the matcher sent was no list of this node's rows; `missing`: nothing came in
 * time. Every statement belongs into the caller's transaction.
 */
export interface OwnSideList {
  readonly round: Uint8Array;
  readonly charter: Uint8Array;
  readonly pair: Pair;
  readonly partner: string;
  readonly state: "here" | "refused" | "missing";
  readonly atMs: number;
  readonly keepUntilMs: number;
}

export interface OwnSideRow {
  readonly row: number;
  readonly reference: string | null;
  readonly key: string;
}

interface Stored extends Omit<OwnSideList, "pair"> {
  readonly left: number;
  readonly right: number;
}

export type OwnSideStore = ReturnType<typeof createOwnSideStore>;

export function createOwnSideStore(db: Database) {
  const addList = db.prepare(
    `INSERT OR IGNORE INTO own_side_lists (round, pair_left, pair_right, charter, partner, state, at_ms, keep_until_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const addRow = db.prepare(
    "INSERT INTO own_side_rows (round, pair_left, pair_right, row, reference, key) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const columns = `round, charter, pair_left AS "left", pair_right AS "right", partner, state, at_ms AS atMs,
    keep_until_ms AS keepUntilMs`;
  const lists = db.prepare<[], Stored>(`SELECT ${columns} FROM own_side_lists ORDER BY at_ms, pair_left, pair_right`);
  const one = db.prepare<[Uint8Array, number, number], number>(
    "SELECT 1 FROM own_side_lists WHERE round = ? AND pair_left = ? AND pair_right = ?",
  );
  const rows = db.prepare<[Uint8Array, number, number], OwnSideRow>(
    `SELECT row, reference, key FROM own_side_rows WHERE round = ? AND pair_left = ? AND pair_right = ? ORDER BY row`,
  );
  const drop = db.prepare("DELETE FROM own_side_lists WHERE keep_until_ms < ?");

  return {
    add(list: OwnSideList, matched: Iterable<OwnSideRow>): void {
      const { round, pair, charter, partner, state, atMs, keepUntilMs } = list;
      if (addList.run(round, ...pair, charter, partner, state, atMs, keepUntilMs).changes === 0) return;
      for (const { row, reference, key } of matched) addRow.run(round, ...pair, row, reference, key);
    },
    has: (round: Uint8Array, pair: Pair): boolean => one.get(round, ...pair) !== undefined,
    lists: (): OwnSideList[] => lists.all().map(({ left, right, ...list }) => ({ ...list, pair: [left, right] })),
    rows: (round: Uint8Array, pair: Pair): OwnSideRow[] => rows.all(round, ...pair),
    /** Retention: what was to be kept until before now goes. @returns how many lists went */
    dropExpired: (nowMs: number): number => drop.run(nowMs).changes,
  };
}
