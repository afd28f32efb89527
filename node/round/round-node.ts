import type { Clock, RandomSource } from "../../shared/base/clock.ts";
import { isEqualBytes } from "../../shared/base/bytes.ts";
import type { Value } from "../../shared/base/encoding.ts";
import { assert, ProtocolError } from "../../shared/base/errors.ts";
import type { Workspace } from "../../shared/base/scratch.ts";
import type { StatementSigner, StatementVerifier } from "../../shared/base/statement.ts";
import type { SumSecrets } from "../../shared/aggregation/context.ts";
import type { Log } from "../../shared/host/logs.ts";
import type { Matches } from "../../shared/matching/pair-tags.ts";
import type { CurveWork } from "../../shared/matching/curve-work.ts";
import type { KeyColumns } from "../../shared/matching/population.ts";
import { isMatch, type Charter, type LearningCharter, type MatchCharter } from "../../shared/protocol/charter.ts";
import type { JobSpec, Pair } from "../../shared/protocol/job.ts";
import type { PublicState } from "../../shared/learning/learner.ts";
import type { Policy } from "../../shared/protocol/policy.ts";
import type { MessageType } from "../../shared/protocol/messages.ts";
import { COORDINATOR, type Relay } from "../../shared/protocol/relay.ts";
import { createRoundContext, type RoundContext } from "../../shared/protocol/round-context.ts";
import { entriesBody } from "../../shared/protocol/round-messages.ts";
import type { ModelStore } from "../data/model-store.ts";
import type { OwnSideStore } from "../data/own-side-store.ts";
import { isOver, type AttemptRow, type RoundStore } from "../data/round-store.ts";
import type { Gate } from "../egress/gate.ts";
import type { AttemptWork } from "./attempt-work.ts";
import type { RoundKeys } from "./round-keys.ts";
import type { AttemptId, Vault } from "./vault.ts";

/** Everything the phases of a round may use at a node. There is no socket among it: bytes leave through the gate. */
export interface RoundNode {
  /** This party's name in charters. */
  readonly name: string;
  readonly rounds: RoundStore;
  readonly vault: Vault;
  readonly roundKeys: RoundKeys;
  readonly gate: Gate;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly signer: StatementSigner;
  readonly log: Log;
  /** Only to fetch what waits here and to acknowledge it. */
  readonly relay: Pick<Relay, "fetch" | "acknowledge">;
  readonly population: PopulationSource;
  readonly learning: LearningSource;
  readonly models: Pick<ModelStore, "add">;
  readonly ownSide: OwnSideStore;
  /** Only a simulation has one, to score matches by a known answer; the programs attach none. */
  readonly observer: MatchObserver | null;
  readonly curve: CurveWork;
  /** Where lists and digests stand while this node works on them. */
  readonly workspace: Workspace;
  readonly work: AttemptWork;
  /** The charter, where it is approved here, in force and within policy. @throws ProtocolError "refused" naming the rule. */
  consent(charterDigest: Uint8Array): Charter;
  /** The borough's policy as it stands now. */
  policy(): Policy | null;
  verifierFor(charter: Charter): StatementVerifier;
  rosterDigest(): Uint8Array;
  ledgerHead(): Uint8Array;
}

/** The node's rows, as the match needs them: standardised, collapsed and turned into key digests. */
export interface PopulationSource {
  /** Identifier of the dataset's present snapshot, or null without one. */
  snapshot(dataset: string): number | null;
  columns(charter: MatchCharter, side: "left" | "right"): KeyColumns;
  /** The borough's own reference of each of these rows of a snapshot, null where a row has none. */
  references(snapshot: number | null, rows: readonly number[]): (string | null)[];
}

/** The node's rows as a model needs them. */
export interface LearningSource {
  /** Why this borough has nothing to contribute, for its own log: too few usable rows, no such model. Null where it has. */
  obstacle(charter: LearningCharter): ProtocolError | null;
  /** This borough's words of one step, over the rows of the attempt's snapshot. @throws ProtocolError as Learner.contribute */
  contribute(
    charter: LearningCharter,
    state: PublicState,
    of: {
      readonly round: Uint8Array;
      readonly snapshot: number | null;
      /** This attempt's own, for the order of local steps: 32 bytes. */
      readonly secret: Uint8Array;
    },
  ): Promise<BigUint64Array>;
  /** Drops what it keeps of a round's rows in memory. */
  forget(round: Uint8Array): void;
}

