import type { EndReason } from "../../shared/protocol/round-messages.ts";
import type { NoticeType } from "../../shared/protocol/messages.ts";

/**
 * A round as the coordinator keeps it: public facts only. Sealed bodies are in the mailbox until acknowledged;
 * unmask answers and openings exist in memory alone; an opened sum never reaches this program.
 */
export const ROUND_STATES = [
  "proposed",
  "preflight",
  "keys",
  "match",
  "input",
  "agree",
  "unmask",
  "open",
  "lists", // released; own-side lists are under way
  "released",
  "refused",
  "aborted",
] as const;
export type RoundState = (typeof ROUND_STATES)[number];

export function isFinal(state: RoundState): boolean {
  return state === "released" || state === "refused" || state === "aborted";
}

export interface RoundRow {
  /** 16 random bytes. */
  readonly id: Uint8Array;
  readonly charter: Uint8Array;
  readonly state: RoundState;
  readonly reason: EndReason | null;
  readonly attempt: number;
  /** The attempt whose result shares are summed. */
  readonly matchAttempt: number;
  /** Charter positions left out of this attempt because they failed an earlier one. */
  readonly excluded: readonly number[];
  readonly startedMs: number;
  /** When the current state is over. */
  readonly deadlineMs: number;
  /** Moves by one at every change: the compare-and-swap that keeps two drivers from forking a round. */
  readonly version: number;
  /** The bytes that this attempt's notices carried, so that a restarted driver says the same again. */
  readonly job: Uint8Array | null;
  readonly entries: Uint8Array | null;
  /** U2 and U3, as charter positions. */
  readonly cohort: readonly number[] | null;
  readonly inputs: readonly number[] | null;
  readonly agreements: Uint8Array | null;
  /** Learning: the openers' statements that the present step rests on. */
  readonly model: Uint8Array | null;
  /** The released result, under at least two openers' equal signatures. */
  readonly release: Uint8Array | null;
}

/** What an attempt begins without. */
export const FRESH_ATTEMPT = { job: null, entries: null, cohort: null, inputs: null, agreements: null } as const;

export interface NoticeDraft {
  readonly to: string;
  readonly type: NoticeType;
  readonly body: Uint8Array;
}

/** One step of a round: what changes, what is said to whom, and a line for the operator. Applied atomically or not at all. */
export interface Transition {
  readonly change: Partial<Omit<RoundRow, "id" | "charter" | "startedMs" | "version">>;
  readonly notices: readonly NoticeDraft[];
  /** For the operator: states and names, no figures of a borough. */
  readonly event: string;
}
