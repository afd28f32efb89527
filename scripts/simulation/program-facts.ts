import { join } from "node:path";
import { createConsentStore } from "../../node/data/consent-store.ts";
import { openNodeDatabase, type Database } from "../../node/data/database.ts";
import { decodeCharter, type Charter } from "../../shared/protocol/charter.ts";
import type { LocalNetwork, LocalNode } from "../network/local-network.ts";
import type { PartyFacts } from "./scenario-facts.ts";
import type { ForceDays } from "./scenario-parts.ts";

/** What a network of real programs shows from outside: its ledgers, its databases, and what each program took. */
export const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Real programs go by the real date. */
export function forceDays(): ForceDays {
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  const nowMs = Date.now();
  return { validFrom: day(nowMs - DAY_MS), validTo: day(nowMs + 30 * DAY_MS) };
}

/** As every node got it, with all keys in it. */
export function readCharter({ nodes }: LocalNetwork): Charter {
  return withDatabases(nodes.slice(0, 1), ([db]) => decodeCharter(createConsentStore(db!).charters()[0]!.body));
}

/** @param read is given every node's database, in order; they are closed after it */
export function withDatabases<T>(nodes: readonly LocalNode[], read: (databases: readonly Database[]) => T): T {
  const databases = nodes.map(({ home }) => openNodeDatabase(join(home, "node.db")));
  try {
    return read(databases);
  } finally {
    for (const db of databases) db.close();
  }
}

export interface Use {
  readonly cpuMs: number;
  readonly peakBytes: number;
}

/** What each party's programs took, one after the other where it was restarted. */
export function createUses() {
  const uses = new Map<string, Use>();
  const of = (name: string): Use => uses.get(name) ?? { cpuMs: 0, peakBytes: 0 };
  return {
    of,
    /** To be called before the program ends. */
    add({ name, program }: LocalNode): void {
      const before = of(name);
      uses.set(name, {
        cpuMs: before.cpuMs + program.cpuMs(),
        peakBytes: Math.max(before.peakBytes, program.peakBytes()),
      });
    },
  };
}

/** A message that left, by its sender's ledger. */
export interface Sent {
  readonly from: string;
  readonly recipient: string;
  readonly sizeBytes: number;
  readonly timeMs: number;
}

export async function readSent(nodes: readonly LocalNode[]): Promise<Sent[]> {
  const ledgers = await Promise.all(
    nodes.map(async (node) => {
      const { entries } = await node.command<{ entries: (Sent & { direction: string; fate: string })[] }>(
        "ledger",
        "list",
      );
      return entries
        .filter(({ direction, fate }) => direction === "out" && fate.startsWith("left"))
        .map((entry) => ({ ...entry, from: node.name }));
    }),
  );
  return ledgers.flat();
}

export function partyFacts({ name, imported }: LocalNode, sent: readonly Sent[], use: Use): PartyFacts {
  const bytes = (isMine: (message: Sent) => boolean) =>
    sent.filter(isMine).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return {
    id: name,
    rows: imported?.rowsReadable ?? 0,
    rejects: imported === null ? 0 : imported.rowsIn - imported.rowsReadable,
    ms: use.cpuMs,
    bytesSent: bytes(({ from }) => from === name),
    bytesReceived: bytes(({ recipient }) => recipient === name),
    peakRssBytes: use.peakBytes,
  };
}
