/** Time and chance are arguments: nothing in shared/ has a clock or dice of its own. */

export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  nowMs(): number;
}

export interface RandomSource {
  /** `length` fresh bytes. In production from the operating system's generator; in a simulation, seeded. */
  bytes(length: number): Uint8Array;
}
