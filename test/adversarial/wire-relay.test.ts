import { connect as connectTcp } from "node:net";
import { connect as connectTls, createSecureContext, type ConnectionOptions, type TLSSocket } from "node:tls";
import type { Client } from "@grpc/grpc-js";
import { credentials, status, type ClientWritableStream, type ServiceError } from "@grpc/grpc-js";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startServers, type Servers } from "../../coordinator/wire/servers.ts";
import { openRelayClient, type RelayClient } from "../../node/wire/relay-client.ts";
import { loadProto } from "../../proto/loader.ts";
import type { PostFrame } from "../../proto/generated/portmoot/v1/PostFrame.ts";
import type { RelayClient as GrpcRelay } from "../../proto/generated/portmoot/v1/Relay.ts";
import { MAX_CHUNK_BYTES, MAX_LIST_BODY_BYTES, MAX_WIRE_MESSAGE_BYTES } from "../../shared/base/limits.ts";
import {
  certificateFacts,
  createCertificateRequest,
  createTlsKey,
  derToPem,
} from "../../shared/crypto/certificates.ts";
import { issueClientCertificate, type Authority } from "../../shared/crypto/certificates.ts";
import { sha256 } from "../../shared/crypto/hash.ts";
import { verifyNotice, verifyReceipt } from "../../shared/protocol/notices.ts";
import type { Notice, PostHeader } from "../../shared/protocol/relay.ts";
import {
  bytesOf,
  chunksOf,
  headerOf,
  startCoordinator,
  type TestCoordinator,
  type TestParty,
} from "../helpers/coordinator.ts";
import { collect as bytesFrom } from "../helpers/coordinator.ts";
import { present } from "../helpers/egress-node.ts";
import { createCertificates } from "../helpers/grpc-coordinator.ts";
import { keyOf } from "../helpers/example-charter.ts";

/** The relay listener over a real socket, against callers that are not what they should be. The honest ones are the controls. */
const coordinatorKey = keyOf("coordinator").publicKey;
const body = bytesOf(3000);

let desk: TestCoordinator;
let servers: Servers;
let round: Uint8Array;
const parties = new Map<string, TestParty>();
const open: { close(): void }[] = [];

beforeAll(async () => {
  desk = await startCoordinator();
  for (const name of ["camden", "newham", "hackney", "gla"]) parties.set(name, await desk.enrol(name));
  round = await desk.launch();
  servers = await serve();
});
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});
afterAll(async () => {
  await servers.close();
  desk.store.close();
});

function serve(relayPort = 0): Promise<Servers> {
  return startServers({
    ...desk,
    log: desk.log.log,
    listen: { host: "127.0.0.1", enrolPort: 0, relayPort },
    addresses: ["127.0.0.1"],
  });
}

const party = (name: string) => present(parties.get(name));

function relay(
  as: Pick<TestParty, "certificateDer" | "tlsKeyPkcs8Der">,
  address = `127.0.0.1:${servers.relayPort}`,
): RelayClient {
  const { certificateDer, tlsKeyPkcs8Der } = as;
  const caDer = desk.authority.certificateDer;
  const client = openRelayClient({
    address,
    caDer,
    certificateDer,
    tlsKeyPkcs8Der,
    clock: { nowMs: () => Date.now() },
  });
  open.push(client);
  return client;
}

/** The bare client, for frames that a relay client would not write. */
function bare(name: string): GrpcRelay & Client {
  const { certificateDer, tlsKeyPkcs8Der } = party(name);
  const context = createSecureContext({
    ca: derToPem("CERTIFICATE", desk.authority.certificateDer),
    cert: derToPem("CERTIFICATE", certificateDer),
    key: derToPem("PRIVATE KEY", tlsKeyPkcs8Der),
  });
  const secure = credentials.createFromSecureContext(context, { checkServerIdentity: () => undefined });
  const client = new (loadProto().Relay)(`127.0.0.1:${servers.relayPort}`, secure, {
    "grpc.max_send_message_length": -1,
    "grpc.ssl_target_name_override": "localhost",
  });
  open.push(client);
  return client;
}

