import type { RandomSource } from "../base/clock.ts";
import { IN_MEMORY } from "../base/scratch.ts";
import type { TagList } from "./list.ts";
import { PairTags } from "./pair-tags.ts";

/** The cascade of two lists that are in memory already, as pair-tags.ts tells it. @throws ProtocolError "integrity" */
export function runCascade(left: TagList, right: TagList, random: RandomSource) {
  const rowsAtMost = Math.max(left.rows, right.rows);
  const pair = new PairTags({ keys: left.columns.length, rowsAtMost, workspace: IN_MEMORY, random });
  for (const [key, tags] of left.columns.entries()) pair.of("left")(key, 0, tags);
  for (const [key, tags] of right.columns.entries()) pair.of("right")(key, 0, tags);
  return pair.match({ left: left.rows, right: right.rows });
}
