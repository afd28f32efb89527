import { decodeValue, encodeValue } from "../../../shared/base/encoding.ts";
import { ProtocolError } from "../../../shared/base/errors.ts";
import { decodeCohortState, encodeCohortState, maskInput, openCohort } from "../../../shared/aggregation/client.ts";
import { charterLearner } from "../../../shared/protocol/learning-task.ts";
import type { Notice } from "../../../shared/protocol/relay.ts";
import {
  NEXT_MODEL_LABEL,
  nextModelBody,
  PROTECTED_RESULT_LABEL,
  protectedResultBody,
} from "../../../shared/protocol/round-messages.ts";
import { stepOf } from "../learning-state.ts";
import { commitIfOpen, sendToCoordinator, sumSecrets, type LearningAttempt, type RoundNode } from "../round-node.ts";
import { abortAttempt } from "./end.ts";

/**
 * A step of learning (protocol.md, "Learning"). As an owner: one pass over the rows at the signed state, masked. As an
 * opener: from the opened sum to the next state, which goes to everybody, or to the end of the model. What the sum says
 * beyond the next state stays wrapped at each opener.
 */

/** Share → Contributing: the cohort is right; the pass over the rows takes longer than a notice may. */
export function acceptCohort(node: RoundNode, attempt: LearningAttempt, notice: Notice): void {
  const { row, context } = attempt;
  const cohort = openCohort(context.sum, sumSecrets(node, attempt), notice.body);
  node.vault.put(row, "cohort", encodeCohortState(cohort));
  node.vault.put(row, "local-steps", node.random.bytes(32));
  node.rounds.move(row, { state: "contributing" });
}

/** Contributing → Input. A killed node passes over its rows anew and masks the same words with the same seeds. */
export async function sendContribution(node: RoundNode, attempt: LearningAttempt): Promise<boolean> {
  const { row, charter, context } = attempt;
  const { round, snapshot } = row;
  const secret = node.vault.get(row, "local-steps");
  const words = await node.learning.contribute(charter, stepOf(row).state, { round, snapshot, secret });
  const secrets = sumSecrets(node, attempt);
  const cohort = decodeCohortState(node.vault.get(row, "cohort"));
  const body = maskInput(context.sum, secrets, cohort, words, node.signer);
  words.fill(0n);
  return commitIfOpen(node, row, () => {
    node.rounds.move(row, { state: "input" });
    sendToCoordinator(node, row, "masked-input", body, context.jobKey);
  });
}

/** Open, as an opener: signs the next state, or the model. The sum is erased by the caller. */
export function signStep(
  node: RoundNode,
  attempt: LearningAttempt,
  members: readonly number[],
  sum: BigUint64Array,
): void {
  const { row, charter, context } = attempt;
  const memory = node.vault.has(row, "memory") ? decodeValue(node.vault.get(row, "memory")) : null;
  const { state } = stepOf(row);
  const learned = charterLearner(charter).learn(state, memory, sum, members.length);
  if (learned.kind === "stopped") {
    node.log.warn({ err: new ProtocolError("disclosure", learned.why) }, "the model is withheld");
    abortAttempt(node, row, "disclosure control withholds the result");
    return;
  }
  const signed = { jobKey: context.jobKey, members: [...members] };
  node.rounds.transaction(() => {
    node.vault.put(row, "opened", new Uint8Array(0));
    if (learned.kind === "next") {
      node.vault.put(row, "memory after", encodeValue(learned.memory));
      const body = nextModelBody.parse({ ...signed, state: learned.state });
      const statement = node.signer.sign(NEXT_MODEL_LABEL, { ...body });
      sendToCoordinator(node, row, "next-model", statement, context.jobKey);
      return;
    }
    const body = protectedResultBody.parse({ ...signed, result: learned.published });
    const statement = node.signer.sign(PROTECTED_RESULT_LABEL, { ...body });
    sendToCoordinator(node, row, "protected-result", statement, context.jobKey);
  });
  if (learned.kind === "finished") node.observer?.learned?.(node.name, learned.exact);
}
