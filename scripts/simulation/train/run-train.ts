import { join } from "node:path";
import type { RoundRow } from "../../../coordinator/rounds/round-row.ts";
import { datasetSnapshot } from "../../../node/data/datasets.ts";
import { readLearningRows } from "../../../node/learning/rows.ts";
import { usableRows } from "../../../shared/learning/rows.ts";
import type { LearningRows, LearningTask } from "../../../shared/learning/task.ts";
import { isMatch, type LearningCharter } from "../../../shared/protocol/charter.ts";
import { assert } from "../../../shared/base/errors.ts";
import { statementBody } from "../../../shared/protocol/identity.ts";
import { createLearner } from "../../../shared/learning/create-learner.ts";
import { createSeededRandom } from "../seeded.ts";
import type { PublicState } from "../../../shared/learning/learner.ts";
import { learningTask } from "../../../shared/protocol/learning-task.ts";
import { parseReleasedModel, type ReleasedModel } from "../../../shared/protocol/model-text.ts";
import { releaseText } from "../../../shared/protocol/release-text.ts";
import { protectedResultBody, releaseBody } from "../../../shared/protocol/round-messages.ts";
import { createFaults } from "../faults.ts";
import { createMeter } from "../meter.ts";
import { createSimulation, type SimulatedNetwork } from "../network.ts";
import { createPhases } from "../phases.ts";
import type { PartyFacts, ScenarioWatcher } from "../scenario-facts.ts";
import { exactMetrics, scoreRows, type ExactMetrics, type OpenEquation } from "./exact-metrics.ts";
import { learnInOnePlace, poolRows } from "./in-the-open.ts";
import { readTrainBoroughs } from "./train-boroughs.ts";
import { testDatasetOf, trainDocuments } from "./train-charter.ts";
import type { TrainScenario } from "./train-scenario.ts";

/** What a learning scenario came to. Full precision stands here only: a release has the charter's few digits. */
export interface TrainFacts {
  readonly seed: number;
  readonly expected: string;
  readonly outcome: string;
  readonly reason: string | null;
  readonly model: OpenModel | null;
  readonly release: ReleasedModel | null;
  readonly releaseText: string | null;
  readonly evaluation: TrainEvaluation | null;
  readonly comparison: {
    readonly pooled: OpenModel | null;
    /** By borough, on what the model is evaluated on. */
    readonly pooledMetrics: readonly ExactMetrics[];
    readonly alone: readonly AloneModel[];
  } | null;
  readonly faults: readonly {
    readonly party: string;
    readonly at: string;
    readonly do: string;
    readonly fired: boolean;
  }[];
  readonly parties: readonly PartyFacts[];
  readonly phases: readonly { readonly name: string; readonly ms: number; readonly bytes: number }[];
  readonly peakRssBytes: number;
}

export interface OpenModel {
  readonly features: readonly string[];
  readonly coefficients: readonly {
    readonly name: string;
    readonly estimate: number;
    readonly se: number | null;
    readonly z: number | null;
    readonly p: number | null;
    readonly robustSe: number | null;
  }[];
  readonly deviance: number | null;
  readonly nullDeviance: number | null;
  readonly aic: number | null;
  readonly n: number;
  readonly positives: number | null;
  /** Newton steps, or rounds of local steps. */
  readonly iterations: number;
  /** Null for local steps, which end when their rounds are over. */
  readonly converged: boolean | null;
  /** Rows left out at each borough for what is missing in them. */
  readonly dropped: readonly { readonly id: string; readonly rows: number }[];
  readonly equation: OpenEquation;
}

export interface AloneModel {
  readonly id: string;
  /** Null where the borough's rows alone make no model, and why. */
  readonly model: OpenModel | null;
  readonly why: string | null;
  readonly metrics: ExactMetrics | null;
}

export interface TrainEvaluation {
  readonly on: "test rows" | "training rows";
  readonly overall: ExactMetrics;
  readonly boroughs: readonly (ExactMetrics & { readonly id: string })[];
  /** Of the same boroughs' rows that were learned from: with a label, and positive. */
  readonly labels: readonly { readonly labelled: number; readonly found: number }[];
  readonly groups: readonly (ExactMetrics & { readonly group: string })[];
}

