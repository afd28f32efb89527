import { setTimeout as sleep } from "node:timers/promises";
import type { RandomSource } from "../../shared/base/clock.ts";

/**
 * How long a node waits before it dials again: half a second, doubled with every failure up to half a minute, of
 * which a random part between half and all, so that 33 boroughs do not return to a restarted coordinator at once.
 */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;

/** @param failures in a row so far, at least 1 */
export function backOffMs(failures: number, random: RandomSource): number {
  const most = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures - 1, 16));
  const [high = 0, low = 0] = random.bytes(2);
  return Math.round((most / 2) * (1 + (high * 256 + low) / 65_536));
}

/** Waits that long, or until the signal. */
export function createBackOff(random: RandomSource): (failures: number, signal: AbortSignal) => Promise<void> {
  return async (failures, signal) => {
    // The abort of a wait is its other way to end, not an error.
    await sleep(backOffMs(failures, random), undefined, { signal }).catch(() => undefined);
  };
}
