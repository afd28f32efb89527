import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createRoundStore } from "../../../node/data/round-store.ts";
import { openEquation } from "../../../node/learning/held-model.ts";
import { bytesToHex, hexToBytes } from "../../../shared/base/bytes.ts";
import { assert, ProtocolError } from "../../../shared/base/errors.ts";
import { modelDigest } from "../../../shared/learning/published-model.ts";
import { isMatch, type LearningCharter } from "../../../shared/protocol/charter.ts";
import type { ReleasedModel } from "../../../shared/protocol/model-text.ts";
import {
  agreeOn,
  runRound,
  startLocalNetwork,
  type LaunchedRound,
  type LocalNetwork,
} from "../../network/local-network.ts";
import { requireProcessFaults, watchFaults } from "../process-faults.ts";
import {
  createUses,
  forceDays,
  HOUR_MS,
  partyFacts,
  readCharter,
  readSent,
  withDatabases,
  type Sent,
} from "../program-facts.ts";
import type { ScenarioWatcher } from "../scenario-facts.ts";
import { compareModels } from "./compare-models.ts";
import { judgeModel } from "./judge-model.ts";
import type { OpenModel } from "./open-model.ts";
import { readRound } from "./round-rows.ts";
import { readTrainBoroughs } from "./train-boroughs.ts";
import { testDatasetOf, trainDocuments, type TrainDocuments } from "./train-charter.ts";
import { releaseOf, type TrainFacts } from "./train-facts.ts";
import type { TrainScenario } from "./train-scenario.ts";

/**
 * One training of a scenario, or one evaluation, among real programs, as run-processes.ts runs a match. No program tells
 * a figure that is not protected: the model is the released one, and a comparison is with it, to its few digits.
 * @param folder for every party's folder; the caller's to keep or to remove
 * @throws ProtocolError "bad-input" naming what is wrong with the scenario, "integrity" where the released model is not
 *   that of the pooled rows
 */
export async function runTrainInProcesses(
  scenario: TrainScenario,
  folder: string,
  watcher: ScenarioWatcher,
): Promise<TrainFacts> {
  requireProcessFaults(scenario);
  watcher.note("reading boroughs");
  const parties = await readTrainBoroughs(scenario, folder, testDatasetOf(scenario));
  const documents = trainDocuments(scenario, parties, forceDays());
  const say = (line: string) => {
    watcher.note(line);
  };
  const { dataset } = documents;
  const network = await startLocalNetwork({ folder, boroughs: parties, dataset, driver: "auto", say });
  const uses = createUses();
  try {
    await handOut(network, documents);
    await agreeOn(network, documents, say);
    const charter = readCharter(network);
    assert(!isMatch(charter), "a learning scenario has a charter that learns");
    const faults = watchFaults(scenario.faults, network.nodes, (node) => {
      uses.add(node);
      return node.program.kill();
    });
    const onEvent = ({ state, detail }: LaunchedRound["events"][number]) => {
      if (state === "proposed" || state === "released" || state === "aborted" || state === "refused")
        watcher.note(`round: ${state} ${detail}`);
    };
    const round = await runRound(network, documents.id, onEvent, charter.deadlines.roundHours * HOUR_MS).finally(() =>
      faults.stop(),
    );
    const fired = faults.fired();
    const gone = fired.flatMap(({ party, do: what }) => (what === "drop" ? [party] : []));
    for (const node of network.nodes) if (!gone.includes(node.name)) uses.add(node);
    const sent = await readSent(network.nodes);
    return {
      seed: scenario.seed,
      expected: scenario.expect,
      outcome: round.state,
      reason: round.reason,
      processes: true,
      model: null,
      ...inTheOpen(network, { scenario, documents, charter, round, watcher }),
      faults: scenario.faults.map((fault) => ({
        party: fault.party,
        at: fault.at,
        do: fault.do,
        fired: fired.includes(fault),
      })),
      // Everything that a node gets in a training comes from the coordinator.
      parties: network.nodes.map((node) => {
        return { ...partyFacts(node, sent, uses.of(node.name)), bytesReceived: null };
      }),
      phases: stepsOf(round.events, sent),
      peakRssBytes: null,
    };
  } finally {
    await network.close();
  }
}

