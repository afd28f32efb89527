import { join } from "node:path";
import { spread, startParty } from "./party-process.ts";
import type { Network } from "./people.ts";

export function databaseFile(folder: string, borough: number): string {
  return join(folder, `${borough}.db`);
}

/** Each borough's database, filled by a process of its own. @param atOnce processes at a time */
export async function fillDatabases(folder: string, network: Network, atOnce: number): Promise<void> {
  const boroughs = Array.from({ length: network.boroughs }, (_, borough) => borough);
  await spread(boroughs, Array.from({ length: atOnce }), async (borough) => {
    const party = await startParty();
    try {
      await party.perform({ role: "fill", database: databaseFile(folder, borough), network, borough });
    } finally {
      party.stop();
    }
  });
}
