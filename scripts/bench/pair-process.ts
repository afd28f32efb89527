import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Side } from "./pair-people.ts";

/** Tasks of the `pair` suite, and processes that do one each, so that each has a peak of memory of its own. */
export interface FillTask {
  readonly role: "fill";
  readonly database: string;
  readonly side: Side;
  readonly rows: number;
  readonly keys: number;
}

export interface OwnTask {
  readonly role: "owner";
  readonly database: string;
  readonly keys: number;
  /** The pair's. */
  readonly salt: Uint8Array;
  readonly listFile: string;
}

export interface MatchTask {
  readonly role: "matcher";
  readonly keys: number;
  readonly leftFile: string;
  readonly rightFile: string;
}

export type Task = FillTask | OwnTask | MatchTask;

/** What a task took of the machine. */
export interface Use {
  /** Of all threads of the process: on a busy machine it says more than the time that passed. */
  readonly cpuSeconds: number;
  /** Peak resident memory in bytes, before the task and after it; 0 where the system does not tell. */
  readonly startBytes: number;
  readonly peakBytes: number;
}

export interface Owned extends Use {
  readonly columnsSeconds: number;
  readonly listSeconds: number;
}

export interface Matched extends Use {
  readonly decodeSeconds: number;
  readonly cascadeSeconds: number;
  readonly perKey: readonly number[];
}

/** A process that is up and waits. */
export interface PartyProcess {
  /** May be called once. @throws Error where the process ends without an answer */
  perform(task: OwnTask): Promise<Owned>;
  perform(task: MatchTask): Promise<Matched>;
  perform(task: FillTask): Promise<null>;
  stop(): void;
}

export async function startParty(): Promise<PartyProcess> {
  const child = fork(join(import.meta.dirname, "pair-party-boot.js"), { execArgv: [], serialization: "advanced" });
  const reap = () => void child.kill("SIGKILL");
  process.once("exit", reap);
  const ended = once(child, "exit").then(([code, signal]) => {
    process.off("exit", reap);
    throw new Error(`a process of the benchmark ended with ${String(code ?? signal)}`);
  });
  // Without anybody waiting for an answer, the end of a process is no fault.
  ended.catch(() => undefined);
  const next = async () => ((await Promise.race([once(child, "message"), ended])) as [unknown])[0];
  await next();
  return {
    async perform(task: Task) {
      child.send(task);
      return (await next()) as never;
    },
    stop: reap,
  };
}
