import { ProtocolError } from "../../../shared/base/errors.ts";
import { createTagLanes } from "../../../shared/crypto/tag-lanes.ts";
import { buildList } from "../../../shared/matching/list.ts";
import type { KeyColumns } from "../../../shared/matching/population.ts";
import { PADDING_ROW } from "../../../shared/matching/own-side-reply.ts";
import { paddedRows } from "../../../shared/matching/padding.ts";
import { charterLabels, type Pair } from "../../../shared/protocol/job.ts";
import { pairKey } from "../../../shared/protocol/round-context.ts";
import type { MatchAttempt, RoundNode } from "../round-node.ts";
import { pairSecrets } from "../pair-secrets.ts";
import { sendSealed } from "../send-sealed.ts";
import { keepPlaces } from "./own-side-lists.ts";
import { sendPairSize } from "./pair-figures.ts";

/**
 * Match, as an owner: the rows of this node under the next pair's own salt, padded, shuffled and sealed to the pair's
 * matcher. One pair a step and a transaction: the list leaves before the next is made, and a killed node goes on there.
 */
export function sendLists(node: RoundNode, attempt: MatchAttempt): boolean {
  const { self } = attempt;
  const pair = nextUnsent(node, attempt);
  if (pair === null) return false;
  const side = pair[0] === self ? "left" : "right";
  const columns = ownColumns(node, attempt, side);
  node.rounds.transaction(() => {
    sendList(node, attempt, pair, side, columns);
  });
  forgetAfterLast(node, attempt);
  return true;
}

/** The first pair of this node whose list is not with the gate yet. */
export function nextUnsent(node: RoundNode, { row, context, self }: MatchAttempt): Pair | null {
  return context.pairs.find((pair) => pair.includes(self) && !node.vault.has(row, listMark(pair))) ?? null;
}

/** To be called when a list is committed. */
export function forgetAfterLast(node: RoundNode, attempt: MatchAttempt): void {
  if (nextUnsent(node, attempt) === null) node.work.forget(attempt.row);
}

/**
 * This node's rows as they enter a match, read once for all pairs. With one population both sides are the same.
 * @throws ProtocolError "wrong-phase" where the rows are not those that preflight answered for, "refused" beyond the cap
 */
export function ownColumns(node: RoundNode, { row, charter }: MatchAttempt, side: "left" | "right"): KeyColumns {
  const population = "population" in charter.operation ? "left" : side;
  const { columns } = node.work.of(row);
  const known = columns.get(population);
  if (known !== undefined) return known;
  if (node.population.snapshot(charter.dataset.name) !== row.snapshot) {
    throw new ProtocolError("wrong-phase", "match: the dataset was replaced since preflight");
  }
  const read = node.population.columns(charter, population);
  columns.set(population, read);
  if (paddedRows(read.units) > charter.controls.listCap) {
    throw new ProtocolError("refused", "controls.listCap: this node's list would be longer than the charter allows");
  }
  return read;
}

function sendList(
  node: RoundNode,
  attempt: MatchAttempt,
  pair: Pair,
  side: "left" | "right",
  columns: KeyColumns,
): void {
  const { row, charter, context } = attempt;
  const { salt, sigma } = pairSecrets(node, attempt, pair);
  const labels = charterLabels(charter);
  const lanes = createTagLanes(salt);
  try {
    const list = buildList({
      columns,
      lanes,
      labelCodes: sigma === null || labels === null ? null : { permutation: sigma[side], labels: labels[side] },
      random: node.random,
      workspace: node.workspace,
    });
    sendSealed(node, attempt, { type: "list", to: context.matcherOf(pair), pair }, list.frames);
    // The matcher has the rows in this very order, so that a place needs no handle.
    const places = () => list.order.map((unit) => columns.rows[unit] ?? PADDING_ROW);
    keepPlaces(node, attempt, pair, places);
    node.observer?.listed(pair, attempt.self, places());
  } finally {
    salt.fill(0);
    lanes.erase();
  }
  sendPairSize(node, attempt, pair, columns.units);
  node.vault.put(row, listMark(pair), new Uint8Array(0));
}

/** Marks a list as handed to the gate. */
export function listMark(pair: Pair): string {
  return `list ${pairKey(pair)}`;
}
