import type { RandomSource } from "../../shared/base/clock.ts";
import { MAX_LIST_ROWS } from "../../shared/base/limits.ts";
import { createTagLanes } from "../../shared/crypto/tag-lanes.ts";
import { runCascade } from "../../shared/matching/cascade.ts";
import { buildList, decodeList, type TagList } from "../../shared/matching/list.ts";
import { collectKeyColumns } from "../../shared/matching/population.ts";
import type { PsiContestant } from "./psi-contestant.ts";

/** Digests, both owners' lists under one salt, and the matcher's cascade, as in a round. */
export function createSingleSalt(random: RandomSource): PsiContestant {
  const fields = ["nino"];
  const cascade = [{ key: "nino", of: [{ field: "nino", as: ["identifier"] }] }];
  const listOf = (values: readonly string[], salt: Uint8Array): TagList => {
    const rows = values.map((value, row) => ({ row, values: [value], reference: null, label: 0, noMatch: false }));
    const columns = collectKeyColumns(rows, { fields, cascade, collapse: "none" });
    const { frames } = buildList({ columns, lanes: createTagLanes(salt), labelCodes: null, random });
    return decodeList([...frames], { keys: cascade.length, payloadBytes: 0, maximumRows: MAX_LIST_ROWS });
  };
  return {
    name: "single-salt",
    countCommon(left, right) {
      const salt = random.bytes(32);
      return runCascade(listOf(left, salt), listOf(right, salt), random).left.length;
    },
  };
}
