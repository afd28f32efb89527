import { parse, View, type Spec } from "vega";
import { escapeHtml } from "./escape-html.ts";

/** Plots as SVG that needs no script, made on the server by Vega. */
export const FONT = "Helvetica, Arial, DejaVu Sans, sans-serif";
export const INK = "#0b0c0c";
export const BLUE = "#1d70b8";
export const WIDTH = 460;
const ROW = 22;

/** A plot of a report. @param words the figures, for whoever cannot see the bars */
export async function draw(spec: Spec, title: string, words: string): Promise<string> {
  const config = {
    axis: { labelFont: FONT, titleFont: FONT, labelColor: INK, titleColor: INK, labelFontSize: 12, titleFontSize: 12 },
    legend: { labelFont: FONT, labelColor: INK, labelFontSize: 12, symbolType: "square" as const },
  };
  return drawSpec({ ...spec, background: "white", padding: 8, config }, title, words);
}

/** Any plot, with its title and its figures in words. */
export async function drawSpec(spec: Spec, title: string, words: string): Promise<string> {
  const view = new View(parse(spec), { renderer: "none" });
  const svg = await view.toSVG();
  view.finalize();
  return svg.replace(/<svg ([^>]*)>/, (_, attributes: string) => {
    return `<svg ${attributes} role="img"><title>${escapeHtml(title)}</title><desc>${escapeHtml(words)}</desc>`;
  });
}

/** A row for each name at the left, over a scale that has zero; marks take their data from "rows". */
export function rowSpec<Row extends { readonly name: string }>({
  rows,
  axis,
  ends,
  scales = [],
  ...rest
}: {
  readonly rows: readonly Row[];
  readonly axis: string;
  /** Fields that the scale has room for. */
  readonly ends: readonly (keyof Row & string)[];
  readonly scales?: NonNullable<Spec["scales"]>;
} & Pick<Spec, "marks" | "legends">): Spec {
  const names = [...new Set(rows.map(({ name }) => name))];
  return {
    width: WIDTH,
    height: names.length * ROW,
    data: [{ name: "rows", values: [...rows] }],
    scales: [
      {
        name: "x",
        type: "linear",
        domain: { data: "rows", fields: [...ends] },
        nice: true,
        zero: true,
        range: "width",
      },
      { name: "y", type: "band", domain: names, range: "height", padding: 0.25 },
      ...scales,
    ],
    axes: [
      { scale: "x", orient: "bottom", title: axis, tickCount: 5, grid: true },
      { scale: "y", orient: "left", domain: false, ticks: false, labelLimit: 320 },
    ],
    ...rest,
  };
}
