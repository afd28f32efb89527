import { createShares } from "../../../shared/aggregation/client.ts";
import { hasSum } from "../../../shared/protocol/charter.ts";
import { encodeHeldPairs } from "../../../shared/protocol/held-pairs.ts";
import { sendToCoordinator, sumSecrets, type Attempt, type RoundNode } from "../round-node.ts";
import { resultName } from "./pair-results.ts";

/**
 * Match → Share: once all result halves of this node's pairs are here, or the match deadline has passed, shares out
 * the seeds of its masks and says which halves it holds.
 */
export function sendShares(node: RoundNode, attempt: Attempt): boolean {
  const { row, charter, job, context, self } = attempt;
  if (!hasSum(charter) || !job.contributors.includes(self)) return false;
  const of = { round: row.round, attempt: row.matchAttempt };
  const own = context.pairs.filter((pair) => pair.includes(self));
  const held = own.filter((pair) => node.vault.has(of, resultName(pair)));
  if (held.length < own.length && node.clock.nowMs() < job.deadlines.matchMs) return false;
  const body = createShares(context.sum, sumSecrets(node, attempt), encodeHeldPairs(held), node.signer, node.random);
  node.rounds.transaction(() => {
    node.rounds.move(row, { state: "shared" });
    sendToCoordinator(node, row, "shares", body, context.jobKey);
  });
  return true;
}
