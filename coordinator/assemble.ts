import type { Clock, RandomSource } from "../shared/base/clock.ts";
import type { Log } from "../shared/host/logs.ts";
import { signNotice, signReceipt } from "../shared/protocol/notices.ts";
import { signRoster } from "../shared/protocol/roster.ts";
import { createEnrolment, type Enrolment } from "./enrolment/enrolment.ts";
import type { CoordinatorKeys } from "./home.ts";
import { createMailbox, type Mailbox } from "./mailbox/mailbox.ts";
import { createDriver, type Driver } from "./rounds/driver.ts";
import { createDriverStore } from "./rounds/driver-store.ts";
import { openStore } from "./store/sqlite/store.ts";
import type { Store } from "./store/store.ts";

/** The coordinator's parts, put together once for commands, `serve` and the simulation. */
export interface Coordinator {
  readonly store: Store;
  readonly mailbox: Mailbox;
  readonly enrolment: Enrolment;
  readonly driver: Driver;
}

export function assembleCoordinator(around: {
  readonly database: string;
  readonly name: string;
  readonly keys: CoordinatorKeys;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly log: Log;
}): Coordinator {
  const { keys, clock, random, log } = around;
  const store = openStore(around.database, {
    notice: (to, notice) => signNotice(keys.secretKey, to, notice).signature,
    roster: (version, parties) =>
      signRoster(keys.secretKey, {
        version,
        coordinator: { name: around.name, rootKey: keys.publicKey },
        parties: parties.map((party) => ({ ...party })),
      }),
  });
  const mailbox = createMailbox({
    store,
    clock,
    signReceipt: (from, receipt) => signReceipt(keys.secretKey, from, receipt),
  });
  const enrolment = createEnrolment({
    store,
    authority: keys.authority,
    coordinatorKey: keys.publicKey,
    clock,
    random,
  });
  const driver = createDriver({ store: createDriverStore({ store, mailbox, clock, log }), clock, log });
  return { store, mailbox, enrolment, driver };
}
