import { concatBytes } from "../../../shared/base/bytes.ts";
import { ProtocolError } from "../../../shared/base/errors.ts";
import type { BothSides } from "../../../shared/disclosure/protect-pair.ts";
import { jobPairs, type Pair } from "../../../shared/protocol/job.ts";
import {
  decodePairSize,
  encodePairSize,
  openPairFigure,
  signPairFigure,
  type PairFigure,
} from "../../../shared/protocol/pair-figures.ts";
import { pairKey } from "../../../shared/protocol/round-context.ts";
import type { WaitingRow } from "../../data/round-store.ts";
import { fetchSealed } from "../fetch-frames.ts";
import type { MatchAttempt, RoundNode } from "../round-node.ts";
import { sendSealed } from "../send-sealed.ts";

/**
 * `pair-matrix` (protocol.md, Matching): owners tell the matcher how many rows entered, the matcher protects the pair's
 * figure and signs it, openers collect all of them and look at them together with the rest before anything is released.
 */

/** As an owner, beside each list. Inside the caller's transaction. */
export function sendPairSize(node: RoundNode, attempt: MatchAttempt, pair: Pair, units: number): void {
  if (!attempt.charter.operation.outputs.includes("pair-matrix")) return;
  sendSealed(node, attempt, { type: "pair-size", to: attempt.context.matcherOf(pair), pair }, [encodePairSize(units)]);
}

/** As the matcher: how many rows both owners say have entered. */
export async function fetchPairSizes(
  node: RoundNode,
  attempt: MatchAttempt,
  { left, right }: { readonly left: WaitingRow; readonly right: WaitingRow },
): Promise<BothSides> {
  const fetch = (waiting: WaitingRow) =>
    fetchSealed(node, attempt, waiting, (frames) => decodePairSize(concatBytes(...frames)));
  return { left: await fetch(left), right: await fetch(right) };
}

/** As the matcher: the raw figure ends here. Inside the caller's transaction. */
export function sendPairFigure(node: RoundNode, attempt: MatchAttempt, { pair, figure }: PairFigure): void {
  const { row, context, self } = attempt;
  const statement = signPairFigure(node.signer, context, { pair, figure });
  for (const opener of context.sum.openers) {
    if (opener === self) node.vault.put(row, figureName(pair), statement);
    else sendSealed(node, attempt, { type: "pair-figure", to: opener, pair }, [statement]);
  }
}

/** As an opener: keeps what the matchers have signed, wrapped, until the rest is open too. */
export async function takePairFigures(node: RoundNode, attempt: MatchAttempt): Promise<boolean> {
  const { row, context } = attempt;
  let moved = false;
  for (const waiting of node.rounds.waiting(row.round, row.attempt, "pair-figure")) {
    const { pair } = waiting;
    if (context.matcherOf(pair) !== waiting.sender) {
      throw new ProtocolError("integrity", `pair figure ${pairKey(pair)}: not from the pair's matcher`);
    }
    const statement = await fetchSealed(node, attempt, waiting, (frames) => concatBytes(...frames));
    openPairFigure(context, pair, statement);
    node.rounds.transaction(() => {
      node.vault.put(row, figureName(pair), statement);
      node.rounds.take(waiting.messageId);
    });
    await node.relay.acknowledge(waiting.messageId, waiting.sha256);
    moved = true;
  }
  return moved;
}

/** The figures of every pair of these owners with their statements, or null while one is still to come. */
export function collectedFigures(
  node: RoundNode,
  { row, charter, context }: MatchAttempt,
  members: readonly number[],
): { readonly figures: PairFigure[]; readonly statements: Uint8Array[] } | null {
  const pairs = jobPairs(charter, members);
  if (!pairs.every((pair) => node.vault.has(row, figureName(pair)))) return null;
  const statements = pairs.map((pair) => node.vault.get(row, figureName(pair)));
  return { figures: pairs.map((pair, index) => openPairFigure(context, pair, statements[index]!)), statements };
}

function figureName(pair: Pair): string {
  return `figure ${pairKey(pair)}`;
}
