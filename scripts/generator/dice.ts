import { generateMersenne53Randomizer } from "@faker-js/faker";

/** One source of chance for a whole generation: the same seed gives the same people. */
export interface Dice {
  /** 0 … below-1 */
  below(below: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  /**
   * An item of a list that stands in order of how common it is: the first far more often than the last, as names fall.
   * @param skew 1: all alike; 2: of a hundred items the first comes once in ten times
   */
  pickCommon<T>(items: readonly T[], skew: number): T;
  pickWeighted<T extends { readonly weight: number }>(items: readonly T[]): T;
  shuffle<T>(items: readonly T[]): T[];
}

export function createDice(seed: number): Dice {
  const source = generateMersenne53Randomizer();
  source.seed([seed % 2 ** 32, Math.floor(seed / 2 ** 32)]);
  const below = (bound: number) => Math.floor(source.next() * bound);
  return {
    below,
    chance: (probability) => source.next() < probability,
    pick: (items) => items[below(items.length)]!,
    pickCommon: (items, skew) => items[Math.floor(items.length * source.next() ** skew)]!,
    pickWeighted(items) {
      let rest = source.next() * items.reduce((sum, { weight }) => sum + weight, 0);
      for (const item of items) if ((rest -= item.weight) < 0) return item;
      return items.at(-1)!;
    },
    shuffle(items) {
      const out = [...items];
      for (let i = out.length - 1; i > 0; i--) {
        const j = below(i + 1);
        [out[i], out[j]] = [out[j]!, out[i]!];
      }
      return out;
    },
  };
}
