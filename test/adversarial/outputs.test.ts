import { afterEach, describe, expect, it } from "vitest";
import { createOwnSideStore } from "../../node/data/own-side-store.ts";
import { RESIDENT_CASCADE } from "../../scripts/demo-charter.ts";
import { PADDING_ROW, readReply, replyFor } from "../../shared/matching/own-side-reply.ts";
import { createDelegation, createSigner, createVerifier, statementBody } from "../../shared/protocol/identity.ts";
import {
  decodePairSize,
  encodePairSize,
  openPairFigure,
  openPairFigures,
  signPairFigure,
} from "../../shared/protocol/pair-figures.ts";
import type { Pair } from "../../shared/protocol/job.ts";
import type { RoundContext } from "../../shared/protocol/round-context.ts";
import { CLOCK, exampleCharter, keyOf, NOW_MS } from "../helpers/example-charter.ts";
import { LABEL, releasedOf, startSimulation, type TestNetwork } from "../helpers/simulated.ts";
import { codeOf } from "../unit/shared/crypto/support.ts";

/** Matchers, openers and owners that lie about pairs' figures and own-side lists. The honest ones are the controls. */
const NAMES = ["camden", "newham", "hackney", "gla"];
const PAIRS: readonly Pair[] = [
  [0, 1],
  [0, 2],
  [1, 2],
];

const signerOf = (position: number) => {
  const operational = keyOf(`${NAMES[position] ?? ""} operational`);
  const until = { operationalKey: operational.publicKey, serial: 1, notAfterMs: NOW_MS + 1e9 };
  const delegation = createDelegation(keyOf(NAMES[position] ?? "").secretKey, until);
  return createSigner({ delegation, operationalSecret: operational.secretKey });
};

/** The example's parties; every pair's matcher is the fourth. */
function contextFor(jobKey = new Uint8Array(32).fill(7)): RoundContext {
  const verifier = createVerifier({ roots: NAMES.map((name) => keyOf(name).publicKey), clock: CLOCK });
  const known = { charter: exampleCharter(), jobKey, matcherOf: () => 3, sum: { verifier } };
  return known as unknown as RoundContext;
}

describe("a pair's figure", () => {
  const context = contextFor();
  const sign = (figure: number | "c", pair: Pair = [0, 1], by = 3, within = context) =>
    signPairFigure(signerOf(by), within, { pair, figure });

  it("comes back as its matcher signed it", () => {
    for (const figure of [0, 5, 1230, "c"] as const) {
      expect(openPairFigure(context, [0, 1], sign(figure))).toEqual({ pair: [0, 1], figure });
    }
  });

  it.each<[string, Uint8Array]>([
    ["of another pair", sign(50, [0, 2])],
    ["of an owner of the pair", sign(50, [0, 1], 0)],
    ["of another attempt", sign(50, [0, 1], 3, contextFor(new Uint8Array(32).fill(8)))],
    ["that nobody rounded", sign(53)],
  ])("is refused where it is one %s", (_, statement) => {
    expect(codeOf(() => openPairFigure(context, [0, 1], statement))).toBe("integrity");
  });

  it("is refused with one byte changed anywhere", () => {
    const honest = sign(50);
    for (let at = 0; at < honest.length; at += 7) {
      const changed = honest.slice();
      changed[at]! ^= 1;
      expect(["integrity", "malformed"]).toContain(codeOf(() => openPairFigure(context, [0, 1], changed)));
    }
  });

  it("has one length, whatever it says", () => {
    expect(new Set([0, 10, 4_000_000_000, "c" as const].map((figure) => sign(figure).length)).size).toBe(1);
    expect(encodePairSize(7)).toHaveLength(encodePairSize(19_000_000).length);
  });

  it("stands in a release once for each pair, in its place", () => {
    const all = PAIRS.map((pair) => sign(50, pair));
    const [one, two, three] = all as [Uint8Array, Uint8Array, Uint8Array];
    expect(openPairFigures(context, [0, 1, 2], all)).toHaveLength(3);
    for (const wrong of [
      [one, two],
      [one, two, two],
      [two, one, three],
      [...all, three],
    ]) {
      expect(codeOf(() => openPairFigures(context, [0, 1, 2], wrong))).toBe("integrity");
    }
  });

  it("rests on sizes that are numbers of rows", () => {
    expect(decodePairSize(encodePairSize(1234))).toBe(1234);
    for (const wrong of [new Uint8Array(3), new Uint8Array(5), new Uint8Array(4).fill(255)]) {
      expect(codeOf(() => decodePairSize(wrong))).toBe("malformed");
    }
  });
});

