import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { status } from "@grpc/grpc-js";
import type { RelayHandlers } from "../../proto/generated/portmoot/v1/Relay.ts";
import type { Header__Output } from "../../proto/generated/portmoot/v1/Header.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import type { Notice, PostHeader } from "../../shared/protocol/relay.ts";
import { openRelayClient, type RelayClient } from "../../node/wire/relay-client.ts";
import { createCertificates, listen, type Certificates, type Listener } from "../helpers/grpc-coordinator.ts";

const clock = { nowMs: () => Date.now() };
const id = new Uint8Array(16).fill(6);
const digest = new Uint8Array(32).fill(7);
const signature = new Uint8Array(64).fill(8);
const header: PostHeader = {
  messageId: id,
  type: "list",
  round: new Uint8Array(16).fill(2),
  attempt: 1,
  to: "sutton",
  pair: [0, 1],
  sizeBytes: 3 * 500_000,
  sha256: digest,
};

let own: Certificates;
let foreign: Certificates;
const open: (Listener | RelayClient)[] = [];

beforeAll(async () => {
  own = await createCertificates();
  foreign = await createCertificates("somebody else");
});
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});
afterAll(() => {
  expect(open).toEqual([]);
});

async function connect(handlers: Partial<RelayHandlers>, as = own): Promise<RelayClient> {
  const listener = await listen(own, handlers);
  const client = openRelayClient({
    address: listener.address,
    caDer: as.authority.certificateDer,
    ...as.client,
    clock,
  });
  open.push(client, listener);
  return client;
}

function failWith(code: status, details = "no") {
  return Object.assign(new Error(details), { code, details });
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

function chunksOf(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, at) => new Uint8Array(500_000).fill(at + 1));
}

