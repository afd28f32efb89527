import { afterEach, describe, expect, it } from "vitest";
import { createOwnSideStore } from "../../node/data/own-side-store.ts";
import { requireMatch } from "../../shared/protocol/charter.ts";
import { RESIDENT_CASCADE } from "../../scripts/demo-charter.ts";
import { protectPairFigure } from "../../shared/disclosure/protect-pair.ts";
import type { RoundRow } from "../../coordinator/rounds/round-row.ts";
import { LABEL, protectJoin, releasedOf, startSimulation, type TestNetwork } from "../helpers/simulated.ts";

/** What a round gives beside the sum: every pair's figure, and after the release each owner's own rows. */
let network: TestNetwork;
afterEach(() => {
  network.cleanUp();
});

const cascade = RESIDENT_CASCADE.slice(1);
const controls = { minimumCount: 10, roundTo: 5 };

const start = (
  outputs: readonly string[],
  options: { protocol?: "double-salt" | "single-salt"; boroughs?: number; thirdParty?: string } = {},
) => {
  const { protocol = "double-salt", boroughs = 3, thirdParty } = options;
  return startSimulation({
    boroughs,
    residents: 400,
    ...(thirdParty === undefined ? {} : { thirdParty }),
    charter: { id: "outputs", title: "Outputs", protocol, cascade, label: LABEL, outputs },
  });
};

/** "row borough key" of every match that the open join finds for a borough. */
function expectedRows(name: string): string[] {
  return network
    .join({ cascade, label: LABEL })
    .pairs.flatMap(({ left, right, leftRow, rightRow, key }) => {
      const told = cascade[key]?.key ?? "";
      return left === name ? [`${leftRow} ${right} ${told}`] : right === name ? [`${rightRow} ${left} ${told}`] : [];
    })
    .sort();
}

function toldRows(name: string, round: Uint8Array): string[] {
  const node = network.nodes.find((each) => each.name === name)!;
  const store = createOwnSideStore(node.db);
  return store
    .lists()
    .flatMap(({ partner, pair }) =>
      store.rows(round, pair).map(({ reference, row, key }) => `${reference ?? row} ${partner} ${key}`),
    )
    .sort();
}

function expectPairs(round: RoundRow): void {
  const names = network.charter.parties.map(({ id }) => id);
  const { pairs } = network.join({ cascade, label: LABEL });
  const sizes = new Map(network.nodes.map(({ name, db }) => [name, rowsOf(db)]));
  const released = releasedOf(round).pairs ?? [];
  expect(released.length).toBeGreaterThan(0);
  for (const { left, right, figure } of released) {
    const [one, other] = [names[left]!, names[right]!];
    const common = pairs.filter((pair) => pair.left === one && pair.right === other).length;
    expect(common).toBeGreaterThan(10);
    const told = { left: sizes.get(one)!, right: sizes.get(other)! };
    expect(figure).toBe(protectPairFigure(common, { sizes: told, rows: told }, controls));
  }
}

function rowsOf(db: TestNetwork["nodes"][number]["db"]): number {
  return db.prepare<[], number>("SELECT coalesce(max(rows), 0) FROM snapshots").pluck().get()!;
}

const ALL = ["total", "table", "pair-matrix", "own-side-list"];

describe.each(["double-salt", "single-salt"] as const)("a %s round with every output", (protocol) => {
  it("releases sum, table and pairs of the open join, and tells each borough its own matched rows", async () => {
    network = await start(ALL, { protocol });
    const round = await network.finish(await network.launch());
    const plain = network.join({ cascade, label: LABEL });
    expect(releasedOf(round).total).toBe(protectJoin(plain).total);
    expect(releasedOf(round).table?.cells).toEqual(protectJoin(plain).cells);
    expectPairs(round);
    for (const { name } of network.nodes) {
      expect(expectedRows(name).length).toBeGreaterThan(20);
      expect(toldRows(name, round.id)).toEqual(expectedRows(name));
    }
  });
});

