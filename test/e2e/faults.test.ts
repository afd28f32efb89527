import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RESIDENT_CASCADE, type DemoCharter } from "../../scripts/demo-charter.ts";
import { residentFiles } from "../../scripts/demo-input.ts";
import {
  agreeOnCharter,
  startLocalNetwork,
  waitForPorts,
  type LocalNetwork,
} from "../../scripts/network/local-network.ts";
import { joinPlainly } from "../../scripts/plain-join.ts";
import { LABEL, protectJoin } from "../helpers/simulated.ts";
import { stepThrough } from "../helpers/step-through.ts";

/** Real processes over mutual TLS; the manual driver makes the moment of each kill exact. */
const folder = mkdtempSync(join(tmpdir(), "portmoot-e2e-"));
const charter: DemoCharter = {
  id: "faults",
  title: "Killed at every step",
  boroughs: ["camden", "newham", "hackney", "tower-hamlets", "islington"],
  cascade: RESIDENT_CASCADE,
  label: LABEL,
  validFrom: "2026-01-01",
  validTo: "2099-12-31",
  controls: { maximumRounds: 100 },
};
let network: LocalNetwork;
let expected: number | "c";

beforeAll(async () => {
  const input = residentFiles({ folder: join(folder, "files"), boroughs: 5, residents: 300, seed: 5 });
  const say = () => undefined;
  network = await startLocalNetwork({ folder, boroughs: input.boroughs, driver: "manual", say });
  await agreeOnCharter(network, { ...charter, boroughs: input.boroughs.map(({ name }) => name) }, say);
  expected = protectJoin(joinPlainly(network.nodes, charter)).total;
}, 60_000);

afterAll(async () => {
  await network.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("a round among real processes", () => {
  it.each(["preflight", "keys", "match", "input", "agree", "unmask", "open"])(
    "is released as if nothing had happened where a node and the coordinator are killed in %s",
    async (state) => {
      const { round } = await network.desk<{ round: string }>("round", "launch", charter.id);
      const victim = network.nodes[state.length % network.nodes.length]!;
      let kills = 0;
      const row = await stepThrough(network, round, async (reached) => {
        if (reached !== state || kills > 0) return;
        kills++;
        await Promise.all([victim.program.kill(), network.coordinator.program.kill()]);
        network.coordinator.start();
        victim.start();
        await waitForPorts(network.coordinator.home);
      });
      expect(kills).toBe(1);
      expect(row.reason).toBeNull();
      expect(row.state).toBe("released");
      const result = await network.desk<{ total: number | "c"; contributors: number }>("round", "result", round);
      expect(result.total).toBe(expected);
      expect(result.contributors).toBe(5);
    },
    60_000,
  );

  it("has a ledger at every node that verifies after all the kills", async () => {
    for (const node of network.nodes) {
      const { verified } = await node.command<{ verified: boolean }>("ledger", "verify");
      expect(verified, node.name).toBe(true);
    }
  });
});
