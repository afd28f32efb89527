import { parse, View, type Spec } from "vega";
import { escapeHtml } from "./escape-html.ts";

const FONT = "Helvetica, Arial, DejaVu Sans, sans-serif";
const INK = "#0b0c0c";

/** A plot as SVG that needs no script, made on the server by Vega. With a title and the figures in words, for whoever cannot see the bars. */
export async function draw(spec: Spec, title: string, words: string): Promise<string> {
  const config = {
    axis: { labelFont: FONT, titleFont: FONT, labelColor: INK, titleColor: INK, labelFontSize: 12, titleFontSize: 12 },
    legend: { labelFont: FONT, labelColor: INK, labelFontSize: 12, symbolType: "square" as const },
  };
  const view = new View(parse({ ...spec, background: "white", padding: 8, config }), { renderer: "none" });
  const svg = await view.toSVG();
  view.finalize();
  return svg.replace(/<svg ([^>]*)>/, (_, attributes: string) => {
    return `<svg ${attributes} role="img"><title>${escapeHtml(title)}</title><desc>${escapeHtml(words)}</desc>`;
  });
}