/**
 * What no party of a round sees together: which source rows stand behind a matcher's pairs. Owners by charter position;
 * rows from 1, 0 for padding.
 */
export interface MatchObserver {
  /** Source row by place in an owner's list as it left. */
  listed(pair: Pair, owner: number, rows: Uint32Array): void;
  /** double-salt: place in that list by place in what its partner passed on. */
  passedOn(pair: Pair, owner: number, order: Uint32Array): void;
  matched(pair: Pair, matches: Matches): void;
  /** What an opener knows of a finished model before it is rounded. */
  learned?(opener: string, exact: Value): void;
}

/** One attempt at this node, with what phases after Keys share. */
export interface Attempt<C extends Charter = Charter> {
  readonly row: AttemptRow;
  readonly charter: C;
  readonly job: JobSpec;
  readonly context: RoundContext;
  /** This node's charter position. */
  readonly self: number;
}

/** An attempt of a match: lists, pairs and their matchers. */
export type MatchAttempt = Attempt<MatchCharter>;
/** An attempt of learning: one step of the model. */
export type LearningAttempt = Attempt<LearningCharter>;

export type AnyAttempt = MatchAttempt | LearningAttempt;

export function isMatchAttempt(attempt: AnyAttempt): attempt is MatchAttempt {
  return isMatch(attempt.charter);
}

export function positionOf(charter: Charter, name: string): number {
  const position = charter.parties.findIndex((party) => party.id === name);
  if (position < 0) throw new ProtocolError("refused", `charter: this node, ${name}, is not a party`);
  return position;
}

export function partyName(charter: Charter, position: number): string {
  return charter.parties[position]!.id;
}

/** Reads an attempt from its rows: nothing about a round lives only in memory. */
export function openAttempt(node: RoundNode, row: AttemptRow): AnyAttempt {
  assert(row.job !== null && row.entries !== null, "an attempt after keys has its job and entries");
  const charter = node.consent(row.charter);
  const context = contextOf(node, charter, { ...row, job: row.job, entries: row.entries });
  const attempt = { row, job: context.job, context, self: positionOf(charter, node.name) };
  return isMatch(charter) ? { ...attempt, charter } : { ...attempt, charter };
}

/** The same bytes say the same: up to 33 signatures of other parties are not verified anew before every step. */
function contextOf(
  node: RoundNode,
  charter: Charter,
  row: AttemptId & { readonly job: Uint8Array; readonly entries: Uint8Array },
): RoundContext {
  const { job, entries } = row;
  const work = node.work.of(row);
  const known = work.context;
  if (known !== null && isEqualBytes(known.job, job) && isEqualBytes(known.entries, entries)) return known.opened;
  const { statements } = entriesBody.decode(entries);
  const opened = createRoundContext(charter, job, statements, node.verifierFor(charter));
  work.context = { job, entries, opened };
  return opened;
}

/**
 * Commits what a long step has made, unless the attempt ended meanwhile: the end erased its secrets, and nothing may
 * bring them back. @returns whether it was committed
 */
export function commitIfOpen(node: RoundNode, { round, attempt }: AttemptRow, work: () => void): boolean {
  return node.rounds.transaction(() => {
    const now = node.rounds.attempt(round, attempt);
    if (now === null || isOver(now.state)) return false;
    work();
    return true;
  });
}

/** A small body to the coordinator, through the gate. Inside the caller's transaction. */
export function sendToCoordinator(
  node: RoundNode,
  row: AttemptRow | { round: Uint8Array; attempt: number; charter: Uint8Array },
  type: MessageType,
  body: Uint8Array,
  jobKey: Uint8Array | null,
): void {
  node.gate.send({
    type,
    to: COORDINATOR,
    round: row.round,
    attempt: row.attempt,
    pair: null,
    charterDigest: row.charter,
    jobKey,
    content: { kind: "final", body },
  });
}

export function sumSecrets(node: RoundNode, { row, self }: Attempt): SumSecrets {
  return {
    self,
    maskSecret: node.vault.get(row, "mask"),
    envelopeSecret: node.vault.get(row, "envelope"),
    selfMask: node.vault.get(row, "self-mask"),
    resultMask: node.vault.get(row, "result-mask"),
  };
}
