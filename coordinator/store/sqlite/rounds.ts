import type { Database } from "better-sqlite3";
import type { NoticeDraft, RoundRow, RoundState, Transition } from "../../rounds/round-row.ts";
import { isFinal } from "../../rounds/round-row.ts";

/** Rounds in SQLite: whole operations, each one transaction. */
export interface RoundEvent {
  readonly atMs: number;
  readonly state: RoundState;
  readonly detail: string;
}

export interface RoundStore {
  propose(round: { id: Uint8Array; charter: Uint8Array; nowMs: number }): Promise<void>;
  open(): Promise<RoundRow[]>;
  all(): Promise<RoundRow[]>;
  one(id: Uint8Array): Promise<RoundRow | null>;
  events(id: Uint8Array): Promise<RoundEvent[]>;
  /** State, notices and event together, if the round is still at `round.version`; else nothing, and false. */
  apply(round: RoundRow, transition: Transition, nowMs: number): Promise<boolean>;
  /** Asks the serving process for one step; the number to look up with `stepDone`. */
  requestStep(): Promise<number>;
  stepDone(number: number): Promise<{ moved: boolean } | null>;
  pendingSteps(): Promise<number[]>;
  finishStep(number: number, moved: boolean): Promise<void>;
}

interface Stored {
  id: Buffer;
  charter: Buffer;
  state: RoundState;
  reason: string | null;
  attempt: number;
  match_attempt: number;
  excluded: string;
  started_ms: number;
  deadline_ms: number;
  version: number;
  job: Buffer | null;
  entries: Buffer | null;
  cohort: string | null;
  inputs: string | null;
  agreements: Buffer | null;
  model: Buffer | null;
  release: Buffer | null;
}

/** What else a transition touches, in the same transaction. */
export interface TransitionEffects {
  appendNotice(draft: NoticeDraft & { round: Uint8Array; attempt: number }): void;
  /** The round is over: its sealed bodies go. */
  dropMessages(round: Uint8Array): void;
}

export function createRoundStore(db: Database, effects: TransitionEffects): RoundStore {
  const insert = db.prepare(
    `INSERT INTO rounds (id, charter, state, attempt, match_attempt, excluded, started_ms, deadline_ms)
     VALUES (?, ?, 'proposed', 1, 1, '[]', ?, ?)`,
  );
  const addEvent = db.prepare("INSERT INTO round_events (round, at_ms, state, detail) VALUES (?, ?, ?, ?)");
  const update = db.prepare(
    `UPDATE rounds SET state = ?, reason = ?, attempt = ?, match_attempt = ?, excluded = ?, deadline_ms = ?, job = ?,
       entries = ?, cohort = ?, inputs = ?, agreements = ?, model = ?, release = ?, version = version + 1
     WHERE id = ? AND version = ?`,
  );
  const selectOpen = db.prepare<[], Stored>(
    "SELECT * FROM rounds WHERE state NOT IN ('released', 'refused', 'aborted') ORDER BY started_ms",
  );
  const selectAll = db.prepare<[], Stored>("SELECT * FROM rounds ORDER BY started_ms");
  const selectOne = db.prepare<[Uint8Array], Stored>("SELECT * FROM rounds WHERE id = ?");
  const selectEvents = db.prepare<[Uint8Array], RoundEvent>(
    "SELECT at_ms AS atMs, state, detail FROM round_events WHERE round = ? ORDER BY number",
  );
  const insertStep = db.prepare("INSERT INTO step_requests DEFAULT VALUES");
  const selectStep = db.prepare<[number], { done: number; moved: number }>(
    "SELECT done, moved FROM step_requests WHERE number = ?",
  );
  const selectSteps = db.prepare<[], number>("SELECT number FROM step_requests WHERE done = 0 ORDER BY number").pluck();
  const updateStep = db.prepare("UPDATE step_requests SET done = 1, moved = ? WHERE number = ?");

  const apply = db.transaction((round: RoundRow, transition: Transition, nowMs: number): boolean => {
    const next = { ...round, ...transition.change };
    const { changes } = update.run(
      next.state,
      next.reason,
      next.attempt,
      next.matchAttempt,
      JSON.stringify(next.excluded),
      next.deadlineMs,
      next.job,
      next.entries,
      next.cohort === null ? null : JSON.stringify(next.cohort),
      next.inputs === null ? null : JSON.stringify(next.inputs),
      next.agreements,
      next.model,
      next.release,
      round.id,
      round.version,
    );
    // Another driver, or a driver before a restart, was faster: its step stands, this one never was.
    if (changes !== 1) return false;
    // Notices of a transition belong to the attempt it was computed for.
    for (const notice of transition.notices)
      effects.appendNotice({ ...notice, round: round.id, attempt: round.attempt });
    addEvent.run(round.id, nowMs, next.state, transition.event);
    if (isFinal(next.state)) effects.dropMessages(round.id);
    return true;
  });

  const propose = db.transaction((id: Uint8Array, charter: Uint8Array, nowMs: number) => {
    insert.run(id, charter, nowMs, nowMs);
    addEvent.run(id, nowMs, "proposed", "launched");
  });

  /* eslint-disable @typescript-eslint/require-await -- SQLite answers at once; the interface allows a store that does not */
  return {
    async propose({ id, charter, nowMs }) {
      propose.immediate(id, charter, nowMs);
    },
    async open() {
      return selectOpen.all().map(toRow);
    },
    async all() {
      return selectAll.all().map(toRow);
    },
    async one(id) {
      const stored = selectOne.get(id);
      return stored === undefined ? null : toRow(stored);
    },
    async events(id) {
      return selectEvents.all(id);
    },
    async apply(round, transition, nowMs) {
      return apply.immediate(round, transition, nowMs);
    },
    async requestStep() {
      return Number(insertStep.run().lastInsertRowid);
    },
    async stepDone(number) {
      const step = selectStep.get(number);
      return step === undefined || step.done === 0 ? null : { moved: step.moved === 1 };
    },
    async pendingSteps() {
      return selectSteps.all();
    },
    async finishStep(number, moved) {
      updateStep.run(moved ? 1 : 0, number);
    },
  };
}

function toRow(stored: Stored): RoundRow {
  return {
    id: stored.id,
    charter: stored.charter,
    state: stored.state,
    reason: stored.reason as RoundRow["reason"],
    attempt: stored.attempt,
    matchAttempt: stored.match_attempt,
    excluded: JSON.parse(stored.excluded) as number[],
    startedMs: stored.started_ms,
    deadlineMs: stored.deadline_ms,
    version: stored.version,
    job: stored.job,
    entries: stored.entries,
    cohort: stored.cohort === null ? null : (JSON.parse(stored.cohort) as number[]),
    inputs: stored.inputs === null ? null : (JSON.parse(stored.inputs) as number[]),
    agreements: stored.agreements,
    model: stored.model,
    release: stored.release,
  };
}
