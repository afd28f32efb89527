import { afterEach, describe, expect, it } from "vitest";
import { LEAST_UNIQUE_SHARE, weakKeys } from "../../shared/matching/key-quality.ts";
import { statementBody } from "../../shared/protocol/identity.ts";
import { preflightBody } from "../../shared/protocol/round-messages.ts";
import { requireMatch } from "../../shared/protocol/charter.ts";
import { RESIDENT_CASCADE } from "../../scripts/demo-charter.ts";
import { readLedger, readLedgerBody } from "../../node/egress/ledger-view.ts";
import { createPopulationSource } from "../../node/matching/population-source.ts";
import { IN_MEMORY } from "../../shared/base/scratch.ts";
import { LABEL, startSimulation, type TestNetwork } from "../helpers/simulated.ts";

let network: TestNetwork | null = null;
afterEach(() => {
  network?.cleanUp();
  network = null;
});

const WEAK = {
  key: "initial-area",
  of: [
    { field: "surname", as: ["fold", "first:1"] },
    { field: "postcode", as: ["area"] },
  ],
};

/** A charter whose last key many share, and every line that its nodes log. */
async function start(cascade: readonly (typeof RESIDENT_CASCADE)[number][]) {
  const lines: string[] = [];
  network = await startSimulation({
    boroughs: 3,
    charter: { id: "test-round", title: "A test", protocol: "single-salt", cascade, label: LABEL },
    nodeLog: { write: (line) => void lines.push(line) },
  });
  const round = await network.finish(await network.launch());
  // The very bytes that left.
  const answers = network.nodes.map(({ db }) => {
    const line = [...readLedger(db)].find(({ entry }) => entry.type === "preflight-answer");
    return readLedgerBody(db, line!);
  });
  return {
    network,
    round,
    answers: answers.map((body) => ({ body, answer: preflightBody.parse(statementBody(body)) })),
    refusals: lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ msg }) => msg === "preflight refused"),
  };
}

describe("a key that fewer than 98 % of a node's units have alone", () => {
  it("is refused at preflight, with the key and the figure in the node's own log alone", async () => {
    const { network, round, answers, refusals } = await start([...RESIDENT_CASCADE, WEAK]);
    expect(round.state).toBe("refused");
    expect(refusals).toHaveLength(3);
    for (const [index, { db }] of network.nodes.entries()) {
      const { funnel, digests } = createPopulationSource(db, IN_MEMORY).columns(requireMatch(network.charter), "left");
      digests.close();
      const [weak, ...others] = weakKeys(funnel);
      expect(others).toEqual([]);
      expect(weak!.uniqueShare).toBeLessThan(LEAST_UNIQUE_SHARE);
      const percent = Math.floor(1000 * weak!.uniqueShare) / 10;
      expect(refusals[index]).toMatchObject({ rule: "keys.unique.initial-area", uniquePercent: percent });
    }
    // Outwardly the kind of refusal: neither which key nor how weak, in an answer of the same length for all.
    expect(answers).toHaveLength(3);
    for (const { answer } of answers) {
      const { charter, round: of, ...told } = answer;
      expect([charter.length, of.length]).toEqual([32, 16]);
      expect(told).toEqual({ attempt: 1, answer: "disclosure-control", contributes: false, commitment: null });
    }
    expect(new Set(answers.map(({ body }) => body.length)).size).toBe(1);
    expect(`${round.reason}`).not.toMatch(/key|initial|area|%|\d/);
  });

  it("takes the keys that nearly everybody has alone", async () => {
    const { round, answers, refusals } = await start(RESIDENT_CASCADE);
    expect(round.state).toBe("released");
    expect(refusals).toEqual([]);
    expect(answers.map(({ answer }) => answer.answer)).toEqual(["willing", "willing", "willing"]);
  });
});
