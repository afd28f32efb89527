import { ProtocolError } from "../../shared/base/errors.ts";
import type { ReleasedResult, ResultNames } from "../../shared/protocol/result-text.ts";
import type { Quality, ScoredRound } from "./quality.ts";
import type { Fault, Scenario } from "./scenario.ts";

/**
 * What a scenario came to, however it was run. Times and memory are this machine's; everything else is the same for the
 * same seed in one process.
 */
export interface ScenarioFacts {
  readonly seed: number;
  readonly expected: string;
  readonly outcome: string;
  readonly reason: string | null;
  /** Real programs, or everybody in one process. */
  readonly processes: boolean;
  /** Whether double-salt's arithmetic was left to a stand-in, which protects nothing and finds the same. */
  readonly standIn: boolean;
  /** Null without a known answer. */
  readonly quality: ScoredRound | null;
  readonly release: ReleasedResult | null;
  readonly names: ResultNames;
  /** Keys of the cascade that no borough has the fields for. */
  readonly keysLeftOut: readonly string[];
  readonly faults: readonly {
    readonly party: string;
    readonly at: string;
    readonly do: string;
    readonly fired: boolean;
  }[];
  readonly parties: readonly PartyFacts[];
  /** From one state of the round to the next; bytes are those that left the nodes in it. */
  readonly phases: readonly { readonly name: string; readonly ms: number; readonly bytes: number }[];
  /** Of the one process in which all parties are; null where each had its own. */
  readonly peakRssBytes: number | null;
}

export interface PartyFacts {
  readonly id: string;
  readonly rows: number;
  readonly rejects: number;
  /** In one process, time in this party's steps; among processes, its processor time. */
  readonly ms: number;
  readonly bytesSent: number;
  /** Null where only the coordinator sent, which keeps no ledger of it. */
  readonly bytesReceived: number | null;
  /** Of the party's own process, where it had one. */
  readonly peakRssBytes: number | null;
}

export interface ScenarioWatcher {
  note(text: string): void;
  /** How far long work is. */
  progress(what: string, done: number, of: number): void;
}

export function faultFacts({ faults }: Scenario, fired: readonly Fault[]): ScenarioFacts["faults"] {
  return faults.map((fault) => ({ party: fault.party, at: fault.at, do: fault.do, fired: fired.includes(fault) }));
}

/** @throws ProtocolError "refused" where the outcome is not the one the scenario expects */
export function requireExpected({ expected, outcome, reason }: ScenarioFacts): void {
  if (outcome === expected) return;
  const why = reason === null ? "" : `: ${reason}`;
  throw new ProtocolError("refused", `scenario: expected ${expected}, the round was ${outcome}${why}`);
}

/**
 * The facts as `--json` writes them: quality also at the top, figures by the boroughs' names.
 * @param options.times false leaves out what this machine's clock and memory say: the same seed then gives the same bytes
 */
export function scenarioJson(facts: ScenarioFacts, { times }: { readonly times: boolean }): Record<string, unknown> {
  const { quality, release, parties, phases, peakRssBytes, ...rest } = facts;
  return {
    ...rest,
    overall: quality === null ? null : withCorrect(quality.overall),
    pairs: quality?.pairs.map(withCorrect) ?? null,
    keys: quality?.keys ?? null,
    quality,
    qualityFrom: qualitySource(facts),
    release: release === null ? null : { ...release, pairMatrix: pairMatrix(release, facts.names) },
    parties: times ? parties : parties.map((party) => ({ ...party, ms: null, peakRssBytes: null })),
    phases: times ? phases : phases.map((phase) => ({ ...phase, ms: null })),
    peakRssBytes: times ? peakRssBytes : null,
  };
}

/** No program says which rows it matched: among processes the same keys are tried on all rows in the open. */
function qualitySource({ quality, processes }: ScenarioFacts): "matchers" | "open-join" | null {
  if (quality === null) return null;
  return processes ? "open-join" : "matchers";
}

function withCorrect<T extends Quality>(quality: T): T & { readonly correct: number } {
  return { ...quality, correct: quality.matched };
}

function pairMatrix({ pairs }: ReleasedResult, { parties }: ResultNames) {
  return pairs?.map(({ left, right, figure }) => ({ a: parties[left], b: parties[right], figure })) ?? null;
}
