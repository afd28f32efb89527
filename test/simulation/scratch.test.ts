import { readdirSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RESIDENT_CASCADE } from "../../scripts/demo-charter.ts";
import { countedScratch, tinyWorkspace, type CountedScratch } from "../helpers/scratch.ts";
import { LABEL, protectJoin, releasedOf, startSimulation, type TestNetwork } from "../helpers/simulated.ts";

/** Rounds whose nodes have next to no memory for lists. */
let network: TestNetwork;
let scratch: CountedScratch;
beforeEach(() => {
  scratch = countedScratch();
});
afterEach(() => {
  network.cleanUp();
  scratch.cleanUp();
});

const start = (protocol: "single-salt" | "double-salt") =>
  startSimulation({
    boroughs: 3,
    workspace: tinyWorkspace(scratch),
    charter: { id: "on-disk", title: "On disk", protocol, cascade: RESIDENT_CASCADE.slice(1), label: LABEL },
  });
const join = () => protectJoin(network.join({ cascade: RESIDENT_CASCADE.slice(1), label: LABEL }));

describe("a round on disk", () => {
  it.each(["single-salt", "double-salt"] as const)("has the figures of one in memory, under %s", async (protocol) => {
    network = await start(protocol);
    const round = await network.finish(await network.launch());
    expect(releasedOf(round)).toMatchObject({ total: join().total, table: { cells: join().cells } });
    expect(scratch.opened).toBeGreaterThan(5);
    expect(scratch.closed).toBe(scratch.opened);
    expect(readdirSync(scratch.folder)).toEqual([]);
  });

  it("waits where a disk is full, and goes on when there is room", async () => {
    network = await start("single-salt");
    Object.assign(scratch, { roomFor: 200, fullFor: 2 });
    const round = await network.finish(await network.launch());
    // Both steps that met the full disk came to nothing, and were taken anew.
    expect(scratch.fullFor).toBeLessThanOrEqual(0);
    expect(releasedOf(round).total).toBe(join().total);
    expect(scratch.closed).toBe(scratch.opened);
  });

  it("ends without a result where a disk stays full", async () => {
    network = await start("single-salt");
    scratch.roomFor = 200;
    const round = await network.finish(await network.launch());
    expect(round.state).toBe("aborted");
    expect(round.release).toBeNull();
    expect(scratch.closed).toBe(scratch.opened);
  });
});

describe("a node with several partners", () => {
  it.each(["single-salt", "double-salt"] as const)(
    "delivers the first list before it makes the last, %s",
    async (protocol) => {
      const madeAtFirst = new Map<string, number>();
      network = await startSimulation({
        boroughs: 3,
        charter: { id: "in-turn", title: "In turn", protocol, cascade: RESIDENT_CASCADE.slice(1), label: LABEL },
        wrapRelay: (name, relay) => ({
          ...relay,
          post: (header, offset, chunks) => {
            const own = network.nodes.find((node) => node.name === name);
            if (/^(masked-)?list$/.test(header.type) && !madeAtFirst.has(name)) {
              const made = own?.db.prepare<[string], number>("SELECT count(*) FROM spool WHERE type = ?").pluck();
              madeAtFirst.set(name, made?.get(header.type) ?? -1);
            }
            return relay.post(header, offset, chunks);
          },
        }),
      });
      const round = await network.finish(await network.launch());
      // Each of the three has two partners.
      expect([...madeAtFirst.values()]).toEqual([1, 1, 1]);
      expect(releasedOf(round).total).toBe(join().total);
    },
  );
});
