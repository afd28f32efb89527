import type { RandomSource } from "../../shared/base/clock.ts";
import { MAX_LIST_BODY_BYTES, MAX_LIST_ROWS } from "../../shared/base/limits.ts";
import { IN_MEMORY } from "../../shared/base/scratch.ts";
import { createTagLanes } from "../../shared/crypto/tag-lanes.ts";
import { buildList } from "../../shared/matching/list.ts";
import { ListReader } from "../../shared/matching/list-reader.ts";
import { PairTags, type AddTags } from "../../shared/matching/pair-tags.ts";
import { collectKeyColumns } from "../../shared/matching/population.ts";
import type { PsiContestant } from "./psi-contestant.ts";

const FIELDS = ["nino"];
const CASCADE = [{ key: "nino", of: [{ field: "nino", as: ["identifier"] }] }];
const EXPECTED = { keys: 1, payloadBytes: 0, maximumRows: MAX_LIST_ROWS, maximumBytes: MAX_LIST_BODY_BYTES };

/** Digests, both owners' lists under one salt, and the matcher's cascade, as in a round. */
export function createSingleSalt(random: RandomSource): PsiContestant {
  /** From an owner's values to its list at the matcher. @returns its rows */
  const send = (values: readonly string[], salt: Uint8Array, add: AddTags): number => {
    const rows = values.map((value, row) => ({ row, values: [value], reference: null, label: 0, noMatch: false }));
    const columns = collectKeyColumns(rows, { fields: FIELDS, cascade: CASCADE, collapse: "none" });
    const { frames } = buildList({ columns, lanes: createTagLanes(salt), labelCodes: null, random });
    const reader = new ListReader(EXPECTED, add);
    for (const frame of frames) reader.push(frame);
    return reader.end().rows;
  };
  return {
    name: "single-salt",
    countCommon(left, right) {
      const salt = random.bytes(32);
      const rowsAtMost = 2 * Math.max(left.length, right.length);
      const pair = new PairTags({ keys: 1, rowsAtMost, workspace: IN_MEMORY, random });
      const rows = { left: send(left, salt, pair.of("left")), right: send(right, salt, pair.of("right")) };
      return pair.match(rows).left.length;
    },
  };
}
