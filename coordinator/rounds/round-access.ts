import type { Clock } from "../../shared/base/clock.ts";
import { assert } from "../../shared/base/errors.ts";
import type { StatementVerifier } from "../../shared/base/statement.ts";
import type { Charter } from "../../shared/protocol/charter.ts";
import type { Pair } from "../../shared/protocol/job.ts";
import type { MessageType, NodeToNode } from "../../shared/protocol/messages.ts";
import { createRoundContext, type RoundContext } from "../../shared/protocol/round-context.ts";
import { entriesBody, type EndReason } from "../../shared/protocol/round-messages.ts";
import type { Log } from "../../shared/host/logs.ts";
import type { NoticeDraft, RoundRow, Transition } from "./round-row.ts";

/** What a phase may look at: the charter, the clock, and the messages that arrived for this attempt. */
export interface RoundAccess {
  readonly round: RoundRow;
  readonly charter: Charter;
  readonly clock: Clock;
  readonly log: Log;
  readonly verifier: StatementVerifier;
  /** Digest of the newest signed roster. */
  readonly rosterDigest: Uint8Array;
  /** Complete messages of this attempt by charter position of the sender, each sender's first. */
  received(type: MessageType): Promise<ReadonlyMap<number, Uint8Array>>;
  /** Complete bodies of this attempt from node to node, by charter positions. */
  posted(type: NodeToNode): Promise<readonly Posted[]>;
  /** Hands a body to one party without writing it to disk; it is fetched by the identifier. */
  putVolatile(messageId: Uint8Array, to: string, body: Uint8Array): void;
}

/** What the coordinator knows of a sealed body: where it came from and goes to, and whether it was fetched. */
export interface Posted {
  readonly from: number;
  readonly to: number;
  readonly pair: Pair;
  readonly taken: boolean;
}

export function partyName(charter: Charter, position: number): string {
  return charter.parties[position]!.id;
}

export function noticeToAll(
  charter: Charter,
  positions: Iterable<number>,
  type: NoticeDraft["type"],
  body: Uint8Array,
): NoticeDraft[] {
  return [...positions].map((position) => ({ to: partyName(charter, position), type, body }));
}

/** The attempt's shared context. Only in states after Keys. */
export function contextOf(access: RoundAccess): RoundContext {
  const { job, entries } = access.round;
  assert(job !== null && entries !== null, "a round after keys has its job and entries");
  return createRoundContext(access.charter, job, entriesBody.decode(entries).statements, access.verifier);
}

export function isOverdue({ round, clock }: RoundAccess): boolean {
  return clock.nowMs() >= round.deadlineMs;
}

/** Parties that told us they ended the attempt: nobody waits for them. */
export async function departed(access: RoundAccess): Promise<ReadonlySet<number>> {
  return new Set((await access.received("abort")).keys());
}

/**
 * Reads one message per sender and drops, with a line in the log, those that do not verify: a broken answer counts
 * as no answer, so that one bad party cannot hold up the others beyond the deadline.
 */
export async function readEach<T>(
  access: RoundAccess,
  type: MessageType,
  read: (from: number, body: Uint8Array) => T,
): Promise<Map<number, T>> {
  const good = new Map<number, T>();
  for (const [from, body] of await access.received(type)) {
    try {
      good.set(from, read(from, body));
    } catch (error) {
      access.log.warn({ err: error, party: partyName(access.charter, from), type }, "message does not verify");
    }
  }
  return good;
}

/** Ends the round for good, and tells everyone. */
export function endRound(state: "refused" | "aborted", reason: EndReason): Transition {
  return { change: { state, reason }, notices: [], event: `${state}: ${reason}` };
}
