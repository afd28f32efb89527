import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { ProtocolError } from "../shared/base/errors.ts";
import { createOutput, processIo, runProgram } from "../shared/host/cli.ts";
import { generateLondon } from "./generator/generate-london.ts";
import { writeLondon, writeTruth } from "./generator/residents-file.ts";

/** `node scripts/generate-residents.js FOLDER`: synthetic residents as files, a mapping beside each, and the truth apart. */
const program = new Command("generate-residents")
  .description("write synthetic residents of London boroughs as CSV files, a mapping beside each")
  .argument("<folder>")
  .option("--boroughs <number>", "how many boroughs, 1 to 33", "5")
  .option("--residents <number>", "people at home in each", "2000")
  .option("--seed <number>", "the same seed gives the same residents", "7")
  .option("--overlap <share>", "share of people who stand in another borough's list too", "0.1")
  .option("--dirt <share>", "share of their second rows with errors", "0.25")
  .option("--truth <file>", "write who is who, as CSV")
  .option("--json", "facts instead of text")
  .addHelpText("after", "\nExample:\n  node scripts/generate-residents.js build/london --boroughs 33 --residents 30000")
  .action((folder: string, options: Record<string, string | undefined> & { json?: true }) => {
    const london = generate(options);
    const files = writeLondon(folder, london);
    for (const { name, mapping } of files) writeFileSync(join(folder, `${name}.mapping.yaml`), mapping);
    if (options["truth"] !== undefined) writeTruth(options["truth"], london);
    const rows = london.boroughs.map(({ rows }) => rows.length);
    createOutput(processIo, options.json === true).facts(
      {
        files: files.map(({ name, csv, broken }, index) => ({ name, csv, rows: rows[index], broken })),
        pairs: london.truth.pairs,
      },
      `${files.length} files with ${rows.reduce((sum, count) => sum + count, 0)} rows in ${folder}; ${london.truth.pairs} pairs of rows are one person`,
    );
  });

function generate(options: Record<string, string | undefined>) {
  try {
    return generateLondon({
      boroughs: Number(options["boroughs"]),
      residents: Number(options["residents"]),
      seed: Number(options["seed"]),
      overlap: Number(options["overlap"]),
      dirt: Number(options["dirt"]),
    });
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new ProtocolError("bad-input", `--${cause.message}`, { cause });
  }
}

process.exitCode = await runProgram(program, process.argv.slice(2), processIo);
