import { ProtocolError } from "../../../shared/base/errors.ts";
import { ELEMENT_BYTES } from "../../../shared/crypto/curve-elements.ts";
import { freshOrder } from "../../../shared/crypto/permutation.ts";
import { TAG_BYTES } from "../../../shared/crypto/tags.ts";
import { ColumnsReader, encodeRows } from "../../../shared/matching/packed-rows.ts";
import { PAYLOAD_BYTES } from "../../../shared/matching/payloads.ts";
import { remaskRows } from "../../../shared/matching/remask.ts";
import { carriesPayloads } from "../../../shared/protocol/job.ts";
import { pairKey } from "../../../shared/protocol/round-context.ts";
import { fetchInto } from "../fetch-frames.ts";
import { withPairScalar } from "../pair-secrets.ts";
import { commitIfOpen, type MatchAttempt, type RoundNode } from "../round-node.ts";
import { sendSealed } from "../send-sealed.ts";

/**
 * Match under double-salt, as the partner of a pair: checks the other owner's masked rows, puts the own scalar on them
 * too, shuffles afresh and passes them on to the matcher. It sees elements that it can test no guess against.
 */
export async function remaskLists(node: RoundNode, attempt: MatchAttempt): Promise<boolean> {
  const { row, charter, context, self } = attempt;
  const shape = {
    keys: charter.operation.cascade.length,
    payloadBytes: carriesPayloads(charter) ? PAYLOAD_BYTES : 0,
  };
  let moved = false;
  for (const waiting of node.rounds.waiting(row.round, row.attempt, "masked-list")) {
    const { pair, sender } = waiting;
    if (!pair.includes(self) || !pair.includes(sender) || sender === self) {
      throw new ProtocolError("integrity", `masked list ${pairKey(pair)}: not from the pair's other owner`);
    }
    const maximumRows = charter.controls.listCap;
    const announced = { ...shape, cellBytes: ELEMENT_BYTES, maximumRows, maximumBytes: waiting.sizeBytes };
    const masked = await fetchInto(node, attempt, waiting, new ColumnsReader(announced));
    const { jobKey } = context;
    const { curve, random } = node;
    const remasked = await withPairScalar(node, attempt, pair, (scalar) =>
      remaskRows(masked, { scalar, jobKey, pair, curve, random }),
    );
    const order = freshOrder(remasked.rows, node.random);
    const committed = commitIfOpen(node, row, () => {
      const frames = encodeRows(remasked, { ...shape, cellBytes: TAG_BYTES }, order);
      sendSealed(node, attempt, { type: "remasked-list", to: context.matcherOf(pair), pair }, frames);
      node.observer?.passedOn(pair, sender, order);
      node.rounds.take(waiting.messageId);
    });
    if (!committed) return moved;
    await node.relay.acknowledge(waiting.messageId, waiting.sha256);
    moved = true;
  }
  return moved;
}
