import { assert } from "../../shared/base/errors.ts";
import type { RandomSource } from "../../shared/base/clock.ts";
import { median, medianRatio, runInTurns, type Report } from "./harness.ts";
import type { PsiContestant } from "./psi-contestant.ts";
import { createDoubleSalt } from "./psi-double-salt.ts";
import { loadOpenminedPsi } from "./psi-openmined.ts";
import { createSingleSalt } from "./psi-single-salt.ts";
import { formatCount, formatSeconds, formatTable } from "../text-table.ts";

/**
 * How many values two sets share, from the values in memory to the number, both parties' work one after another in
 * this one process: @openmined/psi.js beside this system's ways. Only the computation: no process start, no network.
 * What the ways protect against is not the same; docs/BENCHMARKS.md says it beside the figures.
 */
const WARM_VALUES = 2_000;
const WARM_MS = 1_000;

export async function benchPsi(options: {
  readonly sizes: readonly number[];
  readonly runs: number;
  readonly random: RandomSource;
  readonly note: (text: string) => void;
}): Promise<Report> {
  const { runs, random, note } = options;
  const peer = await loadOpenminedPsi(note);
  const doubleSalt = createDoubleSalt(random);
  // Whoever is added here is measured beside the peer.
  const contestants: readonly PsiContestant[] = [peer, createSingleSalt(random), doubleSalt];
  for (const contestant of contestants) await warmUp(contestant, note);
  const sizes: {
    size: number;
    contestants: { name: string; seconds: number; cpuSeconds: number; peerTakesTimes: number }[];
  }[] = [];
  for (const size of options.sizes) {
    const { left, right, common } = createSets(size);
    const measured = await runInTurns(
      contestants.map(({ name, countCommon, prepare }) => ({
        name,
        prepare: (turn: number) => {
          note(`psi: ${formatCount(size)} values each, run ${turn + 1} of ${runs}: ${name}`);
          return prepare?.();
        },
        run: async () => {
          const startCpu = process.cpuUsage();
          const count = await countCommon(left, right);
          const { user, system } = process.cpuUsage(startCpu);
          return { count, cpuSeconds: (user + system) / 1e6 };
        },
      })),
      runs,
    );
    for (const { name, results } of measured) {
      for (const { count } of results)
        assert(count === common, `${name}: ${common} values are common, counted ${count}`);
    }
    sizes.push({
      size,
      contestants: measured.map((contestant) => ({
        name: contestant.name,
        seconds: contestant.medianSeconds,
        /** Of all threads: on a busy machine it says more than the time that passed. */
        cpuSeconds: median(contestant.results.map(({ cpuSeconds }) => cpuSeconds)),
        peerTakesTimes: medianRatio(measured[0]!, contestant),
      })),
    });
  }
  await doubleSalt.close();
  return {
    facts: { suite: "psi", runs, equal: true, sizes },
    text: [
      `psi: how many values are common, computation only, median of ${runs}`,
      formatTable(
        ["", "values each", "time", "CPU time", `${peer.name} takes`],
        sizes.flatMap(({ size, contestants }) =>
          contestants.map(({ name, seconds, cpuSeconds, peerTakesTimes }) => [
            name,
            formatCount(size),
            formatSeconds(seconds),
            formatSeconds(cpuSeconds),
            `× ${peerTakesTimes < 10 ? peerTakesTimes.toFixed(1) : formatCount(peerTakesTimes)}`,
          ]),
        ),
      ),
    ].join("\n"),
  };
}

/** Whoever it is: at least one count of a small size, and more of them for a second, so that nothing compiles later. */
async function warmUp({ name, countCommon }: PsiContestant, note: (text: string) => void): Promise<void> {
  note(`psi: warming up ${name}`);
  const { left, right } = createSets(WARM_VALUES);
  const startedAt = performance.now();
  do await countCommon(left, right);
  while (performance.now() - startedAt < WARM_MS);
}

/** Half of the values are common. */
function createSets(size: number): { left: string[]; right: string[]; common: number } {
  const from = (first: number) =>
    Array.from({ length: size }, (_, index) => `QQ${String(first + index).padStart(9, "0")}A`);
  const common = Math.floor(size / 2);
  return { left: from(0), right: from(size - common), common };
}
