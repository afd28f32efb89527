import { writeFileSync } from "node:fs";
import type { RandomSource } from "../../shared/base/clock.ts";
import { quorum } from "../../shared/aggregation/context.ts";
import { median, type Report } from "./harness.ts";
import {
  drawLearningGrowth,
  nodeBytes,
  nodeSeconds as growthSeconds,
  otherSeconds,
  type LearningGrowth,
} from "./learning-growth-chart.ts";
import { measurePass } from "./learning-pass.ts";
import type { RowsAsked } from "./learning-rows.ts";
import { coordinatorSeconds, measureStep, nodeSeconds, type StepFigures } from "./learning-step.ts";
import { COORDINATOR_STEPS, NODE_STEPS, runSum } from "./sum-parties.ts";
import { formatCount, formatKilobytes, formatSeconds, formatTable } from "../text-table.ts";

/** How fast a model is learned: a node's pass, a secure sum, a whole step, and how each of them grows. */
export const LEARNING_PARTS = ["pass", "sum", "step", "growth"] as const;
type Part = (typeof LEARNING_PARTS)[number];

export interface LearningSizes extends RowsAsked {
  readonly nodes: number;
  /** Of the secure sum measured alone. */
  readonly words: number;
  readonly growth: {
    readonly rows: readonly number[];
    readonly features: readonly number[];
    readonly nodes: readonly number[];
    /** Where something else grows. */
    readonly otherwise: { readonly rows: number; readonly features: number; readonly nodes: number };
  };
}

export const LEARNING_FULL: LearningSizes = {
  rows: 150_000,
  features: 40,
  mixed: false,
  nodes: 33,
  words: 100_000,
  growth: {
    rows: [10_000, 30_000, 100_000, 200_000, 300_000],
    features: [10, 20, 40, 80, 160],
    nodes: [3, 9, 17, 33],
    otherwise: { rows: 10_000, features: 40, nodes: 5 },
  },
};
export const LEARNING_QUICK: LearningSizes = {
  rows: 300,
  features: 4,
  mixed: true,
  nodes: 6,
  words: 50,
  growth: {
    rows: [100, 200],
    features: [2, 4],
    nodes: [3, 5],
    otherwise: { rows: 100, features: 3, nodes: 3 },
  },
};

interface Asked {
  readonly sizes: LearningSizes;
  readonly parts: readonly Part[];
  readonly runs: number;
  /** Where the chart is written to; null for none. */
  readonly out: string | null;
  readonly random: RandomSource;
  readonly note: (text: string) => void;
}

export async function benchLearningSpeed(asked: Asked): Promise<Report> {
  const suites = { pass: benchPass, sum: benchSum, step: benchStep, growth: benchGrowth };
  const reports: Report[] = [];
  for (const part of LEARNING_PARTS) {
    if (!asked.parts.includes(part)) continue;
    asked.note(`learning-speed: ${part}`);
    reports.push(await suites[part](asked));
  }
  return {
    facts: Object.assign(
      { suite: "learning-speed", runs: asked.runs },
      ...reports.map(({ facts }) => facts),
    ) as Report["facts"],
    text: reports.map(({ text }) => text).join("\n\n"),
  };
}

async function benchPass({ sizes, runs }: Asked): Promise<Report> {
  const { rows, features, mixed } = sizes;
  const pass = await measurePass({ rows, features, mixed, runs });
  return {
    facts: { pass: { rows, parameters: features + 1, mixed, contestants: pass } },
    text: [
      `pass over ${formatCount(rows)} rows, ${features + 1} parameters${mixed ? ", every other feature a flag" : ""}, median of ${runs}`,
      formatTable(
        ["", "row-features a second and core", "CPU time", "passed", "of the loop's speed"],
        pass.map((each) => [
          each.name,
          formatCount(each.perSecond),
          formatSeconds(each.cpuSeconds),
          formatSeconds(each.seconds),
          `× ${each.timesAsFast.toFixed(2)}`,
        ]),
      ),
    ].join("\n"),
  };
}

