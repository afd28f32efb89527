import { availableParallelism, cpus } from "node:os";
import { Argument, Command, Option } from "commander";
import { MAX_MODEL_COLUMNS, MAX_PARTIES, MAX_SUM_WORDS } from "../shared/base/limits.ts";
import { createOutput, type CommandIo } from "../shared/host/cli.ts";
import { systemRandom } from "../shared/host/random.ts";
import { benchDoubleSalt } from "./bench/double-salt.ts";
import { benchGrowth, FULL, QUICK } from "./bench/growth.ts";
import type { Report } from "./bench/harness.ts";
import {
  benchLearningSpeed,
  LEARNING_FULL,
  LEARNING_PARTS,
  LEARNING_QUICK,
  type LearningSizes,
} from "./bench/learning-speed.ts";
import { benchLearning } from "./bench/learning-report.ts";
import { benchLinkage } from "./bench/linkage.ts";
import { benchLinkageKeys } from "./bench/linkage-keys.ts";
import { benchLondon } from "./bench/london.ts";
import { benchPair } from "./bench/pair.ts";
import { MAX_BOROUGHS, MAX_KEYS } from "./bench/people.ts";
import { benchPsi } from "./bench/psi.ts";
import { benchTags } from "./bench/tags.ts";
import type { WhatIsListed } from "./generator/generate-lists.ts";
import { wholeNumber } from "./whole-number.ts";

/** `portmoot bench [suite]`: how fast, beside a peer measured in the same run. docs/BENCHMARKS.md has figures. */
const TAGS = 200_000;
const ROWS = 100_000;
const LONDON_ROWS = 300_000;
const DOUBLE = 20_000;
const PSI_SIZES = [2_000, 10_000];
const LINKAGE_FOLDER = "../shared/data/linkage";
const LEARNING_FOLDER = "../shared/data/learning";

interface Options {
  readonly json?: boolean;
  readonly runs: string;
}

interface LinkageOptions {
  readonly data: string;
  readonly json?: boolean;
  readonly keys?: WhatIsListed;
  readonly rows: string;
  readonly without: string;
}

interface SpeedOptions extends Options {
  readonly quick?: boolean;
  readonly rows: string;
  readonly features: string;
  readonly mixed?: boolean;
  readonly nodes: string;
  readonly words: string;
  readonly out?: string;
}

