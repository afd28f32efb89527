import type { GroupMark, Mark, Spec } from "vega";
import { drawSpec, FONT } from "../simulation/draw-chart.ts";
import { formatCount } from "../text-table.ts";

/**
 * Small multiples: a column for each thing that grows, a band for each kind of cost. Axes are linear and start at zero,
 * so that what grows in proportion is a straight line.
 */
export interface Sized {
  /** Of what the column's axis names. */
  readonly size: number;
}

export interface Column<Point extends Sized> {
  readonly title: string;
  readonly axis: string;
  /** By size, ascending. */
  readonly points: readonly Point[];
}

export interface Series<Point extends Sized> {
  readonly name: string;
  readonly colour: string;
  readonly of: (point: Point) => number;
  readonly format: (value: number) => string;
}

/** One series, or two. */
export interface Band<Point extends Sized> {
  readonly series: readonly Series<Point>[];
  /** Whether its columns share one scale. */
  readonly shared: boolean;
}

export interface Picture<Point extends Sized> {
  readonly title: string;
  readonly columns: readonly Column<Point>[];
  readonly bands: readonly Band<Point>[];
  /** A point's figures in words, for whoever cannot see the lines. */
  readonly told: (point: Point) => string;
}

const WIDTH = 232;
const HEIGHT = 150;
const INK = "#1f2933";
const FAINT = "#616e7c";

/** @returns an SVG document */
export async function drawPanels<Point extends Sized>(picture: Picture<Point>): Promise<string> {
  const { columns, bands } = picture;
  const spec: Spec = {
    background: "white",
    padding: { left: 16, right: 64, top: 16, bottom: 16 },
    layout: { columns: columns.length, padding: { row: 48, column: 104 }, bounds: "flush" },
    marks: bands.flatMap(({ series, shared }, band) =>
      columns.map(({ title, axis, points }, column) =>
        panel({
          title: band === 0 ? title : "",
          axis: band === bands.length - 1 ? axis : "",
          points,
          series,
          legend: column === 0,
          most: Math.max(
            ...(shared ? columns.flatMap((each) => each.points) : points).flatMap((point) =>
              series.map(({ of }) => of(point)),
            ),
          ),
        }),
      ),
    ),
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
  return drawSpec(spec, picture.title, inWords(picture));
}

function panel<Point extends Sized>(of: {
  title: string;
  axis: string;
  points: readonly Point[];
  series: readonly Series<Point>[];
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
function endsOf<Point extends Sized>(series: readonly Series<Point>[], points: readonly Point[]): Mark[] {
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

function nameOf({ name, colour }: { name: string; colour: string }, index: number): Mark {
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

function inWords<Point extends Sized>({ columns, told }: Picture<Point>): string {
  return columns
    .map((column) => {
      const points = column.points.map((point) => `${formatCount(point.size)}: ${told(point)}`);
      return `${column.title} (${column.axis}): ${points.join("; ")}.`;
    })
    .join(" ");
}
