import type { Database } from "better-sqlite3";
import { ProtocolError } from "../../shared/base/errors.ts";
import type { NodeToNode } from "../../shared/protocol/messages.ts";
import type { WaitingMessage } from "../../shared/protocol/round-messages.ts";

/**
 * Rounds as rows. Every function is one statement or belongs into the caller's transaction together with the
 * gate's outbox, so that a killed node finds state and what it said in step.
 */
export const ATTEMPT_STATES = [
  "answered", // preflight answered
  "keyed", // Keys sent
  "matching", // entries verified, lists go out and result halves come in
  "shared", // shares sent
  "contributing", // learning: the cohort is known, this node passes over its rows
  "input", // masked input sent
  "agreed", // agreement signed: never another cohort in this attempt
  "revealed", // unmask answer sent
  "stepped", // learning: this step is over, the next attempt is the next step
  "listing", // released; own-side lists come in and go out
  "released",
  "refused",
  "aborted",
] as const;
export type AttemptState = (typeof ATTEMPT_STATES)[number];

export function isOver(state: AttemptState): boolean {
  return state === "released" || state === "refused" || state === "aborted" || state === "stepped";
}

export interface AttemptRow {
  readonly round: Uint8Array;
  readonly attempt: number;
  readonly charter: Uint8Array;
  readonly matchAttempt: number;
  readonly state: AttemptState;
  readonly reason: string | null;
  readonly startedMs: number;
  readonly deadlineMs: number;
  readonly snapshot: number | null;
  readonly commitment: Uint8Array | null;
  readonly job: Uint8Array | null;
  readonly entries: Uint8Array | null;
  readonly inputs: Uint8Array | null;
  /** Learning: the state of this step; see round/learning-state.ts. */
  readonly model: Uint8Array | null;
  readonly version: number;
}

export type AttemptChange = Partial<Pick<AttemptRow, "state" | "reason" | "deadlineMs" | "job" | "entries" | "inputs">>;

export interface WaitingRow extends Omit<WaitingMessage, "type" | "from"> {
  readonly type: NodeToNode;
  readonly sender: number;
}

const ATTEMPT_COLUMNS = `round, attempt, charter, match_attempt AS matchAttempt, state, reason,
  started_ms AS startedMs, deadline_ms AS deadlineMs, snapshot, commitment, job, entries, inputs, model, version`;

export type RoundStore = ReturnType<typeof createRoundStore>;

