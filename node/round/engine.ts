import { isEqualBytes } from "../../shared/base/bytes.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import { asksFor, hasSum } from "../../shared/protocol/charter.ts";
import type { Notice } from "../../shared/protocol/relay.ts";
import { waitingBody } from "../../shared/protocol/round-messages.ts";
import { isOver, type AttemptRow } from "../data/round-store.ts";
import { answerPreflight } from "./phases/preflight.ts";
import { acceptEntries, sendKeys } from "./phases/keys.ts";
import { sendLists } from "./phases/lists.ts";
import { sendMaskedLists } from "./phases/masked-lists.ts";
import { matchPairs } from "./phases/match.ts";
import { takePairResults } from "./phases/pair-results.ts";
import { remaskLists } from "./phases/remask.ts";
import { sendShares } from "./phases/shares.ts";
import { sendMaskedInput } from "./phases/cohort.ts";
import { sendAgreement } from "./phases/inputs.ts";
import { acceptCohort, sendContribution } from "./phases/learning.ts";
import { sendUnmask } from "./phases/agreements.ts";
import { advanceLists, beginLists } from "./phases/own-side-lists.ts";
import { takePairFigures } from "./phases/pair-figures.ts";
import { acceptOpening, acceptRelease, openPairs, openResult } from "./phases/release.ts";
import { abortAttempt, acceptEnd, endAttempt } from "./phases/end.ts";
import {
  isMatchAttempt,
  openAttempt,
  positionOf,
  type AnyAttempt,
  type LearningAttempt,
  type MatchAttempt,
  type RoundNode,
} from "./round-node.ts";

/**
 * The node's side of a round. `receive` handles what the coordinator says, one notice a transaction: state, outbox
 * and cursor move together or not at all. `advance` does the work that takes longer or waits for others. Killed
 * anywhere, both go on from the rows.
 */
export interface RoundEngine {
  /** A verified notice, in order. Hostile content ends the attempt it belongs to; it never stops the node. */
  receive(notice: Notice): void;
  /** Work that is due in open attempts. True if something moved. */
  advance(): Promise<boolean>;
}

export function createRoundEngine(node: RoundNode): RoundEngine {
  return {
    receive(notice) {
      try {
        node.rounds.transaction(() => {
          handle(node, notice);
          node.rounds.moveCursor(notice.number);
        });
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        node.log.warn({ err: error, type: notice.type }, "notice refused");
        node.rounds.transaction(() => {
          node.rounds.moveCursor(notice.number);
        });
        const row = attemptOf(node, notice);
        // Promise 8: every check that fails aborts. A notice out of its phase changes nothing.
        if (row !== null && !isOver(row.state) && error.code !== "wrong-phase" && error.code !== "conflict") {
          abortAttempt(node, row, "a check failed at a borough");
        }
      }
    },

    async advance() {
      let moved = false;
      node.ownSide.dropExpired(node.clock.nowMs());
      for (const row of node.rounds.openAttempts()) {
        try {
          if (await advanceAttempt(node, row)) moved = true;
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error;
          // The other side will be back, or the deadline ends the attempt.
          if (error.code === "unavailable" || error.code === "not-found") {
            // Something that only the operator can mend, such as a full disk.
            if (error.hint !== null) node.log.warn({ err: error, hint: error.hint }, "step put off");
            continue;
          }
          node.log.warn({ err: error }, "attempt ended by a failed check");
          abortAttempt(node, row, "a check failed at a borough");
          moved = true;
        }
      }
      return moved;
    },
  };
}

function attemptOf(node: RoundNode, notice: Notice): AttemptRow | null {
  const { round } = notice;
  if (round === null) return null;
  const row = node.rounds.attempt(round, notice.attempt);
  if (row !== null || notice.type !== "ended") return row;
  // Whoever was left out of the later attempts hears of the end under their number.
  return node.rounds.openAttempts().find((open) => isEqualBytes(open.round, round)) ?? null;
}

