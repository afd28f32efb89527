import { assert, ProtocolError } from "../../../shared/base/errors.ts";
import { bytesToHex } from "../../../shared/base/bytes.ts";
import { encodeValue } from "../../../shared/base/encoding.ts";
import { agreeToInputs, decodeCohortState, maskedInputDigest, readInputs } from "../../../shared/aggregation/client.ts";
import { decideQuestion } from "../../../shared/aggregation/question-rule.ts";
import { parseRootKey, partyId } from "../../../shared/protocol/identity.ts";
import type { Notice } from "../../../shared/protocol/relay.ts";
import { sendToCoordinator, type Attempt, type RoundNode } from "../round-node.ts";

/**
 * Input → Agree: checks who delivered, asks the question rule, and signs. The signature, the rule's record and the
 * state are one transaction: after it this node agrees to no other cohort in this attempt, killed or not.
 */
export function sendAgreement(node: RoundNode, attempt: Attempt, notice: Notice): void {
  const { row, job, charter, context, self } = attempt;
  const cohort = decodeCohortState(node.vault.get(row, "cohort"));
  const inputs = readInputs(context.sum, cohort, notice.body);
  const members = inputs.members
    .map((position) => bytesToHex(partyId(parseRootKey(charter.parties[position]!.rootKey))))
    .sort();
  // In learning the first sum decides; the later ones are of the same set, which the cohort's check has seen to.
  const decision = job.step > 0 ? "same" : decideQuestion(node.rounds.signedSets(job.question), members);
  if (decision === "refused") {
    // Two sums that differ by one or two boroughs would show their figures.
    throw new ProtocolError("disclosure", "question rule: this node has signed for another cohort of this question");
  }
  const own = node.gate.sentBody({ round: row.round, attempt: row.attempt, type: "masked-input" });
  assert(own !== null, "a node in input has its masked input in the outbox");
  const agreed = agreeToInputs(
    context.sum,
    self,
    cohort,
    inputs,
    maskedInputDigest(own),
    node.ledgerHead(),
    node.signer,
  );
  if (job.step === 0) node.rounds.addSignedSet(job.question, members, node.clock.nowMs());
  node.rounds.move(row, {
    state: "agreed",
    inputs: encodeValue([...agreed.digests].map(([party, inputDigest]) => [party, inputDigest])),
  });
  sendToCoordinator(node, row, "agree", agreed.statement, context.jobKey);
}
