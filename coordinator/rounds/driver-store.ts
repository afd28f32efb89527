import type { Clock } from "../../shared/base/clock.ts";
import { assert } from "../../shared/base/errors.ts";
import type { Log } from "../../shared/host/logs.ts";
import { createCharterReader } from "../../shared/protocol/charter-reader.ts";
import { createVerifier, parseRootKey } from "../../shared/protocol/identity.ts";
import type { Mailbox } from "../mailbox/mailbox.ts";
import type { Store } from "../store/store.ts";
import type { DriverStore } from "./driver.ts";
import type { RoundAccess } from "./round-access.ts";
import type { RoundRow } from "./round-row.ts";

/** Joins what a phase needs from the store and the mailbox. Senders are charter positions from here on. */
export function createDriverStore({
  store,
  mailbox,
  clock,
  log,
}: {
  store: Store;
  mailbox: Mailbox;
  clock: Clock;
  log: Log;
}): DriverStore {
  const readCharter = createCharterReader();
  return {
    openRounds: () => store.rounds.open(),
    apply: (round, transition, nowMs) => store.rounds.apply(round, transition, nowMs),
    async access(round: RoundRow): Promise<RoundAccess> {
      const stored = await store.charter(round.charter);
      assert(stored !== null, "a round's charter is stored");
      const { charter } = readCharter(stored.body);
      const roster = await store.newestRoster();
      assert(roster !== null, "a round begins after the first roster");
      const positions = new Map(charter.parties.map(({ id }, position) => [id, position]));
      return {
        round,
        charter,
        clock,
        log,
        verifier: createVerifier({ roots: charter.parties.map(({ rootKey }) => parseRootKey(rootKey)), clock }),
        rosterDigest: roster.digest,
        async received(type) {
          const bodies = new Map<number, Uint8Array>();
          for (const { from, body } of await mailbox.received(round.id, round.attempt, type)) {
            const position = positions.get(from);
            // The first of a kind stands: another one with other bytes was refused at the door.
            if (position !== undefined && !bodies.has(position)) bodies.set(position, body);
          }
          return bodies;
        },
        async posted(type) {
          return (await store.posted(round.id, round.attempt, type)).map(({ from, to, ...message }) => ({
            ...message,
            from: positions.get(from) ?? -1,
            to: positions.get(to) ?? -1,
          }));
        },
        putVolatile: (messageId, to, body) => {
          mailbox.putVolatile(messageId, to, body);
        },
      };
    },
  };
}