async function certificateFrom(authority: Authority, name: string) {
  const { keyPkcs8Der } = await createTlsKey();
  const csrDer = await createCertificateRequest({ name, keyPkcs8Der });
  const certificateDer = await issueClientCertificate(authority, { csrDer, name, nowMs: Date.now(), days: 1 });
  return { certificateDer, tlsKeyPkcs8Der: keyPkcs8Der };
}

const list = (bytes = body, change: Partial<PostHeader> = {}) =>
  headerOf("list", bytes, { round, to: "hackney", pair: [0, 1], ...change });

/** A fresh round, so that routes are free. */
async function another(): Promise<Uint8Array> {
  return desk.launch();
}

function wireHeader(header: PostHeader, offset = 0): PostFrame {
  const { pair } = header;
  return {
    header: {
      ...header,
      round: header.round ?? new Uint8Array(),
      pair: pair === null ? null : { left: pair[0], right: pair[1] },
      offset,
    },
  };
}

/** What the coordinator answers to exactly these frames. */
function frames(name: string, ...sent: PostFrame[]): Promise<ServiceError | null> {
  return new Promise((resolve) => {
    const stream: ClientWritableStream<PostFrame> = bare(name).post((error) => {
      resolve(error);
    });
    stream.on("error", () => undefined);
    for (const frame of sent) stream.write(frame);
    stream.end();
  });
}

function handshake(options: ConnectionOptions): Promise<{ protocol: string | null; socket: TLSSocket }> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({
      host: "127.0.0.1",
      port: servers.relayPort,
      ca: derToPem("CERTIFICATE", desk.authority.certificateDer),
      checkServerIdentity: () => undefined,
      ALPNProtocols: ["h2"],
      ...options,
    });
    open.push({ close: () => socket.destroy() });
    socket.once("error", reject);
    // In TLS 1.3 the client is done before the server has looked at its certificate: wait for its word.
    socket.once("data", () => {
      resolve({ protocol: socket.getProtocol(), socket });
    });
    socket.once("close", () => {
      reject(new Error("closed without a word"));
    });
    socket.once("secureConnect", () => {
      socket.write(Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0", "latin1"));
    });
  });
}

const own = (name: string) => ({
  cert: derToPem("CERTIFICATE", party(name).certificateDer),
  key: derToPem("PRIVATE KEY", party(name).tlsKeyPkcs8Der),
});

