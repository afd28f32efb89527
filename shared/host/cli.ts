import { createInterface } from "node:readline/promises";
import { CommanderError, type Command } from "commander";
import { ProtocolError, type ErrorCode } from "../base/errors.ts";

/**
 * The frame of every command: where it prints, how long work shows progress, and the one place where an error
 * becomes an exit code and a next step.
 */
export interface CommandIo {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  readonly isTty: boolean;
  /** One line from a person, where one sits at the terminal. */
  readonly ask?: (question: string) => Promise<string>;
}

export const processIo: CommandIo = {
  stdout: process.stdout,
  stderr: process.stderr,
  isTty: process.stderr.isTTY,
  ...(process.stdin.isTTY ? { ask: askTerminal } : {}),
};

async function askTerminal(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question);
  } finally {
    lines.close();
  }
}

/** product.md, "Commands": 0 done · 2 wrong use · 10 unreachable · 20 refused · 30 disclosure control · 40 integrity · 70 a bug. */
const EXIT_CODES: Readonly<Record<ErrorCode, number>> = {
  "bad-input": 2,
  malformed: 2,
  "too-large": 2,
  "not-found": 2,
  unavailable: 10,
  refused: 20,
  "not-allowed": 20,
  expired: 20,
  "wrong-phase": 20,
  conflict: 20,
  disclosure: 30,
  integrity: 40,
};
const WRONG_USE = 2;
const BUG = 70;

export interface Output {
  /** Facts for programs (`--json`), text for people: one of the two. */
  facts(json: unknown, text: string): void;
  /** A line beside the facts, on stderr. */
  note(text: string): void;
  /** @param total null where nobody knows; @param unit of what is counted, for the rate */
  progress(label: string, total: number | null, unit?: string): Progress;
}

/** What was printed says no already, with every reason; only the exit code is left to say it. */
export class SaidNo extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode) {
    super("the answer is no");
    this.code = code;
  }
}

export interface Progress {
  update(done: number): void;
  stop(): void;
}

export function createOutput(io: CommandIo, json: boolean): Output {
  return {
    facts(facts, text) {
      io.stdout.write(json ? `${JSON.stringify(facts, null, 2)}\n` : `${text}\n`);
    },
    note(text) {
      io.stderr.write(`${text}\n`);
    },
    progress: (label, total, unit = "") => createProgress(io, label, total, unit),
  };
}

/** One line that is rewritten on a terminal; elsewhere a plain line each tenth. */
function createProgress(io: CommandIo, label: string, total: number | null, unit: string): Progress {
  const startedAt = process.hrtime.bigint();
  let shownAt = startedAt;
  let shownShare = 0;
  const line = (done: number) => {
    const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
    const rate = seconds > 0 ? done / seconds : 0;
    const pace = `${rate < 100 ? rate.toFixed(1) : Math.round(rate)}${unit === "" ? "" : ` ${unit}`}/s`;
    if (total === null || total === 0) return `${label}: ${done} (${pace})`;
    const left = rate > 0 ? Math.ceil((total - done) / rate) : 0;
    return `${label}: ${Math.floor((100 * done) / total)} % (${pace}, ${left} s left)`;
  };
  return {
    update(done) {
      const now = process.hrtime.bigint();
      if (io.isTty) {
        if (now - shownAt < 100_000_000n) return;
        io.stderr.write(`\r\u001b[K${line(done)}`);
        shownAt = now;
      } else if (total !== null && done / total >= shownShare + 0.1) {
        shownShare = done / total;
        io.stderr.write(`${line(done)}\n`);
      }
    },
    stop() {
      if (io.isTty) io.stderr.write("\r\u001b[K");
    },
  };
}

/** Runs a program to its exit code; never throws. */
export async function runProgram(program: Command, args: readonly string[], io: CommandIo): Promise<number> {
  forEachCommand(program, (command) => {
    command.exitOverride();
    command.configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
    });
  });
  try {
    await program.parseAsync([...args], { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USE;
    if (error instanceof SaidNo) return EXIT_CODES[error.code];
    return report(error, args.includes("--json"), io);
  }
}

function report(error: unknown, json: boolean, io: CommandIo): number {
  if (!(error instanceof ProtocolError)) {
    io.stderr.write(
      `error: this is a bug in portmoot\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    return BUG;
  }
  const { code, message, hint } = error;
  if (json) io.stdout.write(`${JSON.stringify({ error: { code, message, hint } })}\n`);
  else {
    io.stderr.write(`error: ${message}\n`);
    if (hint !== null) io.stderr.write(`next: ${hint}\n`);
  }
  return EXIT_CODES[code];
}

function forEachCommand(command: Command, visit: (command: Command) => void): void {
  visit(command);
  for (const child of command.commands) forEachCommand(child, visit);
}

/** Raised when the process is asked to end. */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => {
      stop.abort();
    });
  }
  return stop.signal;
}
