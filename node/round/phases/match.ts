import { bytesToHex } from "../../../shared/base/bytes.ts";
import { ProtocolError } from "../../../shared/base/errors.ts";
import { createOpener, createSealer } from "../../../shared/crypto/sealing.ts";
import { runCascade } from "../../../shared/matching/cascade.ts";
import { decodeList, type TagList } from "../../../shared/matching/list.ts";
import { countPair, encodeWords, splitPairResult } from "../../../shared/matching/result-shares.ts";
import { charterLabels, type Pair } from "../../../shared/protocol/job.ts";
import { pairKey } from "../../../shared/protocol/round-context.ts";
import type { WaitingRow } from "../../data/round-store.ts";
import { fetchFrames } from "../fetch-frames.ts";
import { partyName, type Attempt, type RoundNode } from "../round-node.ts";
import { envelopeKey, sealContext } from "../pair-secrets.ts";

/**
 * Match, as the drawn matcher of a pair: fetches both lists, runs the cascade and hands each owner one half of the
 * count. It sees two lists of tags under a salt it does not know; neither half alone says anything.
 * The lists stay at the coordinator until the halves are in the outbox: a killed matcher starts the pair anew.
 */
export async function matchPairs(node: RoundNode, attempt: Attempt): Promise<boolean> {
  const { row, context, self } = attempt;
  const waiting = node.rounds.waiting(row.round, row.attempt, "list");
  let moved = false;
  for (const pair of context.pairs) {
    if (context.matcherOf(pair) !== self) continue;
    const lists = waiting.filter((list) => pairKey(list.pair) === pairKey(pair));
    const left = lists.find(({ sender }) => sender === pair[0]);
    const right = lists.find(({ sender }) => sender === pair[1]);
    if (left === undefined || right === undefined) continue;
    await matchPair(node, attempt, pair, left, right);
    moved = true;
  }
  return moved;
}

async function matchPair(node: RoundNode, attempt: Attempt, pair: Pair, left: WaitingRow, right: WaitingRow) {
  const { charter, context, row, self } = attempt;
  const labels = charterLabels(charter);
  const leftList = await fetchList(node, attempt, pair, left);
  const rightList = await fetchList(node, attempt, pair, right);
  const matches = runCascade(leftList, rightList, node.random);
  const words = countPair(matches, leftList, rightList, labels);
  const halves = splitPairResult(words, node.random);
  node.rounds.transaction(() => {
    // Only this node can open it, and only while the round lasts.
    node.vault.put(row, `matched ${pairKey(pair)}`, encodeWords(words));
    for (const [to, half] of [
      [pair[0], halves.left],
      [pair[1], halves.right],
    ] as const) {
      const route = { type: "pair-result" as const, from: self, to, pair };
      node.gate.send({
        type: "pair-result",
        to: partyName(charter, to),
        round: row.round,
        attempt: row.attempt,
        pair,
        charterDigest: row.charter,
        jobKey: context.jobKey,
        content: {
          kind: "sealed",
          sealer: createSealer(envelopeKey(node, attempt, route), sealContext(attempt, route), node.random),
          frames: [encodeWords(half)],
        },
      });
    }
    for (const list of [left, right]) node.rounds.take(list.messageId);
  });
  for (const list of [left, right]) await node.relay.acknowledge(list.messageId, list.sha256);
}

async function fetchList(node: RoundNode, attempt: Attempt, pair: Pair, waiting: WaitingRow): Promise<TagList> {
  const { charter, self } = attempt;
  const route = { type: "list" as const, from: waiting.sender, to: self, pair };
  const opener = createOpener(envelopeKey(node, attempt, route), sealContext(attempt, route));
  const labels = charterLabels(charter);
  try {
    return decodeList(await fetchFrames(node.relay, waiting, opener), {
      keys: charter.operation.cascade.length,
      payloadBytes: labels === null ? 0 : 2,
      maximumRows: charter.controls.listCap,
    });
  } catch (cause) {
    if (!(cause instanceof ProtocolError) || cause.code === "unavailable" || cause.code === "not-found") throw cause;
    const name = partyName(charter, waiting.sender);
    throw new ProtocolError("integrity", `list ${bytesToHex(waiting.messageId)} of ${name}: ${cause.message}`, {
      cause,
    });
  }
}
