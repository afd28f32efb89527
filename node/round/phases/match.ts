import { concatBytes } from "../../../shared/base/bytes.ts";
import { ProtocolError } from "../../../shared/base/errors.ts";
import { TAG_BYTES } from "../../../shared/crypto/tags.ts";
import { LABEL_BYTES, labelsOf, type TagList } from "../../../shared/matching/list.ts";
import { ListReader } from "../../../shared/matching/list-reader.ts";
import { PairTags, type AddTags } from "../../../shared/matching/pair-tags.ts";
import { openPayloads, PAYLOAD_BYTES } from "../../../shared/matching/payloads.ts";
import { countPair, encodeWords, splitPairResult } from "../../../shared/matching/result-shares.ts";
import { charterLabels, type Pair } from "../../../shared/protocol/job.ts";
import type { NodeToNode } from "../../../shared/protocol/messages.ts";
import { pairKey } from "../../../shared/protocol/round-context.ts";
import { payloadDigestBody } from "../../../shared/protocol/round-messages.ts";
import type { WaitingRow } from "../../data/round-store.ts";
import { fetchInto, fetchSealed } from "../fetch-frames.ts";
import { envelopeKey } from "../pair-secrets.ts";
import { commitIfOpen, type Attempt, type RoundNode } from "../round-node.ts";
import { sendSealed } from "../send-sealed.ts";

/**
 * Match, as the drawn matcher of a pair: fetches both lists, runs the cascade and hands each owner one half of the
 * count. It sees two lists of tags under secrets it does not know; neither half alone says anything.
 * The lists stay at the coordinator until the halves are in the outbox: a killed matcher starts the pair anew.
 */
export async function matchPairs(node: RoundNode, attempt: Attempt): Promise<boolean> {
  const { context, self } = attempt;
  let moved = false;
  for (const pair of context.pairs) {
    if (context.matcherOf(pair) !== self) continue;
    const lists = waitingLists(node, attempt, pair);
    if (lists === null) continue;
    if (await matchPair(node, attempt, pair, lists)) moved = true;
  }
  return moved;
}

/** What a pair's match starts from, once all of it is there. */
interface WaitingLists {
  readonly left: WaitingRow;
  readonly right: WaitingRow;
  /** double-salt: what each owner says itself of the list that comes through its partner's hands. */
  readonly digests: { readonly left: WaitingRow; readonly right: WaitingRow } | null;
}

function waitingLists(node: RoundNode, { row, charter }: Attempt, pair: Pair): WaitingLists | null {
  const find = (type: NodeToNode, sender: number) =>
    node.rounds
      .waiting(row.round, row.attempt, type)
      .find((message) => message.sender === sender && pairKey(message.pair) === pairKey(pair));
  if (charter.operation.protocol === "single-salt") {
    const [left, right] = [find("list", pair[0]), find("list", pair[1])];
    return left === undefined || right === undefined ? null : { left, right, digests: null };
  }
  // The left owner's rows come from the right owner's hands, and the other way round.
  const [left, right] = [find("remasked-list", pair[1]), find("remasked-list", pair[0])];
  const digests = [find("payload-digest", pair[0]), find("payload-digest", pair[1])] as const;
  if (left === undefined || right === undefined || digests[0] === undefined || digests[1] === undefined) return null;
  return { left, right, digests: { left: digests[0], right: digests[1] } };
}

async function matchPair(node: RoundNode, attempt: Attempt, pair: Pair, waiting: WaitingLists): Promise<boolean> {
  const { left, right, digests } = waiting;
  const words = await countMatches(node, attempt, waiting);
  const halves = splitPairResult(words, node.random);
  const used = digests === null ? [left, right] : [left, right, digests.left, digests.right];
  const committed = commitIfOpen(node, attempt.row, () => {
    // Only this node can open it, and only while the round lasts.
    node.vault.put(attempt.row, `matched ${pairKey(pair)}`, encodeWords(words));
    sendSealed(node, attempt, { type: "pair-result", to: pair[0], pair }, [encodeWords(halves.left)]);
    sendSealed(node, attempt, { type: "pair-result", to: pair[1], pair }, [encodeWords(halves.right)]);
    for (const message of used) node.rounds.take(message.messageId);
  });
  if (committed) for (const message of used) await node.relay.acknowledge(message.messageId, message.sha256);
  return committed;
}

/** The pair's cells, as this matcher sees them. Both lists are gone afterwards, from memory and from the disk. */
async function countMatches(node: RoundNode, attempt: Attempt, waiting: WaitingLists): Promise<BigUint64Array> {
  const { left, right, digests } = waiting;
  const { operation, controls } = attempt.charter;
  const keys = operation.cascade.length;
  const rowsAtMost = Math.min(controls.listCap, Math.max(left.sizeBytes, right.sizeBytes) / (keys * TAG_BYTES));
  const pair = new PairTags({ keys, rowsAtMost, workspace: node.workspace, random: node.random });
  try {
    const lists = {
      left: await fetchList(node, attempt, left, digests?.left ?? null, pair.of("left")),
      right: await fetchList(node, attempt, right, digests?.right ?? null, pair.of("right")),
    };
    const matches = pair.match({ left: lists.left.rows, right: lists.right.rows });
    return countPair(matches, lists.left, lists.right, charterLabels(attempt.charter));
  } finally {
    pair.close();
  }
}

async function fetchList(
  node: RoundNode,
  attempt: Attempt,
  list: WaitingRow,
  digest: WaitingRow | null,
  add: AddTags,
): Promise<Pick<TagList, "rows" | "labels">> {
  const { charter, self } = attempt;
  const labels = charterLabels(charter);
  const maximumRows = charter.controls.listCap;
  const announced = { keys: charter.operation.cascade.length, maximumRows, maximumBytes: list.sizeBytes };
  if (digest === null) {
    const payloadBytes = labels === null ? 0 : LABEL_BYTES;
    const reader = new ListReader({ ...announced, payloadBytes }, add);
    const { rows, payloads } = await fetchInto(node, attempt, list, reader);
    return { rows, labels: labels === null ? null : labelsOf(payloads) };
  }
  const said = await fetchSealed(node, attempt, digest, (frames) => payloadDigestBody.decode(concatBytes(...frames)));
  // Of the owner, not of the one who passed the rows on.
  const key = envelopeKey(node, attempt, { type: "payload", from: digest.sender, to: self, pair: list.pair });
  const reader = new ListReader({ ...announced, payloadBytes: labels === null ? 0 : PAYLOAD_BYTES }, add);
  return fetchInto(node, attempt, list, {
    push: (frame) => {
      reader.push(frame);
    },
    end: () => {
      const { rows, payloads } = reader.end();
      if (rows !== said.rows) throw new ProtocolError("integrity", "list: not as long as its owner announced");
      return { rows, labels: labels === null ? null : openPayloads(key, payloads, said.payloads) };
    },
  });
}
