import { assert } from "../../../shared/base/errors.ts";
import { encodeInputs, readMaskedInput } from "../../../shared/aggregation/server.ts";
import { retryOrAbort } from "../retry.ts";
import type { Transition } from "../round-row.ts";
import { contextOf, departed, isOverdue, noticeToAll, readEach, type RoundAccess } from "../round-access.ts";

/** Input → Agree: names U3, who delivered, with everyone's signed digest. In a match U3 must be U2: a loss means one more sum. */
export async function nameInputs(access: RoundAccess): Promise<Transition | null> {
  const { round, charter } = access;
  const { cohort } = round;
  assert(cohort !== null, "a round in input has its cohort");
  const context = contextOf(access);
  const inputs = await readEach(access, "masked-input", (from, body) =>
    readMaskedInput(context.sum, cohort, from, body),
  );
  const missing = cohort.filter((position) => !inputs.has(position));
  if (missing.length > 0) {
    const gone = await departed(access);
    const hopeless = missing.some((position) => gone.has(position));
    return hopeless || isOverdue(access) ? retryOrAbort(access, missing, round.matchAttempt) : null;
  }
  const delivered = new Map(cohort.map((position) => [position, inputs.get(position)!]));
  return {
    change: { state: "agree", inputs: cohort, deadlineMs: context.job.deadlines.agreeMs },
    notices: noticeToAll(charter, cohort, "inputs", encodeInputs(delivered)),
    event: `${cohort.length} masked inputs in`,
  };
}
