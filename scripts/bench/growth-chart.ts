import { drawPanels } from "./panels.ts";
import { formatCount, formatMegabytes, formatSeconds } from "../text-table.ts";

/** The growth suite as a picture: a column for each thing that grows, time above memory. */
export interface Point {
  /** Rows, boroughs or keys. */
  readonly size: number;
  /** From databases to matched rows. */
  readonly seconds: number;
  /** Of all processes together. */
  readonly cpuSeconds: number;
  /** Of the process that took most. */
  readonly peakBytes: number;
}

export interface Growth {
  readonly rows: readonly Point[];
  readonly boroughs: readonly Point[];
  readonly keys: readonly Point[];
}

const PASSED = "#0b5394";
const CPU = "#c2510c";
const MEMORY = "#26734d";

/** @returns an SVG document */
export async function drawGrowth(growth: Growth, otherwiseRows: number): Promise<string> {
  const rows = formatCount(otherwiseRows);
  return drawPanels<Point>({
    title: "How time and memory grow with rows, boroughs and match keys",
    columns: [
      { title: "More rows", axis: "rows of each borough; one pair, one key", points: growth.rows },
      { title: "More boroughs", axis: `boroughs, every pair; ${rows} rows, one key`, points: growth.boroughs },
      { title: "More match keys", axis: `match keys; one pair, ${rows} rows`, points: growth.keys },
    ],
    bands: [
      {
        shared: false,
        series: [
          {
            name: "seconds of CPU, all processes",
            colour: CPU,
            of: ({ cpuSeconds }) => cpuSeconds,
            format: formatSeconds,
          },
          { name: "seconds passed", colour: PASSED, of: ({ seconds }) => seconds, format: formatSeconds },
        ],
      },
      {
        shared: true,
        series: [
          {
            name: "MB at the peak, largest process",
            colour: MEMORY,
            of: ({ peakBytes }) => peakBytes / 1e6,
            format: (megabytes) => formatMegabytes(megabytes * 1e6),
          },
        ],
      },
    ],
    told: ({ seconds, cpuSeconds, peakBytes }) =>
      `${formatSeconds(seconds)}, ${formatSeconds(cpuSeconds)} of CPU time, ${formatMegabytes(peakBytes)}`,
  });
}
