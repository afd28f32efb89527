import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "./data/database.ts";
import type { Clock, RandomSource } from "../shared/base/clock.ts";
import type { Log } from "../shared/host/logs.ts";
import type { Relay } from "../shared/protocol/relay.ts";
import type { NodeCore } from "./assemble.ts";
import { countControlMessages } from "./egress/control-messages.ts";
import { renewIfDue } from "./enrol.ts";
import type { Enrolment } from "./home.ts";
import { runNode } from "./runtime.ts";
import { createBackOff } from "./wire/back-off.ts";
import { openRelayClient } from "./wire/relay-client.ts";

/** How long a node that has nothing to do waits before it looks again: at its outbox and at its rounds. */
const IDLE_MS = 100;
const RENEWAL_CHECK_MS = 3_600_000;

/** `node serve`: dials the coordinator and takes part, through every loss, until the signal. It opens no port. */
export async function serveNode(options: {
  readonly home: string;
  readonly db: Database;
  readonly core: NodeCore;
  readonly enrolment: Enrolment;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly log: Log;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { home, db, core, clock, random, log, signal } = options;
  let { enrolment } = options;
  log.info({ event: "serving", address: enrolment.relayAddress }, "node serves");
  while (!signal.aborted) {
    const { relayAddress: address, caDer, certificateDer, tlsKeyPkcs8Der } = enrolment;
    const client = openRelayClient({ address, caDer, certificateDer, tlsKeyPkcs8Der, clock });
    const relay = countControlMessages(client, db, clock);
    // Ends this connection when a renewed certificate is to be used.
    const renewed = new AbortController();
    const either = AbortSignal.any([signal, renewed.signal]);
    try {
      await Promise.all([
        runNode(
          {
            ...core.connect(relay),
            idle: (ended) => pause(IDLE_MS, ended),
            backOff: createBackOff(random),
          },
          either,
        ),
        keepCertificate(home, relay, clock, log, either).then((fresh) => {
          if (fresh !== null) enrolment = fresh;
          renewed.abort();
        }),
      ]);
    } finally {
      client.close();
    }
  }
}

/** Resolves with the new enrolment once a certificate was renewed, or null at the signal. */
async function keepCertificate(
  home: string,
  relay: Relay,
  clock: Clock,
  log: Log,
  signal: AbortSignal,
): Promise<Enrolment | null> {
  while (!signal.aborted) {
    try {
      const fresh = await renewIfDue({ home, relay, clock });
      if (fresh !== null) return fresh;
    } catch (error) {
      log.warn({ err: error }, "certificate not renewed, trying again later");
    }
    await pause(RENEWAL_CHECK_MS, signal);
  }
  return null;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  // The abort of a wait is its other way to end, not an error.
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
