import { describe, expect, it } from "vitest";
import type { Relay } from "../../../../shared/protocol/relay.ts";
import { openNodeDatabase } from "../../../../node/data/database.ts";
import { controlCounts, countControlMessages } from "../../../../node/egress/control-messages.ts";

const id = new Uint8Array(16);
const digest = new Uint8Array(32);

function setUp() {
  const calls: string[] = [];
  const relay: Relay = {
    follow: () => nothing(calls.push("follow")),
    fetch: () => nothing(calls.push("fetch")),
    held: () => Promise.resolve(calls.push("held")),
    acknowledge: () => Promise.resolve(void calls.push("acknowledge")),
    renew: () => Promise.resolve(Uint8Array.of(calls.push("renew"))),
    post: ({ messageId, sha256 }) => Promise.resolve({ messageId, sha256, atMs: calls.push("post"), signature: id }),
  };
  const db = openNodeDatabase(":memory:");
  return { calls, db, counted: countControlMessages(relay, db, { nowMs: () => 5 }) };
}

async function* nothing(call: number): AsyncGenerator<never> {
  await Promise.resolve(call);
  yield* [];
}

async function drain(items: AsyncIterable<unknown>): Promise<void> {
  for await (const item of items) expect(item).toBeDefined();
}

describe("control messages", () => {
  it("are counted one by one before they go", async () => {
    const { calls, db, counted } = setUp();
    await drain(counted.follow(0, new AbortController().signal));
    await counted.held(id);
    await counted.held(id);
    await drain(counted.fetch(id, 0));
    await counted.acknowledge(id, digest);
    await counted.renew({ csrDer: id, delegation: id });
    expect(calls).toEqual(["follow", "held", "held", "fetch", "acknowledge", "renew"]);
    expect(controlCounts(db)).toEqual([
      { kind: "follow", count: 1, lastMs: 5 },
      { kind: "held", count: 2, lastMs: 5 },
      { kind: "fetch", count: 1, lastMs: 5 },
      { kind: "acknowledge", count: 1, lastMs: 5 },
      { kind: "renew", count: 1, lastMs: 5 },
    ]);
  });

  it("pass a post through uncounted: that is the gate's", async () => {
    const { calls, db, counted } = setUp();
    const header = {
      messageId: id,
      type: "agree",
      round: id,
      attempt: 1,
      to: "coordinator",
      pair: null,
      sizeBytes: 0,
      sha256: digest,
    } as const;
    await counted.post(header, 0, []);
    expect(calls).toEqual(["post"]);
    expect(controlCounts(db).every(({ count }) => count === 0)).toBe(true);
  });

  it("carry nothing but their fixed content", async () => {
    const { calls, counted } = setUp();
    await expect(counted.held(new Uint8Array(40))).rejects.toThrow("held: messageId: expected 16 bytes");
    await expect(counted.acknowledge(id, new Uint8Array(64))).rejects.toThrow("acknowledge: sha256: expected 32 bytes");
    expect(() => counted.fetch(id, 0.5)).toThrow("fetch: offset: not a number");
    expect(() => counted.follow(-1, new AbortController().signal)).toThrow("follow: after: not a number");
    await expect(counted.renew({ csrDer: new Uint8Array(5000), delegation: id })).rejects.toThrow("renew: more than");
    expect(calls).toEqual([]);
  });
});
