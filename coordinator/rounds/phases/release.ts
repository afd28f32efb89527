import { assert, ProtocolError } from "../../../shared/base/errors.ts";
import { encodeValue } from "../../../shared/base/encoding.ts";
import { bytesToHex, isEqualBytes } from "../../../shared/base/bytes.ts";
import { digest } from "../../../shared/crypto/hash.ts";
import {
  abortBody,
  protectedResultBody,
  PROTECTED_RESULT_LABEL,
  releaseBody,
} from "../../../shared/protocol/round-messages.ts";
import { asksFor, isMatch } from "../../../shared/protocol/charter.ts";
import { EQUAL_SIGNATURES } from "../equal-signatures.ts";
import { ableOpeners, nextStep } from "./next-step.ts";
import type { Transition } from "../round-row.ts";
import { contextOf, departed, endRound, isOverdue, noticeToAll, readEach, type RoundAccess } from "../round-access.ts";

/** Open → Released: two equal opener signatures, or nothing. The coordinator holds the protected result and no other. */
export async function release(access: RoundAccess): Promise<Transition | null> {
  const { round, charter } = access;
  assert(round.inputs !== null, "a round in open has its inputs");
  const context = contextOf(access);
  if (!isMatch(charter)) {
    const next = await nextStep(access, context);
    if (next !== null) return next === "wait" ? null : next;
  }
  const results = await readEach(access, "protected-result", (party, statement) => {
    const body = access.verifier.open(party, PROTECTED_RESULT_LABEL, statement);
    const signed = protectedResultBody.parse(body);
    if (!isEqualBytes(signed.jobKey, context.jobKey)) {
      throw new ProtocolError("integrity", "protected result: jobKey is another attempt's");
    }
    return { party, statement, content: bytesToHex(encodeValue(body)) };
  });
  const signed = [...results.values()].filter(({ party }) => context.sum.openers.includes(party));
  if (new Set(signed.map(({ content }) => content)).size > 1) {
    return endRound("aborted", "the openers' results differ");
  }
  const gone = await departed(access);
  const awaited = ableOpeners(round, context).filter((position) => !results.has(position) && !gone.has(position));
  if (signed.length < EQUAL_SIGNATURES) {
    if (awaited.length + signed.length < EQUAL_SIGNATURES) return endRound("aborted", await openersReason(access));
    return isOverdue(access) ? endRound("aborted", "a step's deadline passed") : null;
  }
  // Wait for the others too while there is time: a third opener that disagrees must be heard.
  if (awaited.length > 0 && !isOverdue(access)) return null;
  const body = releaseBody.encode({
    charter: round.charter,
    round: round.id,
    attempt: round.attempt,
    statements: signed.map(({ party, statement }) => ({ party, statement })),
    // Without a sum nobody agrees to a cohort: it is the job's.
    transcript: digest("portmoot/transcript/v1", [context.jobKey, [...round.inputs], round.agreements]),
  });
  const everyone = charter.parties.map((_, position) => position);
  const lists = asksFor(charter, "own-side-list");
  return {
    change: { state: lists ? "lists" : "released", release: body, deadlineMs: context.job.deadlines.listsMs },
    notices: noticeToAll(charter, everyone, "result", body),
    event: `released under ${signed.length} equal signatures`,
  };
}

async function openersReason(access: RoundAccess) {
  const reasons = await readEach(access, "abort", (_, body) => abortBody.decode(body).reason);
  const withheld = [...reasons.values()].includes("disclosure control withholds the result");
  return withheld ? "disclosure control withholds the result" : "a check failed at a borough";
}
