import { z } from "zod";
import { bytesToHex, isEqualBytes } from "../base/bytes.ts";
import { encodeValue } from "../base/encoding.ts";
import { ProtocolError } from "../base/errors.ts";
import { parseShape } from "../base/shape.ts";
import { digest } from "../crypto/hash.ts";
import { parseYaml } from "./charter-document.ts";
import { isMatch, type Charter, type MatchCharter } from "./charter.ts";
import { plainText } from "./plain-text.ts";

/**
 * A linkage-fairness rehearsal: a charter's cascade run on made-up residents whose truth is known, before a real round,
 * and how many of each group it finds and mistakes. The file says which match was rehearsed (a digest), how (seed and
 * generator), and counts by group; rates and gaps follow from the counts and are recomputed by whoever reads it. It is
 * as trustworthy as who ran it, and anybody can run it again: same program, same seed, same figures. It holds nothing of
 * a real person. Whether it satisfies a charter stands in rehearsal-decision.ts.
 */

/** Of true pairs, so many a group must have to decide: at a recall of 95 % chance alone moves it by about 1.4 points. */
export const LEAST_GROUP_PAIRS = 250;

const count = z.number().int().min(0);
const share = z.number().min(0).max(1);
const label = plainText(100);
const counts = { truth: count, found: count, matched: count, missed: count, false: count };
const rates = { recall: share.nullable(), falseMatchRate: share.nullable() };
const end = z.strictObject({ group: label, rate: share });
const gap = z.strictObject({ gap: share, best: end, worst: end }).nullable();

const rehearsal = z.strictObject({
  format: z.literal("portmoot/rehearsal/v1"),
  charter: z.strictObject({ id: label, version: count }),
  /** Of what was rehearsed: `definitionDigest` of the charter, in hexadecimal. */
  definition: z.string().regex(/^[0-9a-f]{64}$/, "expected 64 hexadecimal digits"),
  seed: count,
  generator: z.strictObject({ boroughs: count, residents: count, overlap: share, dirt: share }),
  /** Keys with a field that made-up residents lack find nobody; filters on what a borough records are not applied. */
  notRehearsed: z.strictObject({ keys: z.array(label).max(100), filters: z.array(label).max(100) }),
  leastGroupPairs: z.literal(LEAST_GROUP_PAIRS),
  overall: z.strictObject({ ...counts, ...rates }),
  groups: z.array(z.strictObject({ trait: label, group: label, ...counts, ...rates, decides: z.boolean() })).max(1000),
  traits: z
    .array(z.strictObject({ trait: label, deciding: count, covered: share, recall: gap, falseMatches: gap }))
    .max(100),
});
export type Rehearsal = z.infer<typeof rehearsal>;
export type TraitGaps = Rehearsal["traits"][number];
export type Gap = NonNullable<TraitGaps["recall"]>;

/** As scored against the known answer: pairs of rows of two boroughs. */
export interface GroupCounts {
  readonly truth: number;
  readonly found: number;
  readonly matched: number;
}

/** What was run and counted; everything else of the file follows. */
export interface RehearsalFacts extends Pick<
  Rehearsal,
  "charter" | "definition" | "seed" | "generator" | "notRehearsed"
> {
  readonly overall: GroupCounts;
  readonly groups: readonly (GroupCounts & { readonly trait: string; readonly group: string })[];
}

/** Everything of a charter that decides which rows are matched, and nothing else: not who takes part, nor the protocol. */
export function definitionDigest({ dataset, operation }: MatchCharter): Uint8Array {
  const populations = "population" in operation ? [operation.population] : [operation.left, operation.right];
  const definition = {
    dataset: {
      unit: dataset.unit,
      collapse: dataset.collapse,
      fields: dataset.fields,
      attributes: dataset.attributes,
      diminutives: dataset.diminutives ?? null,
    },
    cascade: operation.cascade,
    populations,
    label: operation.label ?? null,
  };
  return digest("portmoot/match-definition/v1", definition);
}

