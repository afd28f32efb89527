import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { assert } from "../../shared/base/errors.ts";
import type { RandomSource } from "../../shared/base/clock.ts";
import { databaseFile, fillDatabases } from "./databases.ts";
import { median, type Report } from "./harness.ts";
import { spread, startParty, type Listed, type Matched, type PartyProcess, type Use } from "./party-process.ts";
import { plantedMatches, type Network } from "./people.ts";
import { formatCount, formatMegabytes, formatSeconds, formatTable } from "../text-table.ts";

/**
 * All pairs of a network of boroughs on one machine, single-salt, from the rows in every borough's database to the
 * matched rows of every pair. Each borough is a process that is up all the time, as a node is: it makes its digests once,
 * then a list under a fresh salt for each partner. As many processes as there are cores work at a time; a list is a file
 * until its pair is matched. Filling the databases and starting the processes is not timed; sealing and the network are
 * not part of it.
 */
export interface LondonRun {
  readonly seconds: number;
  readonly collected: readonly Use[];
  /** Of each borough, in the order made. */
  readonly listed: readonly (readonly Listed[])[];
  /** Of each matching process, in the order done. */
  readonly matched: readonly (readonly Matched[])[];
}

const NOTED_PAIRS = 50;

interface Pair {
  readonly left: number;
  readonly right: number;
}

interface Asked {
  readonly network: Network;
  readonly runs: number;
  readonly random: RandomSource;
  readonly note: (text: string) => void;
}

