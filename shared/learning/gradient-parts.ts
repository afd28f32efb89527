import { MAX_WORKING_COEFFICIENT } from "../base/limits.ts";
import { designColumns } from "./design.ts";
import { fractionBitsFor } from "./fixed-sum.ts";
import type { FinalExtra } from "./learner.ts";
import type { BoundedPart, ModelState } from "./newton-state.ts";
import type { LearningTask } from "./task.ts";

/** A row's share in n·(b_own − b): both are within the cap, so they are at most twice as far apart. */
const UPDATE_BITS = Math.ceil(Math.log2(2 * MAX_WORKING_COEFFICIENT));

/** Of a round: usable rows, then n·(b_own − b). Of the last sum: usable rows, then what evaluation counts. */
export function gradientParts(task: LearningTask, state: ModelState, extra: FinalExtra | null): BoundedPart[] {
  const rows = { name: "rows", length: 1, valueBits: 0, fractionBits: 0 };
  if (state.stage === "final") return [rows, ...(extra?.parts ?? []).map((part) => ({ ...part, valueBits: 0 }))];
  const length = designColumns(task, state.design).length + 1;
  const fractionBits = fractionBitsFor(UPDATE_BITS, state.rowsBits);
  return [rows, { name: "update", length, valueBits: UPDATE_BITS, fractionBits }];
}
