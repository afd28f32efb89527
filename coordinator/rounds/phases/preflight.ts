import { isMatch, openers, owners } from "../../../shared/protocol/charter.ts";
import { createJob, encodeJob, jobDeadlines } from "../../../shared/protocol/job.ts";
import { hasMatcherForEveryPair } from "../../../shared/protocol/round-context.ts";
import { statementBody } from "../../../shared/protocol/identity.ts";
import { charterLearner } from "../../../shared/protocol/learning-task.ts";
import {
  modelStatementsBody,
  nextModelBody,
  PREFLIGHT_LABEL,
  preflightBody,
  preflightRequestBody,
  type NextModel,
} from "../../../shared/protocol/round-messages.ts";
import type { RoundRow, Transition } from "../round-row.ts";
import { endRound, isOverdue, noticeToAll, partyName, readEach, type RoundAccess } from "../round-access.ts";

/** Proposed → Preflight: asks every party of the charter, but those that failed an earlier attempt, whether it takes part. */
export function askPreflight(access: RoundAccess): Transition {
  const { round, charter, clock } = access;
  const deadlineMs = clock.nowMs() + Math.round(charter.deadlines.preflightMinutes * 60_000);
  const body = preflightRequestBody.encode({
    charter: round.charter,
    matchAttempt: round.matchAttempt,
    deadlineMs,
    model: round.model,
  });
  const asked = invited(access);
  return {
    change: { state: "preflight", deadlineMs },
    notices: noticeToAll(charter, asked, "preflight", body),
    event: `attempt ${round.attempt}: asked ${asked.length} parties`,
  };
}

/** Preflight → Keys: with the answers in, writes the job spec that commits to every nonce; or ends the round, saying why. */
export async function fixJob(access: RoundAccess): Promise<Transition | null> {
  const { round, charter, clock } = access;
  const answers = await readEach(access, "preflight-answer", (from, statement) => {
    const answer = preflightBody.parse(access.verifier.open(from, PREFLIGHT_LABEL, statement));
    return { ...answer, statement };
  });
  const asked = invited(access);
  if (!asked.every((position) => answers.has(position)) && !isOverdue(access)) return null;

  const willing = new Set(asked.filter((position) => answers.get(position)?.answer === "willing"));
  const contributors = owners(charter).filter(
    (position) => willing.has(position) && answers.get(position)!.contributes,
  );
  const present = presentModel(round);
  const job = createJob(charter, {
    charterDigest: round.charter,
    round: round.id,
    attempt: round.attempt,
    matchAttempt: round.matchAttempt,
    roster: access.rosterDigest,
    commitments: charter.parties.map((_, position) =>
      willing.has(position) ? (answers.get(position)?.commitment ?? null) : null,
    ),
    contributors,
    state: isMatch(charter) ? null : (present?.state ?? charterLearner(charter).begin()),
    deadlines: jobDeadlines(charter, clock.nowMs()),
  });
  const unwilling = asked.flatMap((position) => {
    const answer = answers.get(position)?.answer ?? "no answer";
    return answer === "willing" ? [] : [`${partyName(charter, position)}: ${answer}`];
  });
  const said = unwilling.length === 0 ? "all willing" : unwilling.join(", ");
  const refuse = (reason: Parameters<typeof endRound>[1]) => ({
    ...endRound("refused", reason),
    event: `refused: ${reason} (${said})`,
  });
  if (present !== null && contributors.length < present.members.length) {
    return {
      ...endRound("aborted", "too few boroughs take part"),
      event: `aborted: all of the first sum are needed (${said})`,
    };
  }
  if (contributors.length < job.minimumContributors) {
    return refuse(unwilling.length > 0 ? "refused by the boroughs" : "too few boroughs take part");
  }
  if (openers(charter).filter((position) => willing.has(position)).length < 2)
    return refuse("too few openers take part");
  if (!hasMatcherForEveryPair(charter, contributors, willing)) return refuse("a pair has no matcher");

  const encoded = encodeJob(job);
  return {
    change: { state: "keys", job: encoded, deadlineMs: job.deadlines.keysMs },
    notices: noticeToAll(charter, willing, "job", encoded),
    event: `job with ${contributors.length} contributors (${said})`,
  };
}

/** Learning, after the first sum: what this step is computed at, and whose sums it is of. The nodes hold the openers to it. */
function presentModel({ model }: RoundRow): NextModel | null {
  if (model === null) return null;
  return nextModelBody.parse(statementBody(modelStatementsBody.decode(model)[0]!.statement));
}

function invited({ round, charter }: RoundAccess): number[] {
  return charter.parties.map((_, position) => position).filter((position) => !round.excluded.includes(position));
}
