import { createSealer } from "../../shared/crypto/sealing.ts";
import type { Pair } from "../../shared/protocol/job.ts";
import type { NodeToNode } from "../../shared/protocol/messages.ts";
import { envelopeKey, sealContext } from "./pair-secrets.ts";
import { partyName, type Attempt, type RoundNode } from "./round-node.ts";

/** Hands a body for another node to the gate, which seals it frame by frame. Inside the caller's transaction. */
export function sendSealed(
  node: RoundNode,
  attempt: Attempt,
  { type, to, pair }: { type: NodeToNode; to: number; pair: Pair },
  frames: Iterable<Uint8Array>,
): void {
  const { row, charter, context, self } = attempt;
  const route = { type, from: self, to, pair };
  const sealer = createSealer(envelopeKey(node, attempt, route), sealContext(attempt, route), node.random);
  node.gate.send({
    type,
    to: partyName(charter, to),
    round: row.round,
    attempt: row.attempt,
    pair,
    charterDigest: row.charter,
    jobKey: context.jobKey,
    content: { kind: "sealed", sealer, frames },
  });
}
