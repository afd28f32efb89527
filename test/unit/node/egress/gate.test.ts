import { describe, expect, it } from "vitest";
import { concatBytes } from "../../../../shared/base/bytes.ts";
import { ProtocolError } from "../../../../shared/base/errors.ts";
import { createOpener, FRAME_OVERHEAD_BYTES } from "../../../../shared/crypto/sealing.ts";
import { sha256 } from "../../../../shared/crypto/hash.ts";
import { PREFLIGHT_LABEL, preflightBody } from "../../../../shared/protocol/round-messages.ts";
import type { OutgoingMessage } from "../../../../node/egress/outgoing-message.ts";
import { readLedger } from "../../../../node/egress/ledger-view.ts";
import { createSpool } from "../../../../node/egress/spool.ts";
import {
  abortMessage,
  APPROVAL,
  CHARTER_DIGEST,
  createEgressNode,
  JOB_KEY,
  maskedInput,
  present,
  ROUND,
  sealedList,
  type EgressNode,
} from "../../../helpers/egress-node.ts";

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
  return "no error";
}

function entries(node: EgressNode) {
  return [...readLedger(node.db)].map(({ entry }) => entry);
}

function preflight(node: EgressNode, answer: "willing" | "policy", contributes: boolean): OutgoingMessage {
  const commitment = answer === "willing" ? new Uint8Array(32) : null;
  const facts = { round: ROUND, attempt: 1, charter: CHARTER_DIGEST, answer, contributes, commitment };
  const body = node.signer.sign(PREFLIGHT_LABEL, { ...preflightBody.parse(facts) });
  return { ...maskedInput(body), type: "preflight-answer", jobKey: null };
}

