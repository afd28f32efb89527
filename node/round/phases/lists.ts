import { ProtocolError } from "../../../shared/base/errors.ts";
import { createSealer } from "../../../shared/crypto/sealing.ts";
import { createTagLanes } from "../../../shared/crypto/tag-lanes.ts";
import { buildList } from "../../../shared/matching/list.ts";
import type { KeyColumns } from "../../../shared/matching/population.ts";
import { charterLabels, type Pair } from "../../../shared/protocol/job.ts";
import { pairKey } from "../../../shared/protocol/round-context.ts";
import { partyName, type Attempt, type RoundNode } from "../round-node.ts";
import { envelopeKey, pairSecrets, sealContext } from "../pair-secrets.ts";

/**
 * Match, as an owner: for every pair this node is in, its rows under the pair's own salt, padded, shuffled and
 * sealed to the pair's matcher. One pair a transaction, so that a killed node goes on with the next.
 */
export function sendLists(node: RoundNode, attempt: Attempt): boolean {
  const { row, charter, context, self } = attempt;
  const own = context.pairs.filter((pair) => pair.includes(self));
  const unsent = own.filter((pair) => !node.vault.has(row, listMark(pair)));
  if (unsent.length === 0) return false;
  if (node.population.snapshot(charter.dataset.name) !== row.snapshot) {
    throw new ProtocolError("wrong-phase", "match: the dataset was replaced since preflight");
  }
  const columns = new Map<"left" | "right", KeyColumns>();
  for (const pair of unsent) {
    const side = pair[0] === self ? "left" : "right";
    const population = "population" in charter.operation ? "left" : side;
    let own = columns.get(population);
    if (own === undefined) columns.set(population, (own = node.population.columns(charter, population)));
    node.rounds.transaction(() => {
      sendList(node, attempt, pair, side, own);
    });
  }
  return true;
}

function sendList(node: RoundNode, attempt: Attempt, pair: Pair, side: "left" | "right", columns: KeyColumns): void {
  const { row, charter, context, self } = attempt;
  const { salt, sigma } = pairSecrets(node, attempt, pair);
  const labels = charterLabels(charter);
  const lanes = createTagLanes(salt);
  const list = buildList({
    columns,
    lanes,
    labelCodes: sigma === null || labels === null ? null : { permutation: sigma[side], labels: labels[side] },
    random: node.random,
  });
  if (list.rows > charter.controls.listCap) {
    throw new ProtocolError("refused", "controls.listCap: this node's list would be longer than the charter allows");
  }
  const matcher = context.matcherOf(pair);
  const route = { type: "list" as const, from: self, to: matcher, pair };
  node.gate.send({
    type: "list",
    to: partyName(charter, matcher),
    round: row.round,
    attempt: row.attempt,
    pair,
    charterDigest: row.charter,
    jobKey: context.jobKey,
    content: {
      kind: "sealed",
      sealer: createSealer(envelopeKey(node, attempt, route), sealContext(attempt, route), node.random),
      frames: list.frames,
    },
  });
  node.vault.put(row, listMark(pair), new Uint8Array(0));
  salt.fill(0);
  lanes.erase();
}

/** Marks a list as handed to the gate; own-side lists will keep the row order under it. */
function listMark(pair: Pair): string {
  return `list ${pairKey(pair)}`;
}
