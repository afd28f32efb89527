import { assert } from "../../../shared/base/errors.ts";
import { digest } from "../../../shared/crypto/hash.ts";
import {
  encodeOpening,
  readMaskedInput,
  readShares,
  readUnmask,
  recoverMasks,
  sumMasked,
} from "../../../shared/aggregation/server.ts";
import { openingBody } from "../../../shared/protocol/round-messages.ts";
import type { Transition } from "../round-row.ts";
import {
  contextOf,
  departed,
  endRound,
  isOverdue,
  noticeToAll,
  partyName,
  readEach,
  type RoundAccess,
} from "../round-access.ts";

/**
 * Unmask → Open: takes off the pairwise and own masks, and hands the openers what they need to check and finish.
 * The answers and the opening live in this process's memory: after a restart `askAgain` collects them anew.
 */
export async function openSums(access: RoundAccess): Promise<Transition | null> {
  const { round, charter } = access;
  const { inputs: members, agreements, cohort } = round;
  assert(members !== null && cohort !== null && agreements !== null, "a round in unmask has its cohort and agreements");
  const context = contextOf(access);
  const answers = await readEach(access, "unmask", (_, body) => readUnmask(body));
  const gone = await departed(access);
  const awaited = members.filter((position) => !answers.has(position) && !gone.has(position));
  if (awaited.length > 0 && !isOverdue(access)) return null;
  if (answers.size < context.job.threshold) return endRound("aborted", "a step's deadline passed");

  const shares = await readEach(access, "shares", (from, body) => readShares(context.sum, from, body));
  const announcements = cohort.map((position) => shares.get(position)!);
  const inputs = await readEach(access, "masked-input", (from, body) =>
    readMaskedInput(context.sum, cohort, from, body),
  );
  const delivered = new Map(members.map((position) => [position, inputs.get(position)!]));
  const recovery = recoverMasks(context.sum, announcements, members, answers);
  const maskedSum = sumMasked(context.sum, delivered, recovery);
  for (const opener of context.sum.openers) {
    const opening = encodeOpening({ announcements, inputs: delivered, agreements, recovery, maskedSum, opener });
    access.putVolatile(openingId(context.jobKey, opener), partyName(charter, opener), opening);
  }
  return {
    change: { state: "open", deadlineMs: context.job.deadlines.openMs },
    notices: context.sum.openers.map((opener) => ({
      to: partyName(charter, opener),
      type: "opening",
      body: openingBody.encode({ messageId: openingId(context.jobKey, opener) }),
    })),
    event: `masked sum of ${members.length} ready for ${context.sum.openers.length} openers`,
  };
}

/** After a restart the memory is empty: the nodes are asked again and give the same bytes. */
export function askAgain(access: RoundAccess): Transition {
  const { inputs, agreements } = access.round;
  assert(inputs !== null && agreements !== null, "a round in unmask has its agreements");
  return {
    change: { state: "unmask", deadlineMs: contextOf(access).job.deadlines.unmaskMs },
    notices: noticeToAll(access.charter, inputs, "agreements", agreements),
    event: "restarted: asking for the unmask answers again",
  };
}

/** The same for the same attempt and opener, so that a fetch begun before a restart finds its body after it. */
function openingId(jobKey: Uint8Array, opener: number): Uint8Array {
  return digest("portmoot/opening/v1", [jobKey, opener]).slice(0, 16);
}
