import { join } from "node:path";
import { ProtocolError } from "../../shared/base/errors.ts";
import type { RoundRow } from "../../coordinator/rounds/round-row.ts";
import { jobPairs } from "../../shared/protocol/job.ts";
import { owners } from "../../shared/protocol/charter.ts";
import { statementBody } from "../../shared/protocol/identity.ts";
import { parseReleasedResult, resultNames, type ReleasedResult } from "../../shared/protocol/result-text.ts";
import { protectedResultBody, releaseBody } from "../../shared/protocol/round-messages.ts";
import { createFaults } from "./faults.ts";
import { createMeter } from "./meter.ts";
import { createSimulation, type SimulatedNetwork } from "./network.ts";
import { createObserver } from "./observer.ts";
import { scoreMatches, type ScoredRound } from "./quality.ts";
import { readBoroughs, type ScenarioParty } from "./scenario-boroughs.ts";
import { scenarioDocuments } from "./scenario-charter.ts";
import type { Scenario } from "./scenario.ts";

/** What a scenario came to. Times are this machine's; everything else is the same for the same seed. */
export interface ScenarioFacts {
  readonly seed: number;
  readonly expected: string;
  readonly outcome: string;
  readonly reason: string | null;
  /** Null without a known answer. */
  readonly quality: ScoredRound | null;
  readonly release: ReleasedResult | null;
  readonly names: ReturnType<typeof resultNames>;
  /** Keys of the cascade that no borough has the fields for. */
  readonly keysLeftOut: readonly string[];
  readonly faults: readonly {
    readonly party: string;
    readonly at: string;
    readonly do: string;
    readonly fired: boolean;
  }[];
  readonly parties: readonly {
    readonly id: string;
    readonly rows: number;
    readonly rejects: number;
    readonly ms: number;
    readonly bytesSent: number;
    readonly bytesReceived: number;
  }[];
  readonly phases: readonly { readonly name: string; readonly ms: number; readonly bytes: number }[];
  /** Of this one process, in which all parties are. */
  readonly peakRssBytes: number;
}

export interface ScenarioWatcher {
  note(text: string): void;
  /** Pairs of boroughs matched so far. */
  matched(done: number, of: number): void;
}

/** One round of a scenario in this process: the nodes' and the coordinator's own code over a virtual clock. */
export async function runScenario(
  scenario: Scenario,
  scratch: string,
  watcher: ScenarioWatcher,
): Promise<ScenarioFacts> {
  const { seed, expect } = scenario;
  watcher.note("reading boroughs");
  const parties = await readBoroughs(scenario, scratch);
  const documents = scenarioDocuments(scenario, parties);
  const observer = createObserver();
  const meter = createMeter();
  let network: SimulatedNetwork | null = null;
  const faults = createFaults(scenario.faults, {
    silence(party, options) {
      network?.silence(party, options);
    },
  });
  let matchedPairs = 0;
  let pairsInAll = 0;
  network = await createSimulation({
    seed,
    boroughs: parties,
    documents,
    coordinatorDb: join(scratch, "coordinator.db"),
    observer: {
      ...observer,
      matched(pair, matches) {
        observer.matched(pair, matches);
        watcher.matched(++matchedPairs, pairsInAll);
      },
    },
    wrapRelay: (name, relay) => faults.wrap(name, meter.wrap(name, relay)),
    onStep: (name, ms) => void (meter.of(name).ms += ms),
  });
  try {
    pairsInAll = jobPairs(network.charter, owners(network.charter)).length;
    const phases = createPhases(() => meter.bytes());
    const round = await network.finish(await network.launch(), ({ state }) => {
      phases.enter(state);
    });
    phases.enter(round.state);
    return {
      seed,
      expected: expect,
      outcome: round.state,
      reason: round.reason,
      quality: score(network, parties, observer.matches(), round),
      release: releaseOf(round),
      names: resultNames(network.charter),
      keysLeftOut: documents.leftOut,
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
        ...roundedUse(meter.of(name)),
      })),
      phases: phases.all(),
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
    };
  } finally {
    network.close();
  }
}

function score(
  network: SimulatedNetwork,
  parties: readonly ScenarioParty[],
  matches: ReturnType<ReturnType<typeof createObserver>["matches"]>,
  round: RoundRow,
): ScoredRound | null {
  const persons = parties.map(({ name, truth, traits, errors }) =>
    truth === null ? null : { name, persons: truth, traits, errors },
  );
  if (persons.every((party) => party === null)) return null;
  // Pairs of boroughs that dropped out were not to be matched in the end.
  const members = round.inputs ?? owners(network.charter);
  const keys = network.charter.operation.cascade.map(({ key }) => key);
  return scoreMatches(matches, persons, jobPairs(network.charter, members), keys);
}

function releaseOf({ release }: RoundRow): ReleasedResult | null {
  if (release === null) return null;
  const { statements } = releaseBody.decode(release);
  return parseReleasedResult(protectedResultBody.parse(statementBody(statements[0]!.statement)));
}

function roundedUse({ ms, bytesSent, bytesReceived }: { ms: number; bytesSent: number; bytesReceived: number }) {
  return { ms: Math.round(ms), bytesSent, bytesReceived };
}

/** Wall clock and bytes from one state of the round to the next. */
function createPhases(bytesSoFar: () => number) {
  const phases: { name: string; ms: number; bytes: number }[] = [];
  let current: { name: string; since: number; bytes: number } | null = null;
  return {
    enter(name: string): void {
      if (current?.name === name) return;
      const [now, bytes] = [performance.now(), bytesSoFar()];
      if (current !== null) {
        phases.push({ name: current.name, ms: Math.round(now - current.since), bytes: bytes - current.bytes });
      }
      current = { name, since: now, bytes };
    },
    all: () => phases,
  };
}

/** @throws ProtocolError "refused" where the outcome is not the one the scenario expects */
export function requireExpected({ expected, outcome, reason }: ScenarioFacts): void {
  if (outcome === expected) return;
  const why = reason === null ? "" : `: ${reason}`;
  throw new ProtocolError("refused", `scenario: expected ${expected}, the round was ${outcome}${why}`);
}
