import { assert } from "../../../shared/base/errors.ts";
import { encodeAgreements, readAgree } from "../../../shared/aggregation/server.ts";
import type { Transition } from "../round-row.ts";
import { contextOf, departed, endRound, isOverdue, noticeToAll, readEach, type RoundAccess } from "../round-access.ts";

/** Agree → Unmask: relays at least t equal agreements. Nobody retries from here: some have signed for this cohort already. */
export async function relayAgreements(access: RoundAccess): Promise<Transition | null> {
  const { inputs } = access.round;
  assert(inputs !== null, "a round in agree has its inputs");
  const context = contextOf(access);
  const signed = await readEach(access, "agree", (from, body) => {
    readAgree(context.sum, from, body);
    return body;
  });
  const gone = await departed(access);
  const awaited = inputs.filter((position) => !signed.has(position) && !gone.has(position));
  if (awaited.length > 0 && !isOverdue(access)) return null;
  if (signed.size < context.job.threshold) return endRound("aborted", "a step's deadline passed");
  const agreements = encodeAgreements(signed);
  return {
    change: { state: "unmask", agreements, deadlineMs: context.job.deadlines.unmaskMs },
    notices: noticeToAll(access.charter, inputs, "agreements", agreements),
    event: `${signed.size} agreements relayed`,
  };
}
