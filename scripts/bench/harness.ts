import { assert } from "../../shared/base/errors.ts";

/**
 * How everything here is timed: contestants take turns, run by run, so that what the machine does beside it falls on
 * all of them; the median counts, and ratios are formed within a run before their median is taken.
 */
export interface Contestant<T> {
  readonly name: string;
  /** Before each timed part. */
  readonly prepare?: (turn: number) => void | Promise<void>;
  /** The timed part, and nothing else. */
  readonly run: () => T | Promise<T>;
}

export interface Measured<T> {
  readonly name: string;
  /** Of each run, in order. */
  readonly seconds: readonly number[];
  readonly medianSeconds: number;
  /** Of each run, for whoever checks them. */
  readonly results: readonly T[];
}

/** @param nowMs a clock that only goes forward @returns in the order of the contestants */
export async function runInTurns<T>(
  contestants: readonly Contestant<T>[],
  runs: number,
  nowMs: () => number = () => performance.now(),
): Promise<Measured<T>[]> {
  const timed = contestants.map((contestant) => ({ ...contestant, seconds: [] as number[], results: [] as T[] }));
  for (let turn = 0; turn < runs; turn++) {
    for (const { prepare, run, seconds, results } of timed) {
      await prepare?.(turn);
      const startedAt = nowMs();
      results.push(await run());
      seconds.push((nowMs() - startedAt) / 1000);
    }
  }
  return timed.map(({ name, seconds, results }) => ({ name, seconds, medianSeconds: median(seconds), results }));
}

/** Of all threads of this process since it started: on a busy machine it says more than the time that passed. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** How many times as long `slower` took as `faster`: the median of the runs' own ratios. */
export function medianRatio(slower: Measured<unknown>, faster: Measured<unknown>): number {
  return median(slower.seconds.map((seconds, run) => seconds / faster.seconds[run]!));
}

/** @param values at least one; the mean of the middle two where their number is even */
export function median(values: readonly number[]): number {
  assert(values.length > 0, "a median needs a value");
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** What a suite found: facts for programs, and the same as text for people. */
export interface Report {
  readonly facts: Readonly<Record<string, unknown>>;
  readonly text: string;
}
