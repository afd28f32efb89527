import { assert } from "../../../shared/base/errors.ts";
import { decodeValue } from "../../../shared/base/encoding.ts";
import { decodeCohortState, revealShares } from "../../../shared/aggregation/client.ts";
import type { Notice } from "../../../shared/protocol/relay.ts";
import { sendToCoordinator, type Attempt, type RoundNode } from "../round-node.ts";

/**
 * Agree → Unmask: with at least t equal agreements, gives its shares of the others' own-mask seeds. A second request
 * (the coordinator restarted and lost them) gets the very same bytes from the outbox; what they were made from is erased.
 */
export function sendUnmask(node: RoundNode, attempt: Attempt, notice: Notice): void {
  const { row, context } = attempt;
  if (row.state === "revealed") {
    node.gate.resend({ round: row.round, attempt: row.attempt, type: "unmask" });
    return;
  }
  assert(row.inputs !== null, "a node that agreed has its inputs");
  const agreed = new Map(decodeValue(row.inputs) as [number, Uint8Array][]);
  const cohort = decodeCohortState(node.vault.get(row, "cohort"));
  const body = revealShares(context.sum, cohort, { members: [...agreed.keys()], digests: agreed }, notice.body);
  node.rounds.move(row, { state: "revealed" });
  sendToCoordinator(node, row, "unmask", body, context.jobKey);
}
