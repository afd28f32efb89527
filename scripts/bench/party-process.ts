import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Network } from "./people.ts";

/** Tasks of the `pair` and `london` suites, and processes that do them, so that each has a peak of memory of its own. */
export interface FillTask {
  readonly role: "fill";
  readonly database: string;
  readonly network: Network;
  readonly borough: number;
}

/** From stored rows to digests, which the process keeps for all its lists. */
export interface CollectTask {
  readonly role: "collect";
  readonly database: string;
  readonly keys: number;
}

/** From digests to the list for one partner. */
export interface ListTask {
  readonly role: "list";
  /** The pair's. */
  readonly salt: Uint8Array;
  readonly listFile: string;
}

/** From two lists to matched rows. */
export interface MatchTask {
  readonly role: "match";
  readonly keys: number;
  readonly leftFile: string;
  readonly rightFile: string;
}

export type Task = FillTask | CollectTask | ListTask | MatchTask;

/** What a task took of the machine. */
export interface Use {
  readonly seconds: number;
  /** Of all threads of the process: on a busy machine it says more than the time that passed. */
  readonly cpuSeconds: number;
  /** Peak resident memory in bytes, when the process was up and after the task; 0 where the system does not tell. */
  readonly startBytes: number;
  readonly peakBytes: number;
}

export interface Listed extends Use {
  /** What the list takes on the wire once it is sealed. */
  readonly sealedBytes: number;
}

export interface Matched extends Use {
  readonly decodeSeconds: number;
  readonly perKey: readonly number[];
}

export interface Answers {
  readonly fill: Use;
  readonly collect: Use;
  readonly list: Listed;
  readonly match: Matched;
}

/** A process that is up and waits. */
export interface PartyProcess {
  /** One task after another, in the order of the calls. @throws Error where the process ends without an answer */
  perform<T extends Task>(task: T): Promise<Answers[T["role"]]>;
  stop(): void;
}

const running = new Set<ChildProcess>();
// A benchmark that is interrupted leaves nothing running.
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export async function startParty(): Promise<PartyProcess> {
  const child = fork(join(import.meta.dirname, "party-boot.js"), { execArgv: [], serialization: "advanced" });
  running.add(child);
  const ended = once(child, "exit").then(([code, signal]) => {
    running.delete(child);
    throw new Error(`a process of the benchmark ended with ${String(code ?? signal)}`);
  });
  // Without anybody waiting for an answer, the end of a process is no fault.
  ended.catch(() => undefined);
  const next = async () => ((await Promise.race([once(child, "message"), ended])) as [unknown])[0];
  let last: Promise<unknown> = next();
  await last;
  return {
    perform(task) {
      const answer = last.then(() => {
        child.send(task);
        return next();
      });
      last = answer;
      return answer as Promise<never>;
    },
    stop: () => void child.kill("SIGKILL"),
  };
}

/** Does the work on every item, one at a time on each lane, whichever lane is free next. */
export async function spread<T, L>(
  items: Iterable<T>,
  lanes: readonly L[],
  work: (item: T, lane: L) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  await Promise.all(
    lanes.map(async (lane) => {
      for (let next = queue.next(); next.done !== true; next = queue.next()) await work(next.value, lane);
    }),
  );
}
