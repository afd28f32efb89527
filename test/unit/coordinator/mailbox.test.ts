import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isReceipt } from "../../../coordinator/mailbox/mailbox.ts";
import { ProtocolError } from "../../../shared/base/errors.ts";
import {
  MAX_CHUNK_BYTES,
  MAX_DOCUMENT_BYTES,
  MAX_LIST_BODY_BYTES,
  MAX_MESSAGES_OUTSIDE_ROUNDS,
  MAX_SMALL_BODY_BYTES,
} from "../../../shared/base/limits.ts";
import { sha256 } from "../../../shared/crypto/hash.ts";
import { MESSAGE_TYPES } from "../../../shared/protocol/messages.ts";
import { verifyNotice, verifyReceipt } from "../../../shared/protocol/notices.ts";
import type { Notice, PostHeader } from "../../../shared/protocol/relay.ts";
import { waitingBody } from "../../../shared/protocol/round-messages.ts";
import {
  bytesOf,
  chunksOf,
  collect,
  headerOf,
  startCoordinator,
  type TestCoordinator,
} from "../../helpers/coordinator.ts";
import { present } from "../../helpers/egress-node.ts";
import { keyOf } from "../../helpers/example-charter.ts";

/** The post office, called as the wire calls it: with the name that the certificate says. */
const coordinatorKey = keyOf("coordinator").publicKey;
const body = bytesOf(2500);
let desk: TestCoordinator;
let round: Uint8Array;

beforeEach(async () => {
  desk = await startCoordinator();
  // Positions: camden 0, newham 1, hackney 2 (owners and matchers), gla 3 (matcher, opener, no owner).
  for (const name of ["camden", "newham", "hackney", "gla", "stranger"]) await desk.enter(name);
  round = await desk.launch();
});
afterEach(() => {
  desk.store.close();
});

const keys = (change: Partial<PostHeader> = {}, bytes = body) => headerOf("keys", bytes, { round, ...change });
const list = (change: Partial<PostHeader> = {}, bytes = body) =>
  headerOf("list", bytes, { round, to: "hackney", pair: [0, 1], ...change });
const unmask = (change: Partial<PostHeader> = {}, bytes = body) => headerOf("unmask", bytes, { round, ...change });

function send(name: string, header: PostHeader, bytes = body, offset = 0) {
  return desk.mailbox.relayFor(name).post(header, offset, chunksOf(bytes.subarray(offset), 1000));
}

/** Sends some chunks and loses the line. */
async function begin(name: string, header: PostHeader, bytes: Uint8Array) {
  const posting = await desk.mailbox.post(name, header, 0);
  if (isReceipt(posting)) throw new Error("it was there already");
  for (const chunk of chunksOf(bytes, 1000)) await posting.append(chunk);
  return posting;
}

async function noticesOf(name: string): Promise<Notice[]> {
  return desk.store.noticesAfter(name, 0, 100);
}

const refusedWith = (code: string, message = /./) =>
  expect.objectContaining({ name: "ProtocolError", code, message: expect.stringMatching(message) as string }) as Error;

