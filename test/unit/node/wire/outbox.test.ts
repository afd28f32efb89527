import { describe, expect, it } from "vitest";
import { bytesToHex } from "../../../../shared/base/bytes.ts";
import { ProtocolError } from "../../../../shared/base/errors.ts";
import { parseHead } from "../../../../node/egress/ledger-entry.ts";
import { readLedger } from "../../../../node/egress/ledger-view.ts";
import { createSpool } from "../../../../node/egress/spool.ts";
import { statementBody } from "../../../../shared/protocol/identity.ts";
import {
  createCoordinatorDouble,
  createEgressNode,
  maskedInput,
  present,
  ROUND,
  sealedList,
  type EgressNode,
} from "../../../helpers/egress-node.ts";

function setUp() {
  const node = createEgressNode();
  return { node, coordinator: createCoordinatorDouble(node.coordinatorSecret) };
}

function fates(node: EgressNode): string[] {
  return [...readLedger(node.db)].map(({ fate }) => fate);
}

describe("the outbox", () => {
  it("delivers what was committed, in order, and keeps the receipts", async () => {
    const { node, coordinator } = setUp();
    const list = node.send(sealedList(node.random, [new Uint8Array(9), new Uint8Array(9)]));
    const input = node.send(maskedInput());
    expect(await node.gate.deliver(coordinator)).toBe(true);
    expect(coordinator.headers.map(({ messageId }) => bytesToHex(messageId))).toEqual([list, input].map(bytesToHex));
    expect(coordinator.headers[0]).toMatchObject({ type: "list", to: "sutton", pair: [0, 1], attempt: 1 });
    expect(coordinator.bodies.get(bytesToHex(input))).toEqual(new Uint8Array(24).fill(1));
    expect(fates(node)).toEqual(Array(2).fill("left, received by the coordinator"));
    expect(await node.gate.deliver(coordinator)).toBe(false);
  });

  it.each([1, 2, 3, 4])("goes on from the byte where it was cut, in chunk %i of four", async (cut) => {
    const { node, coordinator } = setUp();
    const frames = [1, 2, 3, 4].map((fill) => new Uint8Array(100).fill(fill));
    const messageId = node.send(sealedList(node.random, frames));
    let sent = 0;
    coordinator.onChunk = () => {
      sent += 1;
      if (sent === cut) throw new ProtocolError("unavailable", "cut");
    };
    await expect(node.gate.deliver(coordinator)).rejects.toThrow("cut");
    expect(fates(node)).toEqual(["may have left"]);
    expect(await node.gate.deliver(coordinator)).toBe(true);
    // Four chunks in all: none was sent twice.
    expect(sent).toBe(4);
    expect(coordinator.bodies.get(bytesToHex(messageId))).toEqual(createSpool(node.db).body(messageId));
  });

  it("puts the ledger's head behind an entry before its bytes leave", async () => {
    const { node, coordinator } = setUp();
    node.send(maskedInput());
    const headNumber = () => parseHead(statementBody(present(node.head.read()))).sequence;
    const before = headNumber();
    let during = -1;
    coordinator.onChunk = () => void (during = headNumber());
    await node.gate.deliver(coordinator);
    expect([before, during]).toEqual([0, 1]);
  });

  it("sends nothing while the head cannot be written", async () => {
    const { node, coordinator } = setUp();
    node.send(maskedInput());
    const write = node.head.write.bind(node.head);
    node.head.write = () => {
      throw new ProtocolError("unavailable", "disk full");
    };
    await expect(node.gate.deliver(coordinator)).rejects.toThrow("disk full");
    expect(coordinator.bodies.size).toBe(0);
    node.head.write = write;
    expect(await node.gate.deliver(coordinator)).toBe(true);
  });

  it("refuses a receipt that the coordinator's key did not sign and tries again later", async () => {
    const { node, coordinator } = setUp();
    node.send(maskedInput());
    coordinator.onReceipt = (receipt) => ({ ...receipt, atMs: receipt.atMs + 1 });
    await expect(node.gate.deliver(coordinator)).rejects.toMatchObject({ code: "integrity" });
    expect(fates(node)).toEqual(["may have left"]);
    coordinator.onReceipt = (receipt) => receipt;
    expect(await node.gate.deliver(coordinator)).toBe(true);
    expect(fates(node)).toEqual(["left, received by the coordinator"]);
  });

  it("refuses a receipt for other bytes", async () => {
    const { node, coordinator } = setUp();
    node.send(maskedInput());
    coordinator.onReceipt = (receipt) => ({ ...receipt, sha256: new Uint8Array(32) });
    await expect(node.gate.deliver(coordinator)).rejects.toThrow("not for message");
  });

  it("refuses a coordinator that claims to hold more than there is", async () => {
    const { node, coordinator } = setUp();
    node.send(maskedInput());
    coordinator.held = () => Promise.resolve(25);
    await expect(node.gate.deliver(coordinator)).rejects.toMatchObject({ code: "integrity" });
    coordinator.held = () => Promise.resolve(-1);
    await expect(node.gate.deliver(coordinator)).rejects.toMatchObject({ code: "integrity" });
  });

  it("gives up a message that the coordinator will never take, logs it, and delivers the next", async () => {
    const { node, coordinator } = setUp();
    const refused = node.send(maskedInput());
    const next = node.send(sealedList(node.random, [new Uint8Array(1)]));
    const post = coordinator.post.bind(coordinator);
    coordinator.post = (header, offset, chunks) =>
      header.type === "masked-input"
        ? Promise.reject(new ProtocolError("wrong-phase", "the round is over"))
        : post(header, offset, chunks);
    expect(await node.gate.deliver(coordinator)).toBe(true);
    expect([...coordinator.bodies.keys()]).toEqual([bytesToHex(next)]);
    const lines = [...readLedger(node.db)];
    expect(lines.map(({ fate }) => fate)).toEqual([
      "may have left, dropped before a receipt came",
      "left, received by the coordinator",
      "nothing left",
    ]);
    expect(lines[2]?.entry.dropped.map(bytesToHex)).toEqual([bytesToHex(refused)]);
    expect(node.warnings).toEqual([{ type: "masked-input", attempt: 1, code: "wrong-phase" }]);
  });

  it.each(["unavailable", "not-allowed", "integrity", "conflict", "too-large"] as const)(
    "keeps a message waiting through %s",
    async (code) => {
      const { node, coordinator } = setUp();
      node.send(maskedInput());
      coordinator.post = () => Promise.reject(new ProtocolError(code, "not now"));
      await expect(node.gate.deliver(coordinator)).rejects.toMatchObject({ code });
      expect(createSpool(node.db).oldestWaiting()).not.toBeNull();
    },
  );

  it("stops in the middle of a message that is dropped meanwhile", async () => {
    const { node, coordinator } = setUp();
    const frames = [1, 2, 3].map((fill) => new Uint8Array(100).fill(fill));
    const messageId = node.send(sealedList(node.random, frames));
    let chunks = 0;
    coordinator.onChunk = () => {
      chunks += 1;
      if (chunks === 1)
        node.db.transaction(() => {
          node.gate.dropRound(ROUND, 1);
        })();
    };
    await node.gate.deliver(coordinator);
    expect(chunks).toBe(1);
    expect(createSpool(node.db).byId(messageId)?.state).toBe("dropped");
    expect(fates(node)[0]).toBe("may have left, dropped before a receipt came");
  });

  it("sends the same bytes again when asked to, without an entry", async () => {
    const { node, coordinator } = setUp();
    const messageId = node.send({ ...maskedInput(), type: "unmask" });
    await node.gate.deliver(coordinator);
    const first = coordinator.bodies.get(bytesToHex(messageId));
    coordinator.bodies.clear();
    node.gate.resend({ round: ROUND, attempt: 1, type: "unmask" });
    expect(await node.gate.deliver(coordinator)).toBe(true);
    expect(coordinator.bodies.get(bytesToHex(messageId))).toEqual(first);
    expect(fates(node)).toEqual(["left, received by the coordinator"]);
  });

  it("stops between two messages when told to", async () => {
    const { node, coordinator } = setUp();
    node.send(maskedInput());
    node.send(maskedInput(undefined, 2));
    const stop = new AbortController();
    coordinator.onChunk = () => {
      stop.abort();
    };
    await node.gate.deliver(coordinator, stop.signal);
    expect(coordinator.headers).toHaveLength(1);
  });
});
