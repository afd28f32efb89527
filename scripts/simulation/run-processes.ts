import { ProtocolError } from "../../shared/base/errors.ts";
import { protectCount } from "../../shared/disclosure/protect-count.ts";
import { owners, requireMatch, type MatchCharter } from "../../shared/protocol/charter.ts";
import { jobPairs } from "../../shared/protocol/job.ts";
import { resultNames, type ReleasedResult } from "../../shared/protocol/result-text.ts";
import {
  agreeOn,
  runRound,
  startLocalNetwork,
  type LaunchedRound,
  type LocalNetwork,
} from "../network/local-network.ts";
import { joinInTheOpen } from "./open-join.ts";
import { requireProcessFaults, watchFaults } from "./process-faults.ts";
import {
  createUses,
  forceDays,
  HOUR_MS,
  partyFacts,
  readCharter,
  readSent,
  withDatabases,
  type Sent,
} from "./program-facts.ts";
import type { ScoredRound } from "./quality.ts";
import { readBoroughs, type ScenarioParty } from "./scenario-boroughs.ts";
import { scenarioDocuments } from "./scenario-charter.ts";
import { faultFacts, type ScenarioFacts, type ScenarioWatcher } from "./scenario-facts.ts";
import type { Scenario } from "./scenario.ts";
import { scoreRound } from "./score-round.ts";

/**
 * One round of a scenario among real programs: a coordinator and one node a party, each a process with a folder of its
 * own, over mutual TLS on the loopback address, set up by the commands that people type. Keys, salts and times are the
 * machine's own, so that a seed gives the same people and the same figures, not the same bytes on the wire.
 *
 * No node tells anybody which rows it matched. Quality is scored from the join of all rows in the open by the same keys,
 * and only where the released total is what that join makes it.
 * @param folder for every party's folder; the caller's to keep or to remove
 * @throws ProtocolError "bad-input" naming what is wrong with the scenario, "integrity" for a release that is not right
 */
export async function runInProcesses(
  scenario: Scenario,
  folder: string,
  watcher: ScenarioWatcher,
): Promise<ScenarioFacts> {
  requireProcessFaults(scenario);
  watcher.note("reading boroughs");
  const parties = await readBoroughs(scenario, folder);
  const documents = scenarioDocuments(scenario, parties, forceDays());
  const { dataset } = documents;
  const say = (line: string) => {
    watcher.note(line);
  };
  const network = await startLocalNetwork({ folder, boroughs: parties, dataset, driver: "auto", say });
  const uses = createUses();
  try {
    await agreeOn(network, documents, say);
    const charter = requireMatch(readCharter(network));
    const faults = watchFaults(scenario.faults, network.nodes, (node) => {
      uses.add(node);
      return node.program.kill();
    });
    const onEvent = ({ state, detail }: LaunchedRound["events"][number]) => {
      watcher.note(`round: ${state} ${detail}`);
    };
    const round = await runRound(network, documents.id, onEvent, charter.deadlines.roundHours * HOUR_MS).finally(() =>
      faults.stop(),
    );
    const dropped = faults.fired().flatMap(({ party, do: what }) => (what === "drop" ? [party] : []));
    const release =
      round.state === "released" ? await network.desk<ReleasedResult>("round", "result", round.round) : null;
    for (const node of network.nodes) if (!dropped.includes(node.name)) uses.add(node);
    const sent = await readSent(network.nodes);
    return {
      seed: scenario.seed,
      expected: scenario.expect,
      outcome: round.state,
      reason: round.reason,
      processes: true,
      standIn: false,
      quality: release === null ? null : score(network, parties, charter, { release, dropped }),
      release: release === null ? null : onlyRelease(release),
      names: resultNames(charter),
      keysLeftOut: documents.leftOut,
      faults: faultFacts(scenario, faults.fired()),
      parties: network.nodes.map((node) => partyFacts(node, sent, uses.of(node.name))),
      phases: phasesOf(round.events, sent),
      peakRssBytes: null,
    };
  } finally {
    await network.close();
  }
}

function phasesOf(events: LaunchedRound["events"], sent: readonly Sent[]): ScenarioFacts["phases"] {
  const changes = events.filter(({ state }, index) => state !== events[index - 1]?.state);
  return changes.slice(0, -1).map(({ state, atMs }, index) => {
    const untilMs = changes[index + 1]!.atMs;
    const within = sent.filter(({ timeMs }) => timeMs >= atMs && timeMs < untilMs);
    return { name: state, ms: untilMs - atMs, bytes: within.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
  });
}

function onlyRelease({ total, table, contributors, pairs }: ReleasedResult): ReleasedResult {
  return { total, table, contributors, pairs };
}

/**
 * Null also where it cannot be told whose pairs were counted: a program that was killed for good may have been in time.
 * @throws ProtocolError "integrity" where the release is not what the join in the open makes it
 */
function score(
  { nodes }: LocalNetwork,
  parties: readonly ScenarioParty[],
  charter: MatchCharter,
  { release, dropped }: { readonly release: ReleasedResult; readonly dropped: readonly string[] },
): ScoredRound | null {
  const all = owners(charter);
  const left = all.filter((position) => !dropped.includes(charter.parties[position]!.id));
  const members = [all, left].find(({ length }) => length === release.contributors);
  if (members === undefined) return null;
  const matches = withDatabases(nodes, (databases) => joinInTheOpen(databases, charter, jobPairs(charter, members)));
  if (release.total !== null && release.total !== protectCount(matches.length, charter.controls)) {
    throw new ProtocolError("integrity", "release: its total is not what the same keys find in the open", {
      hint: "look at serve.log in the folders that --keep leaves",
    });
  }
  return scoreRound(parties, charter, members, matches);
}