describe("posting", () => {
  it("gives a receipt that the coordinator signed for this sender, and the same again for the same message", async () => {
    const header = keys();
    const receipt = await send("camden", header);
    verifyReceipt(coordinatorKey, "camden", receipt);
    expect(() => {
      verifyReceipt(coordinatorKey, "newham", receipt);
    }).toThrow();
    desk.clock.advance(5000);
    const again = await send("camden", header);
    expect(Buffer.from(again.signature)).toEqual(Buffer.from(receipt.signature));
    expect(again.atMs).toBe(receipt.atMs);
    expect((await desk.mailbox.received(round, 1, "keys")).map(({ from }) => from)).toEqual(["camden"]);
  });

  it("tells a recipient that is a party what waits for it, from whom, in a signed notice", async () => {
    const header = list();
    const before = await noticesOf("hackney");
    await send("camden", header);
    const [notice, ...more] = (await noticesOf("hackney")).slice(before.length);
    expect(more).toEqual([]);
    verifyNotice(coordinatorKey, "hackney", present(notice));
    expect(present(notice)).toMatchObject({ type: "message", attempt: 1 });
    const { messageId, sizeBytes } = header;
    expect(waitingBody.decode(present(notice).body)).toMatchObject({
      type: "list",
      from: "camden",
      pair: [0, 1],
      sizeBytes,
      messageId: Buffer.from(messageId),
    });
  });

  it("goes on after a cut from what is held, and ends in the same message", async () => {
    const header = list();
    await begin("camden", header, body.subarray(0, 2000));
    expect(await desk.mailbox.held("camden", header.messageId)).toBe(2000);
    await expect(send("camden", header, body, 1000)).rejects.toEqual(refusedWith("conflict", /from 2000/));
    await send("camden", header, body, 2000);
    expect(await collect(desk.mailbox.fetch("hackney", header.messageId, 0))).toEqual(body);
    expect(await collect(desk.mailbox.fetch("hackney", header.messageId, 1234))).toEqual(body.slice(1234));
  });

  it("gives the receipt of a message that was whole when the line was lost", async () => {
    const header = list();
    await begin("camden", header, body);
    const receipt = await send("camden", header, body, body.length);
    verifyReceipt(coordinatorKey, "camden", receipt);
  });

  it("refuses a message that ends early and keeps what came", async () => {
    const header = list();
    const posting = await begin("camden", header, body.subarray(0, 1000));
    await expect(posting.finish()).rejects.toEqual(refusedWith("unavailable", /1000 of 2500/));
    expect(await desk.mailbox.held("camden", header.messageId)).toBe(1000);
  });

  it("forgets bytes that are not those of the header, and takes the right ones then", async () => {
    const header = list();
    await expect(send("camden", header, bytesOf(2500, 3))).rejects.toEqual(refusedWith("integrity"));
    expect(await desk.mailbox.held("camden", header.messageId)).toBe(0);
    expect((await noticesOf("hackney")).filter(({ type }) => type === "message")).toEqual([]);
    await send("camden", header);
  });

  it("refuses what changed on its way before a cut", async () => {
    const header = list();
    await begin("camden", header, bytesOf(1000, 3));
    await expect(send("camden", header, body, 1000)).rejects.toEqual(refusedWith("integrity"));
  });

  it("refuses chunks that are empty, too large or beyond the header's size", async () => {
    const posting = await begin("camden", list(), body.subarray(0, 1000));
    await expect(posting.append(new Uint8Array())).rejects.toEqual(refusedWith("too-large", /chunk/));
    await expect(posting.append(new Uint8Array(MAX_CHUNK_BYTES + 1))).rejects.toEqual(
      refusedWith("too-large", /chunk/),
    );
    await expect(posting.append(bytesOf(1501))).rejects.toEqual(refusedWith("too-large", /longer than its header/));
    await posting.append(body.subarray(1000));
    await posting.finish();
  });

  it("lets one of two connections of a sender add", async () => {
    const header = list();
    const [one, two] = [
      await begin("camden", header, body.subarray(0, 0)),
      await begin("camden", header, body.subarray(0, 0)),
    ];
    await one.append(body.subarray(0, 1000));
    await expect(two.append(body.subarray(0, 1000))).rejects.toEqual(refusedWith("conflict", /another connection/));
    await one.append(body.subarray(1000));
    const receipt = await one.finish();
    expect(Buffer.from((await send("camden", header)).signature)).toEqual(Buffer.from(receipt.signature));
  });

  it.each([
    ["another body", (header: PostHeader) => ({ ...header, sha256: sha256(bytesOf(2500, 2)) })],
    ["another size", (header: PostHeader) => ({ ...header, sizeBytes: 2501 })],
    ["another recipient", (header: PostHeader) => ({ ...header, to: "gla" })],
    ["another attempt's route", (header: PostHeader) => ({ ...header, messageId: bytesOf(16, 99) })],
  ])("refuses %s where one stands already, begun or whole", async (_, change) => {
    const header = list();
    await begin("camden", header, body.subarray(0, 1000));
    await expect(send("camden", change(header), body)).rejects.toEqual(refusedWith("conflict", /identifier or route/));
    await send("camden", header, body, 1000);
    await expect(send("camden", change(header), body)).rejects.toEqual(refusedWith("conflict", /identifier or route/));
    expect(await collect(desk.mailbox.fetch("hackney", header.messageId, 0))).toEqual(body);
  });

  it("refuses another party's identifier, and does not say how much of it is held", async () => {
    const header = list();
    await begin("camden", header, body.subarray(0, 1000));
    await expect(send("newham", header)).rejects.toEqual(refusedWith("conflict"));
    expect(await desk.mailbox.held("newham", header.messageId)).toBe(0);
  });
});

