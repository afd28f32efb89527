import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { ProtocolError } from "../shared/base/errors.ts";
import { createOutput, type CommandIo, type Output, type Progress } from "../shared/host/cli.ts";
import { readScenario } from "./simulation/scenario.ts";
import { reportPage, writeReport } from "./simulation/report.ts";
import { runInProcesses } from "./simulation/run-processes.ts";
import { runScenario } from "./simulation/run-scenario.ts";
import { requireExpected, scenarioJson, type ScenarioWatcher } from "./simulation/scenario-facts.ts";
import { scenarioText } from "./simulation/scenario-text.ts";
import { runTrainInProcesses } from "./simulation/train/run-train-processes.ts";
import { runTrain } from "./simulation/train/run-train.ts";
import { trainPage, writeTrainReport } from "./simulation/train/train-report.ts";
import { isTrainScenario, readTrainScenario } from "./simulation/train/train-scenario.ts";
import { requireTrained, trainJson, trainText } from "./simulation/train/train-text.ts";

interface SimulateOptions {
  readonly json?: string | true;
  readonly report?: string;
  readonly html?: string;
  readonly keep?: string;
  readonly times: boolean;
  readonly processes?: true;
  readonly standIn?: true;
}

/**
 * `portmoot simulate SCENARIO.yaml`: one matching round or one training, seeded, with the code and the policies of the
 * real programs, beside its known answer.
 */
export function createSimulateProgram(io: CommandIo): Command {
  return new Command("simulate")
    .argument(
      "<scenario>",
      "YAML: seed, boroughs (generated or files), charter parts, policy, faults, expected outcome",
    )
    .option("--json [file]", "facts as JSON, into a file where one is named")
    .option("--no-times", "leave times and memory out of the JSON: the same seed then gives the same bytes")
    .option("--report <folder>", "a page with plots there, readable without script, and the facts beside it")
    .option("--html <file>", "that page alone")
    .option("--processes", "real programs over mutual TLS on the loopback address, with memory and bytes of each")
    .option(
      "--stand-in",
      "instead of double-salt's arithmetic one that protects nothing, finds the same and is a hundred times faster",
    )
    .option("--keep <folder>", "keep generated files, databases and logs there")
    .description("one round or training by the code and rules of the real programs, beside its known answer")
    .addHelpText("after", "\nExample:\n  portmoot simulate examples/residents.yaml --report build/residents")
    .action(async (file: string, options: SimulateOptions) => {
      if (options.processes === true && options.standIn === true) {
        throw new ProtocolError("bad-input", "--stand-in: real programs have only the real arithmetic", {
          hint: "leave --processes or --stand-in out",
        });
      }
      const run = isTrainScenario(file) ? trainRun(file, options) : matchRun(file, options);
      const output = createOutput(io, options.json === true);
      const folder = openFolder(options.keep);
      const watcher = createWatcher(output);
      try {
        const outcome = await run(folder, watcher);
        const { json, text } = outcome;
        watcher.stop();
        if (typeof options.json === "string") writeFileSync(options.json, `${JSON.stringify(json, null, 2)}\n`);
        if (options.html !== undefined) writeFileSync(options.html, await outcome.page());
        if (options.report !== undefined) output.note(`report: ${await outcome.report(options.report)}`);
        output.facts(json, text);
        outcome.requireExpected();
      } finally {
        watcher.stop();
        if (options.keep === undefined) rmSync(folder, { recursive: true, force: true });
        else output.note(`kept in ${folder}`);
      }
    });
}

/** What a scenario came to, for the terminal, for a program and for a page. */
interface Outcome {
  readonly json: Record<string, unknown>;
  readonly text: string;
  page(): Promise<string>;
  /** @returns where the page is */
  report(folder: string): Promise<string>;
  /** @throws ProtocolError "refused" where the outcome is not the one the scenario expects */
  requireExpected(): void;
}

type Run = (folder: string, watcher: ScenarioWatcher) => Promise<Outcome>;

function matchRun(file: string, options: SimulateOptions): Run {
  const scenario = readScenario(file);
  return async (folder, watcher) => {
    const facts =
      options.processes === true
        ? await runInProcesses(scenario, folder, watcher)
        : await runScenario(scenario, folder, watcher, { standIn: options.standIn === true });
    return {
      json: scenarioJson(facts, options),
      text: scenarioText(facts),
      page: () => reportPage(facts),
      report: (to) => writeReport(to, facts),
      requireExpected: () => {
        requireExpected(facts);
      },
    };
  };
}

function trainRun(file: string, options: SimulateOptions): Run {
  if (options.standIn === true) {
    throw new ProtocolError("bad-input", "--stand-in: is for matching rounds", {
      hint: "leave it out: a training multiplies no points of a curve",
    });
  }
  const scenario = readTrainScenario(file);
  return async (folder, watcher) => {
    const run = options.processes === true ? runTrainInProcesses : runTrain;
    const facts = await run(scenario, folder, watcher);
    return {
      json: trainJson(facts, options),
      text: trainText(facts),
      page: () => trainPage(facts),
      report: (to) => writeTrainReport(to, facts),
      requireExpected: () => {
        requireTrained(facts);
      },
    };
  };
}

function openFolder(keep: string | undefined): string {
  if (keep === undefined) return mkdtempSync(join(tmpdir(), "portmoot-simulation-"));
  mkdirSync(keep, { recursive: true, mode: 0o700 });
  return resolve(keep);
}

/** One line of progress at a time; a note ends it. */
function createWatcher(output: Output): ScenarioWatcher & { stop(): void } {
  let shown: { readonly what: string; readonly progress: Progress } | null = null;
  const stop = () => {
    shown?.progress.stop();
    shown = null;
  };
  return {
    stop,
    note(text) {
      stop();
      output.note(text);
    },
    progress(what, done, of) {
      if (shown?.what !== what) {
        stop();
        shown = { what, progress: output.progress(what, of) };
      }
      shown.progress.update(done);
    },
  };
}
