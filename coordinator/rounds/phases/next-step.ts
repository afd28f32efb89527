import { bytesToHex, isEqualBytes } from "../../../shared/base/bytes.ts";
import { encodeValue } from "../../../shared/base/encoding.ts";
import { assert, ProtocolError } from "../../../shared/base/errors.ts";
import { owners } from "../../../shared/protocol/charter.ts";
import { MAX_MODEL_STEPS } from "../../../shared/base/limits.ts";
import { modelStatementsBody, NEXT_MODEL_LABEL, nextModelBody } from "../../../shared/protocol/round-messages.ts";
import type { RoundContext } from "../../../shared/protocol/round-context.ts";
import { EQUAL_SIGNATURES } from "../equal-signatures.ts";
import { FRESH_ATTEMPT, type RoundRow, type Transition } from "../round-row.ts";
import { departed, endRound, isOverdue, readEach, type RoundAccess } from "../round-access.ts";

/** Openers that can finish this step: one that did not sign the state it is computed at has not the sums before it. */
export function ableOpeners({ model }: RoundRow, context: RoundContext): number[] {
  if (model === null) return [...context.sum.openers];
  const signers = new Set(modelStatementsBody.decode(model).map(({ party }) => party));
  return context.sum.openers.filter((position) => signers.has(position));
}

/**
 * Open → Proposed, in learning: two openers signed the same next state, and the next step begins as a new attempt of
 * the same boroughs. Null where no opener has signed one: then it is the model's end that is awaited.
 */
export async function nextStep(access: RoundAccess, context: RoundContext): Promise<Transition | "wait" | null> {
  const { round, charter, clock } = access;
  assert(round.inputs !== null, "a round in open has its inputs");
  const models = await readEach(access, "next-model", (party, statement) => {
    const body = access.verifier.open(party, NEXT_MODEL_LABEL, statement);
    const { jobKey, state } = nextModelBody.parse(body);
    if (!isEqualBytes(jobKey, context.jobKey)) {
      throw new ProtocolError("integrity", "next model: jobKey is another step's");
    }
    return { party, statement, stage: state.stage, content: bytesToHex(encodeValue(body)) };
  });
  const signed = [...models.values()].filter(({ party }) => context.sum.openers.includes(party));
  if (signed.length === 0) return null;
  if (new Set(signed.map(({ content }) => content)).size > 1) return endRound("aborted", "the openers' results differ");
  const ended = await access.received("protected-result");
  if (ended.size > 0) return endRound("aborted", "the openers' results differ");
  const gone = await departed(access);
  const able = ableOpeners(round, context);
  const awaited = able.filter((position) => !models.has(position) && !gone.has(position));
  // Wait for the others too while there is time: a third opener that disagrees must be heard.
  if (awaited.length > 0 && !isOverdue(access)) return "wait";
  if (signed.length < EQUAL_SIGNATURES) return endRound("aborted", "a step's deadline passed");
  if (round.attempt >= MAX_MODEL_STEPS) return endRound("aborted", "the round's deadline passed");
  const signers = new Set(signed.map(({ party }) => party));
  // A borough outside the set that opens goes on opening.
  const lost = owners(charter).filter((position) => !round.inputs!.includes(position) && !signers.has(position));
  return {
    change: {
      state: "proposed",
      attempt: round.attempt + 1,
      matchAttempt: round.attempt + 1,
      excluded: [...new Set([...round.excluded, ...lost])].sort((a, b) => a - b),
      deadlineMs: clock.nowMs(),
      ...FRESH_ATTEMPT,
      model: modelStatementsBody.encode(signed.map(({ party, statement }) => ({ party, statement }))),
    },
    notices: [],
    event: `step ${round.attempt} summed over ${round.inputs.length} boroughs; next: ${signed[0]!.stage}`,
  };
}
