import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { derivedPermutation, shuffle } from "../../../../shared/crypto/permutation.ts";
import { runCascade } from "../../../../shared/matching/cascade.ts";
import { cellIndex, sumLayout } from "../../../../shared/matching/layout.ts";
import { collectKeyColumns, type PopulationRow } from "../../../../shared/matching/population.ts";
import { addPairShare, countPair, splitPairResult } from "../../../../shared/matching/result-shares.ts";
import { plainJoin } from "../../../helpers/plaintext-join.ts";
import { present, seededRandom } from "../crypto/support.ts";
import { anyRows, LABELS, people, sentList } from "./support.ts";

/** A whole match of one pair, from rows to what the two owners' halves add up to. */
function matchPair(
  rows: { left: readonly PopulationRow[]; right: readonly PopulationRow[] },
  collapse: "none" | "reference",
  populations: "one" | "left-right",
  seed: number,
) {
  const random = seededRandom(seed);
  const salt = random.bytes(32);
  const left = derivedPermutation(random.bytes(32), LABELS);
  const sigma = { left, right: populations === "one" ? left : derivedPermutation(random.bytes(32), LABELS) };
  const side = (which: "left" | "right") => {
    const columns = collectKeyColumns(rows[which], { ...people, collapse });
    const labelCodes = { permutation: sigma[which], labels: LABELS };
    const { list, order } = sentList(columns, { salt, labelCodes, random });
    return { list, rowOf: (row: number) => columns.rows[present(order[row])] };
  };
  const [a, b] = [side("left"), side("right")];
  const matches = runCascade(a.list, b.list, random);
  const labels = { left: LABELS, right: LABELS };
  const layout = sumLayout({ outputs: ["total", "table"], populations, labels });
  const halves = splitPairResult(countPair(matches, a.list, b.list, labels), random);
  const sum = new BigUint64Array(layout.words);
  addPairShare(sum, halves.left, { layout, sigma });
  addPairShare(sum, halves.right, { layout, sigma });
  return {
    pairs: Array.from(matches.left, (row, index) => ({
      leftRow: a.rowOf(row),
      rightRow: b.rowOf(present(matches.right[index])),
      key: matches.key[index],
    })),
    layout,
    sum: Array.from(sum, Number),
  };
}

const collapses = fc.constantFrom("none" as const, "reference" as const);
const populationKinds = fc.constantFrom("one" as const, "left-right" as const);
const byRow = (a: { leftRow: number | undefined }, b: { leftRow: number | undefined }) =>
  (a.leftRow ?? 0) - (b.leftRow ?? 0);

describe("a match, from rows to the sum of two halves", () => {
  it("finds exactly the pairs and the table of the join by plain strings", () => {
    fc.assert(
      fc.property(
        anyRows,
        anyRows,
        collapses,
        populationKinds,
        fc.nat(),
        (left, right, collapse, populations, seed) => {
          const plain = plainJoin(left, right, { ...people, collapse });
          const { pairs, layout, sum } = matchPair({ left, right }, collapse, populations, seed);
          expect(pairs.sort(byRow)).toEqual(
            plain.map(({ leftRow, rightRow, key }) => ({ leftRow, rightRow, key })).sort(byRow),
          );
          const expected = new Array<number>(layout.words).fill(0);
          const count = (word: number) => (expected[word] = present(expected[word]) + 1);
          for (const { leftLabel, rightLabel } of plain) {
            count(0);
            if (layout.table !== null) count(cellIndex(layout.table, leftLabel, rightLabel));
          }
          expect(sum).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("is tried on populations in which every key finds something, and people are withheld", () => {
    // A fixed sample: the property above would hold of empty populations too.
    const samples = fc.sample(fc.tuple(anyRows, anyRows), { seed: 1, numRuns: 60 });
    const plain = samples.flatMap(([left, right]) => plainJoin(left, right, { ...people, collapse: "none" }));
    for (const key of people.cascade.keys())
      expect(plain.filter((match) => match.key === key).length).toBeGreaterThan(5);
    expect(samples.flat(2).some(({ noMatch }) => noMatch)).toBe(true);
  });

  it("does not depend on the order of the rows", () => {
    fc.assert(
      fc.property(anyRows, anyRows, fc.nat(), (left, right, seed) => {
        const reorder = (rows: readonly PopulationRow[]) => {
          const order = Uint32Array.from(rows.keys());
          shuffle(order, seededRandom(seed));
          return Array.from(order, (index) => present(rows[index]));
        };
        const once = matchPair({ left, right }, "none", "left-right", seed);
        const again = matchPair({ left: reorder(left), right: reorder(right) }, "none", "left-right", seed + 1);
        expect(again.pairs.sort(byRow)).toEqual(once.pairs.sort(byRow));
        expect(again.sum).toEqual(once.sum);
      }),
      { numRuns: 20 },
    );
  });

  it("never matches a person at risk, nor anybody sharing a key with one", () => {
    const row = (number: number, forename: string, nino: string | null, noMatch = false): PopulationRow => ({
      row: number,
      values: [nino, forename, "SHAH", "1987-11-03", null],
      reference: null,
      label: 0,
      noMatch,
    });
    // Rows 1 and 2 share the NI number's key; 3 shares names and date with 1 only.
    const left = [row(1, "ANN", "AB123456C", true), row(2, "BO", "AB123456C"), row(3, "ANN", null), row(4, "CY", null)];
    const right = [row(11, "ANN", "CE111111A"), row(12, "BO", "CE222222A"), row(13, "CY", "CE333333A")];
    const { pairs, sum } = matchPair({ left, right }, "none", "left-right", 1);
    expect(pairs).toEqual([{ leftRow: 4, rightRow: 13, key: 1 }]);
    expect(sum[0]).toBe(1);
  });
});
