import type { StepFigures } from "./learning-step.ts";
import { drawPanels } from "./panels.ts";
import { formatCount, formatKilobytes, formatSeconds } from "../text-table.ts";

/** What a step of learning costs as one thing grows at a time: processor time above bytes. */
export interface LearningGrowth {
  readonly rows: readonly StepFigures[];
  readonly parameters: readonly StepFigures[];
  readonly nodes: readonly StepFigures[];
}

const NODE = "#c2510c";
const OTHERS = "#0b5394";
const BYTES = "#26734d";

/** @returns an SVG document */
export async function drawLearningGrowth(growth: LearningGrowth, otherwise: StepFigures): Promise<string> {
  const [rows, parameters, nodes] = [otherwise.rows, otherwise.parameters, otherwise.nodes].map(formatCount);
  const column = (what: keyof LearningGrowth, title: string, axis: string) => ({
    title,
    axis,
    points: growth[what].map((step) => ({ ...step, size: step[what] })),
  });
  return drawPanels<StepFigures & { readonly size: number }>({
    title: "How the cost of a step of learning grows with rows, parameters and nodes",
    columns: [
      column("rows", "More rows", `rows of each node; ${parameters} parameters, ${nodes} nodes`),
      column("parameters", "More parameters", `parameters; ${rows} rows, ${nodes} nodes`),
      column("nodes", "More nodes", `nodes; ${rows} rows each, ${parameters} parameters`),
    ],
    bands: [
      {
        shared: false,
        series: [
          { name: "seconds of CPU: a node", colour: NODE, of: nodeSeconds, format: formatSeconds },
          { name: "coordinator and an opener", colour: OTHERS, of: otherSeconds, format: formatSeconds },
        ],
      },
      {
        shared: false,
        series: [
          {
            name: "kB a node sends and receives",
            colour: BYTES,
            of: (step) => nodeBytes(step) / 1000,
            format: (kilobytes) => formatKilobytes(kilobytes * 1000),
          },
        ],
      },
    ],
    told: (step) =>
      `${formatSeconds(nodeSeconds(step))} of a node's CPU time, ${formatSeconds(otherSeconds(step))} of coordinator and opener, ${formatKilobytes(nodeBytes(step))} of a node`,
  });
}

export function nodeSeconds({ passSeconds, maskSeconds }: StepFigures): number {
  return passSeconds + maskSeconds;
}

export function otherSeconds({ coordinatorSeconds, openSeconds, newtonSeconds }: StepFigures): number {
  return coordinatorSeconds + openSeconds + newtonSeconds;
}

export function nodeBytes({ sentBytes, receivedBytes }: StepFigures): number {
  return sentBytes + receivedBytes;
}
