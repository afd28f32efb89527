import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert } from "../../shared/base/errors.ts";
import type { RandomSource } from "../../shared/base/clock.ts";
import { median, type Report } from "./harness.ts";
import { plantedMatches } from "./pair-people.ts";
import { startParty, type Matched, type Owned, type Use } from "./pair-process.ts";
import { formatCount, formatMegabytes, formatSeconds, formatTable } from "./table.ts";

/**
 * One pair under one salt, from the rows in both boroughs' databases to the matched rows: left owner, right owner and
 * matcher each in a process of its own, the owners at the same time, as in a round. Filling the databases and starting
 * the processes is not timed; sealing and the network are not part of it.
 */
interface Run {
  readonly seconds: number;
  readonly left: Owned;
  readonly right: Owned;
  readonly matcher: Matched;
}

export async function benchPair(options: {
  readonly rows: number;
  readonly keys: number;
  readonly runs: number;
  readonly random: RandomSource;
  readonly note: (text: string) => void;
}): Promise<Report> {
  const { rows, keys, runs, random, note } = options;
  const folder = mkdtempSync(join(tmpdir(), "portmoot-bench-"));
  try {
    note(`pair: filling two databases with ${formatCount(rows)} rows each`);
    await fillDatabases(folder, rows, keys);
    const done: Run[] = [];
    for (let run = 0; run < runs; run++) {
      note(`pair: run ${run + 1} of ${runs}`);
      done.push(await runPair(folder, keys, random));
    }
    const planted = plantedMatches(rows, keys);
    for (const { matcher } of done) {
      assert(matcher.perKey.join() === planted.join(), `planted ${planted.join()}, matched ${matcher.perKey.join()}`);
    }
    return pairReport({ rows, keys, runs, planted }, done);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function fillDatabases(folder: string, rows: number, keys: number): Promise<void> {
  await Promise.all(
    (["left", "right"] as const).map(async (side) => {
      const party = await startParty();
      try {
        await party.perform({ role: "fill", database: join(folder, `${side}.db`), side, rows, keys });
      } finally {
        party.stop();
      }
    }),
  );
}

async function runPair(folder: string, keys: number, random: RandomSource): Promise<Run> {
  const at = (name: string) => join(folder, name);
  const parties = [await startParty(), await startParty(), await startParty()] as const;
  const [leftOwner, rightOwner, matchingParty] = parties;
  const [leftFile, rightFile] = [at("left.list"), at("right.list")];
  const salt = random.bytes(32);
  try {
    const startedAt = performance.now();
    const [left, right] = await Promise.all([
      leftOwner.perform({ role: "owner", database: at("left.db"), keys, salt, listFile: leftFile }),
      rightOwner.perform({ role: "owner", database: at("right.db"), keys, salt, listFile: rightFile }),
    ]);
    const matcher = await matchingParty.perform({ role: "matcher", keys, leftFile, rightFile });
    return { seconds: (performance.now() - startedAt) / 1000, left, right, matcher };
  } finally {
    for (const party of parties) party.stop();
  }
}

function pairReport(
  what: { rows: number; keys: number; runs: number; planted: readonly number[] },
  runs: readonly Run[],
): Report {
  const of = (figure: (run: Run) => number) => median(runs.map(figure));
  const useOf = (party: "left" | "right" | "matcher"): Use => ({
    cpuSeconds: of((run) => run[party].cpuSeconds),
    startBytes: of((run) => run[party].startBytes),
    peakBytes: of((run) => run[party].peakBytes),
  });
  const ownerOf = (side: "left" | "right") => ({
    columnsSeconds: of((run) => run[side].columnsSeconds),
    listSeconds: of((run) => run[side].listSeconds),
    ...useOf(side),
  });
  const seconds = of((run) => run.seconds);
  const left = ownerOf("left");
  const right = ownerOf("right");
  const matcher = {
    decodeSeconds: of((run) => run.matcher.decodeSeconds),
    cascadeSeconds: of((run) => run.matcher.cascadeSeconds),
    ...useOf("matcher"),
  };
  const { planted, ...asked } = what;
  const matched = planted.reduce((sum, count) => sum + count, 0);
  const line = (name: string, work: string, party: Use) => [
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
    facts: { suite: "pair", ...asked, matched, asPlanted: true, seconds, left, right, matcher },
    text: [
      `pair: ${formatCount(what.rows)} × ${formatCount(what.rows)} rows, match keys: ${what.keys}, single-salt, median of ${what.runs}`,
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
