import { ProtocolError } from "../../../shared/base/errors.ts";
import type { Notice } from "../../../shared/protocol/relay.ts";
import { abortBody, endedBody, type EndReason } from "../../../shared/protocol/round-messages.ts";
import { isOver, type AttemptRow } from "../../data/round-store.ts";
import { sendToCoordinator, type RoundNode } from "../round-node.ts";

/**
 * The end of an attempt at this node: what was not sent stays here, secrets go, and the key file with them.
 * @param keepResultShares true where only the sum is tried again: the halves stay wrapped for the next attempt
 */
export function endAttempt(
  node: RoundNode,
  row: AttemptRow,
  state: "released" | "refused" | "aborted",
  reason: string | null,
  { keepResultShares = false } = {},
): void {
  if (!isOver(row.state)) node.rounds.move(row, { state, reason });
  node.gate.dropRound(row.round, row.attempt);
  node.work.forget(row);
  node.learning.forget(row.round);
  if (keepResultShares) {
    node.rounds.dropSecretsBut(row.round, row.attempt, "result ");
    return;
  }
  node.rounds.dropSecrets(row.round);
  node.rounds.dropWaiting(row.round);
  node.roundKeys.destroy(row.round);
}

/** A check failed here, or disclosure control says no: ends the attempt and tells the coordinator the kind of reason, nothing more. */
export function abortAttempt(node: RoundNode, row: AttemptRow, reason: EndReason): void {
  node.rounds.transaction(() => {
    const current = node.rounds.attempt(row.round, row.attempt);
    if (current === null || isOver(current.state)) return;
    // What is released stays so; only the lists that were to follow do not come any more.
    if (current.state === "listing") {
      endAttempt(node, current, "released", null);
      return;
    }
    endAttempt(node, current, "aborted", reason);
    sendToCoordinator(node, row, "abort", abortBody.encode({ reason }), null);
  });
}

/** The coordinator says that the round is refused or aborted. It can always stop a round; it cannot reopen one. */
export function acceptEnd(node: RoundNode, row: AttemptRow, notice: Notice): void {
  if (row.state === "listing") throw new ProtocolError("wrong-phase", "notice: the round is released");
  const { state, reason } = endedBody.decode(notice.body);
  endAttempt(node, row, state, reason);
}
