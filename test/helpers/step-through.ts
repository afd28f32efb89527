import type { LocalNetwork } from "../../scripts/network/local-network.ts";

export interface SteppedRound {
  readonly round: string;
  readonly state: string;
  readonly over: boolean;
  readonly reason: string | null;
}

/** Steps a manual driver until the round is over; at each new state `at` is told, between two steps. */
export async function stepThrough(
  network: LocalNetwork,
  round: string,
  at: (state: string) => Promise<void> | void,
): Promise<SteppedRound> {
  let told = "";
  for (let steps = 0; steps < 2000; steps++) {
    const { rounds } = await network.desk<{ rounds: readonly SteppedRound[] }>("round", "step");
    const row = rounds.find((each) => each.round === round);
    if (row === undefined) throw new Error("the round is not known");
    if (row.over) return row;
    if (row.state !== told) {
      told = row.state;
      await at(row.state);
    }
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  throw new Error("the round did not end");
}
