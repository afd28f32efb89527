import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert } from "../../shared/base/errors.ts";
import type { RandomSource } from "../../shared/base/clock.ts";
import { median, type Report } from "./harness.ts";
import { databaseFile, fillDatabases } from "./databases.ts";
import { startParty, type Listed, type Matched, type PartyProcess, type Use } from "./party-process.ts";
import { plantedMatches, sharedPeople, type Network } from "./people.ts";
import { formatCount, formatMegabytes, formatSeconds, formatTable } from "../text-table.ts";

/**
 * One pair under one salt, from the rows in both boroughs' databases to the matched rows: left owner, right owner and
 * matcher each in a process of its own, the owners at the same time, as in a round. Filling the databases and starting
 * the processes is not timed; sealing and the network are not part of it.
 */
interface Owner {
  readonly collected: Use;
  readonly listed: Listed;
}

export interface PairRun {
  readonly seconds: number;
  readonly left: Owner;
  readonly right: Owner;
  readonly matcher: Matched;
}

interface Asked {
  readonly rows: number;
  readonly keys: number;
  readonly runs: number;
  readonly random: RandomSource;
  readonly note: (text: string) => void;
}

/** @throws AssertionError where something else was matched than was planted */
export async function measurePair({ rows, keys, runs, random, note }: Asked): Promise<PairRun[]> {
  const network: Network = { boroughs: 2, rows, keys };
  const folder = mkdtempSync(join(tmpdir(), "portmoot-bench-"));
  try {
    note(`pair: filling two databases with ${formatCount(rows)} rows each`);
    await fillDatabases(folder, network, 2);
    const done: PairRun[] = [];
    for (let run = 0; run < runs; run++) {
      note(`pair: run ${run + 1} of ${runs}`);
      done.push(await runPair(folder, keys, random));
    }
    const planted = plantedMatches(network, 0, 1);
    for (const { matcher } of done) {
      assert(matcher.perKey.join() === planted.join(), `planted ${planted.join()}, matched ${matcher.perKey.join()}`);
    }
    return done;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runPair(folder: string, keys: number, random: RandomSource): Promise<PairRun> {
  const parties = [await startParty(), await startParty(), await startParty()] as const;
  const [leftOwner, rightOwner, matchingParty] = parties;
  const [leftFile, rightFile] = [join(folder, "left.list"), join(folder, "right.list")];
  const salt = random.bytes(32);
  const own = async (owner: PartyProcess, borough: number, listFile: string): Promise<Owner> => ({
    collected: await owner.perform({ role: "collect", database: databaseFile(folder, borough), keys }),
    listed: await owner.perform({ role: "list", salt, listFile }),
  });
  try {
    const startedAt = performance.now();
    const [left, right] = await Promise.all([own(leftOwner, 0, leftFile), own(rightOwner, 1, rightFile)]);
    const matcher = await matchingParty.perform({ role: "match", keys, leftFile, rightFile });
    return { seconds: (performance.now() - startedAt) / 1000, left, right, matcher };
  } finally {
    for (const party of parties) party.stop();
  }
}

export async function benchPair(asked: Asked): Promise<Report> {
  const runs = await measurePair(asked);
  const { rows, keys } = asked;
  const of = (figure: (run: PairRun) => number) => median(runs.map(figure));
  const ownerOf = (side: "left" | "right") => ({
    columnsSeconds: of((run) => run[side].collected.seconds),
    listSeconds: of((run) => run[side].listed.seconds),
    cpuSeconds: of((run) => run[side].collected.cpuSeconds + run[side].listed.cpuSeconds),
    startBytes: of((run) => run[side].listed.startBytes),
    peakBytes: of((run) => run[side].listed.peakBytes),
  });
  const seconds = of((run) => run.seconds);
  const left = ownerOf("left");
  const right = ownerOf("right");
  const matcher = {
    decodeSeconds: of((run) => run.matcher.decodeSeconds),
    cascadeSeconds: of((run) => run.matcher.seconds - run.matcher.decodeSeconds),
    cpuSeconds: of((run) => run.matcher.cpuSeconds),
    startBytes: of((run) => run.matcher.startBytes),
    peakBytes: of((run) => run.matcher.peakBytes),
  };
  const matched = sharedPeople({ boroughs: 2, rows, keys }, 0, 1);
  const line = (name: string, work: string, party: Omit<Use, "seconds">) => [
    name,
    work,
    formatSeconds(party.cpuSeconds),
    formatMegabytes(party.peakBytes),
    formatMegabytes(party.startBytes),
  ];
  const ownersWork = (owner: { columnsSeconds: number; listSeconds: number }) =>
    `rows to digests ${formatSeconds(owner.columnsSeconds)}, list ${formatSeconds(owner.listSeconds)}`;
  const matchersWork = `decoding ${formatSeconds(matcher.decodeSeconds)}, cascade ${formatSeconds(matcher.cascadeSeconds)}`;
  return {
    facts: { suite: "pair", rows, keys, runs: runs.length, matched, asPlanted: true, seconds, left, right, matcher },
    text: [
      `pair: ${formatCount(rows)} × ${formatCount(rows)} rows, match keys: ${keys}, single-salt, median of ${runs.length}`,
      formatTable(
        ["process", "work", "CPU time", "peak memory", "before the work"],
        [
          line("left owner", ownersWork(left), left),
          line("right owner", ownersWork(right), right),
          line("matcher", matchersWork, matcher),
        ],
      ),
      `${formatSeconds(seconds)} from databases to matched rows; ${formatCount(matched)} rows matched, as planted`,
    ].join("\n"),
  };
}
