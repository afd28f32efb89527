import { compareBytes } from "../base/bytes.ts";
import { assert } from "../base/errors.ts";
import { digest } from "../crypto/hash.ts";

/** A party that may match a pair it is not in. */
export interface MatcherCandidate {
  readonly position: number;
  /** Its root key: a name can be chosen, a key's hash cannot. */
  readonly id: Uint8Array;
}

/**
 * Draws a matcher for every pair by lot (protocol.md, Matching): among the candidates outside the pair those used least
 * so far, and of them the one with the smallest H(seed ‖ pair ‖ id). Everybody computes the same.
 * @returns by "left-right"
 */
export function drawMatchers(options: {
  readonly seed: Uint8Array;
  readonly pairs: readonly (readonly [number, number])[];
  readonly candidates: readonly MatcherCandidate[];
}): Map<string, number> {
  const used = new Map<number, number>(options.candidates.map(({ position }) => [position, 0]));
  const drawn = new Map<string, number>();
  for (const pair of options.pairs) {
    const outside = options.candidates.filter(({ position }) => !pair.includes(position));
    const least = Math.min(...outside.map(({ position }) => used.get(position)!));
    const winner = outside
      .filter(({ position }) => used.get(position) === least)
      .map(({ position, id }) => ({ position, lot: digest("portmoot/matcher-lot/v1", [options.seed, [...pair], id]) }))
      .sort((a, b) => compareBytes(a.lot, b.lot))[0];
    assert(winner !== undefined, "every pair has a candidate outside it");
    used.set(winner.position, least + 1);
    drawn.set(`${pair[0]}-${pair[1]}`, winner.position);
  }
  return drawn;
}
