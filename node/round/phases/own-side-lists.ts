import { concatBytes } from "../../../shared/base/bytes.ts";
import { ProtocolError } from "../../../shared/base/errors.ts";
import { MAX_FRAME_BYTES } from "../../../shared/crypto/sealing.ts";
import type { TagList } from "../../../shared/matching/list.ts";
import type { Matches } from "../../../shared/matching/pair-tags.ts";
import { readReply, replyFor } from "../../../shared/matching/own-side-reply.ts";
import { jobPairs, type Pair } from "../../../shared/protocol/job.ts";
import { pairKey } from "../../../shared/protocol/round-context.ts";
import type { OwnSideRow } from "../../data/own-side-store.ts";
import type { WaitingRow } from "../../data/round-store.ts";
import { fetchSealed } from "../fetch-frames.ts";
import { partyName, type MatchAttempt, type RoundNode } from "../round-node.ts";
import { sendSealed } from "../send-sealed.ts";
import { endAttempt } from "./end.ts";

/**
 * `own-side-list` (protocol.md, Matching): after the release decision each pair's matcher tells both owners which of
 * their own rows matched, one byte a row of the padded list. Released → Listing → over: here the round's secrets are
 * kept until the lists are in and out, or their deadline has passed; a list that does not come changes no figure.
 */
const DAY_MS = 86_400_000;

/** As an owner, beside each list: which source row stands behind each byte of the reply. In the caller's transaction. */
export function keepPlaces(
  node: RoundNode,
  { row, charter }: MatchAttempt,
  pair: Pair,
  places: () => Uint32Array,
): void {
  if (!charter.operation.outputs.includes("own-side-list")) return;
  node.vault.put(row, placesName(pair), new Uint8Array(places().buffer));
}

/** As the matcher, once a pair is matched: nothing of it leaves before a release. In the caller's transaction. */
export function keepReplies(
  node: RoundNode,
  { row, charter }: MatchAttempt,
  pair: Pair,
  matches: Matches,
  lists: Readonly<Record<"left" | "right", Pick<TagList, "rows" | "handles">>>,
): void {
  if (!charter.operation.outputs.includes("own-side-list")) return;
  node.vault.put(row, replyName(pair, pair[0]), replyFor(lists.left, matches.left, matches.key));
  node.vault.put(row, replyName(pair, pair[1]), replyFor(lists.right, matches.right, matches.key));
}

/**
 * Released → Listing: notes which lists are to come, and sends what was kept, for the pairs whose both owners stand in
 * the release.
 */
export function beginLists(node: RoundNode, attempt: MatchAttempt, members: readonly number[]): void {
  const { row, charter, context, job, self } = attempt;
  node.rounds.move(row, { state: "listing", deadlineMs: job.deadlines.listsMs });
  for (const pair of jobPairs(charter, members)) {
    if (pair.includes(self)) expectList(node, attempt, pair);
    if (context.matcherOf(pair) !== self) continue;
    for (const owner of pair) {
      const reply = node.vault.get(row, replyName(pair, owner));
      sendSealed(node, attempt, { type: "own-side-list", to: owner, pair }, framesOf(reply));
    }
  }
}

/** Takes in what has come; over once everything is in and out, or the time is. True if something moved. */
export async function advanceLists(node: RoundNode, attempt: MatchAttempt): Promise<boolean> {
  const { row } = attempt;
  const isLate = node.clock.nowMs() > row.deadlineMs;
  // Late, nothing is fetched any more: what cannot be fetched must not keep the round's secrets.
  const waitingLists = isLate ? [] : node.rounds.waiting(row.round, row.attempt, "own-side-list");
  for (const waiting of waitingLists) await takeList(node, attempt, waiting);
  const isIn = !node.ownSide.hasMissing(row.round);
  const isOut = node.gate.isDelivered({ round: row.round, attempt: row.attempt, type: "own-side-list" });
  if (!isLate && !(isIn && isOut)) return waitingLists.length > 0;
  if (!isIn) node.log.warn({ attempt: row.attempt }, "an own-side list did not come in time");
  node.rounds.transaction(() => {
    endAttempt(node, row, "released", null);
  });
  return true;
}

async function takeList(node: RoundNode, attempt: MatchAttempt, waiting: WaitingRow): Promise<void> {
  const { round } = attempt.row;
  const { pair } = waiting;
  let matched: OwnSideRow[] | null = null;
  try {
    matched = await readList(node, attempt, waiting);
  } catch (error) {
    // The release stands: a matcher that lies about rows now spoils this list and nothing else.
    if (!(error instanceof ProtocolError) || error.code !== "integrity") throw error;
    node.log.warn({ err: error, pair: pairKey(pair) }, "own-side list refused");
  }
  node.rounds.transaction(() => {
    const state = matched === null ? "refused" : "here";
    node.ownSide.settle({ round, pair, state, atMs: node.clock.nowMs() }, matched ?? []);
    node.rounds.take(waiting.messageId);
  });
  await node.relay.acknowledge(waiting.messageId, waiting.sha256);
}

async function readList(node: RoundNode, attempt: MatchAttempt, waiting: WaitingRow): Promise<OwnSideRow[]> {
  const { row, charter, context, self } = attempt;
  const { pair, sender } = waiting;
  if (context.matcherOf(pair) !== sender || !pair.includes(self)) {
    throw new ProtocolError("integrity", `own-side list ${pairKey(pair)}: not from the pair's matcher`);
  }
  const reply = await fetchSealed(node, attempt, waiting, (frames) => concatBytes(...frames));
  const kept = node.vault.get(row, placesName(pair)).slice();
  const cascade = charter.operation.cascade;
  const matched = readReply(reply, new Uint32Array(kept.buffer), cascade.length);
  const references = node.population.references(
    row.snapshot,
    matched.map(({ row: source }) => source),
  );
  return matched.map(({ row: source, key }, index) => ({
    row: source,
    reference: references[index]!,
    key: cascade[key]!.key,
  }));
}

function expectList(node: RoundNode, { row, charter, self }: MatchAttempt, pair: Pair): void {
  const atMs = node.clock.nowMs();
  const partner = partyName(charter, pair[0] === self ? pair[1] : pair[0]);
  const keepUntilMs = atMs + charter.retention.ownSideListDays * DAY_MS;
  node.ownSide.expect({ round: row.round, charter: row.charter, pair, partner, atMs, keepUntilMs });
}

function* framesOf(reply: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < reply.length; at += MAX_FRAME_BYTES) yield reply.subarray(at, at + MAX_FRAME_BYTES);
}

function placesName(pair: Pair): string {
  return `places ${pairKey(pair)}`;
}

function replyName(pair: Pair, owner: number): string {
  return `reply ${pairKey(pair)} for ${owner}`;
}
