import type { ObservedMatch } from "./observer.ts";

/** How well the keys find people, by a known answer. Shares of 0 … 1; null where there is nothing to take a share of. */
export interface Quality {
  /** Pairs of rows of two boroughs that truly are one person. */
  readonly truth: number;
  readonly found: number;
  /** Found and true. */
  readonly matched: number;
  /** True and not found. */
  readonly missed: number;
  /** Found and not true. */
  readonly false: number;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
}

export interface ScoredRound {
  readonly overall: Quality;
  readonly pairs: readonly (Quality & { readonly a: string; readonly b: string })[];
  /** By the key that agreed: nothing is missed by one key alone. */
  readonly keys: readonly { readonly key: string; readonly correct: number; readonly false: number }[];
  /** By trait of the person, the largest gap first; empty where no traits are known. */
  readonly groups: readonly GroupQuality[];
}

export interface GroupQuality extends Quality {
  readonly trait: string;
  readonly group: string;
  /** How far its recall is below that of the trait's best group; null where it has no true pair. */
  readonly gap: number | null;
  /** Of what was found for the group, the share that is false; null where nothing was found. */
  readonly falseRate: number | null;
}

export interface TruthOf {
  readonly name: string;
  /** Row, from 1, to who it truly is. */
  readonly persons: ReadonlyMap<number, string>;
  readonly traits?: ReadonlyMap<number, Readonly<Record<string, string>>> | null;
  /** Kinds of error that are known to be in a row; null where none are known of any. */
  readonly errors?: ReadonlyMap<number, readonly string[]> | null;
}

/**
 * @param parties by charter position, null for those without rows or without a known answer
 * @param pairs that were to be matched, by charter position
 */
export function scoreMatches(
  matches: readonly ObservedMatch[],
  parties: readonly (TruthOf | null)[],
  pairs: readonly (readonly [number, number])[],
  keys: readonly string[],
): ScoredRound {
  const groups = new Groups();
  const perKey = keys.map((key) => ({ key, correct: 0, false: 0 }));
  const scored = pairs.flatMap(([left, right]) => {
    const [one, other] = [parties[left], parties[right]];
    if (one === null || one === undefined || other === null || other === undefined) return [];
    const found = matches.filter((match) => match.left === left && match.right === right);
    let matched = 0;
    for (const { leftRow, rightRow, key } of found) {
      const person = one.persons.get(leftRow);
      const isTrue = person !== undefined && person === other.persons.get(rightRow);
      if (isTrue) matched++;
      groups.add(traitsOfPair(one, leftRow, other, rightRow), isTrue ? "matched" : "false");
      perKey[key]![isTrue ? "correct" : "false"]++;
    }
    return [{ a: one.name, b: other.name, ...qualityOf(countTrue(one, other, groups), found.length, matched) }];
  });
  const sum = (figure: "truth" | "found" | "matched") => scored.reduce((all, pair) => all + pair[figure], 0);
  return {
    overall: qualityOf(sum("truth"), sum("found"), sum("matched")),
    pairs: scored,
    keys: perKey,
    groups: groups.scored(),
  };
}

function qualityOf(truth: number, found: number, matched: number): Quality {
  const precision = found === 0 ? null : matched / found;
  const recall = truth === 0 ? null : matched / truth;
  const f1 = truth + found === 0 ? null : (2 * matched) / (truth + found);
  return { truth, found, matched, missed: truth - matched, false: found - matched, precision, recall, f1 };
}

/** Each row of the one with each of the other that is the same person. */
function countTrue(one: TruthOf, other: TruthOf, groups: Groups): number {
  const rowsOf = new Map<string, number[]>();
  for (const [row, person] of other.persons) {
    const rows = rowsOf.get(person);
    if (rows === undefined) rowsOf.set(person, [row]);
    else rows.push(row);
  }
  let pairs = 0;
  for (const [row, person] of one.persons) {
    const partners = rowsOf.get(person) ?? [];
    pairs += partners.length;
    for (const partner of partners) groups.add(traitsOfPair(one, row, other, partner), "truth");
  }
  return pairs;
}

/**
 * A pair's traits are those of its left person, for a false match too: it is the group that it happens to. What is wrong
 * with a pair is what is wrong with either row, since one error is enough to keep two rows apart.
 */
function traitsOfPair(one: TruthOf, left: number, other: TruthOf, right: number): Readonly<Record<string, string>> {
  const traits = one.traits?.get(left) ?? {};
  if (!one.errors || !other.errors) return traits;
  return { ...traits, error: errorOf([...(one.errors.get(left) ?? []), ...(other.errors.get(right) ?? [])]) };
}

/** One kind, or how many: with a move among them, names and birthday are all that could agree. */
function errorOf(kinds: readonly string[]): string {
  const [only = "none", ...more] = new Set(kinds);
  if (more.length === 0) return only;
  return kinds.includes("moved") ? "several, with a move" : "several";
}

class Groups {
  readonly #counts = new Map<string, { trait: string; group: string; truth: number; matched: number; false: number }>();

  add(traits: Readonly<Record<string, string>>, what: "truth" | "matched" | "false"): void {
    for (const [trait, group] of Object.entries(traits)) {
      const name = `${trait} ${group}`;
      const counts = this.#counts.get(name) ?? { trait, group, truth: 0, matched: 0, false: 0 };
      counts[what]++;
      this.#counts.set(name, counts);
    }
  }

  scored(): GroupQuality[] {
    const scored = [...this.#counts.values()].map(({ trait, group, truth, matched, false: wrong }) => ({
      trait,
      group,
      ...qualityOf(truth, matched + wrong, matched),
    }));
    const best = (of: string) =>
      Math.max(...scored.flatMap(({ trait, recall }) => (trait === of ? [recall ?? 0] : [])));
    const ranked = scored.map((each) => ({
      ...each,
      gap: each.recall === null ? null : best(each.trait) - each.recall,
      falseRate: each.found === 0 ? null : each.false / each.found,
    }));
    return ranked.sort((a, b) => (b.gap ?? -1) - (a.gap ?? -1) || a.group.localeCompare(b.group));
  }
}
