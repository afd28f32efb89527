import { scoreByEquation, type OpenEquation } from "../../../shared/learning/equation-terms.ts";
import type { LearningTask } from "../../../shared/learning/task.ts";
import type { BoroughRows } from "./borough-rows.ts";
import { exactMetrics, type ExactMetrics } from "./exact-metrics.ts";
import { poolRows } from "./in-the-open.ts";

/** How good a model is, exactly, from rows that only a simulation has in one place. */
export interface TrainEvaluation {
  readonly on: "test rows" | "training rows";
  readonly overall: ExactMetrics;
  readonly boroughs: readonly (ExactMetrics & { readonly id: string })[];
  /** Of the same boroughs' rows that were learned from: with a label, and positive. */
  readonly labels: readonly { readonly labelled: number; readonly found: number }[];
  readonly groups: readonly (ExactMetrics & { readonly group: string })[];
}

export function judgeModel(
  task: LearningTask,
  equation: OpenEquation,
  boroughs: readonly BoroughRows[],
): TrainEvaluation {
  const hasTests = boroughs.some(({ test }) => test !== null);
  const rowsOf = ({ train, test }: BoroughRows) => (hasTests ? test : train);
  const present = boroughs.filter((borough) => rowsOf(borough) !== null);
  const pooled = poolRows(present.map((borough) => rowsOf(borough)!));
  const scores = scoreByEquation(task, equation, pooled);
  return {
    on: hasTests ? "test rows" : "training rows",
    overall: exactMetrics(scores, pooled.label, task.family),
    boroughs: present.map((borough) => {
      const rows = rowsOf(borough)!;
      return { id: borough.id, ...exactMetrics(scoreByEquation(task, equation, rows), rows.label, task.family) };
    }),
    labels: present.map(({ train }) => ({
      labelled: train.count,
      found: train.label.reduce((sum, label) => sum + (label === 1 ? 1 : 0), 0),
    })),
    groups: (task.evaluate?.groups ?? []).flatMap((group, index) =>
      groupCodes(group).map(([code, value]) => ({
        group: `${group.name}: ${code}`,
        ...exactMetrics(
          scores.map((score, row) => (pooled.groups[index]![row] === value ? score : NaN)),
          pooled.label,
          task.family,
        ),
      })),
    ),
  };
}

function groupCodes(group: LearningTask["features"][number]): [string, number][] {
  if (group.type === "category") return group.codes.map((code, value) => [code, value]);
  return [
    ["yes", 1],
    ["no", 0],
  ];
}