describe("the relay's door", () => {
  it("opens over TLS 1.3 to a party's certificate (positive control)", async () => {
    expect((await handshake(own("camden"))).protocol).toBe("TLSv1.3");
    expect(await relay(party("camden")).held(bytesOf(16))).toBe(0);
  });

  it.each(["TLSv1.2", "TLSv1.1"] as const)("stays shut to %s", async (version) => {
    await expect(
      handshake({ ...own("camden"), minVersion: version, maxVersion: version, ciphers: "DEFAULT:@SECLEVEL=0" }),
    ).rejects.toThrow(/alert protocol version/);
  });

  it("stays shut to a caller without a certificate", async () => {
    await expect(handshake({})).rejects.toThrow();
  });

  it("stays shut to a certificate of another authority by the same name", async () => {
    const twin = await createCertificates("desk");
    const { certificateDer, tlsKeyPkcs8Der } = twin.client;
    await expect(
      handshake({ cert: derToPem("CERTIFICATE", certificateDer), key: derToPem("PRIVATE KEY", tlsKeyPkcs8Der) }),
    ).rejects.toThrow();
  });

  it("stays shut to a server's certificate", async () => {
    const ours = await createCertificates("desk");
    const options = {
      cert: derToPem("CERTIFICATE", ours.server.certificateDer),
      key: derToPem("PRIVATE KEY", ours.server.keyPkcs8Der),
    };
    await expect(handshake(options)).rejects.toThrow();
  });

  it("does not answer plain text, and goes on for others", async () => {
    const socket = connectTcp(servers.relayPort, "127.0.0.1");
    open.push({ close: () => socket.destroy() });
    const answer: Buffer[] = [];
    socket.on("data", (data) => answer.push(data));
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.on("error", () => undefined);
    socket.write("GET / HTTP/1.1\r\nHost: desk\r\n\r\n");
    await closed;
    expect(Buffer.concat(answer).includes("HTTP/1.1 200")).toBe(false);
    expect(await relay(party("camden")).held(bytesOf(16))).toBe(0);
  });

  it("refuses every call of a certificate of its own authority that nobody enrolled with", async () => {
    // As one that was issued for a race that another enrolment won.
    const stranger = relay(await certificateFrom(desk.authority, "camden"));
    const before = await desk.store.party("camden");
    const unknown = { code: "not-allowed", message: expect.stringMatching(/certificate: not of a party/) as string };
    await expect(stranger.held(bytesOf(16))).rejects.toMatchObject(unknown);
    await expect(stranger.post(list(), 0, [body])).rejects.toMatchObject(unknown);
    await expect(stranger.acknowledge(bytesOf(16), bytesOf(32))).rejects.toMatchObject(unknown);
    await expect(stranger.renew({ csrDer: bytesOf(9), delegation: bytesOf(9) })).rejects.toMatchObject(unknown);
    await expect(bytesFrom(stranger.fetch(bytesOf(16), 0))).rejects.toMatchObject(unknown);
    await expect(first(stranger.follow(0, new AbortController().signal))).rejects.toMatchObject(unknown);
    expect(await desk.store.party("camden")).toEqual(before);
  });

  it("has no other calls", async () => {
    const answer = await new Promise<ServiceError | null>((resolve) => {
      const plain = (value: Buffer) => value;
      bare("camden").makeUnaryRequest("/portmoot.v1.Enrolment/Enrol", plain, plain, Buffer.alloc(0), (error) => {
        resolve(error);
      });
    });
    expect(answer?.code).toBe(status.UNIMPLEMENTED);
  });
});

async function first<T>(items: AsyncIterable<T>): Promise<T> {
  for await (const item of items) return item;
  throw new Error("nothing came");
}

async function take(count: number, notices: AsyncIterable<Notice>): Promise<Notice[]> {
  const taken: Notice[] = [];
  for await (const notice of notices) {
    taken.push(notice);
    if (taken.length === count) break;
  }
  return taken;
}

