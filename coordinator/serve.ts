import { renameSync, writeFileSync } from "node:fs";
import type { Clock, RandomSource } from "../shared/base/clock.ts";
import type { Log } from "../shared/host/logs.ts";
import { assembleCoordinator, type Coordinator } from "./assemble.ts";
import { coordinatorFiles, readPorts, type CoordinatorConfig, type CoordinatorKeys } from "./home.ts";
import { startServers } from "./wire/servers.ts";

/** How often an automatic driver looks at the open rounds when nothing tells it to. */
const STEP_EVERY_MS = 100;

/**
 * `coordinator serve`: both listeners and the driver, until the signal. With a manual driver a round moves only when
 * `round step` asks for it, so that a test can stop the world between any two steps.
 */
export async function serveCoordinator(options: {
  readonly home: string;
  readonly config: CoordinatorConfig;
  readonly keys: CoordinatorKeys;
  readonly driver: "auto" | "manual";
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly log: Log;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { home, config, keys, clock, random, log, signal } = options;
  const files = coordinatorFiles(home);
  const coordinator = assembleCoordinator({ database: files.database, name: config.name, keys, clock, random, log });
  const before = readPorts(home);
  const servers = await startServers({
    ...coordinator,
    authority: keys.authority,
    clock,
    log,
    // Nodes know the ports of the first start.
    listen: {
      host: config.listen.host,
      enrolPort: config.listen.enrolPort || (before?.enrol ?? 0),
      relayPort: config.listen.relayPort || (before?.relay ?? 0),
    },
    addresses: [...new Set([config.address, "127.0.0.1", "localhost"])],
  }).catch((error: unknown) => {
    coordinator.store.close();
    throw error;
  });
  const ports = JSON.stringify({ enrol: servers.enrolPort, relay: servers.relayPort });
  writeFileSync(`${files.ports}.new`, ports, { mode: 0o600 });
  renameSync(`${files.ports}.new`, files.ports);
  log.info({ event: "serving", port: servers.relayPort }, "coordinator serves");
  try {
    while (!signal.aborted) {
      const moved = options.driver === "auto" ? await coordinator.driver.step() : await stepOnRequest(coordinator);
      if (!moved) await pause(STEP_EVERY_MS, signal);
    }
  } finally {
    await servers.close();
    coordinator.store.close();
  }
}

async function stepOnRequest({ store, driver }: Coordinator): Promise<boolean> {
  const [number] = await store.rounds.pendingSteps();
  if (number === undefined) return false;
  await store.rounds.finishStep(number, await driver.step());
  return true;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}
