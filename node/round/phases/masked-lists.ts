import { ELEMENT_BYTES } from "../../../shared/crypto/curve-elements.ts";
import { freshOrder } from "../../../shared/crypto/permutation.ts";
import { mapColumns, maskElements, type Elements } from "../../../shared/matching/elements.ts";
import { scrambleLabels } from "../../../shared/matching/list.ts";
import { encodeRows } from "../../../shared/matching/packed-rows.ts";
import { PADDING_ROW } from "../../../shared/matching/own-side-reply.ts";
import { PAYLOAD_BYTES, payloadsDigest, sealPayloads } from "../../../shared/matching/payloads.ts";
import type { KeyColumns } from "../../../shared/matching/population.ts";
import { carriesPayloads, charterLabels, type Pair } from "../../../shared/protocol/job.ts";
import { payloadDigestBody } from "../../../shared/protocol/round-messages.ts";
import { envelopeKey, pairSecrets, withPairScalar } from "../pair-secrets.ts";
import { commitIfOpen, type MatchAttempt, type RoundNode } from "../round-node.ts";
import { sendSealed } from "../send-sealed.ts";
import { forgetAfterLast, listMark, nextUnsent, ownColumns } from "./lists.ts";
import { keepPlaces } from "./own-side-lists.ts";
import { sendPairSize } from "./pair-figures.ts";

/**
 * Match under double-salt, as an owner: the rows of this node as elements under a scalar of the next pair, padded,
 * shuffled and sealed to the partner, and the digest of what they carry sealed to the matcher. One pair a step, so that
 * partners begin while others' lists are made; the elements are mapped once for all of them.
 */
export async function sendMaskedLists(node: RoundNode, attempt: MatchAttempt): Promise<boolean> {
  const { row, self } = attempt;
  const pair = nextUnsent(node, attempt);
  if (pair === null) return false;
  const columns = ownColumns(node, attempt, pair[0] === self ? "left" : "right");
  const elements = await ownElements(node, attempt, columns);
  const masked = await withPairScalar(node, attempt, pair, (scalar) => maskElements(elements, scalar, node.curve));
  const committed = commitIfOpen(node, row, () => {
    sendList(node, attempt, pair, columns, masked);
  });
  if (committed) forgetAfterLast(node, attempt);
  return committed;
}

async function ownElements(node: RoundNode, { row, context }: MatchAttempt, columns: KeyColumns): Promise<Elements> {
  // Taken before the wait: where the attempt ends meanwhile, what is made goes nowhere.
  const { elements } = node.work.of(row);
  const known = elements.get(columns) ?? (await mapColumns(columns, context.jobKey, node.curve, node.random));
  elements.set(columns, known);
  return known;
}

function sendList(node: RoundNode, attempt: MatchAttempt, pair: Pair, columns: KeyColumns, masked: Elements): void {
  const { row, context, self } = attempt;
  const matcher = context.matcherOf(pair);
  const payloads = sealRowPayloads(node, attempt, pair, columns, masked.rows);
  const shape = {
    keys: columns.keys,
    cellBytes: ELEMENT_BYTES,
    payloadBytes: payloads.length === 0 ? 0 : PAYLOAD_BYTES,
  };
  const order = freshOrder(masked.rows, node.random);
  node.observer?.listed(
    pair,
    self,
    order.map((unit) => columns.rows[unit] ?? PADDING_ROW),
  );
  const partner = pair[0] === self ? pair[1] : pair[0];
  sendSealed(
    node,
    attempt,
    { type: "masked-list", to: partner, pair },
    encodeRows({ ...masked, payloads }, shape, order),
  );
  const digest = payloadDigestBody.encode({ rows: masked.rows, payloads: payloadsDigest(payloads) });
  sendSealed(node, attempt, { type: "payload-digest", to: matcher, pair }, [digest]);
  sendPairSize(node, attempt, pair, columns.units);
  node.vault.put(row, listMark(pair), new Uint8Array(0));
}

/** One block a row that only the matcher can open; nothing where no output needs one. */
function sealRowPayloads(
  node: RoundNode,
  attempt: MatchAttempt,
  pair: Pair,
  columns: KeyColumns,
  rows: number,
): Uint8Array {
  const { charter, context, self } = attempt;
  if (!carriesPayloads(charter)) return new Uint8Array(0);
  const { sigma } = pairSecrets(node, attempt, pair);
  const counts = charterLabels(charter);
  const side = pair[0] === self ? "left" : "right";
  const labels =
    sigma === null || counts === null
      ? null
      : scrambleLabels(columns, rows, { permutation: sigma[side], labels: counts[side] });
  const key = envelopeKey(node, attempt, { type: "payload", from: self, to: context.matcherOf(pair), pair });
  const handles = charter.operation.outputs.includes("own-side-list") ? freshOrder(rows, node.random) : null;
  if (handles !== null) keepPlaces(node, attempt, pair, () => placesByHandle(columns, handles));
  return sealPayloads(key, rows, { labels, handles }, node.random);
}

/** Handles of rows in the order of the units, padding behind them. */
function placesByHandle(columns: KeyColumns, handles: Uint32Array): Uint32Array {
  const places = new Uint32Array(handles.length);
  for (const [unit, handle] of handles.entries()) places[handle] = columns.rows[unit] ?? PADDING_ROW;
  return places;
}
