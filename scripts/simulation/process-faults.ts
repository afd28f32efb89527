import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openNodeDatabase } from "../../node/data/database.ts";
import type { LocalNode } from "../network/local-network.ts";
import { wrong } from "./scenario.ts";

/**
 * Faults of real programs. Nothing inside a node helps: a node is killed as soon as the named message stands in its
 * ledger, so that nobody knows whether a byte of it has left. What changes bytes on their way is for one process, where
 * the way is the simulator's.
 */
const LOOK_MS = 10;

export interface ProcessFault {
  readonly party: string;
  readonly at: string;
  readonly do: string;
  readonly afterMs: number;
  /** Which step of a model; any, where it does not say. */
  readonly iteration?: number | undefined;
}

/** @throws ProtocolError "bad-input" naming a fault that real programs cannot be given from outside */
export function requireProcessFaults({ faults }: { readonly faults: readonly ProcessFault[] }): void {
  for (const [index, { do: what }] of faults.entries()) {
    if (what === "restart" || what === "drop") continue;
    throw wrong(
      `faults.${index}.do`,
      `${what} is only possible in one process, real programs can restart or drop`,
      "leave --processes out, or choose another fault",
    );
  }
}

export interface ProcessFaults<F> {
  fired(): readonly F[];
  /** Waits for programs that are to come back. */
  stop(): Promise<void>;
}

/** @param kill ends a program like a power cut */
export function watchFaults<F extends ProcessFault>(
  faults: readonly F[],
  nodes: readonly LocalNode[],
  kill: (node: LocalNode) => Promise<void>,
): ProcessFaults<F> {
  const fired: F[] = [];
  const ended = new AbortController();
  const watches = faults.map(async (fault) => {
    const node = nodes.find(({ name }) => name === fault.party);
    if (node === undefined) return;
    if (!(await awaitMessage(node, fault, ended.signal))) return;
    fired.push(fault);
    await kill(node);
    if (fault.do === "drop") return;
    await sleep(fault.afterMs);
    node.start();
  });
  return {
    fired: () => fired,
    async stop() {
      ended.abort();
      await Promise.all(watches);
    },
  };
}

/** @returns false where the signal came first */
async function awaitMessage(
  { home }: LocalNode,
  { at, iteration }: Pick<ProcessFault, "at" | "iteration">,
  signal: AbortSignal,
): Promise<boolean> {
  const db = openNodeDatabase(join(home, "node.db"));
  try {
    const spooled = db
      .prepare<[{ at: string; iteration: number | null }], number>(
        "SELECT 1 FROM spool WHERE type = @at AND attempt = coalesce(@iteration, attempt) LIMIT 1",
      )
      .pluck();
    while (!signal.aborted) {
      if (spooled.get({ at, iteration: iteration ?? null }) !== undefined) return true;
      await sleep(LOOK_MS);
    }
    return false;
  } finally {
    db.close();
  }
}
