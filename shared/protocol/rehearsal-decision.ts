import { fairnessOf, type Charter } from "./charter.ts";
import { isOfCharter, LEAST_GROUP_PAIRS, type Gap, type Rehearsal, type TraitGaps } from "./rehearsal.ts";

/**
 * Whether a rehearsal satisfies the limits that a charter sets (`controls.fairness`). In doubt no: a trait that is not
 * there, groups too small to say, or nothing found at all are no gap of 0. Figures of made-up people only, so that the
 * whole of a refusal may be said.
 */
export type RehearsalDecision =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly rule: string; readonly detail: string; readonly next: string };

/** Of a person, what a match must not make a difference between; other traits in the file, such as kinds of error, inform. */
const DECIDING_TRAITS = ["tradition", "age", "deprivation"];
/** Without these nothing is said about whom the keys fail. */
const NEEDED_TRAITS = ["tradition", "age", "deprivation"];
/** Of a trait's true pairs, the least share that must be in groups large enough to decide. */
const LEAST_COVERED = 0.95;

const LIMITS = [
  {
    rule: "controls.fairness.largestRecallGap",
    key: "largestRecallGap",
    what: "recall",
    of: (trait: TraitGaps) => trait.recall,
  },
  {
    rule: "controls.fairness.largestFalseMatchGap",
    key: "largestFalseMatchGap",
    what: "false-match rate",
    of: (trait: TraitGaps) => trait.falseMatches,
  },
] as const;

/** @param rehearsal null where none was given */
export function decideRehearsal(charter: Charter, rehearsal: Rehearsal | null): RehearsalDecision {
  const fairness = fairnessOf(charter);
  if (rehearsal === null) {
    if (fairness === undefined) return { allowed: true };
    return no(
      "controls.fairness",
      `the charter allows gaps of at most ${points(fairness.largestRecallGap)} in recall and ${points(fairness.largestFalseMatchGap)} in false matches between groups, and no rehearsal was given`,
      `portmoot rehearse ${charter.id}@${charter.version} --home NODE --out rehearsal.json, then approve with --rehearsal rehearsal.json`,
    );
  }
  if (!isOfCharter(rehearsal, charter)) {
    return no(
      "rehearsal.definition",
      `it was of another match (charter ${rehearsal.charter.id} version ${rehearsal.charter.version}): fields, cascade, merging or filters differ`,
      `portmoot rehearse ${charter.id}@${charter.version} --home NODE --out rehearsal.json`,
    );
  }
  if (fairness === undefined) return { allowed: true };
  const missing = NEEDED_TRAITS.find((needed) => !rehearsal.traits.some(({ trait }) => trait === needed));
  if (missing !== undefined) {
    return no(
      "rehearsal.traits",
      `it says nothing by ${missing}`,
      "portmoot rehearse, with this version of the program",
    );
  }
  const deciding = rehearsal.traits.filter(({ trait }) => DECIDING_TRAITS.includes(trait));
  for (const { trait, covered, recall, falseMatches } of deciding) {
    if (covered < LEAST_COVERED || recall === null || falseMatches === null) {
      return no(
        "rehearsal.people",
        `${trait}: groups with at least ${LEAST_GROUP_PAIRS} true pairs and a match hold ${percent(covered)} of the pairs; at least two such groups with ${percent(LEAST_COVERED)} are needed`,
        "portmoot rehearse with more --residents; or no key of the charter finds made-up people, and it cannot be rehearsed",
      );
    }
  }
  for (const { rule, key, what, of } of LIMITS) {
    const widest = deciding
      .map((trait) => ({ trait: trait.trait, gap: of(trait)! }))
      .reduce((worst, each) => (each.gap.gap > worst.gap.gap ? each : worst));
    if (widest.gap.gap <= fairness[key]) continue;
    return no(
      rule,
      `${widest.trait}: ${gapText(what, widest.gap)}, and the charter allows ${points(fairness[key])}`,
      `ask the proposer for keys that find ${widest.gap.worst.group} as well as ${widest.gap.best.group}, or refuse: portmoot node charter refuse ${charter.id}@${charter.version} --as NAME --reason TEXT`,
    );
  }
  return { allowed: true };
}

/** "recall is 81.0 % for Turkish and 93.0 % for British, 12.0 points apart". */
export function gapText(what: string, { gap, best, worst }: Gap): string {
  return `${what} is ${percent(worst.rate)} for ${worst.group} and ${percent(best.rate)} for ${best.group}, ${points(gap)} apart`;
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Differences of percentages. */
export function points(share: number): string {
  return `${(100 * share).toFixed(1)} points`;
}

function no(rule: string, detail: string, next: string): RehearsalDecision {
  return { allowed: false, rule, detail, next };
}
