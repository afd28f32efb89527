import { createCurveWorkers } from "../../node/matching/curve-workers.ts";
import type { RandomSource } from "../../shared/base/clock.ts";
import { ELEMENT_BYTES } from "../../shared/crypto/curve-elements.ts";
import { runCascade } from "../../shared/matching/cascade.ts";
import type { CurveWork } from "../../shared/matching/curve-work.ts";
import { mapColumns, maskElements } from "../../shared/matching/elements.ts";
import type { TagList } from "../../shared/matching/list.ts";
import { collectKeyColumns } from "../../shared/matching/population.ts";
import { remaskRows } from "../../shared/matching/remask.ts";
import type { PsiContestant } from "./psi-contestant.ts";

/** More than is done in place: a piece for every thread. */
const WAKING_ELEMENTS = 20_000;

/** Both owners' elements under both scalars, and the matcher's cascade, as in a round, on all cores. */
export function createDoubleSalt(random: RandomSource): PsiContestant & { close(): Promise<void> } {
  const workers = createCurveWorkers();
  return {
    name: "double-salt",
    // Idle threads end while a slower contestant has its turn.
    async prepare() {
      await workers.map(random.bytes(WAKING_ELEMENTS * ELEMENT_BYTES));
    },
    async countCommon(left, right) {
      const around: Around = { jobKey: random.bytes(32), curve: workers, random };
      const [a, b] = [random.bytes(32), random.bytes(32)];
      const lists = await Promise.all([listOf(left, a, b, around), listOf(right, b, a, around)]);
      return runCascade(...lists, random).left.length;
    },
    close: () => workers.close(),
  };
}

interface Around {
  readonly jobKey: Uint8Array;
  readonly curve: CurveWork;
  readonly random: RandomSource;
}

async function listOf(values: readonly string[], own: Uint8Array, other: Uint8Array, around: Around): Promise<TagList> {
  const { jobKey, curve, random } = around;
  const rows = values.map((value, row) => ({ row, values: [value], reference: null, label: 0, noMatch: false }));
  const cascade = [{ key: "nino", of: [{ field: "nino", as: ["identifier"] }] }];
  const columns = collectKeyColumns(rows, { fields: ["nino"], cascade, collapse: "none" });
  const masked = await maskElements(await mapColumns(columns, jobKey, curve, random), own, curve);
  const packed = { ...masked, payloads: new Uint8Array(0) };
  const remasked = await remaskRows(packed, { scalar: other, jobKey, pair: [0, 1], curve, random });
  return { rows: remasked.rows, columns: remasked.columns, labels: null, handles: null };
}
