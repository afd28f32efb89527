import { owners, requireMatch, type Charter } from "../../shared/protocol/charter.ts";
import { jobPairs } from "../../shared/protocol/job.ts";
import type { ScenarioWatcher } from "./scenario-facts.ts";

/** Lists that owners and their partners send, under either protocol. */
const LISTS: ReadonlySet<string> = new Set(["list", "masked-list", "remasked-list"]);

/** How far a round's match is: of every pair both lists, twice under two salts, and their comparison. */
export function createMatchProgress(watcher: ScenarioWatcher, charter: Charter) {
  const pairs = jobPairs(charter, owners(charter)).length;
  const passes = requireMatch(charter).operation.protocol === "double-salt" ? 2 : 1;
  const of = pairs * (2 * passes + 1);
  let done = 0;
  let matched = 0;
  const step = () => {
    watcher.progress("match, lists sent and pairs matched", ++done, of);
  };
  return {
    posted(type: string): void {
      if (LISTS.has(type)) step();
    },
    matched(): void {
      step();
      if (++matched === pairs) watcher.note(`all ${pairs} pairs of boroughs matched`);
    },
  };
}