/** A model that is judged comes to every borough as a file, its digest by another road. */
async function handOut({ folder, nodes }: LocalNetwork, { judged }: TrainDocuments): Promise<void> {
  for (const model of judged) {
    const file = join(folder, "model.json");
    writeFileSync(file, JSON.stringify(model));
    for (const node of nodes) await node.command("models", "add", file, "--digest", bytesToHex(modelDigest(model)));
  }
}

/** What follows from all rows in one place, and from what every node was sent at the end. */
function inTheOpen(
  { nodes }: LocalNetwork,
  {
    scenario,
    documents,
    charter,
    round,
    watcher,
  }: {
    readonly scenario: TrainScenario;
    readonly documents: TrainDocuments;
    readonly charter: LearningCharter;
    readonly round: LaunchedRound;
    readonly watcher: ScenarioWatcher;
  },
): Pick<TrainFacts, "notes" | "release" | "releaseText" | "document" | "evaluation" | "comparison"> {
  return withDatabases(nodes, (databases) => {
    const own = nodes.map(({ name, imported }, place) => ({ name, imported, db: databases[place]! }));
    const log = nodes.flatMap(({ logFile }) =>
      readFileSync(logFile, "utf8")
        .split("\n")
        .filter((line) => line.startsWith("{")),
    );
    const id = hexToBytes(round.round)!;
    const { testDataset } = documents;
    const { task, rows, notes, document } = readRound(own, { round: id, charter, testDataset, log });
    const results = databases.map((db) => createRoundStore(db).result(id));
    const released = releaseOf(charter, results.find((result) => result !== null) ?? null);
    const [judged] = documents.judged;
    const equation = released.release === null ? undefined : (document ?? judged)?.equation;
    const comparison = scenario.compare.length === 0 ? null : compareModels(scenario, task, rows, watcher);
    const pooled = comparison?.pooled ?? null;
    // Local steps come near the pooled fit and do not equal it.
    if (task.algorithm.name === "newton" && pooled !== null && released.release !== null) {
      requireSame(released.release as ReleasedModel, pooled, charter.controls);
    }
    return {
      ...released,
      notes,
      document,
      evaluation: equation === undefined ? null : judgeModel(task, openEquation(equation), rows),
      comparison,
    };
  });
}

/**
 * Where few boroughs hold a level the round merges it, and is another model than that of the rows in one place.
 * @throws ProtocolError "integrity" where a coefficient is not the pooled fit's, rounded
 */
function requireSame(
  released: ReleasedModel,
  { coefficients }: OpenModel,
  { publicDigits }: LearningCharter["controls"],
): void {
  const names = (of: readonly { readonly name: string }[]) => of.map(({ name }) => name).join();
  if (names(released.coefficients) !== names(coefficients)) return;
  for (const [place, { name, estimate }] of coefficients.entries()) {
    if (released.coefficients[place]!.estimate === Number(estimate.toPrecision(publicDigits))) continue;
    throw new ProtocolError("integrity", `release: coefficient ${name} is not that of the pooled rows`, {
      hint: "look at serve.log in the folders that --keep leaves",
    });
  }
}

/** A step ends where the next is proposed. */
function stepsOf(events: LaunchedRound["events"], sent: readonly Sent[]): TrainFacts["phases"] {
  const begins = events.filter(({ state }) => state === "proposed").map(({ atMs }) => atMs);
  const endMs = events.at(-1)?.atMs ?? 0;
  return begins.map((atMs, index) => {
    const untilMs = begins[index + 1] ?? endMs;
    const within = sent.filter(({ timeMs }) => timeMs >= atMs && timeMs < untilMs);
    const bytes = within.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    return { name: `step ${index + 1}`, ms: untilMs - atMs, bytes };
  });
}