export function createBenchProgram(io: CommandIo): Command {
  const random = systemRandom;
  const note = (text: string) => {
    createOutput(io, false).note(text);
  };
  const runsOf = ({ runs }: Options) => wholeNumber("bench", "--runs", runs, 1, 1000);

  const tags = suite("tags", "tags per second and core, beside a loop of createHmac", "--count 1000000 --runs 9")
    .option("--count <number>", "tags per run", String(TAGS))
    .action(async (options: Options & { count: string }) => {
      const count = wholeNumber("bench", "--count", options.count, 1, 10_000_000);
      print(options, [await benchTags({ count, runs: runsOf(options), random })]);
    });
  const pair = suite("pair", "one pair, from databases to matched rows, with memory per process", "--rows 1000000")
    .option("--rows <number>", "rows of each borough", String(ROWS))
    .option("--keys <number>", `match keys, 1 to ${MAX_KEYS}`, "1")
    .action(async (options: Options & { rows: string; keys: string }) => {
      const rows = wholeNumber("bench", "--rows", options.rows, 1, 10_000_000);
      const keys = wholeNumber("bench", "--keys", options.keys, 1, MAX_KEYS);
      print(options, [await benchPair({ rows, keys, runs: runsOf(options), random, note })]);
    });
  const london = suite(
    "london",
    "all pairs of 33 boroughs, from databases to matched rows",
    "--boroughs 5 --rows 20000",
    "1",
  )
    .option("--boroughs <number>", `2 to ${MAX_BOROUGHS}`, String(MAX_BOROUGHS))
    .option("--rows <number>", "rows of each borough", String(LONDON_ROWS))
    .action(async (options: Options & { boroughs: string; rows: string }) => {
      const boroughs = wholeNumber("bench", "--boroughs", options.boroughs, 2, MAX_BOROUGHS);
      const rows = wholeNumber("bench", "--rows", options.rows, 1, 800_000);
      const network = { boroughs, rows, keys: 1 };
      print(options, [await benchLondon({ network, runs: runsOf(options), random, note })]);
    });
  const growth = suite("growth", "how time and memory grow with rows, boroughs and keys", "--out growth.svg", "1")
    .option("--quick", "tiny sizes: whether it runs, not how fast")
    .option("--out <file>", "draws the figures as an SVG")
    .action(async (options: Options & { quick?: boolean; out?: string }) => {
      const sizes = options.quick === true ? QUICK : FULL;
      print(options, [await benchGrowth({ sizes, runs: runsOf(options), out: options.out ?? null, random, note })]);
    });
  const double = suite("double-salt", "one pair's curve work, beside bare multiplications", "--count 100000 --runs 3")
    .option("--count <number>", "values of each borough", String(DOUBLE))
    .option("--threads <number>", "worker threads", String(availableParallelism()))
    .action(async (options: Options & { count: string; threads: string }) => {
      const count = wholeNumber("bench", "--count", options.count, 1, 10_000_000);
      const threads = wholeNumber("bench", "--threads", options.threads, 1, 256);
      print(options, [await benchDoubleSalt({ count, threads, runs: runsOf(options), random })]);
    });
  const psi = suite(
    "psi",
    "common values of two sets, beside @openmined/psi.js, which it installs",
    "--count 100000 --runs 1",
  )
    .option("--count <number>", `values of each set; ${PSI_SIZES.join(" and ")} without it`)
    .action(async (options: Options & { count?: string }) => {
      const { count } = options;
      const sizes = count === undefined ? PSI_SIZES : [wholeNumber("bench", "--count", count, 2, 1_000_000)];
      print(options, [await benchPsi({ sizes, runs: runsOf(options), random, note })]);
    });

  const linkage = new Command("linkage")
    .description("precision and recall of the default cascade for people on open files with a known answer")
    .option("--data <folder>", "where the files lie", LINKAGE_FOLDER)
    .option("--json", "facts as JSON")
    .addOption(
      new Option("--keys <what>", "each key of a default cascade, on generated lists, instead of the files").choices([
        "people",
        "properties",
        "businesses",
      ]),
    )
    .option("--rows <number>", "with --keys: how many are at home in each of the two lists", "20000")
    .option("--without <fields>", "with --keys: fields that the charter does not declare, with commas", "")
    .addHelpText("after", "\nExample:\n  portmoot bench linkage --keys people --without nino")
    .action((options: LinkageOptions) => {
      if (options.keys === undefined) {
        print(options, [benchLinkage({ folder: options.data, random })]);
        return;
      }
      const rows = wholeNumber("bench", "--rows", options.rows, 100, 1_000_000);
      print(options, [benchLinkageKeys({ what: options.keys, rows, without: options.without.split(",") })]);
    });

  const learning = new Command("learning")
    .description("models learned over whole rounds, beside answers known beforehand")
    .option("--data <folder>", "where the files lie", LEARNING_FOLDER)
    .option("--json", "facts as JSON")
    .addHelpText("after", "\nExample:\n  portmoot bench learning --data ../shared/data/learning")
    .action(async (options: { data: string; json?: boolean }) => {
      print(options, [await benchLearning({ folder: options.data, note })]);
    });

  const speed = suite(
    "learning-speed",
    "passes over rows, secure sums and steps of learning",
    "pass --rows 1000000 --mixed",
    "3",
  )
    .addArgument(new Argument("[parts...]", "which of them; all without").choices(LEARNING_PARTS))
    .option("--quick", "tiny sizes: whether it runs, not how fast")
    .option("--rows <number>", "rows of each node", String(LEARNING_FULL.rows))
    .option("--features <number>", "columns beside the intercept", String(LEARNING_FULL.features))
    .option("--mixed", "every other column is a flag")
    .option("--nodes <number>", "3 or more", String(LEARNING_FULL.nodes))
    .option("--words <number>", "of the secure sum measured alone", String(LEARNING_FULL.words))
    .option("--out <file>", "draws how a step grows as an SVG")
    .action(async (parts: (typeof LEARNING_PARTS)[number][], options: SpeedOptions) => {
      const sizes = options.quick === true ? LEARNING_QUICK : speedSizes(options);
      const asked = { parts: parts.length === 0 ? LEARNING_PARTS : parts, runs: runsOf(options), random, note };
      print(options, [await benchLearningSpeed({ ...asked, sizes, out: options.out ?? null })]);
    });

  return withCommonOptions(new Command("bench"))
    .description("how fast, beside a peer measured in the same run; without a suite: tags, pair, double-salt")
    .enablePositionalOptions()
    .addHelpText("after", "\nExample:\n  portmoot bench pair --rows 1000000 --keys 1 --runs 3")
    .addCommand(tags)
    .addCommand(pair)
    .addCommand(london)
    .addCommand(growth)
    .addCommand(double)
    .addCommand(psi)
    .addCommand(linkage)
    .addCommand(learning)
    .addCommand(speed)
    .action(async (options: Options) => {
      const runs = runsOf(options);
      print(options, [
        await benchTags({ count: TAGS, runs, random }),
        await benchPair({ rows: ROWS, keys: 1, runs, random, note }),
        await benchDoubleSalt({ count: DOUBLE, threads: availableParallelism(), runs, random }),
      ]);
    });

  function print({ json }: Pick<Options, "json">, reports: readonly Report[]): void {
    const machine = { node: process.version, cores: availableParallelism(), processor: cpus()[0]?.model ?? "unknown" };
    createOutput(io, json === true).facts(
      { machine, suites: reports.map(({ facts }) => facts) },
      [`Node ${machine.node}, ${machine.cores} × ${machine.processor}`, ...reports.map(({ text }) => text)].join(
        "\n\n",
      ),
    );
  }
}

function speedSizes({ rows, features, mixed, nodes, words }: SpeedOptions): LearningSizes {
  return {
    ...LEARNING_FULL,
    rows: wholeNumber("bench", "--rows", rows, 100, 10_000_000),
    features: wholeNumber("bench", "--features", features, 1, MAX_MODEL_COLUMNS - 1),
    mixed: mixed === true,
    nodes: wholeNumber("bench", "--nodes", nodes, 3, MAX_PARTIES),
    words: wholeNumber("bench", "--words", words, 1, MAX_SUM_WORDS),
  };
}

function suite(name: string, description: string, example: string, runs?: string): Command {
  return withCommonOptions(new Command(name), runs)
    .description(description)
    .addHelpText("after", `\nExample:\n  portmoot bench ${name} ${example}`);
}

function withCommonOptions(command: Command, runs = "5"): Command {
  return command
    .option("--runs <number>", "how often each is run; medians are told", runs)
    .option("--json", "facts as JSON");
}