describe("a message over the relay", () => {
  it("arrives whole, with a receipt, a notice and an end (positive control)", async () => {
    const big = bytesOf(3 * MAX_CHUNK_BYTES + 17);
    const header = list(big);
    const sender = relay(party("camden"));
    const receipt = await sender.post(header, 0, chunksOf(big, MAX_CHUNK_BYTES));
    verifyReceipt(coordinatorKey, "camden", receipt);
    const recipient = relay(party("hackney"));
    const after = (await desk.store.noticesAfter("hackney", 0, 100)).length - 1;
    const notice = await first(recipient.follow(after, new AbortController().signal));
    verifyNotice(coordinatorKey, "hackney", notice);
    expect(notice.type).toBe("message");
    expect(sha256(await bytesFrom(recipient.fetch(header.messageId, 0)))).toEqual(header.sha256);
    const rest = await bytesFrom(recipient.fetch(header.messageId, MAX_CHUNK_BYTES + 5));
    expect(sha256(rest)).toEqual(sha256(big.subarray(MAX_CHUNK_BYTES + 5)));
    await recipient.acknowledge(header.messageId, header.sha256);
    expect((await bytesFrom(recipient.fetch(header.messageId, 0))).length).toBe(0);
  });

  it("is resumed after the line was cut in its middle, from what was held", async () => {
    const header = list(body, { round: await another() });
    const lost = bare("camden");
    const stream = lost.post(() => undefined);
    stream.on("error", () => undefined);
    stream.write(wireHeader(header));
    stream.write({ data: body.subarray(0, 1000) });
    stream.write({ data: body.subarray(1000, 2000) });
    await until(async () => (await desk.mailbox.held("camden", header.messageId)) === 2000);
    stream.cancel();
    lost.close();
    const again = relay(party("camden"));
    expect(await again.held(header.messageId)).toBe(2000);
    const receipt = await again.post(header, 2000, [body.subarray(2000)]);
    verifyReceipt(coordinatorKey, "camden", receipt);
    expect(await bytesFrom(relay(party("hackney")).fetch(header.messageId, 0))).toEqual(body);
  });

  it("cannot be read, acknowledged or sounded out by another party", async () => {
    const header = list(body, { round: await another() });
    await relay(party("camden")).post(header, 0, [body]);
    const other = relay(party("newham"));
    await expect(bytesFrom(other.fetch(header.messageId, 0))).rejects.toMatchObject({ code: "not-found" });
    await expect(other.acknowledge(header.messageId, header.sha256)).rejects.toMatchObject({ code: "not-found" });
    expect(await other.held(header.messageId)).toBe(0);
    expect(await bytesFrom(relay(party("hackney")).fetch(header.messageId, 0))).toEqual(body);
  });

  it("is posted under the caller's own name, whatever it claims", async () => {
    const at = await another();
    const keys = headerOf("keys", body, { round: at });
    // A name in a frame, as the sketch of a protocol might have it, is no field of ours.
    const disguised = { header: { ...wireHeader(keys).header, from: "newham", party: "newham" } } as PostFrame;
    expect(await frames("camden", disguised, { data: body })).toBeNull();
    expect((await desk.mailbox.received(at, 1, "keys")).map(({ from }) => from)).toEqual(["camden"]);
    // Its receipt is no receipt of newham's.
    const receipt = await relay(party("camden")).post(keys, 0, [body]);
    expect(() => {
      verifyReceipt(coordinatorKey, "newham", receipt);
    }).toThrow();
    // And the other's identifier is no way into its message.
    await expect(relay(party("newham")).post(keys, 0, [body])).rejects.toMatchObject({ code: "conflict" });
  });

  it("is refused where a pair is not the sender's own", async () => {
    const foreign = list(body, { round: await another(), pair: [1, 2], to: "gla" });
    await expect(relay(party("camden")).post(foreign, 0, [body])).rejects.toMatchObject({ code: "not-allowed" });
  });

  it("is the same when it comes twice, and a conflict with other bytes, another identifier or another size", async () => {
    const header = list(body, { round: await another() });
    const sender = relay(party("camden"));
    const receipt = await sender.post(header, 0, [body]);
    expect(await sender.post(header, 0, [body])).toEqual(receipt);
    const other = bytesOf(3000, 2);
    const changes: Partial<PostHeader>[] = [
      { sha256: sha256(other) },
      { messageId: bytesOf(16, 80) },
      { sizeBytes: 1 },
    ];
    for (const change of changes) {
      await expect(sender.post({ ...header, ...change }, 0, [other])).rejects.toMatchObject({ code: "conflict" });
    }
    expect(await bytesFrom(relay(party("hackney")).fetch(header.messageId, 0))).toEqual(body);
  });

  it("is refused beyond the recipient's quota, which others' messages stand in, and taken when there is room", async () => {
    const rounds = [await another(), await another(), await another()];
    const size = MAX_LIST_BODY_BYTES;
    const announced = rounds.slice(0, 2).flatMap((at) => [
      { from: "camden", header: list(body, { round: at, to: "gla", sizeBytes: size }) },
      { from: "newham", header: list(body, { round: at, to: "gla", sizeBytes: size }) },
    ]);
    // The last fits but for its last byte.
    announced[3]!.header = { ...announced[3]!.header, sizeBytes: size - body.length + 1 };
    for (const { from, header } of announced) await desk.mailbox.post(from, header, 0);
    const header = list(body, { round: rounds[2]!, to: "gla" });
    const sender = relay(party("camden"));
    await expect(sender.post(header, 0, [body])).rejects.toMatchObject({
      code: "too-large",
      message: expect.stringMatching(/mailbox/) as string,
    });
    expect(await desk.store.message(header.messageId)).toBeNull();
    await desk.store.dropMessage(announced[0]!.header.messageId);
    verifyReceipt(coordinatorKey, "camden", await sender.post(header, 0, [body]));
  });
});

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let looks = 0; looks < 500; looks++) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("it did not come to be");
}

