import { ProtocolError } from "../../../shared/base/errors.ts";
import { createTagLanes } from "../../../shared/crypto/tag-lanes.ts";
import { buildList } from "../../../shared/matching/list.ts";
import type { KeyColumns } from "../../../shared/matching/population.ts";
import { paddedRows } from "../../../shared/matching/padding.ts";
import { charterLabels, type Pair } from "../../../shared/protocol/job.ts";
import { pairKey } from "../../../shared/protocol/round-context.ts";
import type { Attempt, RoundNode } from "../round-node.ts";
import { pairSecrets } from "../pair-secrets.ts";
import { sendSealed } from "../send-sealed.ts";

/**
 * Match, as an owner: for every pair this node is in, its rows under the pair's own salt, padded, shuffled and
 * sealed to the pair's matcher. One pair a transaction, so that a killed node goes on with the next.
 */
export function sendLists(node: RoundNode, attempt: Attempt): boolean {
  const { row, context, self } = attempt;
  const unsent = context.pairs.filter((pair) => pair.includes(self) && !node.vault.has(row, listMark(pair)));
  if (unsent.length === 0) return false;
  const population = populationReader(node, attempt);
  try {
    for (const pair of unsent) {
      const side = pair[0] === self ? "left" : "right";
      const columns = population.of(side);
      node.rounds.transaction(() => {
        sendList(node, attempt, pair, side, columns);
      });
    }
  } finally {
    population.close();
  }
  return true;
}

export interface PopulationReader {
  of(side: "left" | "right"): KeyColumns;
  /** What was read is gone then. */
  close(): void;
}

/**
 * This node's rows as they enter a match, read once for all pairs. With one population both sides are the same.
 * @throws ProtocolError "wrong-phase" where the rows are not those that preflight answered for, "refused" beyond the cap
 */
export function populationReader(node: RoundNode, { row, charter }: Attempt): PopulationReader {
  if (node.population.snapshot(charter.dataset.name) !== row.snapshot) {
    throw new ProtocolError("wrong-phase", "match: the dataset was replaced since preflight");
  }
  const read = new Map<"left" | "right", KeyColumns>();
  return {
    of(side) {
      const population = "population" in charter.operation ? "left" : side;
      const known = read.get(population) ?? node.population.columns(charter, population);
      read.set(population, known);
      if (paddedRows(known.units) > charter.controls.listCap) {
        throw new ProtocolError(
          "refused",
          "controls.listCap: this node's list would be longer than the charter allows",
        );
      }
      return known;
    },
    close() {
      for (const { digests } of read.values()) digests.close();
    },
  };
}

function sendList(node: RoundNode, attempt: Attempt, pair: Pair, side: "left" | "right", columns: KeyColumns): void {
  const { row, charter, context } = attempt;
  const { salt, sigma } = pairSecrets(node, attempt, pair);
  const labels = charterLabels(charter);
  const lanes = createTagLanes(salt);
  const list = buildList({
    columns,
    lanes,
    labelCodes: sigma === null || labels === null ? null : { permutation: sigma[side], labels: labels[side] },
    random: node.random,
    workspace: node.workspace,
  });
  sendSealed(node, attempt, { type: "list", to: context.matcherOf(pair), pair }, list.frames);
  node.vault.put(row, listMark(pair), new Uint8Array(0));
  salt.fill(0);
  lanes.erase();
}

/** Marks a list as handed to the gate. */
export function listMark(pair: Pair): string {
  return `list ${pairKey(pair)}`;
}
