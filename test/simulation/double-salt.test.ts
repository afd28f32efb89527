import { afterEach, describe, expect, it } from "vitest";
import { RESIDENT_CASCADE } from "../../scripts/demo-charter.ts";
import { concatBytes } from "../../shared/base/bytes.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import { ELEMENT_BYTES } from "../../shared/crypto/curve-elements.ts";
import { inlineCurveWork, type CurveWork } from "../../shared/matching/curve-work.ts";
import { decodeWords } from "../../shared/matching/result-shares.ts";
import { LABEL, protectJoin, releasedOf, startSimulation, type TestNetwork } from "../helpers/simulated.ts";

/** Whole rounds under double-salt; three boroughs, since every list is a thousand rows of curve arithmetic at least. */
let network: TestNetwork;
afterEach(() => {
  network.cleanUp();
});

const start = (curve: CurveWork = inlineCurveWork) =>
  startSimulation({
    curve,
    boroughs: 3,
    residents: 400,
    charter: {
      id: "double",
      title: "Two salts",
      protocol: "double-salt",
      cascade: RESIDENT_CASCADE.slice(1),
      label: LABEL,
    },
  });
const join = () => network.join({ cascade: RESIDENT_CASCADE.slice(1), label: LABEL });

function cut(elements: Uint8Array, pieces: number): Uint8Array[] {
  const each = Math.ceil(elements.length / ELEMENT_BYTES / pieces) * ELEMENT_BYTES;
  return Array.from({ length: Math.ceil(elements.length / each) }, (_, at) =>
    elements.slice(at * each, (at + 1) * each),
  );
}

describe("a double-salt round", () => {
  it("releases the plaintext join's protected figures, and its matchers count each pair exactly", async () => {
    network = await start();
    const plain = join();
    const names = network.charter.parties.map(({ id }) => id);
    const counted = new Map<string, number>();
    const round = await network.finish(await network.launch(), ({ id, state }) => {
      if (state !== "input") return;
      for (const node of network.nodes) {
        for (const name of node.vault.names({ round: id, attempt: 1 }, "matched ")) {
          counted.set(name, Number(decodeWords(node.vault.get({ round: id, attempt: 1 }, name))[0]));
        }
      }
    });
    expect(releasedOf(round).total).toBe(protectJoin(plain).total);
    expect(releasedOf(round).table?.cells).toEqual(protectJoin(plain).cells);
    expect(plain.total).toBeGreaterThan(30);
    expect(counted.size).toBe(3);
    for (const [name, count] of counted) {
      const [left, right] = name.replace("matched ", "").split("-").map(Number);
      const pairs = plain.pairs.filter((pair) => pair.left === names[left ?? -1] && pair.right === names[right ?? -1]);
      expect(count, name).toBe(pairs.length);
    }
  });

  it("goes on where nodes and coordinator are restarted between any two steps, and leaves no scalar behind", async () => {
    network = await start();
    const scalars: number[] = [];
    let restarts = 0;
    const round = await network.finish(await network.launch(), () => {
      for (const node of network.nodes) {
        scalars.push(
          node.db.prepare<[], number>("SELECT count(*) FROM round_secrets WHERE name LIKE 'scalar %'").pluck().get() ??
            0,
        );
        node.restart();
      }
      if (restarts++ < 8) network.restartCoordinator();
    });
    expect(releasedOf(round).total).toBe(protectJoin(join()).total);
    expect(Math.max(...scalars)).toBe(2);
    for (const node of network.nodes) {
      expect(node.db.prepare("SELECT count(*) FROM round_secrets").pluck().get()).toBe(0);
    }
  });

  it("goes on where workers die again and again in the middle of it, with the same figures", async () => {
    const lost = new Set([2, 5, 9, 14, 20, 27]);
    let calls = 0;
    const dying = <T>(work: () => Promise<T>): Promise<T> => {
      // The pool tells a dead worker as what will be back.
      if (!lost.delete(++calls)) return work();
      return Promise.reject(new ProtocolError("unavailable", "curve work: a worker died"));
    };
    network = await start({
      map: (seeds) => dying(() => inlineCurveWork.map(seeds)),
      multiply: (scalar, elements) => dying(() => inlineCurveWork.multiply(scalar, elements)),
    });
    const round = await network.finish(await network.launch(), async () => {
      // A node that runs tries again by itself; here time stands still between two steps.
      for (let tries = 0; tries < 8; tries++) await network.settle();
    });
    expect(releasedOf(round).table?.cells).toEqual(protectJoin(join()).cells);
    expect(round.attempt).toBe(1);
    expect(lost).toEqual(new Set());
  });

  it("gives the same figures however its work is cut", async () => {
    const cutInto = (pieces: number): CurveWork => ({
      map: async (seeds) =>
        concatBytes(...(await Promise.all(cut(seeds, pieces).map((piece) => inlineCurveWork.map(piece))))),
      async multiply(scalar, elements) {
        const products = cut(elements, pieces).map((piece) => inlineCurveWork.multiply(scalar, piece));
        return concatBytes(...((await Promise.all(products)) as Uint8Array[]));
      },
    });
    const released = [];
    for (const pieces of [1, 7]) {
      network = await start(cutInto(pieces));
      released.push(releasedOf(await network.finish(await network.launch())));
      if (pieces === 1) network.cleanUp();
    }
    expect(released[1]).toEqual(released[0]);
    expect(released[0]?.total).toBe(protectJoin(join()).total);
  });

  it("sends no list that a single salt would, and each kind of message once a pair and direction", async () => {
    network = await start();
    await network.finish(await network.launch());
    const sent = network.nodes.flatMap(
      (node) => node.db.prepare("SELECT type FROM spool WHERE state <> 'received'").pluck().all() as string[],
    );
    const count = (type: string) => sent.filter((each) => each === type).length;
    expect(count("list")).toBe(0);
    for (const type of ["masked-list", "remasked-list", "payload-digest", "pair-result"])
      expect(count(type), type).toBe(6);
  });
});