export function createRoundStore(db: Database) {
  const one = db.prepare<[Uint8Array, number], AttemptRow>(
    `SELECT ${ATTEMPT_COLUMNS} FROM attempts WHERE round = ? AND attempt = ?`,
  );
  const open = db.prepare<[], AttemptRow>(
    `SELECT ${ATTEMPT_COLUMNS} FROM attempts WHERE state NOT IN ('released', 'refused', 'aborted', 'stepped') ORDER BY started_ms, attempt`,
  );
  const all = db.prepare<[], AttemptRow>(`SELECT ${ATTEMPT_COLUMNS} FROM attempts ORDER BY started_ms, attempt`);
  const cursor = db.prepare<[], number>("SELECT number FROM notice_cursor").pluck();
  const moveCursor = db.prepare<[number, number]>("UPDATE notice_cursor SET number = ? WHERE number = ?");
  const insert = db.prepare(
    `INSERT INTO attempts (round, attempt, charter, match_attempt, state, started_ms, deadline_ms, snapshot, commitment, model)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const update = db.prepare(
    `UPDATE attempts SET state = ?, reason = ?, deadline_ms = ?, job = ?, entries = ?, inputs = ?, version = version + 1
     WHERE round = ? AND attempt = ? AND version = ?`,
  );
  const putSecret = db.prepare("INSERT INTO round_secrets (round, attempt, name, wrapped) VALUES (?, ?, ?, ?)");
  const getSecret = db
    .prepare<[Uint8Array, number, string], Buffer>(
      "SELECT wrapped FROM round_secrets WHERE round = ? AND attempt = ? AND name = ?",
    )
    .pluck();
  const secretNames = db
    .prepare<[Uint8Array, number, string], string>(
      "SELECT name FROM round_secrets WHERE round = ? AND attempt = ? AND name LIKE ?",
    )
    .pluck();
  const dropSecrets = db.prepare("DELETE FROM round_secrets WHERE round = ?");
  const dropAttemptSecrets = db.prepare("DELETE FROM round_secrets WHERE round = ? AND attempt = ?");
  const dropSecretsBut = db.prepare("DELETE FROM round_secrets WHERE round = ? AND attempt = ? AND name NOT LIKE ?");
  const addWaiting = db.prepare(
    `INSERT OR IGNORE INTO waiting (message_id, round, attempt, type, sender, pair_left, pair_right, size_bytes, sha256)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const listWaiting = db.prepare<[Uint8Array, number, string], Record<string, never>>(
    `SELECT message_id AS messageId, type, sender, pair_left AS "left", pair_right AS "right", size_bytes AS sizeBytes, sha256
     FROM waiting WHERE round = ? AND attempt = ? AND type = ? AND taken = 0 ORDER BY rowid`,
  );
  const take = db.prepare("UPDATE waiting SET taken = 1 WHERE message_id = ? AND taken = 0");
  const dropWaiting = db.prepare("DELETE FROM waiting WHERE round = ?");
  const askedSets = db
    .prepare<[Uint8Array], string>("SELECT members FROM questions WHERE question = ? ORDER BY signed_ms, rowid")
    .pluck();
  const addQuestion = db.prepare("INSERT OR IGNORE INTO questions (question, members, signed_ms) VALUES (?, ?, ?)");
  const addResult = db.prepare("INSERT OR IGNORE INTO results (round, charter, body, at_ms) VALUES (?, ?, ?, ?)");
  const result = db.prepare<[Uint8Array], Buffer>("SELECT body FROM results WHERE round = ?").pluck();
  const roundsOfCharter = db.prepare<[Uint8Array, Uint8Array], { startedMs: number }>(
    `SELECT min(started_ms) AS startedMs FROM attempts WHERE charter = ? AND round <> ? AND job IS NOT NULL GROUP BY round ORDER BY 1`,
  );

  const startsSince = db
    .prepare<[number, Uint8Array], number>(
      "SELECT count(DISTINCT round) FROM attempts WHERE job IS NOT NULL AND started_ms > ? AND round <> ?",
    )
    .pluck();

  return {
    transaction: <T>(work: () => T): T => db.transaction(work).immediate(),
    attempt: (round: Uint8Array, attempt: number): AttemptRow | null => one.get(round, attempt) ?? null,
    openAttempts: (): AttemptRow[] => open.all(),
    attempts: (): AttemptRow[] => all.all(),

    cursor: (): number => cursor.get() ?? 0,
    /** Only to the next number: a notice is handled once, in order. */
    moveCursor(number: number): void {
      if (moveCursor.run(number, number - 1).changes !== 1) {
        throw new ProtocolError("conflict", "notice: number is not the next one");
      }
    },

    begin(row: {
      round: Uint8Array;
      attempt: number;
      charter: Uint8Array;
      matchAttempt: number;
      startedMs: number;
      deadlineMs: number;
      snapshot: number | null;
      commitment: Uint8Array | null;
      model: Uint8Array | null;
    }): void {
      insert.run(
        row.round,
        row.attempt,
        row.charter,
        row.matchAttempt,
        "answered",
        row.startedMs,
        row.deadlineMs,
        row.snapshot,
        row.commitment,
        row.model,
      );
    },
    /** Compare-and-swap: throws if someone moved the attempt since `row` was read, so that nothing is said twice. */
    move(row: AttemptRow, change: AttemptChange): void {
      const next = { ...row, ...change };
      const { changes } = update.run(
        next.state,
        next.reason,
        next.deadlineMs,
        next.job,
        next.entries,
        next.inputs,
        row.round,
        row.attempt,
        row.version,
      );
      if (changes !== 1) throw new ProtocolError("conflict", "round: moved meanwhile");
    },

    putSecret: (round: Uint8Array, attempt: number, name: string, wrapped: Uint8Array) =>
      putSecret.run(round, attempt, name, wrapped),
    secret: (round: Uint8Array, attempt: number, name: string): Uint8Array | null =>
      getSecret.get(round, attempt, name) ?? null,
    secretNames: (round: Uint8Array, attempt: number, prefix: string): string[] =>
      secretNames.all(round, attempt, `${prefix}%`),
    dropSecrets: (round: Uint8Array) => dropSecrets.run(round),
    dropAttemptSecrets: (round: Uint8Array, attempt: number) => dropAttemptSecrets.run(round, attempt),
    dropSecretsBut: (round: Uint8Array, attempt: number, prefix: string) =>
      dropSecretsBut.run(round, attempt, `${prefix}%`),

    addWaiting(round: Uint8Array, attempt: number, sender: number, message: WaitingMessage): void {
      const [left, right] = message.pair;
      addWaiting.run(
        message.messageId,
        round,
        attempt,
        message.type,
        sender,
        left,
        right,
        message.sizeBytes,
        message.sha256,
      );
    },
    waiting(round: Uint8Array, attempt: number, type: NodeToNode): WaitingRow[] {
      return (listWaiting.all(round, attempt, type) as unknown as (WaitingRow & { left: number; right: number })[]).map(
        ({ left, right, ...row }) => ({ ...row, pair: [left, right] }),
      );
    },
    take: (messageId: Uint8Array) => take.run(messageId),
    dropWaiting: (round: Uint8Array) => dropWaiting.run(round),

    /** The sets of party identifiers signed for so far, oldest first. */
    signedSets: (question: Uint8Array): string[][] => askedSets.all(question).map((members) => members.split(" ")),
    addSignedSet: (question: Uint8Array, members: readonly string[], nowMs: number) =>
      addQuestion.run(question, members.join(" "), nowMs),

    addResult: (round: Uint8Array, charter: Uint8Array, body: Uint8Array, nowMs: number) =>
      addResult.run(round, charter, body, nowMs),
    result: (round: Uint8Array): Uint8Array | null => result.get(round) ?? null,
    /** How many rounds other than this one reached Keys and began after a moment, under any charter. */
    roundsSince: (ms: number, but: Uint8Array): number => startsSince.get(ms, but) ?? 0,
    /** When each other round of a charter that reached Keys began, oldest first. */
    startsUnder: (charter: Uint8Array, but: Uint8Array): number[] =>
      roundsOfCharter.all(charter, but).map(({ startedMs }) => startedMs),
  };
}