/** What the coordinator says, in the order of a round. */
function handle(node: RoundNode, notice: Notice): void {
  if (notice.type === "preflight") {
    if (notice.round === null) throw new ProtocolError("malformed", "notice: preflight without a round");
    answerPreflight(node, notice);
    return;
  }
  const row = attemptOf(node, notice);
  // Of an attempt this node refused or never joined: nothing to do, nothing to say.
  if (row === null || isOver(row.state)) return;
  switch (notice.type) {
    case "job":
      expectState(row, "answered");
      sendKeys(node, row, notice);
      return;
    case "entries":
      expectState(row, "keyed");
      acceptEntries(node, row, notice);
      return;
    case "message":
      keepWaiting(node, row, notice);
      return;
    case "cohort":
      expectState(row, "shared");
      takeCohort(node, openAttempt(node, row), notice);
      return;
    case "inputs":
      expectState(row, "input");
      sendAgreement(node, openAttempt(node, row), notice);
      return;
    case "agreements":
      expectState(row, "agreed", "revealed");
      sendUnmask(node, openAttempt(node, row), notice);
      return;
    case "opening":
      acceptOpening(node, openAttempt(node, row), notice);
      return;
    case "result":
      release(node, openAttempt(node, row), notice);
      return;
    case "ended":
      acceptEnd(node, row, notice);
      return;
    case "roster":
    case "charter":
      throw new ProtocolError("malformed", `notice: ${notice.type} does not belong to a round`);
  }
}

function takeCohort(node: RoundNode, attempt: AnyAttempt, notice: Notice): void {
  if (isMatchAttempt(attempt)) sendMaskedInput(node, attempt, notice);
  else acceptCohort(node, attempt, notice);
}

function release(node: RoundNode, attempt: AnyAttempt, notice: Notice): void {
  const { row, charter } = attempt;
  if (row.state === "listing") throw new ProtocolError("wrong-phase", "notice: the round is released already");
  const { members } = acceptRelease(node, attempt, notice);
  if (isMatchAttempt(attempt) && asksFor(charter, "own-side-list")) beginLists(node, attempt, members);
  else endAttempt(node, row, "released", null);
}

function expectState(row: AttemptRow, ...states: AttemptRow["state"][]): void {
  if (!states.includes(row.state)) {
    throw new ProtocolError(
      "wrong-phase",
      `notice: expected in state ${states.join(" or ")}, this attempt is ${row.state}`,
    );
  }
}

function keepWaiting(node: RoundNode, row: AttemptRow, notice: Notice): void {
  const message = waitingBody.decode(notice.body);
  const charter = node.consent(row.charter);
  node.rounds.addWaiting(row.round, row.attempt, positionOf(charter, message.from), message);
}

async function advanceAttempt(node: RoundNode, row: AttemptRow): Promise<boolean> {
  // Lists have a deadline of their own.
  if (row.state !== "listing" && node.clock.nowMs() > row.deadlineMs) {
    abortAttempt(node, row, "the round's deadline passed");
    return true;
  }
  if (row.entries === null) return false;
  const attempt = openAttempt(node, row);
  return isMatchAttempt(attempt) ? advanceMatch(node, attempt) : advanceLearning(node, attempt);
}

async function advanceLearning(node: RoundNode, attempt: LearningAttempt): Promise<boolean> {
  const { row } = attempt;
  if (await openIfDue(node, attempt)) return true;
  if (row.state === "matching") return sendShares(node, attempt);
  return row.state === "contributing" && (await sendContribution(node, attempt));
}

/** As an opener, once there is something to open. */
async function openIfDue(node: RoundNode, attempt: AnyAttempt): Promise<boolean> {
  const { row } = attempt;
  if (!isOpener(attempt) || node.vault.has(row, "opened") || !node.vault.has(row, "opening")) return false;
  // Without what the sums before said there is no next model: an opener that missed one leaves the others to it.
  if (attempt.job.step > 0 && !node.vault.has(row, "memory")) return false;
  await openResult(node, attempt, node.vault.get(row, "opening"));
  return true;
}

async function advanceMatch(node: RoundNode, attempt: MatchAttempt): Promise<boolean> {
  const { row } = attempt;
  if (row.state === "listing") return advanceLists(node, attempt);
  const figured = await takePairFigures(node, attempt);
  if (await openIfDue(node, attempt)) return true;
  if (!hasSum(attempt.charter) && isOpener(attempt) && !node.vault.has(row, "opened") && openPairs(node, attempt)) {
    return true;
  }
  // A sum tried again uses the result halves of the match before.
  if (row.state === "matching" && row.matchAttempt < row.attempt) return sendShares(node, attempt);
  // A matcher serves others also after its own shares are out.
  const matched = await matchPairs(node, attempt);
  if (row.state !== "matching") return matched || figured;
  const listed =
    attempt.charter.operation.protocol === "single-salt"
      ? sendLists(node, attempt)
      : (await sendMaskedLists(node, attempt)) || (await remaskLists(node, attempt));
  const taken = await takePairResults(node, attempt);
  return sendShares(node, attempt) || matched || listed || taken || figured;
}

function isOpener({ context, self }: AnyAttempt): boolean {
  return context.sum.openers.includes(self);
}
