import { assert } from "../../../shared/base/errors.ts";
import { encodeInputs, readMaskedInput } from "../../../shared/aggregation/server.ts";
import { leastCohort } from "../../../shared/aggregation/context.ts";
import { retryOrAbort } from "../retry.ts";
import type { Transition } from "../round-row.ts";
import { contextOf, departed, isOverdue, noticeToAll, readEach, type RoundAccess } from "../round-access.ts";

/**
 * Input → Agree: names U3, who delivered, with everyone's signed digest. In a match U3 must be U2: a loss means one more
 * sum. The first sum of learning goes on without whoever was lost; every later one needs the same set.
 */
export async function nameInputs(access: RoundAccess): Promise<Transition | null> {
  const { round, charter } = access;
  const { cohort } = round;
  assert(cohort !== null, "a round in input has its cohort");
  const context = contextOf(access);
  const inputs = await readEach(access, "masked-input", (from, body) =>
    readMaskedInput(context.sum, cohort, from, body),
  );
  const missing = cohort.filter((position) => !inputs.has(position));
  const members = cohort.filter((position) => inputs.has(position));
  if (missing.length > 0) {
    const gone = await departed(access);
    if (missing.some((position) => !gone.has(position)) && !isOverdue(access)) {
      // A match is lost with the first who says so; a sum that may go on without some hears everybody out.
      const isLost = context.sum.wholeCohort && missing.some((position) => gone.has(position));
      if (!isLost) return null;
    }
    if (context.sum.wholeCohort || members.length < leastCohort(context.sum)) {
      return retryOrAbort(access, missing, round.matchAttempt);
    }
  }
  const delivered = new Map(members.map((position) => [position, inputs.get(position)!]));
  return {
    change: { state: "agree", inputs: members, deadlineMs: context.job.deadlines.agreeMs },
    notices: noticeToAll(charter, members, "inputs", encodeInputs(delivered)),
    event: `${members.length} masked inputs in`,
  };
}
