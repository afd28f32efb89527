import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { createOutput, type CommandIo } from "../shared/host/cli.ts";
import { readScenario } from "./simulation/scenario.ts";
import { writeReport } from "./simulation/report.ts";
import { requireExpected, runScenario } from "./simulation/run-scenario.ts";
import { scenarioText } from "./simulation/scenario-text.ts";

/**
 * `portmoot simulate SCENARIO.yaml`: one matching round in one process, seeded, with the code and the policies of the
 * real programs, scored by its known answer.
 */
export function createSimulateProgram(io: CommandIo): Command {
  return new Command("simulate")
    .argument(
      "<scenario>",
      "YAML: seed, boroughs (generated or files), charter parts, policy, faults, expected outcome",
    )
    .option("--json [file]", "facts as JSON, into a file where one is named")
    .option("--report <folder>", "a page with plots there, readable without script")
    .description("one matching round in one process with the code and rules of the real programs, and its known answer")
    .addHelpText("after", "\nExample:\n  portmoot simulate examples/residents.yaml --report build/residents")
    .action(async (file: string, options: { json?: string | true; report?: string }) => {
      const scenario = readScenario(file);
      const scratch = mkdtempSync(join(tmpdir(), "portmoot-simulation-"));
      const output = createOutput(io, options.json === true);
      let progress: ReturnType<typeof output.progress> | null = null;
      try {
        const facts = await runScenario(scenario, scratch, {
          note: (text) => {
            output.note(text);
          },
          matched(done, of) {
            progress ??= output.progress("pairs matched", of);
            progress.update(done);
          },
        });
        (progress as { stop(): void } | null)?.stop();
        if (typeof options.json === "string") writeFileSync(options.json, `${JSON.stringify(facts, null, 2)}\n`);
        if (options.report !== undefined) output.note(`report: ${await writeReport(options.report, facts)}`);
        output.facts(facts, scenarioText(facts));
        requireExpected(facts);
      } finally {
        rmSync(scratch, { recursive: true, force: true });
      }
    });
}