describe("a header", () => {
  it.each<[string, Partial<PostHeader>, string, RegExp]>([
    ["a short identifier", { messageId: bytesOf(15) }, "malformed", /message_id/],
    ["a long digest", { sha256: bytesOf(33) }, "malformed", /sha256/],
    ["no round", { round: null }, "malformed", /round/],
    ["a short round", { round: bytesOf(8) }, "malformed", /round/],
    ["a round nobody launched", { round: bytesOf(16, 5) }, "not-found", /round/],
    ["attempt none", { attempt: 0 }, "wrong-phase", /attempt/],
    ["an attempt to come", { attempt: 2 }, "wrong-phase", /attempt/],
    ["an attempt beyond any", { attempt: 201 }, "malformed", /attempt/],
    ["half an attempt", { attempt: 0.5 }, "malformed", /attempt/],
    ["no bytes", { sizeBytes: 0 }, "too-large", /size_bytes/],
    ["a negative size", { sizeBytes: -1 }, "too-large", /size_bytes/],
    ["a size that is no number", { sizeBytes: Number.NaN }, "too-large", /size_bytes/],
    ["a list larger than any", { sizeBytes: MAX_LIST_BODY_BYTES + 1 }, "too-large", /size_bytes/],
    ["no pair", { pair: null }, "malformed", /pair/],
    ["a pair of one", { pair: [1, 1] }, "malformed", /pair/],
    ["a pair beyond the charter", { pair: [0, 100] }, "malformed", /pair/],
    ["a pair with who owns nothing", { pair: [0, 3] }, "not-allowed", /pair/],
    ["the coordinator as a list's recipient", { to: "coordinator" }, "malformed", /to/],
    ["a recipient of no network", { to: "atlantis" }, "not-allowed", /to/],
    ["a recipient that is not in the charter", { to: "stranger" }, "not-allowed", /to/],
    ["an end of the pair as matcher", { to: "newham" }, "not-allowed", /to/],
    ["a pair that is not the sender's", { pair: [1, 2], to: "gla" }, "not-allowed", /pair/],
    ["a type of no list", { type: "gossip" as PostHeader["type"] }, "malformed", /type/],
    ["a type that has another door", { type: "enrolment" }, "malformed", /type/],
  ])("with %s is refused by name of the field, and nothing is kept", async (_, change, code, message) => {
    const header = list(change);
    await expect(send("camden", header)).rejects.toEqual(refusedWith(code, message));
    expect(await desk.store.message(header.messageId)).toBeNull();
  });

  it("is bounded by its type", async () => {
    await expect(send("camden", keys({ sizeBytes: MAX_SMALL_BODY_BYTES + 1 }))).rejects.toEqual(
      refusedWith("too-large"),
    );
    const decision = headerOf("decision", body, { attempt: 0, sizeBytes: MAX_DOCUMENT_BYTES + 1 });
    await expect(send("camden", decision)).rejects.toEqual(refusedWith("too-large"));
    await begin("camden", list({ sizeBytes: MAX_LIST_BODY_BYTES }), body);
  });

  it("is refused from a party that the charter does not name", async () => {
    for (const header of [keys(), list(), unmask()]) {
      await expect(send("stranger", header)).rejects.toEqual(refusedWith("not-allowed", /round/));
    }
  });

  it("of a pair's result goes from a matcher outside the pair to one of its ends", async () => {
    const result = (to: string, pair: [number, number] = [0, 1]) => headerOf("pair-result", body, { round, to, pair });
    await send("hackney", result("camden"));
    await send("gla", result("newham"));
    await expect(send("hackney", result("gla"))).rejects.toEqual(refusedWith("not-allowed", /to/));
    await expect(send("camden", result("newham"))).rejects.toEqual(refusedWith("not-allowed", /pair/));
    await expect(send("camden", result("hackney", [1, 0]))).rejects.toEqual(refusedWith("not-allowed", /to/));
  });

  it("is refused when the round is over", async () => {
    const row = present(await desk.store.rounds.one(round));
    await desk.store.rounds.apply(row, { change: { state: "aborted" }, notices: [], event: "ended" }, 0);
    for (const header of [keys(), list(), unmask()]) {
      await expect(send("camden", header)).rejects.toEqual(refusedWith("wrong-phase", /over/));
    }
  });

  it("of anything at all is taken or refused with a typed error", async () => {
    const bytes = fc.uint8Array({ maxLength: 40 });
    const anything = fc.record({
      messageId: fc.oneof(bytes, fc.uint8Array({ minLength: 16, maxLength: 16 })),
      type: fc.oneof(fc.constantFrom(...MESSAGE_TYPES), fc.string() as fc.Arbitrary<PostHeader["type"]>),
      round: fc.oneof(fc.constant(null), bytes, fc.uint8Array({ minLength: 16, maxLength: 16 })),
      attempt: fc.oneof(fc.integer({ min: -1, max: 3 }), fc.double()),
      to: fc.oneof(fc.constantFrom("coordinator", "camden", "newham", "hackney", "gla", "stranger"), fc.string()),
      pair: fc.oneof(fc.constant(null), fc.tuple(fc.integer({ min: -1, max: 101 }), fc.integer({ min: 0, max: 3 }))),
      sizeBytes: fc.oneof(fc.integer({ min: -1, max: 3000 }), fc.double()),
      sha256: bytes,
    });
    // Broken in so few places that every check has its turn.
    const places = fc.subarray(
      ["messageId", "type", "round", "attempt", "to", "pair", "sizeBytes", "sha256"] as const,
      {
        maxLength: 2,
      },
    );
    const offsets = fc.oneof(fc.constant(0), fc.double());
    let taken = 0;
    const codes = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(keys, list, unmask),
        anything,
        places,
        offsets,
        async (base, any, broken, at) => {
          try {
            const change = Object.fromEntries(broken.map((place) => [place, any[place]]));
            await desk.mailbox.post("camden", base(change), at);
            taken++;
          } catch (error) {
            if (!(error instanceof ProtocolError)) throw error;
            codes.add(error.code);
          }
        },
      ),
      { numRuns: 1000, seed: 7 },
    );
    // One of each kind: the others found their route taken.
    expect(taken).toBeGreaterThanOrEqual(3);
    expect([...codes].sort()).toEqual([
      "conflict",
      "malformed",
      "not-allowed",
      "not-found",
      "too-large",
      "wrong-phase",
    ]);
  });
});