describe("the relay over gRPC", () => {
  it("posts a header and chunks in order and gives back the receipt", async () => {
    let seen: Header__Output | null = null;
    const arrived: number[] = [];
    const client = await connect({
      Post(call, answer) {
        call.on("data", (frame: { part: string; header?: Header__Output; data?: Buffer }) => {
          if (frame.part === "header") seen = frame.header ?? null;
          else arrived.push(frame.data?.[0] ?? -1, frame.data?.length ?? -1);
        });
        call.on("end", () => {
          answer(null, { messageId: id, sha256: digest, atMs: 1_780_000_000_123, signature });
        });
      },
    });
    const receipt = await client.post(header, 500_000, chunksOf(3).slice(1));
    expect(receipt).toEqual({ messageId: id, sha256: digest, atMs: 1_780_000_000_123, signature });
    expect(arrived).toEqual([2, 500_000, 3, 500_000]);
    expect(seen).toMatchObject({
      type: "list",
      to: "sutton",
      attempt: 1,
      sizeBytes: 1_500_000,
      offset: 500_000,
      pair: { left: 0, right: 1 },
    });
  });

  it("hands chunks over no faster than they are taken", async () => {
    let made = 0;
    let madeWhenPaused = 0;
    const client = await connect({
      Post(call, answer) {
        call.once("data", () => {
          call.pause();
          setTimeout(() => {
            madeWhenPaused = made;
            call.resume();
          }, 300);
          call.on("end", () => {
            answer(null, { messageId: id, sha256: digest, atMs: 1, signature });
          });
        });
      },
    });
    function* chunks() {
      for (; made < 200; made++) yield new Uint8Array(500_000);
    }
    await client.post({ ...header, sizeBytes: 200 * 500_000 }, 0, chunks());
    expect(made).toBe(200);
    expect(madeWhenPaused).toBeLessThan(100);
  });

  it("stops sending once the coordinator has refused", async () => {
    const client = await connect({
      Post(call, answer) {
        call.once("data", () => {
          answer(failWith(status.FAILED_PRECONDITION, "round: is over"));
        });
      },
    });
    let made = 0;
    function* chunks() {
      for (; made < 500; made++) yield new Uint8Array(500_000);
    }
    const sending = client.post({ ...header, sizeBytes: 500 * 500_000 }, 0, chunks());
    await expect(sending).rejects.toMatchObject({ code: "wrong-phase", message: "coordinator: post: round: is over" });
    expect(made).toBeLessThan(500);
  });

  it("cuts the call when the chunks fail, and passes their error on", async () => {
    const ends: string[] = [];
    const client = await connect({
      Post(call) {
        call.on("data", () => undefined);
        call.on("cancelled", () => ends.push("cancelled"));
      },
    });
    function* chunks() {
      yield* chunksOf(60);
      throw new ProtocolError("wrong-phase", "spool: the message was dropped");
    }
    const sending = client.post({ ...header, sizeBytes: 100 * 500_000 }, 0, chunks());
    await expect(sending).rejects.toThrow("the message was dropped");
    await expect.poll(() => ends).toContain("cancelled");
  });

  it("follows notices in order and ends with the signal", async () => {
    const client = await connect({
      Follow(call) {
        const { after } = call.request;
        for (let number = after + 1; number <= after + 3; number++) {
          const round = number % 2 === 0 ? new Uint8Array(0) : id;
          call.write({ number, type: "roster", round, attempt: 1, body: Uint8Array.of(number), signature });
        }
      },
    });
    const stop = new AbortController();
    const notices: Notice[] = [];
    for await (const notice of client.follow(4, stop.signal)) {
      notices.push(notice);
      if (notices.length === 3) stop.abort();
    }
    expect(notices.map(({ number }) => number)).toEqual([5, 6, 7]);
    expect(notices[0]?.round).toEqual(id);
    expect(notices[1]).toEqual({
      number: 6,
      type: "roster",
      round: null,
      attempt: 1,
      body: Uint8Array.of(6),
      signature,
    });
  });

  it.each([
    ["a type that is not on the list", { type: "gossip" }],
    ["a round of the wrong length", { round: Uint8Array.of(1) }],
  ])("refuses a notice with %s", async (_, change) => {
    const client = await connect({
      Follow(call) {
        call.write({ number: 1, type: "roster", round: id, attempt: 1, body: id, signature, ...change });
      },
    });
    await expect(collect(client.follow(0, new AbortController().signal))).rejects.toMatchObject({ code: "malformed" });
  });

  it("fetches a body chunk by chunk as it was posted", async () => {
    const client = await connect({
      Fetch(call) {
        for (const bytes of chunksOf(3)) call.write({ bytes });
        call.end();
      },
    });
    const chunks = await collect(client.fetch(id, 0));
    expect(chunks.map((chunk) => [chunk[0], chunk.length])).toEqual([1, 2, 3].map((fill) => [fill, 500_000]));
  });

  it("asks what is held, acknowledges and renews", async () => {
    const client = await connect({
      Held: (call, answer) => {
        answer(null, { sizeBytes: call.request.messageId.length * 2 ** 40 });
      },
      Acknowledge: (_, answer) => {
        answer(null, {});
      },
      Renew: (call, answer) => {
        answer(null, { certificateDer: call.request.csrDer });
      },
    });
    expect(await client.held(id)).toBe(2 ** 44);
    await client.acknowledge(id, digest);
    expect(await client.renew({ csrDer: Uint8Array.of(1, 2), delegation: id })).toEqual(Uint8Array.of(1, 2));
  });

  it.each([
    [status.INVALID_ARGUMENT, "malformed"],
    [status.INVALID_ARGUMENT, "too-large", "too-large: "],
    [status.INVALID_ARGUMENT, "unavailable", "integrity: "],
    [status.INVALID_ARGUMENT, "malformed", "refused: "],
    [status.PERMISSION_DENIED, "expired", "expired: "],
    [status.FAILED_PRECONDITION, "refused", "refused: "],
    [status.NOT_FOUND, "not-found"],
    [status.PERMISSION_DENIED, "not-allowed"],
    [status.FAILED_PRECONDITION, "wrong-phase"],
    [status.ABORTED, "conflict"],
    [status.UNAVAILABLE, "unavailable"],
    [status.INTERNAL, "unavailable"],
    [status.UNIMPLEMENTED, "unavailable"],
  ])("turns gRPC status %i into %s %s", async (grpc, code, named = "") => {
    const client = await connect({
      Held: (_, answer) => {
        answer(failWith(grpc, `${named}line\u001b[2J`));
      },
    });
    await expect(client.held(id)).rejects.toMatchObject({
      code,
      message: expect.stringContaining("line?[2J") as string,
    });
  });

  it("says that nobody answers", async () => {
    const listener = await listen(own, {});
    listener.close();
    const client = openRelayClient({
      address: listener.address,
      caDer: own.authority.certificateDer,
      ...own.client,
      clock,
    });
    open.push(client);
    await expect(client.held(id)).rejects.toMatchObject({ code: "unavailable" });
  });

  it("speaks to no coordinator of another authority, and none speaks to a node of another", async () => {
    let calls = 0;
    const handlers: Partial<RelayHandlers> = {
      Held: (_, answer) => {
        calls += 1;
        answer(null, { sizeBytes: 1 });
      },
    };
    const stranger = await connect(handlers, foreign);
    await expect(stranger.held(id)).rejects.toMatchObject({ code: "unavailable" });
    const impostor = await connect(handlers, { ...own, client: foreign.client });
    await expect(impostor.held(id)).rejects.toMatchObject({ code: "unavailable" });
    expect(calls).toBe(0);
    const known = await connect(handlers);
    expect(await known.held(id)).toBe(1);
  });
});
