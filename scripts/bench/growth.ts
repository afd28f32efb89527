import { writeFileSync } from "node:fs";
import type { RandomSource } from "../../shared/base/clock.ts";
import { drawGrowth, type Growth, type Point } from "./growth-chart.ts";
import { median, type Report } from "./harness.ts";
import { measureLondon } from "./london.ts";
import { measurePair } from "./pair.ts";
import type { Use } from "./party-process.ts";
import { formatCount, formatMegabytes, formatSeconds, formatTable } from "../text-table.ts";

/** How cost grows with one thing at a time: the rows of a pair, its match keys, the boroughs of a network. */
export interface Sizes {
  readonly rows: readonly number[];
  readonly boroughs: readonly number[];
  readonly keys: readonly number[];
  /** Of each borough, where the rows are not what grows. */
  readonly otherwiseRows: number;
}

export const FULL: Sizes = {
  rows: [10_000, 30_000, 100_000, 300_000, 1_000_000],
  boroughs: [3, 9, 17, 33],
  keys: [1, 2, 5, 10, 20],
  otherwiseRows: 20_000,
};
export const QUICK: Sizes = { rows: [100, 300], boroughs: [3], keys: [20], otherwiseRows: 100 };

export async function benchGrowth(options: {
  readonly sizes: Sizes;
  readonly runs: number;
  /** Where the chart is written to; null for none. */
  readonly out: string | null;
  readonly random: RandomSource;
  readonly note: (text: string) => void;
}): Promise<Report> {
  const { sizes, out, ...around } = options;
  const { otherwiseRows } = sizes;
  const growth: Growth = {
    rows: await measureEach(sizes.rows, (rows) => pairRuns({ ...around, rows, keys: 1 })),
    boroughs: await measureEach(sizes.boroughs, async (boroughs) => {
      const runs = await measureLondon({ ...around, network: { boroughs, rows: otherwiseRows, keys: 1 } });
      return runs.map(({ seconds, collected, listed, matched }) => ({
        seconds,
        uses: [...collected, ...listed.flat(), ...matched.flat()],
      }));
    }),
    keys: await measureEach(sizes.keys, (keys) => pairRuns({ ...around, rows: otherwiseRows, keys })),
  };
  if (out !== null) writeFileSync(out, await drawGrowth(growth, otherwiseRows));
  const lines = Object.entries(growth).flatMap(([what, points]: [string, readonly Point[]]) =>
    points.map(({ size, seconds, cpuSeconds, peakBytes }) => [
      what,
      formatCount(size),
      formatSeconds(seconds),
      formatSeconds(cpuSeconds),
      formatMegabytes(peakBytes),
    ]),
  );
  return {
    facts: { suite: "growth", runs: around.runs, otherwiseRows, asPlanted: true, ...growth },
    text: [
      `growth: one key and one pair of ${formatCount(otherwiseRows)} rows each but for what grows, median of ${around.runs}`,
      formatTable(["what grows", "to", "time", "CPU time of all", "peak memory of the largest"], lines),
      ...(out === null ? [] : [`drawn in ${out}`]),
    ].join("\n"),
  };
}

interface Run {
  readonly seconds: number;
  readonly uses: readonly Use[];
}

async function pairRuns(asked: Parameters<typeof measurePair>[0]): Promise<Run[]> {
  const runs = await measurePair(asked);
  return runs.map(({ seconds, left, right, matcher }) => ({
    seconds,
    uses: [left.collected, left.listed, right.collected, right.listed, matcher],
  }));
}

async function measureEach(sizes: readonly number[], measure: (size: number) => Promise<Run[]>): Promise<Point[]> {
  const points: Point[] = [];
  for (const size of sizes) {
    const runs = await measure(size);
    points.push({
      size,
      seconds: median(runs.map(({ seconds }) => seconds)),
      cpuSeconds: median(runs.map(({ uses }) => uses.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0))),
      peakBytes: median(runs.map(({ uses }) => Math.max(...uses.map(({ peakBytes }) => peakBytes)))),
    });
  }
  return points;
}
