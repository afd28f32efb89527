import { parse, View, type GroupMark, type Mark, type Spec } from "vega";
import { formatCount, formatMegabytes, formatSeconds } from "./table.ts";

/**
 * The growth suite as small multiples: a column for each thing that grows, time above memory. Both axes are linear and
 * start at zero, so that what grows in proportion is a straight line.
 */
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

const WIDTH = 232;
const HEIGHT = 150;
const FONT = "Helvetica, Arial, DejaVu Sans, sans-serif";
const INK = "#1f2933";
const FAINT = "#616e7c";
const PASSED = "#0b5394";
const CPU = "#c2510c";
const MEMORY = "#26734d";

/** @returns an SVG document */
export async function drawGrowth(growth: Growth, otherwiseRows: number): Promise<string> {
  const rows = formatCount(otherwiseRows);
  const columns = [
    { title: "More rows", axis: "rows of each borough; one pair, one key", points: growth.rows },
    { title: "More boroughs", axis: `boroughs, every pair; ${rows} rows, one key`, points: growth.boroughs },
    { title: "More match keys", axis: `match keys; one pair, ${rows} rows`, points: growth.keys },
  ];
  const spec: Spec = {
    background: "white",
    padding: { left: 16, right: 64, top: 16, bottom: 16 },
    layout: { columns: 3, padding: { row: 48, column: 104 }, bounds: "flush" },
    marks: [
      ...columns.map(({ title, points }, column) =>
        panel({
          title,
          axis: "",
          points,
          series: [
            {
              name: "seconds of CPU, all processes",
              colour: CPU,
              of: (point) => point.cpuSeconds,
              format: formatSeconds,
            },
            { name: "seconds passed", colour: PASSED, of: (point) => point.seconds, format: formatSeconds },
          ],
          legend: column === 0,
          most: Math.max(...points.flatMap(({ seconds, cpuSeconds }) => [seconds, cpuSeconds])),
        }),
      ),
      ...columns.map(({ axis, points }, column) =>
        panel({
          title: "",
          axis,
          points,
          series: [
            {
              name: "MB at the peak, largest process",
              colour: MEMORY,
              of: (point) => point.peakBytes / 1e6,
              format: (megabytes) => formatMegabytes(megabytes * 1e6),
            },
          ],
          legend: column === 0,
          most: Math.max(...columns.flatMap((each) => each.points.map(({ peakBytes }) => peakBytes / 1e6))),
        }),
      ),
    ],
    config: {
      text: { font: FONT },
      axis: {
        labelFont: FONT,
        titleFont: FONT,
        domainColor: "#9aa5b1",
        gridColor: "#e4e7eb",
        labelColor: FAINT,
        labelFontSize: 11,
        tickColor: "#9aa5b1",
        titleColor: INK,
        titleFontSize: 11,
        titleFontWeight: "normal",
        titlePadding: 8,
      },
      title: { font: FONT, color: INK, fontSize: 14, anchor: "start", offset: 12 },
    },
  };
  const view = new View(parse(spec), { renderer: "none" });
  const svg = await view.toSVG();
  view.finalize();
  return withWords(svg, columns);
}

interface Series {
  readonly name: string;
  readonly colour: string;
  readonly of: (point: Point) => number;
  readonly format: (value: number) => string;
}

