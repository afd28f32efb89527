import { concatBytes } from "../../../shared/base/bytes.ts";
import { ProtocolError } from "../../../shared/base/errors.ts";
import { TAG_BYTES } from "../../../shared/crypto/tags.ts";
import { protectPairFigure } from "../../../shared/disclosure/protect-pair.ts";
import { LABEL_BYTES, labelsOf, type TagList } from "../../../shared/matching/list.ts";
import { ListReader } from "../../../shared/matching/list-reader.ts";
import { PairTags, type AddTags, type Matches } from "../../../shared/matching/pair-tags.ts";
import { openPayloads, PAYLOAD_BYTES } from "../../../shared/matching/payloads.ts";
import { countPair, encodeWords, splitPairResult } from "../../../shared/matching/result-shares.ts";
import { hasSum } from "../../../shared/protocol/charter.ts";
import { carriesPayloads, charterLabels, type Pair } from "../../../shared/protocol/job.ts";
import type { NodeToNode } from "../../../shared/protocol/messages.ts";
import { pairKey } from "../../../shared/protocol/round-context.ts";
import { payloadDigestBody } from "../../../shared/protocol/round-messages.ts";
import type { WaitingRow } from "../../data/round-store.ts";
import { fetchInto, fetchSealed } from "../fetch-frames.ts";
import { envelopeKey } from "../pair-secrets.ts";
import { commitIfOpen, type MatchAttempt, type RoundNode } from "../round-node.ts";
import { sendSealed } from "../send-sealed.ts";
import { keepReplies } from "./own-side-lists.ts";
import { fetchPairSizes, sendPairFigure } from "./pair-figures.ts";

/**
 * Match, as the drawn matcher of a pair: fetches both lists, runs the cascade and hands out what the charter asks for:
 * to each owner one half of the count, to the openers the pair's protected figure, and later each owner's own list. It
 * sees two lists of tags under secrets it does not know; neither half alone says anything.
 * The lists stay at the coordinator until all of it is in the outbox: a killed matcher starts the pair anew.
 */
export async function matchPairs(node: RoundNode, attempt: MatchAttempt): Promise<boolean> {
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
  /** pair-matrix: how many rows each owner says have entered. */
  readonly sizes: { readonly left: WaitingRow; readonly right: WaitingRow } | null;
}

function waitingLists(node: RoundNode, { row, charter }: MatchAttempt, pair: Pair): WaitingLists | null {
  const find = (type: NodeToNode, sender: number) =>
    node.rounds
      .waiting(row.round, row.attempt, type)
      .find((message) => message.sender === sender && pairKey(message.pair) === pairKey(pair));
  const both = (type: NodeToNode, leftFrom: number, rightFrom: number) => {
    const [left, right] = [find(type, leftFrom), find(type, rightFrom)];
    return left === undefined || right === undefined ? "awaited" : { left, right };
  };
  const { protocol, outputs } = charter.operation;
  const [one, other] = pair;
  const isDouble = protocol === "double-salt";
  // The left owner's rows come from the right owner's hands, and the other way round.
  const lists = isDouble ? both("remasked-list", other, one) : both("list", one, other);
  const digests = isDouble ? both("payload-digest", one, other) : null;
  const sizes = outputs.includes("pair-matrix") ? both("pair-size", one, other) : null;
  return lists === "awaited" || digests === "awaited" || sizes === "awaited" ? null : { ...lists, digests, sizes };
}

async function matchPair(node: RoundNode, attempt: MatchAttempt, pair: Pair, waiting: WaitingLists): Promise<boolean> {
  const { digests, sizes } = waiting;
  const units = sizes === null ? null : await fetchPairSizes(node, attempt, sizes);
  const { left, right, matches } = await matchLists(node, attempt, waiting);
  const words = countPair(matches, left, right, charterLabels(attempt.charter));
  const told = units === null ? null : { sizes: units, rows: { left: left.rows, right: right.rows } };
  const figure = told === null ? null : protectPairFigure(matches.left.length, told, attempt.charter.controls);
  const messages = [waiting, digests, sizes].flatMap((both) => (both === null ? [] : [both.left, both.right]));
  const committed = commitIfOpen(node, attempt.row, () => {
    // Only this node can open it, and only while the round lasts.
    node.vault.put(attempt.row, `matched ${pairKey(pair)}`, encodeWords(words));
    if (figure !== null) sendPairFigure(node, attempt, { pair, figure });
    node.observer?.matched(pair, matches);
    keepReplies(node, attempt, pair, matches, { left, right });
    if (hasSum(attempt.charter)) sendHalves(node, attempt, pair, words);
    for (const message of messages) node.rounds.take(message.messageId);
  });
  if (committed) for (const message of messages) await node.relay.acknowledge(message.messageId, message.sha256);
  return committed;
}

function sendHalves(node: RoundNode, attempt: MatchAttempt, pair: Pair, words: BigUint64Array): void {
  const halves = splitPairResult(words, node.random);
  sendSealed(node, attempt, { type: "pair-result", to: pair[0], pair }, [encodeWords(halves.left)]);
  sendSealed(node, attempt, { type: "pair-result", to: pair[1], pair }, [encodeWords(halves.right)]);
}

/** What a list says beside its tags. */
type ListFacts = Pick<TagList, "rows" | "labels" | "handles">;

/** The pair's matches, as this matcher sees them. Both lists' tags are gone afterwards, from memory and from the disk. */
async function matchLists(
  node: RoundNode,
  attempt: MatchAttempt,
  waiting: WaitingLists,
): Promise<{ left: ListFacts; right: ListFacts; matches: Matches }> {
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
    return { ...lists, matches: pair.match({ left: lists.left.rows, right: lists.right.rows }) };
  } finally {
    pair.close();
  }
}

async function fetchList(
  node: RoundNode,
  attempt: MatchAttempt,
  list: WaitingRow,
  digest: WaitingRow | null,
  add: AddTags,
): Promise<ListFacts> {
  const { charter, self } = attempt;
  const labels = charterLabels(charter);
  const maximumRows = charter.controls.listCap;
  const announced = { keys: charter.operation.cascade.length, maximumRows, maximumBytes: list.sizeBytes };
  if (digest === null) {
    const payloadBytes = labels === null ? 0 : LABEL_BYTES;
    const reader = new ListReader({ ...announced, payloadBytes }, add);
    const { rows, payloads } = await fetchInto(node, attempt, list, reader);
    return { rows, labels: labels === null ? null : labelsOf(payloads), handles: null };
  }
  const said = await fetchSealed(node, attempt, digest, (frames) => payloadDigestBody.decode(concatBytes(...frames)));
  // Of the owner, not of the one who passed the rows on.
  const key = envelopeKey(node, attempt, { type: "payload", from: digest.sender, to: self, pair: list.pair });
  const payloadBytes = carriesPayloads(charter) ? PAYLOAD_BYTES : 0;
  const needs = { labels: labels !== null, handles: charter.operation.outputs.includes("own-side-list") };
  const reader = new ListReader({ ...announced, payloadBytes }, add);
  return fetchInto(node, attempt, list, {
    push: (frame) => {
      reader.push(frame);
    },
    end: () => {
      const { rows, payloads } = reader.end();
      if (rows !== said.rows) throw new ProtocolError("integrity", "list: not as long as its owner announced");
      if (payloadBytes === 0) return { rows, labels: null, handles: null };
      return { rows, ...openPayloads(key, payloads, said.payloads, needs) };
    },
  });
}
