import type { Spec } from "vega";
import { BLUE, draw, rowSpec, WIDTH } from "./draw-chart.ts";
import type { ScoredRound } from "./quality.ts";
import type { ScenarioFacts } from "./scenario-facts.ts";

/** Plots of a matching scenario's report. */
const MISSED = "#b1b4b6";
const WRONG = "#d4351c";
/** Beyond it, bars for each pair would say less than their spread. */
const MOST_BARS = 45;

interface Bar {
  readonly name: string;
  readonly part: string;
  readonly from: number;
  readonly to: number;
}

/** Of each pair of boroughs, the true pairs that were matched and missed, and what was matched wrongly. */
export function pairChart({ pairs }: ScoredRound): Promise<string> {
  if (pairs.length > MOST_BARS) return spreadChart(pairs.flatMap(({ recall }) => (recall === null ? [] : [recall])));
  const bars = pairs.flatMap(({ a, b, matched, missed, false: wrong }) =>
    stack(`${a} and ${b}`, [
      ["matched", matched],
      ["missed", missed],
      ["false", wrong],
    ]),
  );
  const total = pairs.map(({ matched, missed }) => `${matched} of ${matched + missed}`);
  return draw(
    barSpec(bars, "pairs of rows that are one person"),
    "Matched, missed and false by pair of boroughs",
    pairs.map(({ a, b }, index) => `${a} and ${b}: ${total[index]!}`).join("; "),
  );
}

/** What each match key found, best key first. */
export function keyChart({ keys }: ScoredRound): Promise<string> {
  const bars = keys.flatMap(({ key, correct, false: wrong }) =>
    stack(key, [
      ["matched", correct],
      ["false", wrong],
    ]),
  );
  return draw(
    barSpec(bars, "pairs of rows found"),
    "Matched and false by match key",
    keys.map(({ key, correct, false: wrong }) => `${key}: ${correct} matched, ${wrong} false`).join("; "),
  );
}

export function phaseChart({ phases }: ScenarioFacts): Promise<string> {
  const bars = phases.flatMap(({ name, ms }) => stack(name, [["time", ms / 1000]]));
  return draw(
    barSpec(bars, "seconds on this machine"),
    "Time by phase of the round",
    phases.map(({ name, ms }) => `${name}: ${(ms / 1000).toFixed(1)} seconds`).join("; "),
  );
}

function stack(name: string, parts: readonly (readonly [string, number])[]): Bar[] {
  let from = 0;
  return parts.map(([part, size]) => {
    const bar = { name, part, from, to: from + size };
    from += size;
    return bar;
  });
}

function barSpec(bars: readonly Bar[], axis: string): Spec {
  const parts = [...new Set(bars.map(({ part }) => part))];
  const colours = parts.map((part) => (part === "missed" ? MISSED : part === "false" ? WRONG : BLUE));
  return rowSpec({
    rows: bars,
    axis,
    ends: ["to"],
    scales: [{ name: "colour", type: "ordinal", domain: parts, range: colours }],
    ...(parts.length > 1 ? { legends: [{ fill: "colour", orient: "top", direction: "horizontal" }] } : {}),
    marks: [
      {
        type: "rect",
        from: { data: "rows" },
        encode: {
          enter: {
            x: { scale: "x", field: "from" },
            x2: { scale: "x", field: "to" },
            y: { scale: "y", field: "name" },
            height: { scale: "y", band: 1 },
            fill: { scale: "colour", field: "part" },
          },
        },
      },
    ],
  });
}

/** How many pairs of boroughs have which recall. */
function spreadChart(recalls: readonly number[]): Promise<string> {
  const steps = Array.from({ length: 20 }, (_, index) => ({ from: index / 20, to: (index + 1) / 20, count: 0 }));
  for (const recall of recalls) steps[Math.min(19, Math.floor(recall * 20))]!.count++;
  const spec: Spec = {
    width: WIDTH,
    height: 200,
    data: [{ name: "steps", values: steps }],
    scales: [
      { name: "x", type: "linear", domain: [0, 1], range: "width" },
      { name: "y", type: "linear", domain: { data: "steps", field: "count" }, nice: true, zero: true, range: "height" },
    ],
    axes: [
      { scale: "x", orient: "bottom", title: "recall", format: ".0%" },
      { scale: "y", orient: "left", title: "pairs of boroughs", tickCount: 4, grid: true },
    ],
    marks: [
      {
        type: "rect",
        from: { data: "steps" },
        encode: {
          enter: {
            x: { scale: "x", field: "from", offset: 1 },
            x2: { scale: "x", field: "to" },
            y: { scale: "y", field: "count" },
            y2: { scale: "y", value: 0 },
            fill: { value: BLUE },
          },
        },
      },
    ],
  };
  const told = steps.filter(({ count }) => count > 0);
  const words = told.map(({ from, to, count }) => `${from * 100} to ${to * 100} %: ${count}`).join("; ");
  return draw(spec, "Recall over all pairs of boroughs", words);
}
