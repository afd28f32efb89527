import type { GroupMark, Mark, Spec } from "vega";
import { BLUE, drawSpec, FONT, INK } from "../simulation/draw-chart.ts";
import { medianOf, type HmoFacts, type Model, type Quality } from "./hmo-facts.ts";

/**
 * The HMO demonstration as a plot: for every borough the model of its own and the federated one, AUC beside lift, with
 * lines at the medians. Where federated equals pooled, the pooled line is dashes on the federated one. Boroughs stand in
 * the order of their own AUC, so that neither panel hides who gains least.
 */
const ROW = 17;
const WIDTH = 300;
const FAINT = "#b1b4b6";
const COLOURS: Readonly<Record<Model, string>> = { alone: "#c2510c", federated: BLUE, pooled: INK };
const NAMES: Readonly<Record<Model, string>> = {
  alone: "each borough alone",
  federated: "federated",
  pooled: "pooled in the open",
};
const LINES = ["federated", "pooled", "alone"] as const;

interface Point {
  readonly title: string;
  /** Null where a borough could learn none. */
  readonly alone: number | null;
  readonly federated: number;
}

/** @returns an SVG document */
export async function drawHmo(facts: HmoFacts): Promise<string> {
  const ordered = { ...facts, boroughs: [...facts.boroughs].sort((a, b) => (b.alone?.auc ?? 0) - (a.alone?.auc ?? 0)) };
  const spec: Spec = {
    background: "white",
    padding: { left: 16, right: 16, top: 16, bottom: 16 },
    layout: { columns: 2, padding: { column: 32 }, bounds: "full", align: "each" },
    marks: [panel(ordered, "auc", "AUC on properties inspected at random"), panel(ordered, "lift", "lift at 100")],
    config: {
      text: { font: FONT, fill: INK },
      axis: {
        labelFont: FONT,
        titleFont: FONT,
        labelColor: INK,
        titleColor: INK,
        gridColor: "#e4e7eb",
        labelFontSize: 11,
      },
    },
  };
  return drawSpec(spec, "How well models of unlicensed HMOs rank, by borough", inWords(ordered));
}

function panel(facts: HmoFacts, measure: keyof Quality, axis: string): GroupMark {
  const points = facts.boroughs.map(({ title, alone, federated }): Point => {
    return { title, alone: alone?.[measure] ?? null, federated: federated[measure] };
  });
  const both = points.filter(({ alone }) => alone !== null);
  const height = points.length * ROW;
  const every = points.flatMap(({ alone, federated }) => [alone ?? federated, federated]);
  const isAuc = measure === "auc";
  return {
    type: "group",
    signals: [
      { name: "width", value: WIDTH },
      { name: "height", value: height },
    ],
    encode: { update: { width: { value: WIDTH }, height: { value: height } } },
    data: [
      { name: "points", values: points },
      { name: "both", values: both },
    ],
    scales: [
      // An AUC of a half is chance; less is worse than that, and shown.
      {
        name: "x",
        type: "linear",
        domain: isAuc ? [Math.min(0.5, ...every), 1] : [0, Math.max(...every)],
        nice: true,
        zero: false,
        range: "width",
      },
      { name: "y", type: "band", domain: points.map(({ title }) => title), range: "height" },
    ],
    axes: [
      { scale: "x", orient: "bottom", title: axis, tickCount: 5, grid: true },
      ...(isAuc ? [{ scale: "y", orient: "left" as const, domain: false, ticks: false, labelLimit: 200 }] : []),
    ],
    marks: [
      ...LINES.flatMap((model) => medianLine(medianOf(facts, model, measure), model)),
      gain(),
      dots("both", "alone"),
      dots("points", "federated"),
      ...(isAuc ? LINES.map(legend) : [label("lines stand at the medians", 0, INK)]),
    ],
  };
}

const middle = { scale: "y", field: "title", band: 0.5 };

/** From a borough's own figure to the federated one. */
function gain(): Mark {
  const x = (field: Model) => ({ scale: "x", field });
  return {
    type: "rule",
    from: { data: "both" },
    encode: {
      update: { x: x("alone"), x2: x("federated"), y: middle, stroke: { value: FAINT }, strokeWidth: { value: 2 } },
    },
  };
}

function dots(data: string, model: Model): Mark {
  return {
    type: "symbol",
    from: { data },
    encode: {
      update: { x: { scale: "x", field: model }, y: middle, size: { value: 46 }, fill: { value: COLOURS[model] } },
    },
  };
}

function medianLine(value: number | null, model: Model): Mark[] {
  if (value === null) return [];
  return [
    {
      type: "rule",
      encode: {
        update: {
          x: { scale: "x", value },
          y: { value: 0 },
          y2: { signal: "height" },
          stroke: { value: COLOURS[model] },
          strokeWidth: { value: 1.5 },
          strokeDash: { value: DASHES[model] },
        },
      },
    },
  ];
}

const DASHES: Readonly<Record<Model, number[]>> = { alone: [2, 3], federated: [], pooled: [6, 6] };

/** Above the panel, one name beside the other. */
function legend(model: Model, index: number): Mark {
  const from = [0, 80, 195][index]!;
  return label(`${model === "pooled" ? "┅" : "●"} ${NAMES[model]}`, from, COLOURS[model]);
}

function label(text: string, x: number, colour: string): Mark {
  return {
    type: "text",
    encode: {
      update: {
        x: { value: x },
        y: { value: -10 },
        text: { value: text },
        fill: { value: colour },
        fontSize: { value: 11 },
      },
    },
  };
}

/** For whoever cannot see the dots. */
function inWords(facts: HmoFacts): string {
  const told = (quality: Quality | null) =>
    quality === null ? "no model" : `AUC ${quality.auc.toFixed(3)}, lift ${quality.lift.toFixed(1)}`;
  const medians = LINES.map((model) => `${NAMES[model]} ${medianOf(facts, model, "auc")?.toFixed(3) ?? "none"}`);
  const boroughs = facts.boroughs.map(
    ({ title, alone, federated }) => `${title}: alone ${told(alone)}; federated ${told(federated)}`,
  );
  return `Median AUC: ${medians.join(", ")}. ${boroughs.join(". ")}.`;
}
