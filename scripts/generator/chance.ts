import { createSeededRandom } from "../simulation/seeded.ts";

/**
 * Draws for workloads of millions of rows: the bytes of the simulation's seeded dice, taken in blocks. The same seed and
 * name give the same draws, and draws under another name are independent of them.
 */
export interface Chance {
  /** [0, 1) */
  uniform(): number;
  /** [from, to) */
  between(from: number, to: number): number;
  /** 0 … bound - 1 */
  below(bound: number): number;
  hit(probability: number): boolean;
  normal(): number;
  /** For small means: the work grows with it. */
  poisson(mean: number): number;
  pick<T>(items: readonly T[]): T;
  /** An index, as often as its weight says. */
  weighted(weights: readonly number[]): number;
}

const BLOCK_BYTES = 1 << 18;

export function createChance(seed: number, name: string): Chance {
  const random = createSeededRandom(seed, name);
  let words: Uint32Array = new Uint32Array(0);
  let next = 0;
  const uniform = (): number => {
    if (next === words.length) {
      words = new Uint32Array(random.bytes(BLOCK_BYTES).buffer);
      next = 0;
    }
    return words[next++]! / 2 ** 32;
  };
  const below = (bound: number) => Math.floor(uniform() * bound);
  return {
    uniform,
    below,
    between: (from, to) => from + (to - from) * uniform(),
    hit: (probability) => uniform() < probability,
    // Box and Muller; 1 - u, since the logarithm has no value at 0.
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    poisson(mean) {
      const limit = Math.exp(-mean);
      let count = 0;
      for (let product = uniform(); product > limit; product *= uniform()) count++;
      return count;
    },
    pick: (items) => items[below(items.length)]!,
    weighted(weights) {
      let left = uniform() * weights.reduce((sum, weight) => sum + weight, 0);
      const found = weights.findIndex((weight) => (left -= weight) < 0);
      return found < 0 ? weights.length - 1 : found;
    },
  };
}
