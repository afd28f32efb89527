import { bytesToHex } from "../../shared/base/bytes.ts";
import { requireMatch } from "../../shared/protocol/charter.ts";
import { definitionDigest, type GroupCounts, type RehearsalFacts } from "../../shared/protocol/rehearsal.ts";
import { changed, exampleCharter, type Json } from "./example-charter.ts";

/** The example with limits: five points of recall, five of false matches. */
export const LIMITED = (): Record<string, Json> =>
  changed("controls.fairness", { largestRecallGap: 0.05, largestFalseMatchGap: 0.05 });

const COUNTS: Readonly<Record<string, GroupCounts>> = {
  British: { truth: 5000, found: 4500, matched: 4500 },
  Turkish: { truth: 400, found: 360, matched: 342 },
};

/** Counts of a rehearsal of the example, within those limits; groups of the tradition changed or added by name. */
export function rehearsalFacts(traditions: Readonly<Record<string, GroupCounts>> = {}): RehearsalFacts {
  const charter = requireMatch(exampleCharter());
  return {
    charter: { id: charter.id, version: charter.version },
    definition: bytesToHex(definitionDigest(charter)),
    seed: 7,
    generator: { boroughs: 5, residents: 100_000, overlap: 0.2, dirt: 0.25 },
    notRehearsed: { keys: [], filters: ["discount", "status"] },
    overall: { truth: 5400, found: 4860, matched: 4842 },
    groups: [
      ...Object.entries({ ...COUNTS, ...traditions }).map(([group, counts]) => ({
        trait: "tradition",
        group,
        ...counts,
      })),
      { trait: "age", group: "under 16", truth: 2700, found: 2430, matched: 2421 },
      { trait: "age", group: "16 to 29", truth: 2700, found: 2430, matched: 2421 },
      { trait: "deprivation", group: "quintile 1, most", truth: 2700, found: 2430, matched: 2421 },
      { trait: "deprivation", group: "quintile 5, least", truth: 2700, found: 2430, matched: 2421 },
    ],
  };
}
