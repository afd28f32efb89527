import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openNodeDatabase } from "../../node/data/database.ts";
import { createRoundStore } from "../../node/data/round-store.ts";
import { homeFiles } from "../../node/home.ts";
import { openRoundKeys } from "../../node/round/round-keys.ts";
import { createVault } from "../../node/round/vault.ts";
import { FIVE_PARTY_CASCADE, type DemoCharter } from "../../scripts/demo-charter.ts";
import { fivePartyFiles } from "../../scripts/demo-input.ts";
import {
  agreeOnCharter,
  startLocalNetwork,
  type LocalNetwork,
  type LocalNode,
} from "../../scripts/network/local-network.ts";
import { joinPlainly } from "../../scripts/plain-join.ts";
import { systemRandom } from "../../shared/host/random.ts";
import { decodeWords } from "../../shared/matching/result-shares.ts";
import { protectJoin } from "../helpers/simulated.ts";
import { stepThrough } from "../helpers/step-through.ts";

const files = join(import.meta.dirname, "..", "..", "..", "shared", "data", "linkage", "five-party");

describe.runIf(existsSync(files))("five organisations' files, five processes (skipped: no shared data)", () => {
  const folder = mkdtempSync(join(tmpdir(), "portmoot-five-"));
  let network: LocalNetwork;
  let charter: DemoCharter;

  beforeAll(async () => {
    const { boroughs, label } = fivePartyFiles(files);
    charter = {
      id: "five-organisations",
      title: "Five files",
      boroughs: boroughs.map(({ name }) => name),
      cascade: FIVE_PARTY_CASCADE,
      label,
      validFrom: "2026-01-01",
      validTo: "2099-12-31",
    };
    const say = () => undefined;
    network = await startLocalNetwork({ folder, boroughs, driver: "manual", say });
    await agreeOnCharter(network, charter, say);
  }, 120_000);

  afterAll(async () => {
    await network.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("release what a plaintext join says, exactly, pair by pair and in total", async () => {
    const plain = joinPlainly(network.nodes, charter);
    const { round } = await network.desk<{ round: string }>("round", "launch", charter.id);
    const counted = new Map<string, number>();
    const row = await stepThrough(network, round, (state) => {
      // The matchers hold what they counted until the round ends, wrapped under a key in a file of their own.
      if (state === "input") for (const node of network.nodes) readCounts(node, round, counted);
    });
    expect(row).toMatchObject({ state: "released", reason: null });
    const names = charter.boroughs;
    const expected = names.flatMap((left, l) =>
      names.slice(l + 1).map((right, index): [string, number] => {
        const pairs = plain.pairs.filter((pair) => pair.left === left && pair.right === right);
        return [`${l}-${l + 1 + index}`, pairs.length];
      }),
    );
    expect(expected.length).toBe(10);
    expect(Object.fromEntries(counted)).toEqual(Object.fromEntries(expected));
    const released = await network.desk<{ total: number; table: { cells: unknown[] } }>("round", "result", round);
    expect(released.total).toBe(protectJoin(plain).total);
    expect(released.table.cells).toEqual(protectJoin(plain).cells);
  }, 120_000);
});

function readCounts(node: LocalNode, round: string, into: Map<string, number>): void {
  const home = homeFiles(node.home);
  const db = openNodeDatabase(home.database);
  try {
    const vault = createVault(createRoundStore(db), openRoundKeys(home.roundKeys, systemRandom), systemRandom);
    const of = { round: Buffer.from(round, "hex"), attempt: 1 };
    for (const name of vault.names(of, "matched ")) {
      into.set(name.replace("matched ", ""), Number(decodeWords(vault.get(of, name))[0]));
    }
  } finally {
    db.close();
  }
}