describe("messages outside rounds", () => {
  it("are bounded by sender", async () => {
    const bounded = Array.from({ length: MAX_MESSAGES_OUTSIDE_ROUNDS }, (_, at) =>
      headerOf("decision", bytesOf(8, at), { attempt: 0 }),
    );
    for (const header of bounded) await desk.mailbox.post("camden", header, 0);
    const one = bytesOf(8, 4000);
    const more = headerOf("decision", one, { attempt: 0 });
    await expect(send("camden", more, one)).rejects.toEqual(refusedWith("too-large", /outside rounds/));
    await send("camden", bounded[0]!, bytesOf(8, 0));
    await send("newham", more, one);
  });
});

describe("fetching", () => {
  it("is for the recipient alone, and nobody else learns that there is something", async () => {
    const header = list();
    await send("camden", header);
    const unknown = collect(desk.mailbox.fetch("newham", bytesOf(16, 3), 0)).catch((error: unknown) => error);
    for (const name of ["camden", "newham", "gla", "stranger", "nobody"]) {
      const error = await collect(desk.mailbox.fetch(name, header.messageId, 0)).catch((cause: unknown) => cause);
      expect(error).toEqual(await unknown);
      expect(error).toEqual(refusedWith("not-found"));
    }
    expect(await collect(desk.mailbox.fetch("hackney", header.messageId, 0))).toEqual(body);
  });

  it("waits until the message is whole", async () => {
    const header = list();
    await begin("camden", header, body.subarray(0, 2000));
    await expect(collect(desk.mailbox.fetch("hackney", header.messageId, 0))).rejects.toEqual(refusedWith("not-found"));
  });

  it("ends with the acknowledgement, which only the recipient gives, for exactly these bytes", async () => {
    const header = list();
    await send("camden", header);
    const { messageId, sha256: digest } = header;
    await expect(desk.mailbox.acknowledge("camden", messageId, digest)).rejects.toEqual(refusedWith("not-found"));
    await expect(desk.mailbox.acknowledge("hackney", messageId, bytesOf(32))).rejects.toEqual(refusedWith("conflict"));
    expect(await collect(desk.mailbox.fetch("hackney", messageId, 0))).toEqual(body);
    await desk.mailbox.acknowledge("hackney", messageId, digest);
    await desk.mailbox.acknowledge("hackney", messageId, digest);
    expect(await collect(desk.mailbox.fetch("hackney", messageId, 0))).toEqual(new Uint8Array());
    // The sender that did not hear the receipt gets it all the same.
    verifyReceipt(coordinatorKey, "camden", await send("camden", header));
  });
});

