import type { Database } from "better-sqlite3";
import type { Pair } from "../../shared/protocol/job.ts";

/**
 * Own-side lists as rows. Each that a release promises stands there as `missing` until it comes: `here`, or `refused`
 * where what the matcher sent was no list of this node's rows. Every statement belongs into the caller's transaction.
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
  const expectList = db.prepare(
    `INSERT OR IGNORE INTO own_side_lists (round, pair_left, pair_right, charter, partner, state, at_ms, keep_until_ms)
     VALUES (?, ?, ?, ?, ?, 'missing', ?, ?)`,
  );
  const settleList = db.prepare(
    `UPDATE own_side_lists SET state = ?, at_ms = ?
     WHERE round = ? AND pair_left = ? AND pair_right = ? AND state = 'missing'`,
  );
  const addRow = db.prepare(
    "INSERT INTO own_side_rows (round, pair_left, pair_right, row, reference, key) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const columns = `round, charter, pair_left AS "left", pair_right AS "right", partner, state, at_ms AS atMs,
    keep_until_ms AS keepUntilMs`;
  const lists = db.prepare<[], Stored>(`SELECT ${columns} FROM own_side_lists ORDER BY at_ms, pair_left, pair_right`);
  const missing = db.prepare<[Uint8Array], number>(
    "SELECT 1 FROM own_side_lists WHERE round = ? AND state = 'missing' LIMIT 1",
  );
  const rows = db.prepare<[Uint8Array, number, number], OwnSideRow>(
    `SELECT row, reference, key FROM own_side_rows WHERE round = ? AND pair_left = ? AND pair_right = ? ORDER BY row`,
  );
  const expired = db.prepare<[number], number>("SELECT 1 FROM own_side_lists WHERE keep_until_ms < ? LIMIT 1");
  const drop = db.prepare("DELETE FROM own_side_lists WHERE keep_until_ms < ?");

  return {
    expect(list: Omit<OwnSideList, "state">): void {
      const { round, pair, charter, partner, atMs, keepUntilMs } = list;
      expectList.run(round, ...pair, charter, partner, atMs, keepUntilMs);
    },
    /** Once; of a list that was not expected nothing is kept. */
    settle(
      { round, pair, state, atMs }: Pick<OwnSideList, "round" | "pair" | "atMs"> & { state: "here" | "refused" },
      matched: Iterable<OwnSideRow>,
    ): void {
      if (settleList.run(state, atMs, round, ...pair).changes === 0) return;
      for (const { row, reference, key } of matched) addRow.run(round, ...pair, row, reference, key);
    },
    hasMissing: (round: Uint8Array): boolean => missing.get(round) !== undefined,
    lists: (): OwnSideList[] => lists.all().map(({ left, right, ...list }) => ({ ...list, pair: [left, right] })),
    rows: (round: Uint8Array, pair: Pair): OwnSideRow[] => rows.all(round, ...pair),
    /** Retention: what was to be kept until before now goes. @returns how many lists went */
    dropExpired: (nowMs: number): number => (expired.get(nowMs) === undefined ? 0 : drop.run(nowMs).changes),
  };
}