function benchSum({ sizes: { nodes, words }, runs, random }: Asked): Report {
  const figures = new BigUint64Array(new Uint8Array(random.bytes(8 * words)).buffer);
  const measure = (dropOuts: number) => {
    const done = Array.from({ length: runs }, () => runSum({ nodes, words, dropOuts, input: () => figures, random }));
    const step = (name: (typeof NODE_STEPS)[number]) =>
      median(done.map((run) => median(run.nodes.map((own) => own[name]))));
    const coordinator = (name: (typeof COORDINATOR_STEPS)[number]) => median(done.map((run) => run.coordinator[name]));
    return {
      dropOuts,
      nodeSeconds: median(done.map((run) => median(nodeSeconds(run)))),
      nodeSteps: Object.fromEntries(NODE_STEPS.map((name) => [name, step(name)])),
      coordinatorSeconds: median(done.map(coordinatorSeconds)),
      unmaskSeconds: median(done.map((run) => run.coordinator.recover + run.coordinator.add)),
      coordinatorSteps: Object.fromEntries(COORDINATOR_STEPS.map((name) => [name, coordinator(name)])),
      openSeconds: median(done.map(({ openSeconds }) => openSeconds)),
    };
  };
  // The most that the quorum lets go.
  const most = nodes - quorum(nodes);
  const sums = (most === 0 ? [0] : [0, most]).map(measure);
  const steps = (of: Readonly<Record<string, number>>) =>
    Object.entries(of)
      .map(([name, seconds]) => `${name} ${formatSeconds(seconds)}`)
      .join(", ");
  return {
    facts: { sum: { nodes, words, sums } },
    text: [
      `secure sum of ${nodes} × ${formatCount(words)} words, CPU time, median of ${runs}`,
      formatTable(
        ["drop-outs", "a node", "coordinator: masks off", "coordinator: all", "an opener"],
        sums.map((sum) => [
          String(sum.dropOuts),
          ...[sum.nodeSeconds, sum.unmaskSeconds, sum.coordinatorSeconds, sum.openSeconds].map(formatSeconds),
        ]),
      ),
      ...sums.flatMap((sum) => [
        `a node, ${sum.dropOuts} drop-outs: ${steps(sum.nodeSteps)}`,
        `coordinator, ${sum.dropOuts} drop-outs: ${steps(sum.coordinatorSteps)}`,
      ]),
    ].join("\n"),
  };
}

function benchStep({ sizes, runs, random }: Asked): Report {
  const { rows, features, mixed, nodes } = sizes;
  const startedAt = performance.now();
  const step = measureStep({ rows, features, mixed, nodes, runs, random });
  const seconds = (performance.now() - startedAt) / 1000;
  return {
    facts: { step: { ...step, mixed, seconds } },
    text: [
      `one step of ${nodes} nodes of ${formatCount(rows)} rows, ${step.parameters} parameters (${step.words} words), median of ${runs}`,
      formatTable(
        ["CPU time of", ""],
        [
          ["a node: its rows", formatSeconds(step.passSeconds)],
          ["a node: the secure sum", formatSeconds(step.maskSeconds)],
          ["the coordinator", formatSeconds(step.coordinatorSeconds)],
          ["an opener: the sum", formatSeconds(step.openSeconds)],
          ["an opener: the Newton step", formatSeconds(step.newtonSeconds)],
          ["one after the other", formatSeconds(step.stepSeconds)],
        ],
      ),
      `a node sends ${formatKilobytes(step.sentBytes)} and receives ${formatKilobytes(step.receivedBytes)}, an opener ${formatKilobytes(step.openingBytes)} more`,
      `all ${runs === 1 ? "" : `${runs} × `}${nodes} nodes one after the other, rows made and surveyed too: ${formatSeconds(seconds)} passed`,
    ].join("\n"),
  };
}

async function benchGrowth({ sizes: { growth: sizes, mixed }, runs, random, out }: Asked): Promise<Report> {
  const { otherwise } = sizes;
  const measure = (changed: Partial<typeof otherwise>) =>
    measureStep({ ...otherwise, ...changed, mixed, runs, random });
  // Compiles everything, too.
  const usual = measure({});
  const growth: LearningGrowth = {
    rows: sizes.rows.map((rows) => measure({ rows })),
    parameters: sizes.features.map((features) => measure({ features })),
    nodes: sizes.nodes.map((nodes) => measure({ nodes })),
  };
  if (out !== null) writeFileSync(out, await drawLearningGrowth(growth, usual));
  const line = (what: keyof LearningGrowth) => (step: StepFigures) => [
    what,
    formatCount(step[what]),
    ...[step.passSeconds, step.maskSeconds, growthSeconds(step), otherSeconds(step)].map(formatSeconds),
    formatKilobytes(nodeBytes(step)),
  ];
  return {
    facts: { growth: { otherwise, ...growth } },
    text: [
      `a step as it grows from ${otherwise.nodes} nodes of ${formatCount(otherwise.rows)} rows, ${otherwise.features + 1} parameters: CPU time, median of ${runs}`,
      formatTable(
        ["what grows", "to", "a node's rows", "its secure sum", "together", "coordinator and opener", "a node's bytes"],
        (["rows", "parameters", "nodes"] as const).flatMap((what) => growth[what].map(line(what))),
      ),
      ...(out === null ? [] : [`drawn in ${out}`]),
    ].join("\n"),
  };
}
