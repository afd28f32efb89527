import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decodeWords } from "../../shared/matching/result-shares.ts";
import { demoDocuments, FIVE_PARTY_CASCADE } from "../../scripts/demo-charter.ts";
import { fivePartyFiles } from "../../scripts/demo-input.ts";
import { joinPlainlyIn } from "../../scripts/plain-join.ts";
import { createSimulation } from "../../scripts/simulation/network.ts";
import { protectJoin, releasedOf } from "../helpers/simulated.ts";

const folder = join(import.meta.dirname, "..", "..", "..", "shared", "data", "linkage", "five-party");

describe.runIf(existsSync(folder))(
  "five organisations' open files (skipped: no shared data, where there is none)",
  () => {
    it("are counted exactly as a plaintext join does, pair by pair and in the release", async () => {
      const { boroughs, label } = fivePartyFiles(folder);
      const charter = { id: "five-organisations", title: "Five files", cascade: FIVE_PARTY_CASCADE, label };
      const documents = demoDocuments(charter, boroughs);
      const network = await createSimulation({ seed: 1, boroughs, documents, coordinatorDb: ":memory:" });
      try {
        const plain = joinPlainlyIn(network.nodes, charter);
        const counted: number[] = [];
        const round = await network.finish(await network.launch(), ({ id, state }) => {
          if (state !== "input") return;
          for (const node of network.nodes) {
            for (const name of node.vault.names({ round: id, attempt: 1 }, "matched ")) {
              const [left = -1, right = -1] = name.replace("matched ", "").split("-").map(Number);
              const found = Number(decodeWords(node.vault.get({ round: id, attempt: 1 }, name))[0]);
              const ends = [boroughs[left]?.name, boroughs[right]?.name];
              expect(found, name).toBe(
                plain.pairs.filter((pair) => pair.left === ends[0] && pair.right === ends[1]).length,
              );
              counted.push(found);
            }
          }
        });
        expect(counted.length).toBe(10);
        expect(counted.reduce((sum, count) => sum + count, 0)).toBe(plain.total);
        expect(releasedOf(round).total).toBe(protectJoin(plain).total);
        expect(releasedOf(round).table?.cells).toEqual(protectJoin(plain).cells);
      } finally {
        network.close();
      }
    });
  },
);
