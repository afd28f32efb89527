import { afterEach, describe, expect, it } from "vitest";
import { createRoundStore } from "../../node/data/round-store.ts";
import { decodeWords } from "../../shared/matching/result-shares.ts";
import { joinAmong, protectJoin, releasedOf, startSimulation, type TestNetwork } from "../helpers/simulated.ts";

let network: TestNetwork;
afterEach(() => {
  network.cleanUp();
});

const STATES = ["preflight", "keys", "match", "input", "agree", "unmask", "open"] as const;

describe("a matching round in one process", () => {
  it("releases exactly the protected figures of a plaintext join by the same definition", async () => {
    network = await startSimulation();
    const join = network.join();
    const round = await network.finish(await network.launch());
    expect(round.state).toBe("released");
    const released = releasedOf(round);
    const expected = protectJoin(join);
    expect(released.total).toBe(expected.total);
    expect(released.table?.cells).toEqual(expected.cells);
    expect(released.contributors).toBe(5);
    expect(join.total).toBeGreaterThan(50);
  });

  it("has matchers that count, pair by pair, exactly what the plaintext join finds", async () => {
    network = await startSimulation();
    const join = network.join();
    const counted = new Map<string, number>();
    const names = network.charter.parties.map(({ id }) => id);
    await network.finish(await network.launch(), (round) => {
      if (round.state !== "input") return;
      for (const node of network.nodes) {
        for (const name of node.vault.names({ round: round.id, attempt: 1 }, "matched ")) {
          const [left, right] = name.replace("matched ", "").split("-").map(Number);
          const words = decodeWords(node.vault.get({ round: round.id, attempt: 1 }, name));
          counted.set(`${names[left ?? -1] ?? ""} ${names[right ?? -1] ?? ""}`, Number(words[0]));
        }
      }
    });
    expect(counted.size).toBe(10);
    for (const [pair, count] of counted) {
      const [left, right] = pair.split(" ");
      expect(count, pair).toBe(join.pairs.filter((found) => found.left === left && found.right === right).length);
    }
  });

  it("gives every node the same released result, and leaves no secret of the round behind", async () => {
    network = await startSimulation();
    const id = await network.launch();
    const round = await network.finish(id);
    for (const node of network.nodes) {
      const store = createRoundStore(node.db);
      expect(Buffer.from(store.result(id) ?? []).equals(Buffer.from(round.release ?? []))).toBe(true);
      expect(node.db.prepare("SELECT count(*) FROM round_secrets").pluck().get()).toBe(0);
      expect(node.roundKeys.existing(id)).toBeNull();
    }
  });

  it("gives the same bytes for the same seed", async () => {
    network = await startSimulation();
    const first = await network.finish(await network.launch());
    network.cleanUp();
    network = await startSimulation();
    const second = await network.finish(await network.launch());
    expect(Buffer.from(first.release ?? []).equals(Buffer.from(second.release ?? []))).toBe(true);
  });

  it("goes on where every node is restarted between any two steps", async () => {
    network = await startSimulation();
    const round = await network.finish(await network.launch(), () => {
      for (const node of network.nodes) node.restart();
    });
    expect(releasedOf(round).total).toBe(protectJoin(network.join()).total);
  });

  it("goes on where the coordinator is restarted between any two steps", async () => {
    network = await startSimulation();
    let restarts = 0;
    const round = await network.finish(await network.launch(), () => {
      // Once a state: a coordinator that forgets its volatile answers at every look would never end.
      if (restarts++ < 12) network.restartCoordinator();
    });
    expect(restarts).toBeGreaterThan(7);
    expect(releasedOf(round).total).toBe(protectJoin(network.join()).total);
  });

  it.each(STATES)("survives one of five boroughs that falls silent for good in %s", async (state) => {
    network = await startSimulation();
    const silent = network.nodes[4];
    const round = await network.finish(await network.launch(), (row) => {
      if (row.state === state && silent !== undefined) silent.isDown = true;
    });
    const names = new Set(network.nodes.slice(0, 4).map(({ name }) => name));
    // Lost before its input: counted out. Lost after: its input stays in the sum.
    const isIn = state === "agree" || state === "unmask" || state === "open";
    const expected = isIn ? network.join().total : joinAmong(network.join(), names).total;
    expect(round.state).toBe("released");
    expect(releasedOf(round).total).toBe(protectJoin({ total: expected, cells: [] }).total);
    expect(releasedOf(round).contributors).toBe(isIn ? 5 : 4);
  });

  it.each(STATES)("ends without a result where two of five boroughs fall silent in %s", async (state) => {
    network = await startSimulation();
    const round = await network.finish(await network.launch(), (row) => {
      if (row.state === state) for (const node of network.nodes.slice(3)) node.isDown = true;
    });
    if (state === "open") {
      // Openers are the first three boroughs: the sum was closed before.
      expect(round.state).toBe("released");
      return;
    }
    expect(["refused", "aborted"]).toContain(round.state);
    expect(round.release).toBeNull();
    expect(round.reason).not.toBeNull();
  });
});
