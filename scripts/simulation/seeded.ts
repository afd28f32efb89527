import { sha256 } from "../../shared/crypto/hash.ts";
import { addMaskStream } from "../../shared/crypto/mask-stream.ts";
import { textToBytes } from "../../shared/base/bytes.ts";
import type { Clock, RandomSource } from "../../shared/base/clock.ts";

/** Dice that fall the same way for the same seed and name: AES-256-CTR. For simulations and tests only. */
export function createSeededRandom(seed: number, name: string): RandomSource {
  let draws = 0;
  return {
    bytes(length) {
      const stream = new BigUint64Array(Math.ceil(length / 8));
      addMaskStream(stream, sha256(textToBytes(`portmoot simulation ${seed} ${name} ${draws++}`)), 1);
      return new Uint8Array(stream.buffer, 0, length);
    },
  };
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
