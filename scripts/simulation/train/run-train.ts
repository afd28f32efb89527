import { join } from "node:path";
import { createModelStore } from "../../../node/data/model-store.ts";
import { openEquation } from "../../../node/learning/held-model.ts";
import { assert } from "../../../shared/base/errors.ts";
import { isMatch, isTraining } from "../../../shared/protocol/charter.ts";
import { createFaults } from "../faults.ts";
import { createMeter } from "../meter.ts";
import { createSimulation, type SimulatedNetwork } from "../network.ts";
import { createPhases } from "../phases.ts";
import type { ScenarioWatcher } from "../scenario-facts.ts";
import { compareModels } from "./compare-models.ts";
import { judgeModel } from "./judge-model.ts";
import { openModel } from "./open-model.ts";
import { readRound } from "./round-rows.ts";
import { readTrainBoroughs } from "./train-boroughs.ts";
import { testDatasetOf, trainDocuments } from "./train-charter.ts";
import { releaseOf, type TrainFacts } from "./train-facts.ts";
import type { TrainScenario } from "./train-scenario.ts";

/**
 * One training of a scenario, or one evaluation, in this process, by the nodes' and the coordinator's own code.
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
  const log: string[] = [];
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
      nodeLog: { write: (line) => void log.push(line) },
      wrapRelay: (name, relay) => faults.wrap(name, meter.wrap(name, relay)),
      onStep: (name, ms) => void (meter.of(name).ms += ms),
    });
    const { charter } = network;
    assert(!isMatch(charter), "a learning scenario has a charter that learns");
    const { nodes, clock } = network;
    for (const judged of documents.judged) {
      for (const { db } of nodes) createModelStore(db).add(judged, { origin: "file", atMs: clock.nowMs() });
    }
    const phases = createPhases(() => meter.bytes());
    let step = 0;
    const round = await network.finish(await network.launch(), ({ state, attempt }) => {
      phases.enter(`step ${attempt}`);
      if (attempt !== step && state !== "proposed") watcher.note(`step ${(step = attempt)}`);
    });
    phases.enter(round.state);
    inspect(network);
    const { testDataset } = documents;
    const { task, rows, notes, document } = readRound(nodes, { round: round.id, charter, testDataset, log });
    const exact = round.state === "released" ? [...learned.values()][0] : undefined;
    const model = exact === undefined || !isTraining(charter) ? null : openModel(exact, task, rows);
    const [judged] = documents.judged.map(({ equation }) => openEquation(equation));
    const equation = exact === undefined ? undefined : (model?.equation ?? judged);
    return {
      seed: scenario.seed,
      expected: scenario.expect,
      outcome: round.state,
      reason: round.reason,
      notes,
      processes: false,
      model,
      ...releaseOf(charter, round.release),
      document,
      evaluation: equation === undefined ? null : judgeModel(task, equation, rows),
      comparison: scenario.compare.length === 0 ? null : compareModels(scenario, task, rows, watcher),
      faults: scenario.faults.map((fault) => ({
        party: fault.party,
        at: fault.at,
        do: fault.do,
        fired: faults.fired().includes(fault),
      })),
      parties: nodes.map(({ name, imported }) => ({
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