describe("bodies that no table may hold", () => {
  it("are received from memory, with a receipt, and stand in no table", async () => {
    const header = unmask();
    const receipt = await send("camden", header);
    verifyReceipt(coordinatorKey, "camden", receipt);
    const [received, ...more] = await desk.mailbox.received(round, 1, "unmask");
    expect(more).toEqual([]);
    expect(present(received).from).toBe("camden");
    expect(present(received).body).toEqual(body);
    expect(await desk.store.message(header.messageId)).toBeNull();
    expect(await desk.store.received(round, 1, "unmask")).toEqual([]);
    // The same message, asked for again, has the same receipt.
    desk.clock.advance(1000);
    expect(await send("camden", header)).toEqual(receipt);
  });

  it("are received whole only", async () => {
    const header = unmask();
    await begin("camden", header, body.subarray(0, 2000));
    expect(await desk.mailbox.received(round, 1, "unmask")).toEqual([]);
    expect(await desk.mailbox.held("camden", header.messageId)).toBe(2000);
    expect(await desk.mailbox.held("newham", header.messageId)).toBe(0);
    await send("camden", header, body, 2000);
    expect((await desk.mailbox.received(round, 1, "unmask")).length).toBe(1);
  });

  it("follow the same rules as the others", async () => {
    const header = unmask();
    const posting = await begin("camden", header, body.subarray(0, 1000));
    await expect(posting.append(new Uint8Array())).rejects.toEqual(refusedWith("too-large"));
    await expect(posting.append(new Uint8Array(MAX_CHUNK_BYTES + 1))).rejects.toEqual(refusedWith("too-large"));
    await expect(posting.append(bytesOf(1501))).rejects.toEqual(refusedWith("too-large"));
    await expect(posting.finish()).rejects.toEqual(refusedWith("unavailable", /1000 of 2500/));
    await expect(send("camden", header, body, 0)).rejects.toEqual(refusedWith("conflict", /from 1000/));
    const second = await desk.mailbox.post("camden", header, 1000);
    await posting.append(body.subarray(1000, 1500));
    if (isReceipt(second)) throw new Error("it is not whole");
    await expect(second.append(body.subarray(1000, 1500))).rejects.toEqual(refusedWith("conflict"));
    for (const other of [unmask(), { ...header, sha256: sha256(bytesOf(9)) }, { ...header, sizeBytes: 9 }]) {
      await expect(send("camden", other)).rejects.toEqual(refusedWith("conflict", /identifier or route/));
    }
    await expect(send("newham", header)).rejects.toEqual(refusedWith("conflict"));
    await send("newham", unmask());
  });

  it("are forgotten where they are not those of the header", async () => {
    const header = unmask();
    await expect(send("camden", header, bytesOf(2500, 2))).rejects.toEqual(refusedWith("integrity"));
    expect(await desk.mailbox.held("camden", header.messageId)).toBe(0);
    await send("camden", header);
  });

  it("are forgotten when their round is over", async () => {
    await send("camden", unmask());
    const row = present(await desk.store.rounds.one(round));
    await desk.store.rounds.apply(row, { change: { state: "aborted" }, notices: [], event: "ended" }, 0);
    expect((await desk.mailbox.received(round, 1, "unmask")).length).toBe(1);
    const next = await desk.launch();
    await send("camden", unmask({ round: next }));
    expect(await desk.mailbox.received(round, 1, "unmask")).toEqual([]);
    expect((await desk.mailbox.received(next, 1, "unmask")).length).toBe(1);
  });

  it("of the coordinator are fetched by the one they are for, in chunks, from any offset", async () => {
    const opening = bytesOf(MAX_CHUNK_BYTES + 10);
    const id = bytesOf(16, 4);
    desk.mailbox.putVolatile(id, "gla", opening);
    for (const offset of [0, 1000]) {
      expect(sha256(await collect(desk.mailbox.fetch("gla", id, offset)))).toEqual(sha256(opening.subarray(offset)));
    }
    for await (const chunk of desk.mailbox.fetch("gla", id, 0))
      expect(chunk.length).toBeLessThanOrEqual(MAX_CHUNK_BYTES);
    await expect(collect(desk.mailbox.fetch("hackney", id, 0))).rejects.toEqual(refusedWith("not-found"));
  });
});