function jobKeyOf(statement: Uint8Array): Uint8Array {
  return (statementBody(statement) as { jobKey: Uint8Array }).jobKey;
}

describe("a matcher's reply", () => {
  const list = { rows: 6, columns: [], labels: null, handles: Uint32Array.of(3, 4, 5, 0, 1, 2) };
  const places = Uint32Array.of(10, PADDING_ROW, 30, 40, PADDING_ROW, 60);
  const honest = replyFor(list, Uint32Array.of(0, 5), Uint8Array.of(0, 1));

  it("tells own rows and keys, and has the length of the list", () => {
    expect(honest).toHaveLength(6);
    expect(readReply(honest, places, 2)).toEqual([
      { row: 30, key: 1 },
      { row: 40, key: 0 },
    ]);
    expect(replyFor(list, new Uint32Array(0), new Uint8Array(0))).toHaveLength(6);
  });

  it.each<[string, Uint8Array]>([
    ["one row too long", new Uint8Array(7)],
    ["one row too short", new Uint8Array(5)],
    ["empty", new Uint8Array(0)],
    ["with a key that there is not", Uint8Array.of(3, 0, 0, 0, 0, 0)],
    ["with a match of padding", Uint8Array.of(0, 1, 0, 0, 0, 0)],
  ])("is refused where it is %s", (_, reply) => {
    expect(codeOf(() => readReply(reply, places, 2))).toBe("integrity");
  });
});

describe("in a round", () => {
  let network: TestNetwork;
  afterEach(() => {
    network.cleanUp();
  });
  const start = () =>
    startSimulation({
      boroughs: 3,
      residents: 400,
      charter: {
        id: "lies",
        title: "Lies",
        cascade: RESIDENT_CASCADE.slice(1),
        label: LABEL,
        outputs: ["total", "pair-matrix", "own-side-list"],
      },
    });
  /** Changes what a node keeps for later, as a node that lies would. */
  const overwrite = (node: TestNetwork["nodes"][number], round: Uint8Array, prefix: string, bytes: Uint8Array) => {
    const of = { round, attempt: 1 };
    for (const name of node.vault.names(of, prefix)) {
      node.db.prepare("DELETE FROM round_secrets WHERE name = ?").run(name);
      node.vault.put(of, name, bytes);
    }
  };

  it.each([
    ["of another length", new Uint8Array(1023)],
    ["that says every row matched", new Uint8Array(1024).fill(1)],
    ["of keys that there are not", new Uint8Array(1024).fill(9)],
  ])("a reply %s spoils its two lists and nothing else", async (_, reply) => {
    network = await start();
    const round = await network.finish(await network.launch(), ({ id, state }) => {
      if (state === "open") overwrite(network.nodes[0]!, id, "reply ", reply);
    });
    expect(round.state).toBe("released");
    const states = network.nodes.map(({ db }) =>
      createOwnSideStore(db)
        .lists()
        .map(({ state }) => state)
        .sort(),
    );
    expect(states).toEqual([
      ["here", "here"],
      ["here", "refused"],
      ["here", "refused"],
    ]);
  });

  it("a matcher's figure that an opener has not got stops that opener; with two left the release stands", async () => {
    network = await start();
    const round = await network.finish(await network.launch(), ({ state }) => {
      if (state !== "open") return;
      network.nodes[1]!.db.prepare("DELETE FROM round_secrets WHERE name LIKE 'figure %'").run();
    });
    expect(round.state).toBe("released");
    expect(releasedOf(round).pairs).toHaveLength(3);
  });

  it("openers with different figures of one pair release nothing", async () => {
    network = await start();
    const round = await network.finish(await network.launch(), ({ id, state }) => {
      if (state !== "open") return;
      // The matcher of a pair signs another figure for itself than it sealed to the other openers.
      const liar = network.nodes[2]!;
      const [name] = liar.vault.names({ round: id, attempt: 1 }, "matched ");
      const pair = name!.replace("matched ", "").split("-").map(Number) as unknown as Pair;
      const { signer } = liar.core();
      const jobKey = jobKeyOf(liar.vault.get({ round: id, attempt: 1 }, `figure ${pair.join("-")}`));
      overwrite(liar, id, `figure ${pair.join("-")}`, signPairFigure(signer, { jobKey }, { pair, figure: 0 }));
    });
    expect(round).toMatchObject({ state: "aborted", reason: "the openers' results differ", release: null });
    for (const { db } of network.nodes) {
      expect(db.prepare("SELECT count(*) FROM own_side_lists").pluck().get()).toBe(0);
    }
  });
});
