import { describe, expect, it } from "vitest";
import { quorum } from "../../../../shared/aggregation/context.ts";
import {
  createSumNetwork,
  OPENERS,
  plainSum,
  runSum,
  wordsToHex,
  type SumNetwork,
} from "../../../helpers/sum-network.ts";
import { present, seededRandom } from "../crypto/support.ts";

// Every size up to 16 and some beyond; test/slow goes through all up to 40.
const SIZES = [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 24, 33, 40];

function releasedSum(network: SumNetwork, ...how: Parameters<typeof runSum> extends [unknown, ...infer R] ? R : never) {
  const outcome = runSum(network, ...how);
  if (outcome.end !== "released") throw new Error(`aborted at ${outcome.at}`);
  return wordsToHex(outcome.sum);
}

describe("quorum", () => {
  it("is the table of the protocol", () => {
    expect([3, 4, 5, 6, 33].map(quorum)).toEqual([3, 3, 4, 5, 23]);
  });

  it("makes two quorums share more than the parties that may lie with the server", () => {
    for (let n = 3; n <= 100; n++) {
      const t = quorum(n);
      const liars = 2 * t - n - 1;
      expect(liars).toBeGreaterThanOrEqual(0);
      // Two quorums need 2t signatures; honest parties give one each, liars two.
      expect(n - liars + 2 * liars).toBeLessThan(2 * t);
    }
  });
});

describe("secure sum", () => {
  it.each(SIZES)("of %i owners equals the exact sum in the ring", { timeout: 30_000 }, (owners) => {
    const network = createSumNetwork({ owners, seed: `exact ${owners}`, words: 5 });
    expect(releasedSum(network)).toBe(wordsToHex(plainSum(network, network.context.owners)));
  });

  it.each([3, 7])("of %i owners in a match, where everyone must deliver, equals the exact sum", (owners) => {
    const network = createSumNetwork({ owners, seed: `match ${owners}`, wholeCohort: true });
    expect(releasedSum(network)).toBe(wordsToHex(plainSum(network, network.context.owners)));
  });

  it("gives small counts as they are", () => {
    const network = createSumNetwork({
      owners: 4,
      seed: "counts",
      figure: (position, word) => BigInt(position * 100 + word),
    });
    const outcome = runSum(network);
    // Positions 1, 3, 5, 7.
    expect(outcome.end === "released" && [...outcome.sum]).toEqual([1600n, 1604n, 1608n]);
  });

  it("cancels the two halves of a pair's result, however large the mask between them", () => {
    const mask = 0xfedc_ba98_7654_3210n;
    const halves = new Map([
      [1, BigInt.asUintN(64, 42n + mask)],
      [3, BigInt.asUintN(64, -mask)],
    ]);
    const network = createSumNetwork({
      owners: 3,
      seed: "halves",
      words: 1,
      figure: (position) => halves.get(position) ?? 0n,
    });
    const outcome = runSum(network);
    expect(outcome.end === "released" && outcome.sum[0]).toBe(42n);
  });

  it("does not depend on the order in which bodies arrive", () => {
    const network = createSumNetwork({ owners: 6, seed: "order" });
    const expected = wordsToHex(plainSum(network, network.context.owners));
    for (let run = 0; run < 50; run++) {
      const dice = seededRandom(`order ${run}`);
      const arrive = (senders: number[]) =>
        senders
          .map((sender) => ({ sender, at: Buffer.from(dice.bytes(4)).readUInt32BE() }))
          .sort((a, b) => a.at - b.at)
          .map(({ sender }) => sender);
      expect(releasedSum(network, new Map(), arrive)).toBe(expected);
    }
  });

  it("leaves out who did not deliver and keeps those lost later", () => {
    const network = createSumNetwork({ owners: 10, seed: "lost" });
    const lost = new Map([
      [5, "shares"],
      [9, "masked-input"],
      [13, "unmask"],
    ] as const);
    const members = network.context.owners.filter((position) => position !== 5 && position !== 9);
    expect(releasedSum(network, lost)).toBe(wordsToHex(plainSum(network, members)));
  });

  it("is opened by one opener where the other is lost", () => {
    const network = createSumNetwork({ owners: 4, seed: "opener lost" });
    const expected = wordsToHex(plainSum(network, network.context.owners));
    const [outside] = OPENERS;
    expect(releasedSum(network, new Map([[outside, "unmask"]] as const))).toBe(expected);
  });

  it("refuses a cohort below the charter's minimum, although the quorum is reached", () => {
    const network = createSumNetwork({ owners: 5, seed: "minimum", minimumContributors: 5 });
    const [gone] = network.context.owners;
    const lost = new Map([[present(gone), "masked-input"]] as const);
    expect(runSum(network, lost)).toMatchObject({ end: "aborted", at: "inputs", code: "integrity" });
    expect(runSum(network).end).toBe("released");
  });

  it("never opens fewer than three, whatever the context says", () => {
    const network = createSumNetwork({ owners: 3, seed: "three", minimumContributors: 1 });
    const low = { ...network, context: { ...network.context, threshold: 2 } };
    const lost = new Map([[3, "masked-input"]] as const);
    expect(runSum(low, lost)).toMatchObject({ end: "aborted", at: "inputs", code: "integrity" });
  });
});
