import { randomFillSync } from "node:crypto";
import type { RandomSource } from "../base/clock.ts";

/** The operating system's generator: the only dice of the programs. */
export const systemRandom: RandomSource = { bytes: (length) => randomFillSync(new Uint8Array(length)) };
