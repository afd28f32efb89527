import type { Clock } from "../../shared/base/clock.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import type { Log } from "../../shared/host/logs.ts";
import { hasSum } from "../../shared/protocol/charter.ts";
import { endedBody } from "../../shared/protocol/round-messages.ts";
import { askPreflight, fixJob } from "./phases/preflight.ts";
import { relayEntries } from "./phases/keys.ts";
import { nameCohort } from "./phases/cohort.ts";
import { nameInputs } from "./phases/inputs.ts";
import { relayAgreements } from "./phases/agreements.ts";
import { askAgain, openSums } from "./phases/unmask.ts";
import { awaitPairFigures } from "./phases/pair-figures.ts";
import { awaitLists } from "./phases/own-side-lists.ts";
import { release } from "./phases/release.ts";
import { endRound, noticeToAll, type RoundAccess } from "./round-access.ts";
import { isFinal, type RoundRow, type Transition } from "./round-row.ts";

/** What the driver needs of the store: whole operations, each atomic. */
export interface DriverStore {
  /** Rounds that are neither released, refused nor aborted. */
  openRounds(): Promise<RoundRow[]>;
  /** Everything a phase may look at. */
  access(round: RoundRow): Promise<RoundAccess>;
  /**
   * Applies a transition if the round is still at `round.version`: state, notices and event in one transaction.
   * False when another driver was faster: nothing has changed then.
   */
  apply(round: RoundRow, transition: Transition, nowMs: number): Promise<boolean>;
}

/**
 * Steps every open round: looks at what arrived, and moves each at most one state on. One step is one
 * compare-and-swap, so any number of drivers, restarted at any moment, take every round along one path.
 */
export interface Driver {
  /** True if some round moved. */
  step(): Promise<boolean>;
}

export function createDriver({ store, clock, log }: { store: DriverStore; clock: Clock; log: Log }): Driver {
  // Bodies kept only in memory are gone after a restart; the first look at each round finds out.
  const seen = new Set<string>();
  return {
    async step() {
      let moved = false;
      for (const round of await store.openRounds()) {
        const transition = await nextTransition(round);
        if (transition !== null && (await store.apply(round, transition, clock.nowMs()))) moved = true;
      }
      return moved;
    },
  };

  async function nextTransition(round: RoundRow): Promise<Transition | null> {
    const access = await store.access(round);
    try {
      const first = !seen.has(Buffer.from(round.id).toString("hex"));
      seen.add(Buffer.from(round.id).toString("hex"));
      const transition = first && hasVolatileBodies(round) ? askAgain(access) : await phase(access);
      return transition === null ? null : withFarewell(access, transition);
    } catch (error) {
      // Promise 8: a check that fails aborts. A bug is not a check: it stops the process.
      if (!(error instanceof ProtocolError)) throw error;
      log.error({ err: error, state: round.state }, "round aborted by a failed check");
      return withFarewell(access, endRound("aborted", "a check failed at a borough"));
    }
  }
}

/** Without a sum there is nothing to open. */
function hasVolatileBodies({ state, agreements }: RoundRow): boolean {
  return agreements !== null && (state === "unmask" || state === "open");
}

/** The way of a round. */
function phase(access: RoundAccess): Promise<Transition | null> | Transition | null {
  switch (access.round.state) {
    case "proposed":
      return askPreflight(access);
    case "preflight":
      return fixJob(access);
    case "keys":
      return relayEntries(access);
    case "match":
      return hasSum(access.charter) ? nameCohort(access) : awaitPairFigures(access);
    case "input":
      return nameInputs(access);
    case "agree":
      return relayAgreements(access);
    case "unmask":
      return openSums(access);
    case "open":
      return release(access);
    case "lists":
      return awaitLists(access);
    case "released":
    case "refused":
    case "aborted":
      return null;
  }
}

/** Whoever ends a round says so to every party of the charter. */
function withFarewell(access: RoundAccess, transition: Transition): Transition {
  const { state, reason } = transition.change;
  if (state === undefined || !isFinal(state) || state === "released") return transition;
  const body = endedBody.encode({ state: state as "refused" | "aborted", reason: reason! });
  const everyone = access.charter.parties.map((_, position) => position);
  return { ...transition, notices: [...transition.notices, ...noticeToAll(access.charter, everyone, "ended", body)] };
}
