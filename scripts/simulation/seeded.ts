import { createCipheriv, createHash } from "node:crypto";
import type { Clock, RandomSource } from "../../shared/base/clock.ts";

/** Dice that fall the same way for the same seed and name: AES-256-CTR. For simulations and tests only. */
export function createSeededRandom(seed: number, name: string): RandomSource {
  const key = createHash("sha256").update(`portmoot simulation ${seed} ${name}`).digest();
  const stream = createCipheriv("aes-256-ctr", key, new Uint8Array(16));
  return { bytes: (length) => new Uint8Array(stream.update(new Uint8Array(length))) };
}

/** A clock that stands still until it is told to go on. */
export interface VirtualClock extends Clock {
  advanceTo(ms: number): void;
}

export function createVirtualClock(startMs: number): VirtualClock {
  let nowMs = startMs;
  return {
    nowMs: () => nowMs,
    advanceTo(ms) {
      nowMs = Math.max(nowMs, ms);
    },
  };
}