function panel(of: {
  title: string;
  axis: string;
  points: readonly Point[];
  series: readonly Series[];
  legend: boolean;
  /** What the upper end of the y axis has room for. */
  most: number;
}): GroupMark {
  const { title, axis, points, series, legend, most } = of;
  return {
    type: "group",
    ...(title === "" ? {} : { title: { text: title } }),
    // Grid lines go by the signals, the panel by its encoding.
    signals: [
      { name: "width", value: WIDTH },
      { name: "height", value: HEIGHT },
    ],
    encode: { update: { width: { value: WIDTH }, height: { value: HEIGHT } } },
    data: series.map((each, index) => ({
      name: `series${index}`,
      values: points.map((point) => ({ x: point.size, y: each.of(point) })),
    })),
    scales: [
      { name: "x", type: "linear", domain: [0, points.at(-1)!.size], range: [0, WIDTH] },
      // Room above for the names of the lines.
      { name: "y", type: "linear", domain: [0, most * 1.1], nice: 4, range: [HEIGHT, 0] },
    ],
    axes: [
      { scale: "y", orient: "left", grid: true, tickCount: 4, domain: false, ticks: false, labelPadding: 6 },
      {
        scale: "x",
        orient: "bottom",
        values: points.map(({ size }) => size).filter((size) => size >= points.at(-1)!.size / 12),
        encode: { labels: { update: { text: { signal: "format(datum.value, datum.value < 1e5 ? ',' : '~s')" } } } },
        ...(axis === "" ? {} : { title: axis }),
      },
    ],
    marks: [
      ...series.flatMap(({ colour }, index) => lineOf(colour, `series${index}`)),
      ...endsOf(series, points),
      ...(legend ? series.map(nameOf) : []),
    ],
  };
}

const place = { x: { scale: "x", field: "x" }, y: { scale: "y", field: "y" } };

function lineOf(colour: string, data: string): Mark[] {
  return [
    {
      type: "line",
      from: { data },
      encode: { update: { ...place, stroke: { value: colour }, strokeWidth: { value: 2 } } },
    },
    {
      type: "symbol",
      from: { data },
      encode: {
        update: {
          ...place,
          size: { value: 44 },
          fill: { value: colour },
          stroke: { value: "white" },
          strokeWidth: { value: 1.5 },
        },
      },
    },
  ];
}

/** The value of each line's last point, beside it; of two, the higher above and the lower below, so that they stay apart. */
function endsOf(series: readonly Series[], points: readonly Point[]): Mark[] {
  const last = points.at(-1)!;
  const ends = series.map((each) => ({ ...each, value: each.of(last) })).sort((a, b) => b.value - a.value);
  return ends.map(({ value, colour, format }, rank) => ({
    type: "text",
    encode: {
      update: {
        x: { scale: "x", value: last.size },
        y: { scale: "y", value },
        text: { value: format(value) },
        dx: { value: 9 },
        baseline: { value: ends.length === 1 ? "middle" : rank === 0 ? "bottom" : "top" },
        dy: { value: ends.length === 1 ? 0 : rank === 0 ? 3 : -3 },
        fill: { value: colour },
        fontSize: { value: 12 },
        fontWeight: { value: "bold" },
      },
    },
  }));
}

function nameOf({ name, colour }: Series, index: number): Mark {
  return {
    type: "text",
    encode: {
      update: {
        x: { value: 8 },
        y: { value: 14 + index * 16 },
        text: { value: name },
        fill: { value: colour },
        fontSize: { value: 12 },
      },
    },
  };
}

/** A title and a description, for whoever cannot see the lines. */
function withWords(svg: string, columns: readonly { title: string; axis: string; points: readonly Point[] }[]): string {
  const description = columns
    .map(({ title, axis, points }) => {
      const told = points.map(
        ({ size, seconds, cpuSeconds, peakBytes }) =>
          `${formatCount(size)}: ${formatSeconds(seconds)}, ${formatSeconds(cpuSeconds)} of CPU time, ${formatMegabytes(peakBytes)}`,
      );
      return `${title} (${axis}): ${told.join("; ")}.`;
    })
    .join(" ");
  return svg.replace(
    /<svg ([^>]*)>/,
    (_, attributes: string) =>
      `<svg ${attributes} role="img" aria-labelledby="growth-title growth-description">\n` +
      `<title id="growth-title">How time and memory grow with rows, boroughs and match keys</title>\n` +
      `<desc id="growth-description">${description}</desc>`,
  );
}