describe("following", () => {
  async function take(count: number, notices: AsyncIterable<Notice>): Promise<Notice[]> {
    const taken: Notice[] = [];
    for await (const notice of notices) {
      taken.push(notice);
      if (taken.length === count) break;
    }
    return taken;
  }
  const never = new AbortController().signal;

  it("gives every notice in order, from the one after a number, and those to come", async () => {
    const all = await noticesOf("camden");
    expect(await take(all.length, desk.mailbox.follow("camden", 0, never))).toEqual(all);
    expect(await take(1, desk.mailbox.follow("camden", 1, never))).toEqual([all[1]]);
    const waiting = take(1, desk.mailbox.follow("camden", all.length, never));
    await desk.store.appendNotice({ to: "newham", type: "charter", round: null, attempt: 0, body });
    await desk.store.appendNotice({ to: "camden", type: "charter", round: null, attempt: 0, body });
    const [next] = await waiting;
    expect(present(next).number).toBe(all.length + 1);
    verifyNotice(coordinatorKey, "camden", present(next));
  });

  it("ends with the signal", async () => {
    const stop = new AbortController();
    const ended = take(1000, desk.mailbox.follow("camden", 0, stop.signal));
    stop.abort();
    expect((await ended).length).toBeLessThan(1000);
  });

  it("ends with a revocation, though nothing else happens", async () => {
    const ended = take(1000, desk.mailbox.follow("camden", 0, never));
    await new Promise((resolve) => setTimeout(resolve, 20));
    await desk.store.revoke("camden", 0);
    await expect(ended).rejects.toEqual(refusedWith("not-allowed", /revoked/));
  });
});