interface BoroughRows {
  readonly id: string;
  readonly train: LearningRows;
  readonly test: LearningRows | null;
}

/**
 * One training of a scenario in this process, by the nodes' and the coordinator's own code.
 * @param folder for generated files and the coordinator's database
 * @throws ProtocolError "bad-input" naming what is wrong with the scenario
 */
export async function runTrain(
  scenario: TrainScenario,
  folder: string,
  watcher: ScenarioWatcher,
  /** To look at the network before it is closed. */
  inspect: (network: SimulatedNetwork) => void = () => undefined,
): Promise<TrainFacts> {
  watcher.note("reading boroughs");
  const parties = await readTrainBoroughs(scenario, folder, testDatasetOf(scenario));
  const documents = trainDocuments(scenario, parties);
  const meter = createMeter();
  const learned = new Map<string, unknown>();
  let network: SimulatedNetwork | null = null;
  const faults = createFaults(scenario.faults, {
    silence(party, options) {
      network?.silence(party, options);
    },
  });
  try {
    network = await createSimulation({
      seed: scenario.seed,
      boroughs: parties,
      documents,
      coordinatorDb: join(folder, "coordinator.db"),
      observer: {
        listed: () => undefined,
        passedOn: () => undefined,
        matched: () => undefined,
        learned: (opener, exact) => void learned.set(opener, exact),
      },
      wrapRelay: (name, relay) => faults.wrap(name, meter.wrap(name, relay)),
      onStep: (name, ms) => void (meter.of(name).ms += ms),
    });
    const { charter } = network;
    assert(!isMatch(charter), "a learning scenario has a charter that learns");
    const phases = createPhases(() => meter.bytes());
    let step = 0;
    const round = await network.finish(await network.launch(), ({ state, attempt }) => {
      phases.enter(`step ${attempt}`);
      if (attempt !== step && state !== "proposed") watcher.note(`step ${(step = attempt)}`);
    });
    phases.enter(round.state);
    inspect(network);
    const rows = readRows(network, charter, documents.testDataset);
    const task = learningTask(charter);
    const exact = round.state === "released" ? [...learned.values()][0] : undefined;
    const model = exact === undefined ? null : openModel(exact, task, rows);
    return {
      seed: scenario.seed,
      expected: scenario.expect,
      outcome: round.state,
      reason: round.reason,
      model,
      ...releaseOf(charter, round),
      evaluation: model === null ? null : evaluate(task, model.equation, rows),
      comparison: scenario.compare.length === 0 ? null : compare(scenario, charter, rows, watcher),
      faults: scenario.faults.map((fault) => ({
        party: fault.party,
        at: fault.at,
        do: fault.do,
        fired: faults.fired().includes(fault),
      })),
      parties: network.nodes.map(({ name, imported }) => ({
        id: name,
        rows: imported?.rowsReadable ?? 0,
        rejects: imported === null ? 0 : imported.rowsIn - imported.rowsReadable,
        ...meter.of(name),
        peakRssBytes: null,
      })),
      phases: phases.all(),
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
    };
  } finally {
    network?.close();
  }
}

function readRows(network: SimulatedNetwork, charter: LearningCharter, testDataset: string): BoroughRows[] {
  const task = learningTask(charter);
  return network.nodes
    .filter(({ imported }) => imported !== null)
    .map(({ name, db }) => ({
      id: name,
      train: readLearningRows(db, { dataset: charter.dataset.name, task }),
      test: datasetSnapshot(db, testDataset) === null ? null : readLearningRows(db, { dataset: testDataset, task }),
    }));
}