describe("a malformed message", () => {
  const refusals: [string, (at: Uint8Array) => PostFrame[], number, RegExp][] = [
    ["of no frame", () => [], status.INVALID_ARGUMENT, /malformed: post: expected a header/],
    ["of an empty frame", () => [{}], status.INVALID_ARGUMENT, /malformed: post: expected a header first/],
    ["of data first", () => [{ data: body }], status.INVALID_ARGUMENT, /malformed: post: expected a header first/],
    [
      "of two headers",
      (at) => [wireHeader(list(body, { round: at })), wireHeader(list(body, { round: at }))],
      status.INVALID_ARGUMENT,
      /malformed: post: expected data after the header/,
    ],
    [
      "of a type of no list",
      (at) => [{ header: { ...wireHeader(list(body, { round: at })).header, type: "gossip" } }],
      status.INVALID_ARGUMENT,
      /malformed: header: type/,
    ],
    [
      "of a short identifier",
      (at) => [wireHeader(list(body, { round: at, messageId: bytesOf(5) })), { data: body }],
      status.INVALID_ARGUMENT,
      /malformed: header: message_id/,
    ],
    [
      "that ends before its size",
      (at) => [wireHeader(list(body, { round: at })), { data: body.subarray(0, 100) }],
      status.UNAVAILABLE,
      /unavailable: message: ended after 100 of 3000 bytes/,
    ],
    [
      "that goes on beyond its size",
      (at) => [wireHeader(list(body, { round: at })), { data: body }, { data: body }],
      status.INVALID_ARGUMENT,
      /too-large: message: longer than its header says/,
    ],
    [
      "of an empty chunk",
      (at) => [wireHeader(list(body, { round: at })), { data: new Uint8Array() }],
      status.INVALID_ARGUMENT,
      /too-large: chunk/,
    ],
    [
      "of a chunk that is too large",
      (at) => [
        wireHeader(list(body, { round: at, sizeBytes: 2 * MAX_CHUNK_BYTES })),
        { data: new Uint8Array(MAX_CHUNK_BYTES + 1) },
      ],
      status.INVALID_ARGUMENT,
      /too-large: chunk/,
    ],
    [
      "of other bytes than its digest's",
      (at) => [wireHeader(list(body, { round: at })), { data: bytesOf(3000, 5) }],
      status.INVALID_ARGUMENT,
      /integrity: message: not the bytes/,
    ],
    [
      "from the middle of nothing",
      (at) => [wireHeader(list(body, { round: at }), 100), { data: body.subarray(100) }],
      status.ABORTED,
      /conflict: list: expected bytes from 0, not from 100/,
    ],
    [
      "of a round nobody launched",
      () => [wireHeader(list(body, { round: bytesOf(16, 6) })), { data: body }],
      status.NOT_FOUND,
      /not-found: header: round/,
    ],
    [
      "of an attempt to come",
      (at) => [wireHeader(list(body, { round: at, attempt: 2 })), { data: body }],
      status.FAILED_PRECONDITION,
      /wrong-phase: header: attempt/,
    ],
  ];

  it.each(refusals)("%s gets its typed error, and reaches nobody", async (_, make, code, details) => {
    const at = await another();
    const before = (await desk.store.noticesAfter("hackney", 0, 1000)).length;
    const error = await frames("camden", ...make(at));
    expect(error?.code).toBe(code);
    expect(error?.details).toMatch(details);
    expect((await desk.store.noticesAfter("hackney", 0, 1000)).length).toBe(before);
    // The right one is taken all the same.
    const right = list(body, { round: await another() });
    verifyReceipt(coordinatorKey, "camden", await relay(party("camden")).post(right, 0, [body]));
  });

  it("larger than any frame is cut off by the transport, and the others go on", async () => {
    const at = await another();
    const header = list(body, { round: at, sizeBytes: 4 * MAX_WIRE_MESSAGE_BYTES });
    const error = await frames("camden", wireHeader(header), { data: new Uint8Array(MAX_WIRE_MESSAGE_BYTES + 1) });
    expect(error?.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(await desk.mailbox.held("camden", header.messageId)).toBe(0);
    verifyReceipt(
      coordinatorKey,
      "camden",
      await relay(party("camden")).post(list(body, { round: await another() }), 0, [body]),
    );
  });

  it.each(["Post", "Held", "Fetch", "Follow", "Acknowledge", "Renew"])(
    "that is no protobuf at all ends %s with an error, and the server stands",
    async (call) => {
      const client = bare("camden");
      const plain = (value: Buffer) => value;
      const error = await new Promise<ServiceError | null>((resolve) => {
        client.makeUnaryRequest(
          `/portmoot.v1.Relay/${call}`,
          plain,
          plain,
          Buffer.from("ffffffffff0aff", "hex"),
          (e) => {
            resolve(e);
          },
        );
      });
      expect(error).not.toBeNull();
      expect(error?.code).not.toBe(status.UNAVAILABLE);
      expect(await relay(party("camden")).held(bytesOf(16))).toBe(0);
    },
  );

  it("never brings the cause, a path or a place in the code back to the caller", async () => {
    const error = await frames("camden", wireHeader(list(body, { round: await another() })), {
      data: bytesOf(3000, 5),
    });
    expect(error?.details).not.toMatch(/\.ts|\/|node:|Error/);
    expect(error?.metadata.getMap()).not.toHaveProperty("grpc-status-details-bin");
  });
});

describe("a stream of notices", () => {
  it("gives each in order, now and when it comes, and no other party's", async () => {
    const stop = new AbortController();
    const known = await desk.store.noticesAfter("gla", 0, 1000);
    const following = take(known.length + 1, relay(party("gla")).follow(0, stop.signal));
    for (const to of ["camden", "gla"]) {
      await desk.store.appendNotice({ to, type: "charter", round: null, attempt: 0, body: Buffer.from(to) });
    }
    const notices = await following;
    expect(notices.map(({ number }) => number)).toEqual(notices.map((_, at) => at + 1));
    expect(Buffer.from(present(notices.at(-1)).body).toString()).toBe("gla");
    for (const notice of notices) verifyNotice(coordinatorKey, "gla", notice);
    stop.abort();
  });

  it("is one a party: the newer ends the older", async () => {
    const last = (await desk.store.noticesAfter("gla", 0, 1000)).length;
    const never = new AbortController();
    const older = take(1, relay(party("gla")).follow(last, never.signal));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const newer = take(1, relay(party("gla")).follow(last, never.signal));
    expect(await older).toEqual([]);
    await desk.store.appendNotice({ to: "gla", type: "charter", round: null, attempt: 0, body });
    expect((await newer).map(({ number }) => number)).toEqual([last + 1]);
  });

  it("waits for a reader that does not read", async () => {
    const count = 150;
    const last = (await desk.store.noticesAfter("newham", 0, 1000)).length;
    for (let at = 0; at < count; at++) {
      await desk.store.appendNotice({ to: "newham", type: "charter", round: null, attempt: 0, body: bytesOf(100_000) });
    }
    // The caller is looked up once for the call and once for every notice that is written.
    let lookUps = 0;
    const lookUp = desk.store.partyOfCertificate.bind(desk.store);
    desk.store.partyOfCertificate = (certificate, nowMs) => {
      lookUps++;
      return lookUp(certificate, nowMs);
    };
    const stream = bare("newham").follow({ after: last });
    stream.on("error", () => undefined);
    let read = 0;
    stream.once("data", () => {
      stream.pause();
      read++;
    });
    try {
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(lookUps).toBeGreaterThan(1);
      expect(lookUps).toBeLessThan(count / 2);
      stream.on("data", () => read++);
      stream.resume();
      await until(() => Promise.resolve(read === count));
    } finally {
      desk.store.partyOfCertificate = lookUp;
      stream.cancel();
    }
  });

  it("ends with the coordinator, and goes on at its next start on the same port", async () => {
    const port = servers.relayPort;
    const last = (await desk.store.noticesAfter("gla", 0, 1000)).length;
    const following = take(1, relay(party("gla")).follow(last, new AbortController().signal));
    const ended = expect(following).rejects.toMatchObject({ code: "unavailable" });
    await new Promise((resolve) => setTimeout(resolve, 100));
    await servers.close();
    await ended;
    servers = await serve(port);
    expect(servers.relayPort).toBe(port);
    await desk.store.appendNotice({ to: "gla", type: "charter", round: null, attempt: 0, body });
    const [notice] = await take(1, relay(party("gla")).follow(last, new AbortController().signal));
    expect(notice?.number).toBe(last + 1);
  });
});

describe("a certificate", () => {
  it("is renewed for the same party; the old one ends when the new one is used", async () => {
    const old = await desk.enrol("old-borough");
    const { keyPkcs8Der } = await createTlsKey();
    const csrDer = await createCertificateRequest({ name: "somebody else", keyPkcs8Der });
    const renewed = await relay(old).renew({ csrDer, delegation: old.delegation });
    expect(certificateFacts(renewed).name).toBe("old-borough");
    expect(await relay(old).held(bytesOf(16))).toBe(0);
    expect(await relay({ certificateDer: renewed, tlsKeyPkcs8Der: keyPkcs8Der }).held(bytesOf(16))).toBe(0);
    await expect(relay(old).held(bytesOf(16))).rejects.toMatchObject({ code: "not-allowed" });
  });

  it("is not renewed with another party's delegation, or a request that is none", async () => {
    const camden = party("camden");
    const { keyPkcs8Der } = await createTlsKey();
    const csrDer = await createCertificateRequest({ name: "camden", keyPkcs8Der });
    const caller = relay(camden);
    await expect(caller.renew({ csrDer, delegation: party("newham").delegation })).rejects.toMatchObject({
      message: expect.stringMatching(/integrity/) as string,
    });
    await expect(caller.renew({ csrDer: bytesOf(200), delegation: camden.delegation })).rejects.toMatchObject({
      code: "malformed",
    });
    await expect(caller.renew({ csrDer: bytesOf(5000), delegation: camden.delegation })).rejects.toMatchObject({
      code: "too-large",
    });
    expect(await relay(camden).held(bytesOf(16))).toBe(0);
  });

  it("of a revoked party is refused from the next message on: in a call, in a post and in a stream that waits", async () => {
    const leaver = await desk.enrol("leaver");
    const client = relay(leaver);
    const decision = headerOf("decision", body, { attempt: 0 });
    const last = (await desk.store.noticesAfter("leaver", 0, 1000)).length;
    const waiting = expect(take(1, client.follow(last, new AbortController().signal))).rejects.toMatchObject({
      code: "not-allowed",
    });
    let revoked = false;
    const posting = new Promise<ServiceError | null>((resolve) => {
      parties.set("leaver", leaver);
      const stream = bare("leaver").post((error) => {
        resolve(error);
      });
      stream.on("error", () => undefined);
      stream.write(wireHeader(decision));
      stream.write({ data: body.subarray(0, 1000) });
      void until(async () => (await desk.mailbox.held("leaver", decision.messageId)) === 1000)
        .then(() => desk.store.revoke("leaver", Date.now()))
        .then((done) => {
          revoked = done;
          stream.write({ data: body.subarray(1000) });
          stream.end();
        });
    });
    expect((await posting)?.code).toBe(status.PERMISSION_DENIED);
    expect(revoked).toBe(true);
    await waiting;
    await expect(client.held(decision.messageId)).rejects.toMatchObject({ code: "not-allowed" });
    expect((await desk.store.message(decision.messageId))?.heldBytes).toBe(1000);
  });
});

describe("what the coordinator logs of all this", () => {
  it("names the refusals, and none of the bytes", () => {
    const text = desk.log.text();
    expect(text).toMatch(/call refused/);
    expect(text).not.toMatch(/failed by a bug/);
    expect(text).not.toMatch(/[0-9a-f]{32}/);
  });
});
