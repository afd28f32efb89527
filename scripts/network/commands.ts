import { Writable } from "node:stream";
import { createCoordinatorProgram } from "../../coordinator/main.ts";
import { createNodeProgram } from "../../node/main.ts";
import { ProtocolError, type ErrorCode } from "../../shared/base/errors.ts";
import { runProgram } from "../../shared/host/cli.ts";

/**
 * Runs one command exactly as the launcher would, in this process, and gives its `--json` facts: what a shell would
 * run, without a new process for each of the few hundred commands that set up a network.
 * @throws ProtocolError as the command ended with, naming the command; Error with what it printed where it told none
 */
export async function runInProcess<T>(program: "coordinator" | "node", ...args: readonly string[]): Promise<T> {
  const stdout = collect();
  const stderr = collect();
  const io = { stdout: stdout.stream, stderr: stderr.stream, isTty: false };
  const command = program === "node" ? createNodeProgram(io) : createCoordinatorProgram(io);
  const code = await runProgram(command, [...args, "--json"], io);
  if (code !== 0) {
    const refused = readError(stdout.text());
    if (refused !== null) {
      const { code: kind, message, hint } = refused;
      throw new ProtocolError(kind, `portmoot ${program} ${args[0]}: ${message}`, hint === null ? {} : { hint });
    }
    throw new Error(`portmoot ${program} ${args.join(" ")} ended with ${code}: ${stderr.text()}${stdout.text()}`);
  }
  const text = stdout.text();
  return (text.trim() === "" ? null : JSON.parse(text)) as T;
}

interface ToldError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | null;
}

/** The one line that a command of this program prints under `--json` where it fails. */
function readError(text: string): ToldError | null {
  try {
    return (JSON.parse(text) as { error?: ToldError }).error ?? null;
  } catch {
    return null;
  }
}

function collect() {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString() };
}
