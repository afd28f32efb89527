import { ProtocolError } from "../../../shared/base/errors.ts";
import { encodeCohortState, maskInput, openCohort } from "../../../shared/aggregation/client.ts";
import { decodeWords } from "../../../shared/matching/result-shares.ts";
import { jobPairs } from "../../../shared/protocol/job.ts";
import type { Notice } from "../../../shared/protocol/relay.ts";
import { pairKey } from "../../../shared/protocol/round-context.ts";
import { sendToCoordinator, sumSecrets, type MatchAttempt, type RoundNode } from "../round-node.ts";
import { resultName } from "./pair-results.ts";

/** Share → Input: adds up the result halves of exactly the pairs inside the cohort U2, and sends the sum masked. */
export function sendMaskedInput(node: RoundNode, attempt: MatchAttempt, notice: Notice): void {
  const { row, context } = attempt;
  const secrets = sumSecrets(node, attempt);
  const cohort = openCohort(context.sum, secrets, notice.body);
  const input = pairSum(node, attempt, cohort.members);
  const body = maskInput(context.sum, secrets, cohort, input, node.signer);
  input.fill(0n);
  node.vault.put(row, "cohort", encodeCohortState(cohort));
  node.rounds.move(row, { state: "input" });
  sendToCoordinator(node, row, "masked-input", body, context.jobKey);
}

/** The halves of the pairs whose both ends are in the cohort; a half missing means the coordinator named a wrong one. */
function pairSum(node: RoundNode, attempt: MatchAttempt, members: readonly number[]): BigUint64Array {
  const { row, charter, context, self } = attempt;
  const of = { round: row.round, attempt: row.matchAttempt };
  const sum = new BigUint64Array(context.sum.words);
  for (const pair of jobPairs(charter, members)) {
    if (!pair.includes(self)) continue;
    if (!node.vault.has(of, resultName(pair))) {
      throw new ProtocolError("integrity", `cohort: the result half of pair ${pairKey(pair)} is not here`);
    }
    const half = decodeWords(node.vault.get(of, resultName(pair)));
    for (let word = 0; word < sum.length; word++) sum[word] = sum[word]! + half[word]!; // modulo 2^64
  }
  return sum;
}
