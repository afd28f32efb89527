import { areSafe, countRange, type ReleaseControls } from "./published-figures.ts";
import { aboveCut, cutAt, sum, type Bracket } from "./ranking.ts";
import type { LabelCounts } from "./score-counts.ts";

/**
 * How many positives are among the first k rows, as a reader may know it: ranges that follow from rounded counts. Places
 * from the top belong together, since from k to k′ come no more than k′ − k rows; so do groups, which add up to all rows.
 * Where ranges together would tell more than each does, they are withheld together.
 *
 * "c" is withheld, "z" where there are fewer rows than k.
 */
export type ShownHits = Bracket | "c" | "z";

/** The match auditor's rule (disclosure.md): a withheld figure that could be fewer integers follows from the others. */
const LEAST_POSSIBLE = 5;

/** @returns by place of `top`, ascending or not */
export function hitsOfAll(top: readonly number[], all: LabelCounts, controls: ReleaseControls): ShownHits[] {
  const [negatives, positives] = [sum(all.negatives), sum(all.positives)];
  const cells = (k: number) => (hits: number) => [hits, k - hits, positives - hits, negatives - (k - hits)];
  const shown = top.map((k) => hitsAt(k, { part: all, all, cells: cells(k), controls }));
  return areSafe([negatives, positives], controls) ? together(top, shown) : top.map(() => "c");
}

/**
 * @param ofAll as hitsOfAll gives it @param values of one attribute; null for one that is withheld whole
 * @returns by value, by place of `top`
 */
export function hitsOfGroups(
  top: readonly number[],
  ofAll: readonly ShownHits[],
  { values, all, controls }: { values: readonly (LabelCounts | null)[]; all: LabelCounts; controls: ReleaseControls },
): ShownHits[][] {
  const shown = values.map((part) => {
    if (part === null) return top.map(() => "c" as const);
    const positives = sum(part.positives);
    const cells = (hits: number) => [hits, positives - hits];
    return together(
      top,
      top.map((k) => hitsAt(k, { part, all, cells, controls })),
    );
  });
  const rest = top.map((_, place) => restAt(place, ofAll, shown, isWhole(values, all)));
  const isNarrowed = areNarrowed(
    top,
    rest.map((range) => range ?? "c"),
  );
  const isWithheld = top.map((_, place) => {
    const range = rest[place] ?? null;
    // Where the figure of all rows is withheld, those of groups would add up to it.
    return isNarrowed || ofAll[place] === "c" || (range !== null && range.most - range.least + 1 < LEAST_POSSIBLE);
  });
  return shown.map((hits) => hits.map((own, place) => (isWithheld[place] === true ? withheld(own) : own)));
}

function hitsAt(
  k: number,
  {
    part,
    all,
    cells,
    controls,
  }: { part: LabelCounts; all: LabelCounts; cells: (hits: number) => number[]; controls: ReleaseControls },
): ShownHits {
  const cut = cutAt(k, all);
  if (cut === null) return "z";
  const { least, most } = aboveCut(part.positives, cut);
  if (!areSafe([...cells(least), ...cells(most)], controls)) return "c";
  return { least: countRange(least, controls).least, most: Math.min(k, countRange(most, controls).most) };
}

function together(top: readonly number[], shown: ShownHits[]): ShownHits[] {
  return areNarrowed(top, shown) ? shown.map(withheld) : shown;
}

function withheld(hits: ShownHits): ShownHits {
  return hits === "z" ? "z" : "c";
}

/** Whether the ranges of two places make one of them narrower: hits only rise, by no more than the rows between. */
function areNarrowed(top: readonly number[], shown: readonly ShownHits[]): boolean {
  return shown.some((nearer, i) =>
    shown.some((further, j) => {
      const between = top[j]! - top[i]!;
      if (typeof nearer === "string" || typeof further === "string" || between <= 0) return false;
      return (
        further.least - between > nearer.least ||
        nearer.most + between < further.most ||
        further.most < nearer.most ||
        further.least < nearer.least
      );
    }),
  );
}

/** What is known of the rows that are in no group that is shown; null where there are none, or nothing is known. */
function restAt(
  place: number,
  ofAll: readonly ShownHits[],
  shown: readonly (readonly ShownHits[])[],
  isWhole: boolean,
): Bracket | null {
  const all = ofAll[place]!;
  const groups = shown.map((hits) => hits[place]!).filter((hits) => typeof hits !== "string");
  if (typeof all === "string" || groups.length === 0 || (isWhole && groups.length === shown.length)) return null;
  return {
    // A group without any would be shown to have none.
    least: Math.max(1, all.least - sum(groups.map(({ most }) => most))),
    most: all.most - sum(groups.map(({ least }) => least)),
  };
}

/** Whether every row is of one of the values. */
function isWhole(values: readonly (LabelCounts | null)[], all: LabelCounts): boolean {
  const rows = (counts: LabelCounts | null) => (counts === null ? 0 : sum(counts.negatives) + sum(counts.positives));
  return sum(values.map(rows)) === rows(all);
}
