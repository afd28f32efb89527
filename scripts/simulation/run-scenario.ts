import { join } from "node:path";
import type { RoundRow } from "../../coordinator/rounds/round-row.ts";
import { createCurveWorkers } from "../../node/matching/curve-workers.ts";
import { owners, requireMatch } from "../../shared/protocol/charter.ts";
import { statementBody } from "../../shared/protocol/identity.ts";
import { parseReleasedResult, resultNames, type ReleasedResult } from "../../shared/protocol/result-text.ts";
import { protectedResultBody, releaseBody } from "../../shared/protocol/round-messages.ts";
import { createFaults } from "./faults.ts";
import { createMatchProgress } from "./match-progress.ts";
import { createMeter, type Metered } from "./meter.ts";
import { createSimulation, type SimulatedNetwork } from "./network.ts";
import { createObserver } from "./observer.ts";
import { createPhases } from "./phases.ts";
import { readBoroughs, type ScenarioParty } from "./scenario-boroughs.ts";
import { scenarioDocuments } from "./scenario-charter.ts";
import { faultFacts, type ScenarioFacts, type ScenarioWatcher } from "./scenario-facts.ts";
import { SIMULATED_DAYS } from "./scenario-parts.ts";
import type { Scenario } from "./scenario.ts";
import { scoreRound } from "./score-round.ts";
import { standInCurve } from "./stand-in-curve.ts";

/**
 * One round of a scenario in this process: the nodes' and the coordinator's own code over a virtual clock. Double-salt's
 * arithmetic goes to worker threads, whose number changes no result, or is left to the stand-in.
 * @param folder for generated files and every database; the caller's to keep or to remove
 * @throws ProtocolError "bad-input" naming what is wrong with the scenario
 */
export async function runScenario(
  scenario: Scenario,
  folder: string,
  watcher: ScenarioWatcher,
  { standIn = false }: { readonly standIn?: boolean } = {},
): Promise<ScenarioFacts> {
  watcher.note("reading boroughs");
  const parties = await readBoroughs(scenario, folder);
  const documents = scenarioDocuments(scenario, parties, SIMULATED_DAYS);
  const observer = createObserver();
  const meter = createMeter();
  let progress: ReturnType<typeof createMatchProgress> | null = null;
  let network: SimulatedNetwork | null = null;
  const faults = createFaults(scenario.faults, {
    silence(party, options) {
      network?.silence(party, options);
    },
  });
  const importing = createImportProgress(parties, watcher);
  const curve = createCurveWorkers();
  try {
    network = await createSimulation({
      seed: scenario.seed,
      boroughs: parties,
      documents,
      coordinatorDb: join(folder, "coordinator.db"),
      nodeDb: (name) => join(folder, `${name}.db`),
      curve: standIn ? standInCurve : curve,
      observer: {
        ...observer,
        matched(pair, matches) {
          observer.matched(pair, matches);
          progress?.matched();
        },
      },
      wrapRelay: (name, relay) =>
        faults.wrap(
          name,
          meter.wrap(name, relay, (type) => progress?.posted(type)),
        ),
      onImported: importing,
      onStep: (name, ms) => void (meter.of(name).ms += ms),
    });
    progress = createMatchProgress(watcher, network.charter);
    const phases = createPhases(() => meter.bytes());
    const round = await network.finish(await network.launch(), ({ state }) => {
      if (phases.enter(state)) watcher.note(`round: ${state}`);
    });
    phases.enter(round.state);
    watcher.note(`round: ${round.state}`);
    return {
      seed: scenario.seed,
      expected: scenario.expect,
      outcome: round.state,
      reason: round.reason,
      processes: false,
      standIn,
      // Pairs of boroughs that dropped out were not to be matched in the end.
      quality: scoreRound(
        parties,
        requireMatch(network.charter),
        round.inputs ?? owners(network.charter),
        observer.matches(),
      ),
      release: releaseOf(round),
      names: resultNames(requireMatch(network.charter)),
      keysLeftOut: documents.leftOut,
      faults: faultFacts(scenario, faults.fired()),
      parties: network.nodes.map(({ name, imported }) => ({
        id: name,
        rows: imported?.rowsReadable ?? 0,
        rejects: imported === null ? 0 : imported.rowsIn - imported.rowsReadable,
        ...roundedUse(meter.of(name)),
        peakRssBytes: null,
      })),
      phases: phases.all(),
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
    };
  } finally {
    network?.close();
    await curve.close();
  }
}

/** Files differ in length, so that only boroughs can be counted beforehand; the rows are told with the last. */
function createImportProgress(parties: readonly ScenarioParty[], watcher: ScenarioWatcher) {
  const of = parties.filter(({ csv }) => csv !== null).length;
  let [done, rows] = [0, 0];
  return (report: { readonly rowsReadable: number }) => {
    rows += report.rowsReadable;
    watcher.progress("boroughs imported", ++done, of);
    if (done === of) watcher.note(`${rows.toLocaleString("en-GB")} rows imported in ${of} boroughs`);
  };
}

function releaseOf({ release }: RoundRow): ReleasedResult | null {
  if (release === null) return null;
  const { statements } = releaseBody.decode(release);
  return parseReleasedResult(protectedResultBody.parse(statementBody(statements[0]!.statement)));
}

function roundedUse({ ms, bytesSent, bytesReceived }: Metered): Metered {
  return { ms: Math.round(ms), bytesSent, bytesReceived };
}
