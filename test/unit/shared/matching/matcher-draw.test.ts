import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drawMatchers } from "../../../../shared/matching/matcher-draw.ts";
import { present, seededRandom } from "../crypto/support.ts";

function partiesOf(count: number) {
  return Array.from({ length: count }, (_, position) => ({ position, id: seededRandom(`id ${position}`).bytes(32) }));
}

function pairsOf(count: number, isOrdered: boolean): [number, number][] {
  const parties = [...Array(count).keys()];
  return parties.flatMap((left) =>
    parties
      .filter((right) => (isOrdered ? left !== right : left < right))
      .map((right): [number, number] => [left, right]),
  );
}

describe("drawMatchers", () => {
  it("draws one candidate outside each pair, evenly", () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 9 }), fc.boolean(), fc.nat(), (count, isOrdered, seed) => {
        const pairs = pairsOf(count, isOrdered);
        const drawn = drawMatchers({ seed: seededRandom(seed).bytes(32), pairs, candidates: partiesOf(count) });
        expect(drawn.size).toBe(pairs.length);
        const used = new Map<number, number>();
        for (const [left, right] of pairs) {
          const matcher = present(drawn.get(`${left}-${right}`));
          expect([left, right]).not.toContain(matcher);
          used.set(matcher, (used.get(matcher) ?? 0) + 1);
        }
        // Exactly even is not always possible: the least used may be in the pair.
        expect(Math.max(...used.values())).toBeLessThanOrEqual(Math.ceil(pairs.length / count) + 2);
      }),
    );
  });

  it("does not depend on the order of the candidates", () => {
    const options = { seed: new Uint8Array(32), pairs: pairsOf(6, true) };
    const candidates = partiesOf(6);
    expect(drawMatchers({ ...options, candidates: [...candidates].reverse() })).toEqual(
      drawMatchers({ ...options, candidates }),
    );
  });

  it("draws otherwise for another seed, and gives every candidate its chance", () => {
    const first = new Set<number>();
    for (let seed = 0; seed < 60; seed++) {
      const drawn = drawMatchers({
        seed: seededRandom(seed).bytes(32),
        pairs: [[0, 1]],
        candidates: partiesOf(5),
      });
      first.add(present(drawn.get("0-1")));
    }
    expect([...first].sort()).toEqual([2, 3, 4]);
  });

  it("stops where a pair has nobody outside it", () => {
    expect(() => drawMatchers({ seed: new Uint8Array(32), pairs: [[0, 1]], candidates: partiesOf(2) })).toThrow(
      "assertion failed",
    );
  });
});
