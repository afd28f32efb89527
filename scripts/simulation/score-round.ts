import type { MatchCharter } from "../../shared/protocol/charter.ts";
import { jobPairs } from "../../shared/protocol/job.ts";
import type { ObservedMatch } from "./observer.ts";
import { scoreMatches, type ScoredRound } from "./quality.ts";
import type { ScenarioParty } from "./scenario-boroughs.ts";

/**
 * A round's matches against the scenario's known answer; null without one.
 * @param members charter positions of the owners whose pairs were to be matched in the end
 */
export function scoreRound(
  parties: readonly ScenarioParty[],
  charter: MatchCharter,
  members: readonly number[],
  matches: readonly ObservedMatch[],
): ScoredRound | null {
  const persons = parties.map(({ name, truth, traits, errors }) =>
    truth === null ? null : { name, persons: truth, traits, errors },
  );
  if (persons.every((party) => party === null)) return null;
  const keys = charter.operation.cascade.map(({ key }) => key);
  return scoreMatches(matches, persons, jobPairs(charter, members), keys);
}
