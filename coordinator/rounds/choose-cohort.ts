import { pairKey } from "../../shared/protocol/round-context.ts";
import type { Pair } from "../../shared/protocol/job.ts";

/**
 * U2 of a match: the owners among whom every pair's two result halves have arrived (protocol.md, Matching,
 * "Drop-outs"). Takes out, one at a time, whoever is in most of the broken pairs, the later position on a tie;
 * nodes check the outcome themselves, so a worse choice could cost availability, never privacy.
 *
 * @param held by charter position, the pairs whose half that owner says it holds
 */
export function chooseCohort(pairs: readonly Pair[], held: ReadonlyMap<number, ReadonlySet<string>>): number[] {
  const members = new Set(held.keys());
  for (;;) {
    const broken = new Map<number, number>();
    for (const pair of pairs) {
      const [left, right] = pair;
      if (!members.has(left) || !members.has(right)) continue;
      if (held.get(left)!.has(pairKey(pair)) && held.get(right)!.has(pairKey(pair))) continue;
      for (const end of pair) broken.set(end, (broken.get(end) ?? 0) + 1);
    }
    if (broken.size === 0) return [...members].sort((a, b) => a - b);
    const [worst] = [...broken].sort(([a, x], [b, y]) => y - x || b - a)[0]!;
    members.delete(worst);
  }
}