describe("own-side lists", () => {
  it("do not begin before the release, and every one has the length of its owner's padded list", async () => {
    network = await start(ALL);
    const sent = () =>
      network.nodes.flatMap(({ db }) =>
        db.prepare<[], number>("SELECT size_bytes FROM spool WHERE type = 'own-side-list'").pluck().all(),
      );
    const states: string[] = [];
    await network.finish(await network.launch(), ({ state }) => {
      states.push(state);
      if (state !== "lists") expect(sent()).toEqual([]);
    });
    expect(states).toContain("lists");
    expect(sent()).toHaveLength(6);
    // 1,024 rows are a byte each; what is added is the frame's seal, the same for all.
    expect(new Set(sent()).size).toBe(1);
    expect(sent()[0]).toBeGreaterThanOrEqual(1024);
    expect(sent()[0]).toBeLessThan(1024 + 128);
  });

  it("come whole where every party is restarted between any two steps, and leave no secret behind", async () => {
    network = await start(ALL);
    const id = await network.launch();
    let restarts = 0;
    const round = await network.finish(id, () => {
      for (const node of network.nodes) node.restart();
      if (restarts++ < 12) network.restartCoordinator();
    });
    expect(round.state).toBe("released");
    for (const { name, db, roundKeys } of network.nodes) {
      expect(toldRows(name, id)).toEqual(expectedRows(name));
      expect(db.prepare("SELECT count(*) FROM round_secrets").pluck().get()).toBe(0);
      expect(roundKeys.existing(id)).toBeNull();
    }
  });

  it("stay away where their matcher is lost after the release: the figures stand, the round ends, the owner is told", async () => {
    network = await start(ALL);
    const round = await network.finish(await network.launch(), ({ state }) => {
      // The first party matches the pair of the other two: before it hears of the release it is gone.
      if (state === "open") network.nodes[0]!.isDown = true;
    });
    expect(round.state).toBe("released");
    network.clock.advanceTo(network.clock.nowMs() + 3_600_000);
    await network.settle();
    const lists = network.nodes.slice(1).map(({ db }) =>
      createOwnSideStore(db)
        .lists()
        .map(({ state }) => state)
        .sort(),
    );
    expect(lists).toEqual([
      ["here", "missing"],
      ["here", "missing"],
    ]);
    for (const { db } of network.nodes.slice(1)) {
      expect(db.prepare("SELECT DISTINCT state FROM attempts").pluck().all()).toEqual(["released"]);
      expect(db.prepare("SELECT count(*) FROM round_secrets").pluck().get()).toBe(0);
    }
  });

  it("are made anew with the whole match where a borough is lost before the sum", async () => {
    network = await start(ALL, { boroughs: 4 });
    const round = await network.finish(await network.launch(), ({ state, attempt }) => {
      if (state === "input" && attempt === 1) network.nodes[3]!.isDown = true;
    });
    expect(round.state).toBe("released");
    expect([round.attempt, round.matchAttempt]).toEqual([2, 2]);
    expect(releasedOf(round).pairs).toHaveLength(3);
    const gone = network.nodes[3]!.name;
    for (const { name } of network.nodes.slice(0, 3)) {
      expect(toldRows(name, round.id)).toEqual(expectedRows(name).filter((row) => !row.includes(` ${gone} `)));
    }
  });

  it("are erased by the running node when the charter's days are over, and no day sooner", async () => {
    network = await start(ALL);
    const round = await network.finish(await network.launch());
    const ends = network.clock.nowMs() + requireMatch(network.charter).retention.ownSideListDays * 86_400_000;
    network.clock.advanceTo(ends - 86_400_000);
    await network.settle();
    expect(toldRows(network.nodes[0]!.name, round.id)).toEqual(expectedRows(network.nodes[0]!.name));
    network.clock.advanceTo(ends + 86_400_000);
    await network.settle();
    expect(toldRows(network.nodes[0]!.name, round.id)).toEqual([]);
    expect(network.nodes[0]!.db.prepare("SELECT count(*) FROM own_side_rows").pluck().get()).toBe(0);
  });
});

describe("two boroughs and a third party without data", () => {
  it("release the pair's protected figure and each other's own lists, without any sum", async () => {
    network = await start(["pair-matrix", "own-side-list"], { boroughs: 2, thirdParty: "gla" });
    const round = await network.finish(await network.launch());
    expect(releasedOf(round)).toMatchObject({ total: null, table: null, contributors: 2 });
    expectPairs(round);
    for (const { name } of network.nodes.slice(0, 2)) {
      expect(expectedRows(name).length).toBeGreaterThan(20);
      expect(toldRows(name, round.id)).toEqual(expectedRows(name));
    }
    const types = network.nodes.flatMap(({ db }) => db.prepare("SELECT DISTINCT type FROM spool").pluck().all());
    for (const type of ["pair-result", "shares", "masked-input", "agree", "unmask"]) expect(types).not.toContain(type);
    // The third party holds no row and no list.
    expect(network.nodes[2]!.db.prepare("SELECT count(*) FROM own_side_lists").pluck().get()).toBe(0);
  });

  it("come through restarts between any two steps", async () => {
    network = await start(["pair-matrix", "own-side-list"], { boroughs: 2, thirdParty: "gla" });
    let restarts = 0;
    const round = await network.finish(await network.launch(), () => {
      for (const node of network.nodes) node.restart();
      if (restarts++ < 12) network.restartCoordinator();
    });
    expect(round.state).toBe("released");
    expectPairs(round);
  });

  it.each([
    ["an owner", 0, "aborted"],
    ["the only matcher", 2, "refused"],
  ])("end where %s is lost, and release nothing", async (_, lost, state) => {
    network = await start(["pair-matrix"], { boroughs: 2, thirdParty: "gla" });
    const round = await network.finish(await network.launch(), (now) => {
      if (now.state === "match") network.nodes[lost]!.isDown = true;
    });
    expect(round).toMatchObject({ state, release: null });
  });
});