/** @throws AssertionError where something else was matched than was planted */
export async function measureLondon({ network, runs, random, note }: Asked): Promise<LondonRun[]> {
  const folder = mkdtempSync(join(tmpdir(), "portmoot-bench-"));
  try {
    note(`london: filling ${network.boroughs} databases with ${formatCount(network.rows)} rows each`);
    await fillDatabases(folder, network, availableParallelism());
    const done: LondonRun[] = [];
    for (let run = 0; run < runs; run++) {
      note(`london: run ${run + 1} of ${runs}`);
      done.push(await runLondon(folder, network, random, note));
    }
    return done;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runLondon(
  folder: string,
  network: Network,
  random: RandomSource,
  note: (text: string) => void,
): Promise<LondonRun> {
  const { boroughs, keys } = network;
  const started: PartyProcess[] = [];
  const start = async () => {
    const party = await startParty();
    started.push(party);
    return { party };
  };
  try {
    const owners: { party: PartyProcess; lists: Listed[] }[] = [];
    for (let borough = 0; borough < boroughs; borough++) owners.push({ ...(await start()), lists: [] });
    const matchers: { party: PartyProcess; matched: Matched[] }[] = [];
    for (let lane = 0; lane < availableParallelism(); lane++) matchers.push({ ...(await start()), matched: [] });

    const startedAt = performance.now();
    const passed = () => formatSeconds((performance.now() - startedAt) / 1000);
    const collected: Use[] = [];
    await spread(owners.entries(), matchers, async ([borough, { party }]) => {
      const database = databaseFile(folder, borough);
      collected.push(await party.perform({ role: "collect", database, keys }));
    });
    note(`london: ${boroughs} boroughs have their digests after ${passed()}`);
    const answers = new Map<Pair, Matched>();
    await spread(pairsOf(boroughs), matchers, async (pair, { party, matched }) => {
      const salt = random.bytes(32);
      const fileOf = (borough: number) => join(folder, `${pair.left}-${pair.right}.${borough}.list`);
      for (const borough of [pair.left, pair.right]) {
        const { party: owner, lists } = owners[borough]!;
        lists.push(await owner.perform({ role: "list", salt, listFile: fileOf(borough) }));
      }
      const [leftFile, rightFile] = [fileOf(pair.left), fileOf(pair.right)];
      const answer = await party.perform({ role: "match", keys, leftFile, rightFile });
      rmSync(leftFile);
      rmSync(rightFile);
      matched.push(answer);
      answers.set(pair, answer);
      if (answers.size % NOTED_PAIRS === 0) note(`london: ${answers.size} pairs after ${passed()}`);
    });
    const seconds = (performance.now() - startedAt) / 1000;
    verify(network, answers);
    return {
      seconds,
      collected,
      listed: owners.map(({ lists }) => lists),
      matched: matchers.map(({ matched }) => matched),
    };
  } finally {
    for (const party of started) party.stop();
  }
}

/** Neighbours first: pairs that follow one another seldom need the same owner. */
function pairsOf(boroughs: number): Pair[] {
  return Array.from({ length: boroughs - 1 }, (_, less) =>
    Array.from({ length: boroughs - 1 - less }, (__, left) => ({ left, right: left + less + 1 })),
  ).flat();
}

function verify(network: Network, answers: ReadonlyMap<Pair, Matched>): void {
  const { boroughs } = network;
  assert(answers.size === (boroughs * (boroughs - 1)) / 2, "every pair was matched");
  for (const [{ left, right }, { perKey }] of answers) {
    const planted = plantedMatches(network, left, right);
    assert(
      perKey.join() === planted.join(),
      `${left} and ${right}: planted ${planted.join()}, matched ${perKey.join()}`,
    );
  }
}

export async function benchLondon(asked: Asked): Promise<Report> {
  const runs = await measureLondon(asked);
  const { boroughs, rows, keys } = asked.network;
  const of = (figure: (run: LondonRun) => number) => median(runs.map(figure));
  const most = (uses: (run: LondonRun) => readonly Use[]) =>
    of((run) => Math.max(...uses(run).map((use) => use.peakBytes)));
  const ofUses = (uses: (run: LondonRun) => readonly Use[]) => ({
    seconds: of((run) => median(uses(run).map(({ seconds }) => seconds))),
    cpuSeconds: of((run) => median(uses(run).map(({ cpuSeconds }) => cpuSeconds))),
  });
  const facts = {
    pairs: (boroughs * (boroughs - 1)) / 2,
    matched: of(({ matched }) => matched.flat().reduce((sum, { perKey }) => sum + perKey.reduce((a, b) => a + b), 0)),
    asPlanted: true,
    seconds: of((run) => run.seconds),
    sealedBytes: of(({ listed }) => listed.flat().reduce((sum, list) => sum + list.sealedBytes, 0)),
    collect: ofUses((run) => run.collected),
    list: ofUses((run) => run.listed.flat()),
    match: ofUses((run) => run.matched.flat()),
    /** Of the process that took most. */
    peakBytes: {
      collected: most((run) => run.collected),
      firstList: most((run) => run.listed.map((lists) => lists[0]!)),
      lastList: most((run) => run.listed.map((lists) => lists.at(-1)!)),
      firstMatch: most((run) => run.matched.flatMap((pairs) => pairs.slice(0, 1))),
      lastMatch: most((run) => run.matched.flatMap((pairs) => pairs.slice(-1))),
    },
  };
  const { collect, list, match, peakBytes } = facts;
  const line = (work: string, times: number, use: Omit<Use, "startBytes" | "peakBytes">, ...bytes: number[]) => [
    work,
    formatCount(times),
    formatSeconds(use.seconds),
    formatSeconds(use.cpuSeconds),
    ...bytes.map(formatMegabytes),
  ];
  return {
    facts: { suite: "london", boroughs, rows, keys, runs: runs.length, ...facts },
    text: [
      `london: ${boroughs} boroughs × ${formatCount(rows)} rows, all ${formatCount(facts.pairs)} pairs, match keys: ${keys}, single-salt, median of ${runs.length}`,
      formatTable(
        ["work", "times", "each", "CPU time", "peak memory after the first", "after the last"],
        [
          line("a borough's digests", boroughs, collect, peakBytes.collected, peakBytes.collected),
          line("its list for a partner", 2 * facts.pairs, list, peakBytes.firstList, peakBytes.lastList),
          line("matching a pair", facts.pairs, match, peakBytes.firstMatch, peakBytes.lastMatch),
        ],
      ),
      `${formatSeconds(facts.seconds)} from databases to the matched rows of all pairs; ${formatCount(facts.matched)} rows matched, each pair as planted`,
      `${(facts.sealedBytes / 1e9).toFixed(2)} GB of sealed lists would go over the wire`,
    ].join("\n"),
  };
}
