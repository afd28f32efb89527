import type { Database } from "better-sqlite3";
import { createPopulationSource } from "../../node/matching/population-source.ts";
import { IN_MEMORY } from "../../shared/base/scratch.ts";
import type { KeyColumns } from "../../shared/matching/population.ts";
import type { MatchCharter } from "../../shared/protocol/charter.ts";
import type { Pair } from "../../shared/protocol/job.ts";
import { joinColumns } from "../plain-join.ts";
import type { ObservedMatch } from "./observer.ts";

/**
 * The matches that a charter's keys find where all rows lie in one place: what a round among real programs must find,
 * and what none of them may see. The rows are read by the nodes' own code; salts, curves and messages play no part.
 * @param databases by charter position
 */
export function joinInTheOpen(
  databases: readonly Database[],
  charter: MatchCharter,
  pairs: readonly Pair[],
): ObservedMatch[] {
  const read = new Map<string, KeyColumns>();
  const columnsOf = (position: number, side: "left" | "right"): KeyColumns => {
    const name = `${position} ${"population" in charter.operation ? "left" : side}`;
    const columns = read.get(name) ?? createPopulationSource(databases[position]!, IN_MEMORY).columns(charter, side);
    read.set(name, columns);
    return columns;
  };
  return pairs.flatMap(([left, right]) => {
    const sides = { left: columnsOf(left, "left"), right: columnsOf(right, "right") };
    return joinColumns(sides.left, sides.right).map(([leftUnit, rightUnit, key]) => ({
      left,
      right,
      leftRow: sides.left.rows[leftUnit]!,
      rightRow: sides.right.rows[rightUnit]!,
      key,
    }));
  });
}