/** `exact` as an opener's learner gave it: trusted, it never left this process. */
function openModel(exact: unknown, task: LearningTask, boroughs: readonly BoroughRows[]): OpenModel {
  const { features, coefficients, deviance, nullDeviance, aic, n, positives, iterations, rounds, converged, model } =
    exact as Partial<Omit<OpenModel, "dropped" | "equation" | "coefficients">> & {
      readonly features: readonly string[];
      readonly coefficients: readonly (Partial<OpenModel["coefficients"][number]> & {
        name: string;
        estimate: number;
      })[];
      readonly n: number;
      readonly positives: number | null;
      readonly rounds?: number;
      readonly model: OpenEquation;
    };
  return {
    features,
    // Local steps give estimates alone.
    coefficients: coefficients.map((own) => ({ se: null, z: null, p: null, robustSe: null, ...own })),
    deviance: deviance ?? null,
    nullDeviance: nullDeviance ?? null,
    aic: aic ?? null,
    n,
    positives,
    iterations: iterations ?? rounds ?? 0,
    converged: converged ?? null,
    dropped: boroughs.map(({ id, train }) => ({ id, rows: train.count - usableRows(task, train).length })),
    equation: model,
  };
}

function releaseOf(charter: LearningCharter, { release }: RoundRow): Pick<TrainFacts, "release" | "releaseText"> {
  if (release === null) return { release: null, releaseText: null };
  const { statements } = releaseBody.decode(release);
  const signed = protectedResultBody.parse(statementBody(statements[0]!.statement));
  return { release: parseReleasedModel(signed), releaseText: releaseText(charter, signed) };
}

function evaluate(task: LearningTask, equation: OpenEquation, boroughs: readonly BoroughRows[]): TrainEvaluation {
  const hasTests = boroughs.some(({ test }) => test !== null);
  const rowsOf = ({ train, test }: BoroughRows) => (hasTests ? test : train);
  const present = boroughs.filter((borough) => rowsOf(borough) !== null);
  const pooled = poolRows(present.map((borough) => rowsOf(borough)!));
  const scores = scoreRows(task, equation, pooled);
  return {
    on: hasTests ? "test rows" : "training rows",
    overall: exactMetrics(scores, pooled.label),
    boroughs: present.map((borough) => {
      const rows = rowsOf(borough)!;
      return { id: borough.id, ...exactMetrics(scoreRows(task, equation, rows), rows.label) };
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

function compare(
  { compare: wanted, seed }: TrainScenario,
  charter: LearningCharter,
  boroughs: readonly BoroughRows[],
  watcher: ScenarioWatcher,
): NonNullable<TrainFacts["comparison"]> {
  const task = learningTask(charter);
  const ownDice = (state: PublicState) => createSeededRandom(seed, `alone ${JSON.stringify(state["step"] ?? null)}`);
  // Nobody publishes these: rows in one place are not asked how many boroughs hold a level,
  const together = { ...task, controls: { ...task.controls, notForRelease: true as const } };
  // and a borough that looks at its own withholds nothing from itself.
  const open = { ...task, controls: { ...together.controls, minimumCount: 1, minimumRows: 1, minimumLevelCount: 0 } };
  const fit = (rows: LearningRows, of: LearningTask) => {
    const outcome = learnInOnePlace(createLearner({ ...of, evaluate: null }, ownDice), rows);
    return outcome.kind === "finished" ? { exact: outcome.exact, why: null } : { exact: null, why: outcome.why };
  };
  watcher.note("fitting once more in the open");
  const pooled = wanted.includes("pooled") ? fit(poolRows(boroughs.map(({ train }) => train)), together).exact : null;
  const alone = wanted.includes("alone")
    ? boroughs.map(({ id, train, test }): AloneModel => {
        let fitted: ReturnType<typeof fit>;
        try {
          fitted = fit(train, open);
        } catch (error) {
          fitted = { exact: null, why: error instanceof Error ? error.message : String(error) };
        }
        const own = { id, train, test };
        const model = fitted.exact === null ? null : openModel(fitted.exact, task, [own]);
        const rows = test ?? train;
        return {
          id,
          model,
          why: fitted.why,
          metrics: model === null ? null : exactMetrics(scoreRows(task, model.equation, rows), rows.label),
        };
      })
    : [];
  const inOnePlace = pooled === null ? null : openModel(pooled, task, boroughs);
  return {
    pooled: inOnePlace,
    pooledMetrics: inOnePlace === null ? [] : evaluate(task, inOnePlace.equation, boroughs).boroughs,
    alone,
  };
}
