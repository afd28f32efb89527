import { ProtocolError } from "../../../shared/base/errors.ts";
import { MAX_ATTEMPTS, MAX_CLOCK_SKEW_MS } from "../../../shared/base/limits.ts";
import { sha256 } from "../../../shared/crypto/hash.ts";
import { weakKeys } from "../../../shared/matching/key-quality.ts";
import type { KeyColumns } from "../../../shared/matching/population.ts";
import {
  isMatch,
  owners,
  type Charter,
  type LearningCharter,
  type MatchCharter,
} from "../../../shared/protocol/charter.ts";
import { charterPopulations, mostAttempts } from "../../../shared/protocol/job.ts";
import { decideRounds } from "../../../shared/protocol/policy.ts";
import type { Notice } from "../../../shared/protocol/relay.ts";
import {
  PREFLIGHT_LABEL,
  preflightBody,
  preflightRequestBody,
  type PreflightAnswer,
  type PreflightRequest,
} from "../../../shared/protocol/round-messages.ts";
import { isOver, type AttemptRow } from "../../data/round-store.ts";
import { acceptStep, encodeStep, firstStep, type StepState } from "../learning-state.ts";
import { endAttempt } from "./end.ts";
import { positionOf, sendToCoordinator, type RoundNode } from "../round-node.ts";

const DAY_MS = 86_400_000;

interface Answer {
  readonly answer: PreflightAnswer;
  readonly contributes: boolean;
  /** Where the answer is "willing". */
  readonly charter: Charter | null;
}

/**
 * Answers a preflight: whether this node takes part, whether its population reaches the charter's minimum (yes or
 * no), and a commitment to its nonce. Outwardly only the kind of refusal; the rule stands in this node's log.
 */
export function answerPreflight(node: RoundNode, notice: Notice): void {
  const request = preflightRequestBody.decode(notice.body);
  const round = notice.round!;
  const { attempt } = notice;
  if (node.rounds.attempt(round, attempt) !== null) {
    throw new ProtocolError("conflict", "preflight: this attempt was answered before");
  }
  const before = attempt === 1 ? null : node.rounds.attempt(round, attempt - 1);
  const { answer, charter, ...decided } = decide(node, request, round, before);
  const step = charter === null || isMatch(charter) ? null : stepAfter(node, charter, before, attempt, request);
  const fixed = step?.members ?? null;
  const contributes = decided.contributes && (fixed === null || fixed.includes(positionOf(charter!, node.name)));
  const retry = step !== null || isStep(before) ? null : retryOf(before, attempt, request);
  const nonce = charter === null ? null : node.random.bytes(32);
  const commitment = nonce === null ? null : sha256(nonce);
  const memory = before === null || step === null ? null : endStep(node, before);
  // The attempt before is over for this node: from here on it signs nothing more in it.
  if (retry !== null) endAttempt(node, retry, "aborted", "a step's deadline passed", { keepResultShares: true });
  // A training without this borough is none: its refusal ends it everywhere.
  if (step === null && isStep(before)) endAttempt(node, before, "aborted", "refused by the boroughs");
  if (charter !== null && nonce !== null) {
    node.rounds.begin({
      round,
      attempt,
      charter: request.charter,
      matchAttempt: request.matchAttempt,
      startedMs: node.clock.nowMs(),
      deadlineMs: answerDeadlineMs(node, charter, request),
      snapshot: before?.snapshot ?? node.population.snapshot(charter.dataset.name),
      commitment,
      model: step === null ? null : encodeStep(step),
    });
    if (memory !== null) node.vault.put({ round, attempt }, "memory", memory);
    node.vault.put({ round, attempt }, "nonce", nonce);
  }
  const body = preflightBody.parse({ round, attempt, charter: request.charter, answer, contributes, commitment });
  const statement = node.signer.sign(PREFLIGHT_LABEL, { ...body });
  sendToCoordinator(node, { round, attempt, charter: request.charter }, "preflight-answer", statement, null);
}

function isStep(before: AttemptRow | null): before is AttemptRow {
  return before !== null && before.model !== null;
}

/** Until when this node waits for the job: the coordinator's deadline, within the charter's, and one step more. */
function answerDeadlineMs({ clock }: RoundNode, charter: Charter, request: PreflightRequest): number {
  const { preflightMinutes, stepMinutes } = charter.deadlines;
  const latest = clock.nowMs() + Math.round(preflightMinutes * 60_000) + MAX_CLOCK_SKEW_MS;
  return Math.min(request.deadlineMs, latest) + Math.round(stepMinutes * 60_000);
}

/** The attempt that this one replaces. A node that signed `agree` in it takes part in no other (protocol.md, "Drop-outs"). */
function retryOf(before: AttemptRow | null, attempt: number, request: PreflightRequest): AttemptRow | null {
  if (request.matchAttempt > attempt) throw new ProtocolError("malformed", "preflight: matchAttempt is in the future");
  if (attempt > MAX_ATTEMPTS) throw new ProtocolError("malformed", "preflight: attempt is out of range");
  if (before === null) return null;
  if (before.state === "agreed" || before.state === "revealed" || before.state === "released") {
    throw new ProtocolError("wrong-phase", "preflight: this node has agreed to the sum of the attempt before");
  }
  return before;
}

