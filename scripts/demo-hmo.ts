import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { createModelStore } from "../node/data/model-store.ts";
import { scoreDataset } from "../node/learning/score.ts";
import { ProtocolError } from "../shared/base/errors.ts";
import { createOutput, type CommandIo } from "../shared/host/cli.ts";
import { drawHmo } from "./demo-hmo/hmo-chart.ts";
import type { HmoFacts, Quality, RankedList } from "./demo-hmo/hmo-facts.ts";
import { hmoReport } from "./demo-hmo/hmo-report.ts";
import { LONDON_BOROUGHS } from "./generator/london-boroughs.ts";
import type { SimulatedNetwork } from "./simulation/network.ts";
import type { ExactMetrics } from "./simulation/train/exact-metrics.ts";
import { runTrain } from "./simulation/train/run-train.ts";
import type { TrainFacts } from "./simulation/train/train-facts.ts";
import { readTrainScenarioValue } from "./simulation/train/train-scenario.ts";
import { wholeNumber } from "./whole-number.ts";

/**
 * `portmoot demo-hmo`: made-up properties of London's boroughs, some of them unlicensed HMOs; what each borough can learn
 * from its own inspections, what all of them learn together over secure sums, and the list that one borough's analyst
 * gets. All parties run in this process, by the code and the rules of the real programs.
 */
const DATASET = "properties";
const LISTED = 10;

export function createHmoDemoProgram(io: CommandIo): Command {
  return new Command("demo-hmo")
    .description("unlicensed HMOs: each borough alone, all together over secure sums, and all rows in one place")
    .option("--boroughs <number>", "how many of London's 33, from 3", "33")
    .option("--properties <number>", "in all boroughs together; half as many more for testing", "60000")
    .option("--seed <number>", "the same seed gives the same properties", "7")
    .option("--out <folder>", "the plot and the facts", "build/hmo")
    .option("--json", "facts instead of text")
    .addHelpText("after", "\nExample:\n  portmoot demo-hmo --boroughs 12 --properties 40000 --out build/hmo")
    .action(async (flags: { boroughs: string; properties: string; seed: string; out: string; json?: true }) => {
      const number = (flag: "boroughs" | "properties" | "seed", least: number, most: number) =>
        wholeNumber("demo-hmo", `--${flag}`, flags[flag], least, most);
      const options = {
        into: number("boroughs", 3, 33),
        properties: number("properties", 1000, 10_000_000),
        seed: number("seed", 0, Number.MAX_SAFE_INTEGER),
      };
      const output = createOutput(io, flags.json === true);
      const facts = await learnTogether(options, (text) => {
        output.note(text);
      });
      mkdirSync(flags.out, { recursive: true });
      const plot = join(flags.out, "hmo.svg");
      writeFileSync(plot, await drawHmo(facts));
      writeFileSync(join(flags.out, "facts.json"), `${JSON.stringify(facts, null, 2)}\n`);
      output.facts(facts, hmoReport(facts));
      output.note(`plot: ${plot}`);
    });
}

async function learnTogether(
  { into, properties, seed }: { into: number; properties: number; seed: number },
  note: (text: string) => void,
): Promise<HmoFacts> {
  const scenario = readTrainScenarioValue(
    {
      format: "portmoot/scenario/v1",
      seed,
      policy: "default",
      charter: { operation: { kind: "train" } },
      boroughs: { generate: "hmo", into, properties },
      compare: ["pooled", "alone"],
    },
    ".",
  );
  const folder = mkdtempSync(join(tmpdir(), "portmoot-hmo-"));
  try {
    const lists: RankedList[] = [];
    const facts = await runTrain(scenario, folder, { note, progress: () => undefined }, (network) => {
      lists.push(...listsOf(network));
    });
    const [list] = lists;
    if (facts.model === null || list === undefined) {
      throw new ProtocolError("refused", `demo-hmo: the training was ${facts.outcome}: ${facts.reason ?? ""}`, {
        hint: "take more properties: a borough needs a hundred labelled rows",
      });
    }
    return { boroughs: factsOf(facts), list };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What `node score` gives the first borough's analyst: the released model over its own rows. */
function listsOf({ nodes: [first] }: SimulatedNetwork): RankedList[] {
  const { db, name } = first!;
  return createModelStore(db)
    .models()
    .map(({ model }) => ({
      title: titleOf(name),
      rows: scoreDataset(db, { dataset: DATASET, equation: model.equation, top: LISTED }).top.map(
        ({ reference, row, score, reasons }) => ({
          reference: reference ?? `row ${row}`,
          score,
          reasons: reasons.map(({ feature, value, amount }) => ({ name: `${feature} ${value}`, contribution: amount })),
        }),
      ),
    }));
}

function factsOf({ evaluation, comparison }: TrainFacts): HmoFacts["boroughs"] {
  const pooled = comparison?.pooledMetrics ?? [];
  return evaluation!.boroughs.map(({ id, ...federated }, index) => {
    const { labelled, found } = evaluation!.labels[index]!;
    return {
      title: titleOf(id),
      labelled,
      found,
      cases: federated.positives,
      alone: qualityOf(comparison?.alone.find((each) => each.id === id)?.metrics ?? null),
      federated: qualityOf(federated)!,
      pooled: qualityOf(pooled[index] ?? null)!,
    };
  });
}

function qualityOf(metrics: ExactMetrics | null): Quality | null {
  const { auc = null, liftAt100 = null } = metrics ?? {};
  return auc === null || liftAt100 === null ? null : { auc, lift: liftAt100 };
}

function titleOf(name: string): string {
  return LONDON_BOROUGHS.find((borough) => borough.name === name)?.title ?? name;
}
