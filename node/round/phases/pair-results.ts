import { ProtocolError } from "../../../shared/base/errors.ts";
import { concatBytes } from "../../../shared/base/bytes.ts";
import { createOpener } from "../../../shared/crypto/sealing.ts";
import { addPairShare, decodeWords, encodeWords } from "../../../shared/matching/result-shares.ts";
import { charterLabels, charterLayout } from "../../../shared/protocol/job.ts";
import { pairKey } from "../../../shared/protocol/round-context.ts";
import { fetchFrames } from "../fetch-frames.ts";
import type { MatchAttempt, RoundNode } from "../round-node.ts";
import { envelopeKey, pairSecrets, sealContext } from "../pair-secrets.ts";

/**
 * Match, as an owner: takes in the halves of its pairs' results, undoes the scrambling that hid the labels from the
 * matcher, and keeps them wrapped until the sum.
 */
export async function takePairResults(node: RoundNode, attempt: MatchAttempt): Promise<boolean> {
  const { row, charter, context, self } = attempt;
  let moved = false;
  for (const waiting of node.rounds.waiting(row.round, row.attempt, "pair-result")) {
    // Protocol: the matcher is drawn, not whoever claims the part.
    if (context.matcherOf(waiting.pair) !== waiting.sender || !waiting.pair.includes(self)) {
      throw new ProtocolError("integrity", `pair result ${pairKey(waiting.pair)}: not from the pair's matcher`);
    }
    const route = { type: "pair-result" as const, from: waiting.sender, to: self, pair: waiting.pair };
    const opener = createOpener(envelopeKey(node, attempt, route), sealContext(attempt, route));
    const half = concatBytes(...(await fetchFrames(node.relay, waiting, opener)));
    if (half.length !== resultWords(attempt) * 8) {
      throw new ProtocolError("integrity", `pair result ${pairKey(waiting.pair)}: not of the length the charter gives`);
    }
    // Unscrambled at once: the pair's permutation is this attempt's, the half may be summed in the next.
    const share = new BigUint64Array(charterLayout(charter).words);
    const { sigma } = pairSecrets(node, attempt, waiting.pair);
    addPairShare(share, decodeWords(half), { layout: charterLayout(charter), sigma });
    node.rounds.transaction(() => {
      node.vault.put(row, resultName(waiting.pair), encodeWords(share));
      node.rounds.take(waiting.messageId);
    });
    await node.relay.acknowledge(waiting.messageId, waiting.sha256);
    moved = true;
  }
  return moved;
}

/** Words of one pair's result in the matcher's coordinates: the total, then the whole permuted table. */
function resultWords({ charter }: MatchAttempt): number {
  const labels = charterLabels(charter);
  return labels === null ? 1 : 1 + labels.left * labels.right;
}

/** Result halves are kept under the attempt whose match made them, so that a second sum can use them again. */
export function resultName(pair: readonly [number, number]): string {
  return `result ${pairKey(pair)}`;
}
