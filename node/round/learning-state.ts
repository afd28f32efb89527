import { isEqualBytes, bytesToHex } from "../../shared/base/bytes.ts";
import { decodeValue, encodeValue } from "../../shared/base/encoding.ts";
import { assert, ProtocolError } from "../../shared/base/errors.ts";
import type { PublicState } from "../../shared/learning/learner.ts";
import { openers, type LearningCharter } from "../../shared/protocol/charter.ts";
import { statementBody } from "../../shared/protocol/identity.ts";
import { charterLearner } from "../../shared/protocol/learning-task.ts";
import { createRoundContext } from "../../shared/protocol/round-context.ts";
import {
  entriesBody,
  modelStatementsBody,
  NEXT_MODEL_LABEL,
  nextModelBody,
} from "../../shared/protocol/round-messages.ts";
import type { AttemptRow } from "../data/round-store.ts";
import type { RoundNode } from "./round-node.ts";

/**
 * What a step of learning is computed at (protocol.md, "Learning"): the first state follows from the charter alone,
 * every later one is accepted only as two openers signed it under the J* of the step before. The coordinator carries
 * it and chooses nothing.
 */
export interface StepState {
  readonly state: PublicState;
  /** Whose sums the model is of, by charter position; null before the first sum has fixed the set. */
  readonly members: readonly number[] | null;
}

export function firstStep(charter: LearningCharter): StepState {
  return { state: charterLearner(charter).begin(), members: null };
}

export function encodeStep({ state, members }: StepState): Uint8Array {
  return encodeValue([state, members === null ? null : [...members]]);
}

/** As this node stored it itself. */
export function stepOf(row: AttemptRow): StepState {
  assert(row.model !== null, "an attempt of learning has its state");
  const [state, members] = decodeValue(row.model) as unknown as [PublicState, number[] | null];
  return { state, members };
}

/**
 * The state after `before`, from openers' statements that the coordinator passed on: attacker-controlled.
 * @throws ProtocolError "integrity" unless two openers signed it alike, for the attempt before, of the same set
 */
export function acceptStep(node: RoundNode, before: AttemptRow, charter: LearningCharter, body: Uint8Array): StepState {
  assert(before.job !== null, "the attempt before has its job");
  if (before.entries === null) throw refuse("the step before never began here");
  const verifier = node.verifierFor(charter);
  const { statements } = entriesBody.decode(before.entries);
  const context = createRoundContext(charter, before.job, statements, verifier);
  const signers = new Set<number>();
  const contents = new Set<string>();
  let accepted: StepState | null = null;
  for (const { party, statement } of modelStatementsBody.decode(body)) {
    const signed = verifier.open(party, NEXT_MODEL_LABEL, statement);
    const { jobKey, members, state } = nextModelBody.parse(signed);
    if (!openers(charter).includes(party)) throw refuse("a signer is no opener");
    if (!isEqualBytes(jobKey, context.jobKey)) throw refuse("signed for another step");
    signers.add(party);
    contents.add(bytesToHex(encodeValue(signed)));
    accepted = { state, members };
  }
  if (signers.size < 2 || contents.size !== 1 || accepted === null) throw refuse("not signed alike by two openers");
  // An opener has come to a state of its own: two others' is not the truth for being two.
  const own = node.gate.sentBody({ round: before.round, attempt: before.attempt, type: "next-model" });
  if (own !== null && !contents.has(bytesToHex(encodeValue(statementBody(own)))))
    throw refuse("not what this opener came to");
  requireSameSet(before, accepted.members!);
  charterLearner(charter).verify(accepted.state);
  return accepted;
}

/** The first opened sum fixes the set: a later one of others would show by the difference what a few hold. */
function requireSameSet(before: AttemptRow, members: readonly number[]): void {
  const fixed = stepOf(before).members;
  if (fixed !== null && !isSame(fixed, members)) throw refuse("of another set of boroughs than the first sum");
  if (before.inputs === null) return;
  const agreed = (decodeValue(before.inputs) as [number, Uint8Array][]).map(([party]) => party);
  if (!isSame(agreed, members)) throw refuse("of another set of boroughs than this node agreed to");
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((position, index) => position === b[index]);
}

function refuse(message: string): ProtocolError {
  return new ProtocolError("integrity", `next model: ${message}`);
}
