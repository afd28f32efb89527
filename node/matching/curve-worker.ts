import { inlineCurveWork } from "../../shared/matching/curve-work.ts";

/** One piece of curve work, as a worker thread gets it. */
export type CurveTask =
  | { readonly kind: "map"; readonly seeds: Uint8Array }
  | { readonly kind: "multiply"; readonly scalar: Uint8Array; readonly elements: Uint8Array };

export default async function work(task: CurveTask): Promise<Uint8Array | { readonly small: number }> {
  if (task.kind === "map") return inlineCurveWork.map(task.seeds);
  const outcome = await inlineCurveWork.multiply(task.scalar, task.elements);
  // This thread's own copy.
  task.scalar.fill(0);
  return outcome;
}
