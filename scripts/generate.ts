import { Command } from "commander";
import { ProtocolError } from "../shared/base/errors.ts";
import { createOutput, type CommandIo } from "../shared/host/cli.ts";
import { writeHmo } from "./generator/hmo-file.ts";
import { MAX_PROPERTIES, generateHmo } from "./generator/hmo.ts";
import { wholeNumber } from "./whole-number.ts";

/** `portmoot generate hmo`: synthetic properties as files, with the mappings that `portmoot node import` reads. */
export function createGenerateProgram(io: CommandIo): Command {
  return new Command("generate").description("write synthetic rows as boroughs' extracts").addCommand(hmoCommand(io));
}

interface HmoFlags {
  readonly out: string;
  readonly properties: string;
  readonly boroughs: string;
  readonly seed: string;
  readonly inspected: string;
  readonly uninspected: string;
  readonly json?: true;
}

function hmoCommand(io: CommandIo): Command {
  return new Command("hmo")
    .description("properties, some of them unlicensed HMOs: extract, test rows and mapping of each borough")
    .requiredOption("--out <folder>", "where the files go")
    .option("--properties <number>", "in all boroughs together; half as many more for testing", "60000")
    .option("--boroughs <number>", "how many boroughs, 1 to 33", "33")
    .option("--seed <number>", "the same seed gives the same properties", "7")
    .option("--inspected <share>", "share of properties that were inspected", "0.15")
    .option("--uninspected <label>", "what the label says where nobody looked: missing or negative", "missing")
    .option("--json", "facts instead of text")
    .addHelpText(
      "after",
      "\nExample:\n  portmoot generate hmo --out build/hmo --properties 60000 --boroughs 33 --seed 7",
    )
    .action(async (flags: HmoFlags) => {
      const london = generate(flags);
      const output = createOutput(io, flags.json === true);
      const total = london.reduce((sum, { properties, tests }) => sum + properties + tests, 0);
      const progress = output.progress("properties", total, "rows");
      let done = 0;
      const files = await writeHmo(flags.out, london, (file) => {
        progress.update((done += file.rows + file.testRows));
      });
      progress.stop();
      const rows = files.reduce((sum, file) => sum + file.rows, 0);
      const testRows = files.reduce((sum, file) => sum + file.testRows, 0);
      output.facts(
        { files },
        `${files.length} boroughs with ${rows} properties, and ${testRows} for testing, in ${flags.out}`,
      );
    });
}

function generate(flags: HmoFlags) {
  const { uninspected } = flags;
  if (uninspected !== "missing" && uninspected !== "negative") {
    throw new ProtocolError("bad-input", "--uninspected: expected missing or negative");
  }
  try {
    return generateHmo({
      boroughs: wholeNumber("generate hmo", "--boroughs", flags.boroughs, 1, 33),
      properties: wholeNumber("generate hmo", "--properties", flags.properties, 1, MAX_PROPERTIES),
      seed: wholeNumber("generate hmo", "--seed", flags.seed, 0, Number.MAX_SAFE_INTEGER),
      inspected: Number(flags.inspected),
      uninspected,
    });
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new ProtocolError("bad-input", `--${cause.message}`, { cause });
  }
}