/** The complete file: groups by trait and name, gaps between the best and the worst group that decides. */
export function completeRehearsal({ overall, groups, ...facts }: RehearsalFacts): Rehearsal {
  const rated = groups
    .map(({ trait, group, ...each }) => ({
      trait,
      group,
      ...ratesOf(each),
      decides: each.truth >= LEAST_GROUP_PAIRS,
    }))
    .sort((a, b) => compare(a.trait, b.trait) || compare(a.group, b.group));
  const traits = [...new Set(rated.map(({ trait }) => trait))];
  return {
    format: "portmoot/rehearsal/v1",
    ...facts,
    leastGroupPairs: LEAST_GROUP_PAIRS,
    overall: ratesOf(overall),
    groups: rated,
    traits: traits.map((trait) =>
      gapsOf(
        trait,
        rated.filter((each) => each.trait === trait),
      ),
    ),
  };
}

function ratesOf({ truth, found, matched }: GroupCounts): Rehearsal["overall"] {
  const wrong = found - matched;
  return {
    truth,
    found,
    matched,
    missed: truth - matched,
    false: wrong,
    recall: truth === 0 ? null : matched / truth,
    // Of what was found for people of the group: what an officer sees on a list.
    falseMatchRate: found === 0 ? null : wrong / found,
  };
}

function gapsOf(trait: string, groups: Rehearsal["groups"]): TraitGaps {
  const deciding = groups.filter(({ decides }) => decides);
  const truth = (of: Rehearsal["groups"]) => of.reduce((sum, group) => sum + group.truth, 0);
  return {
    trait,
    deciding: deciding.length,
    covered: truth(groups) === 0 ? 0 : truth(deciding) / truth(groups),
    recall: gapBetween(
      deciding.map(({ group, recall }) => ({ group, rate: recall })),
      "highest",
    ),
    falseMatches: gapBetween(
      deciding.map(({ group, falseMatchRate }) => ({ group, rate: falseMatchRate })),
      "lowest",
    ),
  };
}

/** Null with fewer than two groups, or where one of them has no rate: that is no gap of 0. */
function gapBetween(
  groups: readonly { readonly group: string; readonly rate: number | null }[],
  isBest: "highest" | "lowest",
): Gap | null {
  const rated = groups.flatMap(({ group, rate }) => (rate === null ? [] : [{ group, rate }]));
  if (rated.length < 2 || rated.length < groups.length) return null;
  const [low, ...others] = rated.sort((a, b) => a.rate - b.rate || compare(a.group, b.group));
  const high = others.at(-1)!;
  const [best, worst] = isBest === "highest" ? [high, low!] : [low!, high];
  return { gap: high.rate - low!.rate, best, worst };
}

/** By code units, the same on every machine. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What an approval names: the same for every way of writing the file. */
export function rehearsalDigest(of: Rehearsal): Uint8Array {
  return digest("portmoot/rehearsal/v1", of);
}

/**
 * @throws ProtocolError "bad-input" naming line or field; "integrity" where rates or gaps are not those of the counts
 */
export function parseRehearsalText(text: string): Rehearsal {
  const parsed = parseShape(rehearsal, parseYaml(text, "rehearsal"), "rehearsal", "bad-input");
  const impossible = [parsed.overall, ...parsed.groups].some(
    ({ truth, found, matched }) => matched > truth || matched > found,
  );
  const complete = impossible ? null : completeRehearsal(factsOf(parsed));
  if (complete === null || !isEqualBytes(encodeValue(complete), encodeValue(parsed))) {
    throw new ProtocolError("integrity", "rehearsal: its rates and gaps do not follow from its counts", {
      hint: "run it again: portmoot rehearse",
    });
  }
  return parsed;
}

function factsOf({ charter, definition, seed, generator, notRehearsed, overall, groups }: Rehearsal): RehearsalFacts {
  const counted = ({ truth, found, matched }: GroupCounts): GroupCounts => ({ truth, found, matched });
  return {
    charter,
    definition,
    seed,
    generator,
    notRehearsed,
    overall: counted(overall),
    groups: groups.map(({ trait, group, ...each }) => ({ trait, group, ...counted(each) })),
  };
}

/** Whether the file is of this charter's match. */
export function isOfCharter({ definition }: Rehearsal, charter: Charter): boolean {
  return isMatch(charter) && definition === bytesToHex(definitionDigest(charter));
}
