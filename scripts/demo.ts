import { mkdtempSync, mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { ProtocolError } from "../shared/base/errors.ts";
import { FIVE_PARTY_CASCADE, RESIDENT_CASCADE, type DemoCharter } from "./demo-charter.ts";
import { fivePartyFiles, residentFiles, type DemoInput } from "./demo-input.ts";
import { demoReport, type DemoFacts } from "./demo-report.ts";
import { agreeOnCharter, runRound, startLocalNetwork, type LocalNetwork } from "./network/local-network.ts";
import { joinPlainly, type PlainJoin } from "./plain-join.ts";
import { wholeNumber } from "./whole-number.ts";

/**
 * `portmoot demo`: a coordinator and borough nodes as separate processes over mutual TLS, one matching round over
 * synthetic residents (or, with --real, over a folder of open files with a known answer), then the protected table, the
 * true overlap beside it, who could read what, every ledger verified, and time and bytes per phase.
 */
export function createDemoProgram(): Command {
  return new Command("demo")
    .description(
      "a whole network on this machine: import, charter, approvals, one matching round, every ledger verified",
    )
    .option("--boroughs <number>", "how many boroughs, 3 to 33", "5")
    .option("--residents <number>", "residents per borough", "2000")
    .option("--seed <number>", "the same seed gives the same residents", "7")
    .option("--real <folder>", "a folder with dataset-1.csv … instead of generated residents")
    .option("--protocol <name>", "double-salt or single-salt", "double-salt")
    .option("--keep <folder>", "keep every home folder there, to look at")
    .option("--json", "facts instead of text")
    .addHelpText("after", "\nExample:\n  portmoot demo --boroughs 8 --residents 5000 --seed 3 --keep ./demo")
    .action(async (options: DemoOptions) => {
      const facts = await runDemo(options);
      process.stdout.write(options.json === true ? `${JSON.stringify(facts, null, 2)}\n` : demoReport(facts));
    });
}

interface DemoOptions {
  readonly boroughs: string;
  readonly residents: string;
  readonly seed: string;
  readonly protocol: string;
  readonly real?: string;
  readonly keep?: string;
  readonly json?: boolean;
}

async function runDemo(options: DemoOptions): Promise<DemoFacts> {
  const startedAt = performance.now();
  const say = (line: string) => {
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1).padStart(5);
    process.stderr.write(`${seconds} s  ${line}\n`);
  };
  const folder = options.keep === undefined ? mkdtempSync(join(tmpdir(), "portmoot-demo-")) : resolve(options.keep);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const input = readInput(options, folder);
  say(`${input.boroughs.length} boroughs, ${input.rows} rows in all: ${input.description}`);
  const charter = charterFor(input, options);
  if (charter.protocol === "single-salt") {
    say("the demonstration's policy allows single-salt for these people, who do not exist or are open test data");
  }

  const network = await startLocalNetwork({ folder, boroughs: input.boroughs, driver: "auto", say });
  try {
    await agreeOnCharter(network, charter, say);
    const round = await runRound(network, charter.id, ({ state, detail }) => {
      say(`${state.padEnd(9)} ${detail}`);
    });
    if (round.state !== "released") {
      throw new ProtocolError("refused", `the round ended ${round.state}: ${round.reason ?? "without a reason"}`, {
        hint: "look at serve.log in the folders that --keep leaves",
      });
    }
    const released = await network.desk<DemoFacts["released"]>("round", "result", round.round);
    const ledgers = await Promise.all(
      network.nodes.map(async (node) => ({
        name: node.name,
        verified: await node.command<{ entries: number }>("ledger", "verify").then(
          ({ entries }) => ({ ok: true as const, entries }),
          (error: unknown) => ({ ok: false as const, reason: String(error) }),
        ),
        entries: await node
          .command<Pick<DemoFacts["ledgers"][number], "entries">>("ledger", "list")
          .then(({ entries }) => entries),
      })),
    );
    const join = joinPlainly(
      network.nodes.map(({ home, name }) => ({ home, name })),
      charter,
    );
    return {
      boroughs: input.boroughs.map(({ name }) => name),
      rows: input.rows,
      seconds: (performance.now() - startedAt) / 1000,
      round: { id: round.round, events: round.events },
      names: {
        labels: { left: charter.label.codes, right: charter.label.codes },
        parties: charter.boroughs,
        ordered: false,
        controls: { minimumCount: 10, roundTo: 5 },
      },
      released,
      lists: charter.outputs?.includes("own-side-list") === true ? await readLists(network, round.round, join) : [],
      plain: join,
      truth: input.truth(join),
      ledgers,
      peakBytes: [
        { name: "coordinator", bytes: network.coordinator.program.peakBytes() },
        ...network.nodes.map(({ name, program }) => ({ name, bytes: program.peakBytes() })),
      ],
      kept: options.keep === undefined ? null : folder,
    };
  } finally {
    await network.close();
    if (options.keep === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

/** What an analyst of each borough would open, beside the join that nobody could make. */
async function readLists(network: LocalNetwork, round: string, join: PlainJoin): Promise<DemoFacts["lists"]> {
  return Promise.all(
    network.nodes.map(async (node) => {
      const { name } = node;
      const { rows } = await node.command<{ rows: { reference: string; partner: string; key: string }[] }>(
        "matches",
        "list",
        round,
        "--purpose",
        "a demonstration",
      );
      const expected = join.pairs.flatMap(({ left, right, leftRow, rightRow }) =>
        left === name ? [`${leftRow} ${right}`] : right === name ? [`${rightRow} ${left}`] : [],
      );
      // A row without a reference is named by its number.
      const told = rows.map(({ reference, partner }) => `${reference.replace(/^row /, "")} ${partner}`);
      return { name, rows: rows.length, asInTheOpen: told.sort().join() === expected.sort().join() };
    }),
  );
}

function readInput(options: DemoOptions, folder: string): DemoInput {
  if (options.real !== undefined) return fivePartyFiles(resolve(options.real));
  return residentFiles({
    folder: join(folder, "files"),
    boroughs: wholeNumber("demo", "--boroughs", options.boroughs, 3, 33),
    residents: wholeNumber("demo", "--residents", options.residents, 150, 1_000_000),
    seed: wholeNumber("demo", "--seed", options.seed, 0, Number.MAX_SAFE_INTEGER),
  });
}

function charterFor(input: DemoInput, options: DemoOptions): DemoCharter {
  const real = options.real !== undefined;
  const { protocol } = options;
  if (protocol !== "double-salt" && protocol !== "single-salt") {
    throw new ProtocolError("bad-input", "--protocol: expected double-salt or single-salt");
  }
  const today = new Date();
  const day = (date: Date) => date.toISOString().slice(0, 10);
  return {
    id: real ? "five-organisations" : "residents-in-two-boroughs",
    title: real ? "People known to several of five organisations" : "Residents on the books of two boroughs",
    boroughs: input.boroughs.map(({ name }) => name),
    cascade: real ? FIVE_PARTY_CASCADE : RESIDENT_CASCADE,
    label: input.label,
    protocol,
    // Lists of people only where nobody can test guesses afterwards.
    outputs: ["total", "table", "pair-matrix", ...(protocol === "double-salt" ? ["own-side-list"] : [])],
    validFrom: day(today),
    validTo: day(new Date(today.getTime() + 30 * 86_400_000)),
  };
}
