import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { protectCount } from "../../shared/disclosure/protect-count.ts";
import { statementBody } from "../../shared/protocol/identity.ts";
import { parseReleasedResult, type ReleasedResult } from "../../shared/protocol/result-text.ts";
import { protectedResultBody, releaseBody } from "../../shared/protocol/round-messages.ts";
import type { RoundRow } from "../../coordinator/rounds/round-row.ts";
import { demoDocuments, RESIDENT_CASCADE } from "../../scripts/demo-charter.ts";
import { residentFiles } from "../../scripts/demo-input.ts";
import { joinPlainlyIn, type PlainJoin } from "../../scripts/plain-join.ts";
import { createSimulation, type SimulatedNetwork } from "../../scripts/simulation/network.ts";

export const LABEL = { attribute: "discount", codes: ["none", "single-person", "student"] };

const SINGLE_SALT = {
  id: "test-round",
  title: "A test",
  protocol: "single-salt",
  cascade: RESIDENT_CASCADE,
  label: LABEL,
} as const;

export interface TestNetwork extends SimulatedNetwork {
  /** @param definition by default that of the charter unless another was given */
  join(definition?: Parameters<typeof joinPlainlyIn>[1]): PlainJoin;
  cleanUp(): void;
}

/** Five boroughs (and one party without data where it is named) of a few hundred generated residents each, charter agreed. */
export async function startSimulation(
  options: { boroughs?: number; residents?: number; seed?: number; thirdParty?: string } & Partial<
    Omit<Parameters<typeof createSimulation>[0], "boroughs" | "seed" | "documents">
  > & { charter?: Parameters<typeof demoDocuments>[0] } = {},
): Promise<TestNetwork> {
  const { boroughs = 5, residents = 300, seed = 11, thirdParty, charter = SINGLE_SALT, ...rest } = options;
  const folder = mkdtempSync(join(tmpdir(), "portmoot-test-"));
  const input = residentFiles({ folder, boroughs, residents, seed });
  const parties = [
    ...input.boroughs,
    ...(thirdParty === undefined ? [] : [{ name: thirdParty, csv: null, mapping: "" }]),
  ];
  const network = await createSimulation({
    seed,
    boroughs: parties,
    documents: demoDocuments(charter, parties),
    coordinatorDb: join(folder, "coordinator.db"),
    ...rest,
  });
  return Object.assign(network, {
    join: (definition = { cascade: RESIDENT_CASCADE, label: LABEL }) =>
      joinPlainlyIn(network.nodes.slice(0, input.boroughs.length), definition),
    cleanUp() {
      network.close();
      rmSync(folder, { recursive: true, force: true });
    },
  });
}

export function releasedOf(round: RoundRow): ReleasedResult {
  if (round.release === null) throw new Error(`the round is ${round.state}: ${round.reason ?? "no reason"}`);
  const { statements } = releaseBody.decode(round.release);
  return parseReleasedResult(protectedResultBody.parse(statementBody(statements[0]?.statement ?? new Uint8Array())));
}

/** What must be released, by the plaintext join alone. */
export function protectJoin({ total, cells }: Pick<PlainJoin, "total" | "cells">) {
  const controls = { minimumCount: 10, roundTo: 5 };
  return { total: protectCount(total, controls), cells: cells.map((cell) => protectCount(cell, controls)) };
}

/** The join over some of the boroughs only. */
export function joinAmong(join: PlainJoin, names: ReadonlySet<string>): { total: number } {
  return { total: join.pairs.filter(({ left, right }) => names.has(left) && names.has(right)).length };
}