/**
 * The step of learning that this attempt is: the charter's first, or the one after `before`.
 * @throws ProtocolError "wrong-phase" where this node was not in the step before, "integrity" for a state not the openers'
 */
function stepAfter(
  node: RoundNode,
  charter: LearningCharter,
  before: AttemptRow | null,
  attempt: number,
  { matchAttempt, model }: PreflightRequest,
): StepState {
  if (matchAttempt !== attempt) throw new ProtocolError("malformed", "preflight: matchAttempt is not this step's");
  // An evaluation has one sum, whatever openers sign: nothing of the attempt before is given up for another.
  if (attempt > mostAttempts(charter)) throw new ProtocolError("malformed", "preflight: attempt is out of range");
  if (before === null) {
    if (attempt !== 1) throw new ProtocolError("wrong-phase", "preflight: this node was not in the step before");
    if (model !== null) throw new ProtocolError("malformed", "preflight: a model before the first step");
    return firstStep(charter);
  }
  if (isOver(before.state)) throw new ProtocolError("wrong-phase", "preflight: the round is over here");
  if (model === null) throw new ProtocolError("malformed", "preflight: no model after the first step");
  return acceptStep(node, before, charter, model);
}

/** Ends the step before; an opener takes its memory along, everything else of it is erased. */
function endStep(node: RoundNode, before: AttemptRow): Uint8Array | null {
  const memory = node.vault.has(before, "memory after") ? node.vault.get(before, "memory after") : null;
  node.rounds.move(before, { state: "stepped" });
  node.gate.dropRound(before.round, before.attempt);
  node.work.forget(before);
  node.rounds.dropAttemptSecrets(before.round, before.attempt);
  return memory;
}

function decide(node: RoundNode, request: PreflightRequest, round: Uint8Array, before: AttemptRow | null): Answer {
  const no = (answer: PreflightAnswer): Answer => ({ answer, contributes: false, charter: null });
  let charter: Charter;
  try {
    charter = node.consent(request.charter);
  } catch (error) {
    if (!(error instanceof ProtocolError) || error.code !== "refused") throw error;
    node.log.warn({ err: error }, "preflight refused");
    return no(error.message.startsWith("charter.not-approved") ? "not-approved" : "policy");
  }
  const { maximumRounds, minimumDaysBetweenRounds } = charter.controls;
  const starts = node.rounds.startsUnder(request.charter, round);
  const last = starts.at(-1);
  if (starts.length >= maximumRounds) {
    node.log.warn({ rule: "controls.maximumRounds", maximumRounds }, "preflight refused");
    return no("policy");
  }
  if (last !== undefined && node.clock.nowMs() - last < minimumDaysBetweenRounds * DAY_MS) {
    node.log.warn({ rule: "controls.minimumDaysBetweenRounds", minimumDaysBetweenRounds }, "preflight refused");
    return no("policy");
  }
  const lastDay = node.rounds.roundsSince(node.clock.nowMs() - DAY_MS, round);
  const policy = node.policy();
  const within = policy === null ? null : decideRounds(policy, { underCharter: starts.length, lastDay });
  if (within?.allowed !== true) {
    node.log.warn({ rule: within?.rule ?? "policy.missing" }, "preflight refused");
    return no("policy");
  }
  const idle: Answer = { answer: "willing", contributes: false, charter };
  if (!owners(charter).includes(positionOf(charter, node.name))) return idle;
  if (!isMatch(charter)) {
    // After the first sum the set is fixed, and so are the rows: the model says who is of it.
    const obstacle = before === null ? node.learning.obstacle(charter) : null;
    if (obstacle !== null) node.log.warn({ err: obstacle }, "takes part without rows");
    return obstacle === null ? { ...idle, contributes: true } : idle;
  }
  let populations: Population[];
  try {
    populations = ownPopulations(node, charter);
  } catch (error) {
    if (!(error instanceof ProtocolError) || error.code !== "unavailable") throw error;
    // Without room for its own digests there would be none for a match.
    node.log.warn({ err: error, hint: error.hint }, "preflight refused");
    return no("busy");
  }
  // Only yes or no leaves: the population's size stays here.
  const isLarge =
    populations.length > 0 && populations.every(({ units }) => units >= charter.controls.minimumPopulation);
  if (!isLarge) return idle;
  const weak = populations.flatMap(({ funnel }) => weakKeys(funnel));
  for (const { key, uniqueShare } of weak) {
    const uniquePercent = Math.floor(1000 * uniqueShare) / 10;
    node.log.warn({ rule: `keys.unique.${key}`, uniquePercent }, "preflight refused");
  }
  return weak.length > 0 ? no("disclosure-control") : { answer: "willing", contributes: true, charter };
}

type Population = Pick<KeyColumns, "units" | "funnel">;

/** Of each side of the match; none without the dataset. */
function ownPopulations(node: RoundNode, charter: MatchCharter): Population[] {
  if (node.population.snapshot(charter.dataset.name) === null) return [];
  const sides = charterPopulations(charter) === "one" ? (["left"] as const) : (["left", "right"] as const);
  return sides.map((side) => {
    const { units, funnel, digests } = node.population.columns(charter, side);
    digests.close();
    return { units, funnel };
  });
}
