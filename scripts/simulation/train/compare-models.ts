import { ProtocolError } from "../../../shared/base/errors.ts";
import { createLearner } from "../../../shared/learning/create-learner.ts";
import { scoreByEquation } from "../../../shared/learning/equation-terms.ts";
import type { PublicState } from "../../../shared/learning/learner.ts";
import type { LearningRows, LearningTask } from "../../../shared/learning/task.ts";
import type { ScenarioWatcher } from "../scenario-facts.ts";
import { createSeededRandom } from "../seeded.ts";
import type { BoroughRows } from "./borough-rows.ts";
import { exactMetrics, type ExactMetrics } from "./exact-metrics.ts";
import { learnInOnePlace, poolRows } from "./in-the-open.ts";
import { judgeModel } from "./judge-model.ts";
import { openModel, type OpenModel } from "./open-model.ts";
import type { TrainScenario } from "./train-scenario.ts";

/** The same model fitted where no network is: on all rows in one place, and by each borough alone. */
export interface TrainComparison {
  readonly pooled: OpenModel | null;
  /** By borough, on what the model is evaluated on. */
  readonly pooledMetrics: readonly ExactMetrics[];
  readonly alone: readonly AloneModel[];
}

export interface AloneModel {
  readonly id: string;
  /** Null where the borough's rows alone make no model, and why. */
  readonly model: OpenModel | null;
  readonly why: string | null;
  readonly metrics: ExactMetrics | null;
}

export function compareModels(
  { compare: wanted, seed }: TrainScenario,
  task: LearningTask,
  boroughs: readonly BoroughRows[],
  watcher: ScenarioWatcher,
): TrainComparison {
  watcher.note("fitting once more in the open");
  const pooled = wanted.includes("pooled") ? fitPooled(task, boroughs, seed) : null;
  return {
    pooled,
    pooledMetrics: pooled === null ? [] : judgeModel(task, pooled.equation, boroughs).boroughs,
    alone: wanted.includes("alone") ? boroughs.map((borough) => fitAlone(task, borough, seed)) : [],
  };
}

function fitPooled(task: LearningTask, boroughs: readonly BoroughRows[], seed: number): OpenModel | null {
  // Rows in one place are not asked how many boroughs hold a level.
  const controls = { ...task.controls, minimumHolders: 1 };
  try {
    const fitted = fit({ ...task, controls }, poolRows(boroughs.map(({ train }) => train)), seed);
    return fitted.kind === "finished" ? openModel(fitted.exact, task, boroughs) : null;
  } catch (error) {
    // Refused rows make no pooled model either; what the round came to says more.
    if (!(error instanceof ProtocolError)) throw error;
    return null;
  }
}

function fitAlone(task: LearningTask, borough: BoroughRows, seed: number): AloneModel {
  const { id, train, test } = borough;
  // Nobody publishes these: a borough that looks at its own rows withholds nothing from itself.
  const controls = { ...task.controls, minimumCount: 1, minimumRows: 1, minimumLevelCount: 0, minimumHolders: 1 };
  try {
    const fitted = fit({ ...task, controls }, train, seed);
    if (fitted.kind === "stopped") return { id, model: null, why: fitted.why, metrics: null };
    const model = openModel(fitted.exact, task, [borough]);
    const rows = test ?? train;
    const metrics = exactMetrics(scoreByEquation(task, model.equation, rows), rows.label, task.family);
    return { id, model, why: null, metrics };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { id, model: null, why: error.message, metrics: null };
  }
}

function fit(task: LearningTask, rows: LearningRows, seed: number) {
  const dice = (state: PublicState) => createSeededRandom(seed, `alone ${JSON.stringify(state["step"] ?? null)}`);
  return learnInOnePlace(createLearner({ ...task, evaluate: null }, dice), rows);
}
