import { spawn, type ChildProcess } from "node:child_process";
import { createWriteStream, existsSync, readFileSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";

/**
 * Portmoot's programs as real processes on this machine: started through the launcher, never through a package
 * runner whose child would survive a kill. For the demonstration and the end-to-end tests.
 */
const LAUNCHER = join(import.meta.dirname, "..", "portmoot.js");

export interface Program {
  readonly pid: number;
  /** Peak resident memory so far, in bytes; 0 where the system does not tell. */
  peakBytes(): number;
  /** Processor time so far, all its threads', in milliseconds; 0 where the system does not tell. */
  cpuMs(): number;
  /** Ends it like a power cut. */
  kill(): Promise<void>;
  /** Asks it to end, and waits. */
  stop(): Promise<void>;
  /** The exit code, once it has ended. */
  readonly exited: Promise<number | null>;
}

export function startProgram(args: readonly string[], logFile: string, env: Record<string, string> = {}): Program {
  const log = createWriteStream(logFile, { flags: "a", mode: 0o600 });
  const child: ChildProcess = spawn(process.execPath, [LAUNCHER, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  const exited = once(child, "exit").then(([code]) => code as number | null);
  const pid = child.pid ?? 0;
  // A demonstration that is interrupted leaves nothing running.
  const reap = () => child.kill("SIGKILL");
  process.once("exit", reap);
  void exited.then(() => process.off("exit", reap));
  return {
    pid,
    peakBytes: () => peakBytes(pid),
    cpuMs: () => cpuMs(pid),
    exited,
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
    async stop() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command to its end in a process of its own. */
export async function runCommand(args: readonly string[], env: Record<string, string> = {}): Promise<CommandResult> {
  const child = spawn(process.execPath, [LAUNCHER, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

/** Waits until `probe` gives something else than null. @throws Error naming what did not come in time. */
export async function waitFor<T>(
  what: string,
  probe: () => T | null | Promise<T | null>,
  timeoutMs = 30_000,
): Promise<T> {
  const untilMs = Date.now() + timeoutMs;
  for (;;) {
    const found = await probe();
    if (found !== null) return found;
    if (Date.now() > untilMs) throw new Error(`${what} did not come within ${timeoutMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Peak resident memory of a process so far, in bytes; 0 where the system does not tell. */
export function peakBytes(pid: number): number {
  const status = `/proc/${pid}/status`;
  if (!existsSync(status)) return 0;
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(status, "utf8"))?.[1];
  return kib === undefined ? 0 : Number(kib) * 1024;
}

/** Linux counts in hundredths of a second, whatever the kernel's own clock. */
const MS_PER_TICK = 10;

function cpuMs(pid: number): number {
  const stat = `/proc/${pid}/stat`;
  if (!existsSync(stat)) return 0;
  // The name before the last parenthesis may hold blanks; utime and stime are fields 14 and 15 of proc(5).
  const fields = readFileSync(stat, "utf8").split(") ").at(-1)!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}