describe("the egress gate", () => {
  it("writes entry and bytes of a message together", () => {
    const node = createEgressNode();
    const body: Uint8Array = new Uint8Array(24).fill(1);
    const messageId = node.send(maskedInput(body));
    const [entry] = entries(node);
    expect(entry).toMatchObject({
      epoch: 1,
      sequence: 1,
      direction: "out",
      type: "masked-input",
      recipient: "coordinator",
      attempt: 1,
      pair: null,
      sizeBytes: 24,
      fields: ["nino", "discount", "status"],
    });
    expect(Buffer.from(present(entry?.sha256))).toEqual(Buffer.from(sha256(body)));
    expect(Buffer.from(present(entry?.jobKey))).toEqual(Buffer.from(JOB_KEY));
    expect(Buffer.from(present(entry?.approval))).toEqual(Buffer.from(APPROVAL));
    expect(createSpool(node.db).body(messageId)).toEqual(body);
  });

  it("writes nothing at all when the caller's transaction fails", () => {
    const node = createEgressNode();
    const work = node.db.transaction(() => {
      node.gate.send(maskedInput());
      throw new Error("state could not move");
    });
    expect(() => work()).toThrow("state could not move");
    expect(entries(node)).toEqual([]);
    expect(node.db.prepare("SELECT count(*) FROM spool_chunks").pluck().get()).toBe(0);
  });

  it("refuses to send outside a transaction", () => {
    const node = createEgressNode();
    expect(() => node.gate.send(maskedInput())).toThrow("assertion failed");
  });

  it("gives the same message for the same bytes, without a second entry", () => {
    const node = createEgressNode();
    const first = node.send(maskedInput());
    expect(Buffer.from(node.send(maskedInput()))).toEqual(Buffer.from(first));
    expect(entries(node)).toHaveLength(1);
  });

  it("refuses other bytes on the same route and takes them in another attempt", () => {
    const node = createEgressNode();
    node.send(maskedInput());
    expect(codeOf(() => node.send(maskedInput(new Uint8Array(24).fill(2))))).toBe("conflict");
    node.send(maskedInput(new Uint8Array(24).fill(2), 2));
    expect(entries(node)).toHaveLength(2);
  });

  it("refuses without consent, and still tells that an attempt ended or that this node will not take part", () => {
    const node = createEgressNode();
    node.setConsent(false);
    expect(codeOf(() => node.send(maskedInput()))).toBe("refused");
    expect(codeOf(() => node.send(preflight(node, "willing", false)))).toBe("refused");
    node.send(abortMessage());
    node.send(preflight(node, "policy", false));
    expect(entries(node).map(({ type, approval }) => [type, approval])).toEqual([
      ["abort", null],
      ["preflight-answer", null],
    ]);
  });

  it("refuses a preflight answer that speaks of another round than its route", () => {
    const node = createEgressNode();
    expect(codeOf(() => node.send({ ...preflight(node, "willing", true), attempt: 2 }))).toBe("malformed");
  });

  it("refuses an abort with anything but a reason of the closed list", () => {
    const node = createEgressNode();
    const body = new TextEncoder().encode("17 matches with newham");
    expect(codeOf(() => node.send({ ...abortMessage(), content: { kind: "final", body } }))).toBe("malformed");
    expect(entries(node)).toEqual([]);
  });

  it.each<[string, Partial<OutgoingMessage>, string]>([
    ["a party the charter does not name", { to: "ealing" }, "refused"],
    ["a party without the role", { to: "newham", pair: [0, 2] }, "refused"],
    ["the coordinator", { to: "coordinator" }, "malformed"],
    ["a matcher for a pair this node is not in", { pair: [1, 3] }, "refused"],
    ["a matcher that is in the pair", { pair: [0, 2] }, "refused"],
    ["a matcher without a pair", { pair: null }, "malformed"],
  ])("refuses a list to %s", (_, change, code) => {
    const node = createEgressNode();
    const list = sealedList(node.random, [new Uint8Array(8)]);
    expect(codeOf(() => node.send({ ...list, ...change }))).toBe(code);
    expect(entries(node)).toEqual([]);
  });

  it("lets only a matcher outside the pair send a pair's halves, and only owners of the pair receive them", () => {
    const half = (node: EgressNode, to: string): OutgoingMessage => ({
      ...sealedList(node.random, [new Uint8Array(8)]),
      type: "pair-result",
      to,
    });
    const matcher = createEgressNode({ name: "sutton" });
    matcher.send(half(matcher, "newham"));
    expect(codeOf(() => matcher.send({ ...half(matcher, "newham"), pair: [0, 2] }))).toBe("refused");
    const owner = createEgressNode({ name: "camden" });
    expect(codeOf(() => owner.send(half(owner, "newham")))).toBe("refused");
  });

  it("lets a masked list go to the pair's other owner only, and the re-masked one to a matcher outside the pair", () => {
    const node = createEgressNode({ protocol: "double-salt" });
    const body = () => sealedList(node.random, [new Uint8Array(8)]);
    node.send({ ...body(), type: "masked-list", to: "newham" });
    node.send({ ...body(), type: "remasked-list", to: "sutton" });
    node.send({ ...body(), type: "payload-digest", to: "sutton" });
    expect(entries(node)).toHaveLength(3);
    expect(codeOf(() => node.send({ ...body(), type: "masked-list", to: "sutton" }))).toBe("refused");
    expect(codeOf(() => node.send({ ...body(), type: "masked-list", to: "camden" }))).toBe("refused");
    expect(codeOf(() => node.send({ ...body(), type: "masked-list", to: "newham", pair: [1, 2] }))).toBe("refused");
    expect(codeOf(() => node.send({ ...body(), type: "remasked-list", to: "newham" }))).toBe("refused");
    expect(codeOf(() => node.send({ ...body(), type: "masked-list", to: "coordinator" }))).toBe("malformed");
    const matcher = createEgressNode({ protocol: "double-salt", name: "sutton" });
    expect(codeOf(() => matcher.send({ ...body(), type: "masked-list", to: "newham" }))).toBe("refused");
  });

  it("lets a pair's figure go from a matcher outside it to openers only, and a list of own rows to the pair's owners only", () => {
    const outputs = ["total", "pair-matrix", "own-side-list"];
    const body = (node: EgressNode) => sealedList(node.random, [new Uint8Array(8)]);
    const matcher = createEgressNode({ name: "sutton", outputs });
    matcher.send({ ...body(matcher), type: "pair-figure", to: "newham" });
    matcher.send({ ...body(matcher), type: "own-side-list", to: "newham" });
    expect(entries(matcher)).toHaveLength(2);
    for (const wrong of [
      { type: "pair-figure", to: "camden" },
      { type: "pair-figure", to: "newham", pair: [0, 2] },
      { type: "own-side-list", to: "newham", pair: [0, 2] },
      { type: "own-side-list", to: "camden", pair: [1, 2] },
    ] as const) {
      expect(
        codeOf(() => matcher.send({ ...body(matcher), ...wrong })),
        JSON.stringify(wrong),
      ).toBe("refused");
    }
    const owner = createEgressNode({ outputs });
    owner.send({ ...body(owner), type: "pair-size" });
    for (const type of ["pair-figure", "own-side-list"] as const) {
      expect(
        codeOf(() => owner.send({ ...body(owner), type, to: "newham" })),
        type,
      ).toBe("refused");
    }
  });

  it("refuses what the charter's outputs do not need", () => {
    const node = createEgressNode({ outputs: ["pair-matrix"] });
    expect(codeOf(() => node.send(maskedInput(new Uint8Array(8))))).toBe("refused");
    const summing = createEgressNode({ name: "sutton" });
    const body = sealedList(summing.random, [new Uint8Array(8)]);
    expect(codeOf(() => summing.send({ ...body, type: "own-side-list", to: "newham" }))).toBe("refused");
    expect(codeOf(() => summing.send({ ...body, type: "pair-figure", to: "newham" }))).toBe("refused");
    expect([...entries(node), ...entries(summing)]).toEqual([]);
  });

  it("refuses a list of the other protocol, which would show the partner or the matcher what the charter does not", () => {
    const single = createEgressNode();
    const list = sealedList(single.random, [new Uint8Array(8)]);
    expect(codeOf(() => single.send({ ...list, type: "masked-list", to: "newham" }))).toBe("refused");
    const double = createEgressNode({ protocol: "double-salt" });
    expect(codeOf(() => double.send(list))).toBe("refused");
    expect([...entries(single), ...entries(double)]).toEqual([]);
  });

  it("refuses a list that is not sealed, and a sealed body to the coordinator", () => {
    const node = createEgressNode();
    const list = sealedList(node.random, [new Uint8Array(8)]);
    expect(codeOf(() => node.send({ ...list, content: { kind: "final", body: new Uint8Array(8) } }))).toBe("malformed");
    expect(codeOf(() => node.send({ ...maskedInput(), content: list.content }))).toBe("malformed");
  });

  it("refuses a length that public facts do not give", () => {
    const node = createEgressNode();
    expect(codeOf(() => node.send({ ...maskedInput(), expectedBytes: 25 }))).toBe("malformed");
    node.send({ ...maskedInput(), expectedBytes: 24 });
    expect(entries(node)).toHaveLength(1);
  });

  it("never takes an enrolment", () => {
    const node = createEgressNode();
    expect(codeOf(() => node.send({ ...maskedInput(), type: "enrolment" }))).toBe("malformed");
  });

  it("seals frame by frame, one chunk each, and the last one says so", () => {
    const node = createEgressNode();
    const frames = [1, 2, 3].map((fill) => new Uint8Array(1000).fill(fill));
    const messageId = node.send(sealedList(node.random, frames));
    const opener = createOpener(new Uint8Array(32).fill(4), "list");
    const chunks = [...createSpool(node.db).waitingChunks(messageId, 0)];
    const opened = chunks.map((chunk) => opener.open(chunk));
    opener.end();
    expect(opened.map(({ last }) => last)).toEqual([false, false, true]);
    expect(concatBytes(...opened.map(({ plaintext }) => plaintext))).toEqual(concatBytes(...frames));
    expect(entries(node)[0]?.sizeBytes).toBe(3 * (1000 + FRAME_OVERHEAD_BYTES));
  });

  it("holds when a generator makes its frames in one buffer", () => {
    const node = createEgressNode();
    const buffer = new Uint8Array(4);
    function* frames() {
      for (let fill = 1; fill <= 3; fill++) yield buffer.fill(fill);
    }
    const messageId = node.send(sealedList(node.random, frames()));
    const opener = createOpener(new Uint8Array(32).fill(4), "list");
    const opened = [...createSpool(node.db).waitingChunks(messageId, 0)].map(
      (chunk) => opener.open(chunk).plaintext[0],
    );
    expect(opened).toEqual([1, 2, 3]);
  });

  it("does not read the frames of a sealed message that was sent before", () => {
    const node = createEgressNode();
    const first = node.send(sealedList(node.random, [new Uint8Array(8)]));
    function* frames(): Generator<Uint8Array> {
      yield assertNever();
    }
    expect(Buffer.from(node.send(sealedList(node.random, frames())))).toEqual(Buffer.from(first));
  });

  it("gives back the bytes as sent", () => {
    const node = createEgressNode();
    node.send(maskedInput());
    const of = { round: ROUND, attempt: 1 } as const;
    expect(node.gate.sentBody({ ...of, type: "masked-input" })).toEqual(new Uint8Array(24).fill(1));
    expect(node.gate.sentBody({ ...of, type: "agree" })).toBeNull();
  });

  it("records a released result once, and also after consent was withdrawn", () => {
    const node = createEgressNode();
    node.setConsent(false);
    const result = {
      type: "result",
      round: ROUND,
      attempt: 1,
      charterDigest: CHARTER_DIGEST,
      jobKey: JOB_KEY,
    } as const;
    for (let time = 0; time < 2; time++) {
      node.db.transaction(() => {
        node.gate.recordInbound({ ...result, body: Uint8Array.of(1, 2, 3) });
      })();
    }
    expect(
      [...readLedger(node.db)].map(({ entry, fate }) => [entry.direction, entry.type, entry.sizeBytes, fate]),
    ).toEqual([["in", "result", 3, "came in"]]);
  });
});

describe("what is dropped", () => {
  const drop = (node: EgressNode) => {
    node.db.transaction(() => {
      node.gate.dropRound(ROUND, 1);
    })();
  };

  it("writes an entry that names what will not be delivered", () => {
    const node = createEgressNode();
    const messageId = node.send(maskedInput());
    drop(node);
    const [, entry] = entries(node);
    expect(entry).toMatchObject({ direction: "local", type: "drop", messageId: null, sizeBytes: 0, attempt: 1 });
    expect(entry?.dropped.map((id) => Buffer.from(id))).toEqual([Buffer.from(messageId)]);
    expect(createSpool(node.db).oldestWaiting()).toBeNull();
    expect([...readLedger(node.db)][0]?.fate).toBe("may have left, dropped before a receipt came");
  });

  it("writes no entry where nothing waited", () => {
    const node = createEgressNode();
    drop(node);
    expect(entries(node)).toEqual([]);
  });

  it("leaves other attempts alone", () => {
    const node = createEgressNode();
    node.send(maskedInput(undefined, 2));
    drop(node);
    expect(createSpool(node.db).oldestWaiting()).not.toBeNull();
  });

  it("refuses the dropped message again", () => {
    const node = createEgressNode();
    node.send(maskedInput());
    drop(node);
    expect(codeOf(() => node.send(maskedInput()))).toBe("wrong-phase");
    expect(
      codeOf(() => {
        node.gate.resend({ round: ROUND, attempt: 1, type: "masked-input" });
      }),
    ).toBe("not-found");
  });

  it("keeps small bodies, and frees large ones and pieces of seeds with their round", () => {
    const node = createEgressNode();
    const small = node.send(maskedInput());
    const large = node.send({
      ...sealedList(
        node.random,
        Array.from({ length: 3 }, () => new Uint8Array(400_000)),
      ),
    });
    const seeds = node.send({ ...maskedInput(), type: "unmask" });
    drop(node);
    const spool = createSpool(node.db);
    expect([small, large, seeds].map((id) => spool.body(id) === null)).toEqual([false, true, true]);
    expect(spool.byId(large)?.sizeBytes).toBe(3 * (400_000 + FRAME_OVERHEAD_BYTES));
  });

  it("stops everything, or what stands under one charter, and says so even where nothing waited", () => {
    const node = createEgressNode();
    node.send(maskedInput());
    node.gate.withdraw(new Uint8Array(32).fill(1));
    expect(createSpool(node.db).oldestWaiting()).not.toBeNull();
    node.gate.withdraw(CHARTER_DIGEST);
    expect(createSpool(node.db).oldestWaiting()).toBeNull();
    node.gate.stop();
    expect(entries(node).map(({ type, dropped }) => [type, dropped.length])).toEqual([
      ["masked-input", 0],
      ["withdraw", 0],
      ["withdraw", 1],
      ["stop", 0],
    ]);
  });
});

function assertNever(): Uint8Array {
  throw new Error("frames were read");
}
