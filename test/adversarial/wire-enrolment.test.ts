import { connect, createSecureContext, type ConnectionOptions } from "node:tls";
import { credentials, status, type Client, type ServiceError } from "@grpc/grpc-js";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startServers, type Servers } from "../../coordinator/wire/servers.ts";
import { loadProto } from "../../proto/loader.ts";
import type { EnrolmentClient } from "../../proto/generated/portmoot/v1/Enrolment.ts";
import { MAX_WIRE_MESSAGE_BYTES } from "../../shared/base/limits.ts";
import { certificateFacts, derToPem } from "../../shared/crypto/certificates.ts";
import { decodeEnrolmentReply, type EnrolmentReply } from "../../shared/protocol/enrolment.ts";
import { decodeInvitation, encodeInvitation } from "../../shared/protocol/invitation.ts";
import { verifyRoster } from "../../shared/protocol/roster.ts";
import { decodeValue, encodeValue, type ValueMap } from "../../shared/base/encoding.ts";
import { ADDRESS, bytesOf, enrolmentRequest, startCoordinator, type TestCoordinator } from "../helpers/coordinator.ts";
import { keyOf } from "../helpers/example-charter.ts";

/** The enrolment listener, which anybody may dial: what it gives, and to whom it gives nothing. */
let desk: TestCoordinator;
let servers: Servers;
const open: { close(): void }[] = [];
let boroughs = 0;

beforeAll(async () => {
  desk = await startCoordinator();
  servers = await startServers({
    ...desk,
    log: desk.log.log,
    listen: { host: "127.0.0.1", enrolPort: 0, relayPort: 0 },
    addresses: ["127.0.0.1"],
  });
});
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});
afterAll(async () => {
  await servers.close();
  desk.store.close();
});

function client(): EnrolmentClient & Client {
  const context = createSecureContext({ ca: derToPem("CERTIFICATE", desk.authority.certificateDer) });
  const secure = credentials.createFromSecureContext(context, { checkServerIdentity: () => undefined });
  const made = new (loadProto().Enrolment)(`127.0.0.1:${servers.enrolPort}`, secure, {
    "grpc.max_send_message_length": -1,
    "grpc.ssl_target_name_override": "localhost",
  });
  open.push(made);
  return made;
}

function enrol(body: Uint8Array): Promise<EnrolmentReply> {
  return new Promise((resolve, reject) => {
    client().enrol({ body }, (error, reply) => {
      if (error !== null || reply === undefined) reject(error ?? new Error("no reply"));
      else resolve(decodeEnrolmentReply(reply.body));
    });
  });
}

async function invited(options: { name?: string; keyName?: string; hours?: number } = {}) {
  const name = `borough-${++boroughs}`;
  const invitation = await desk.enrolment.invite(name, { address: ADDRESS, ...options });
  const request = await enrolmentRequest(invitation, { nowMs: desk.clock.nowMs(), ...options });
  return { name, invitation, body: request.body };
}

/** The state that a refusal must leave as it was. */
async function state() {
  return { parties: await desk.store.parties(), roster: await desk.store.newestRoster() };
}

async function refusal(body: Uint8Array): Promise<{ code: number; details: string }> {
  const before = await state();
  try {
    await enrol(body);
  } catch (error) {
    expect(await state()).toEqual(before);
    return error as ServiceError;
  }
  throw new Error("it was let in");
}

/** The request with some of its fields changed after it was signed. */
function bent(body: Uint8Array, change: (request: ValueMap) => ValueMap): Uint8Array {
  return encodeValue(change(decodeValue(body) as ValueMap));
}

describe("an enrolment", () => {
  it("gives a certificate of the authority, the signed roster and the relay's port (positive control)", async () => {
    const { name, body, invitation } = await invited();
    const reply = await enrol(body);
    expect(certificateFacts(reply.certificateDer).name).toBe(name);
    expect(certificateFacts(reply.caDer).sha256).toEqual(decodeInvitation(invitation).caSha256);
    expect(reply.relayPort).toBe(servers.relayPort);
    const roster = verifyRoster(keyOf("coordinator").publicKey, reply.roster, 1);
    const entered = roster.parties.find((party) => party.name === name);
    expect(Buffer.from(entered?.rootKey ?? []).equals(keyOf(name).publicKey)).toBe(true);
    const { sha256 } = certificateFacts(reply.certificateDer);
    expect((await desk.store.partyOfCertificate(sha256, desk.clock.nowMs()))?.name).toBe(name);
  });

  it("is refused the second time with one invitation", async () => {
    const { body } = await invited();
    await enrol(body);
    expect(await refusal(body)).toMatchObject({
      code: status.PERMISSION_DENIED,
      details: "not-allowed: enrolment: the invitation was used before",
    });
  });

  it("is refused after the invitation's time", async () => {
    const { body } = await invited({ hours: 1 });
    desk.clock.advance(3_600_001);
    expect(await refusal(body)).toMatchObject({
      code: status.PERMISSION_DENIED,
      details: "expired: enrolment: the invitation has expired",
    });
  });

  it("is refused with a secret that nobody gave out", async () => {
    const { body, invitation } = await invited();
    const made = encodeInvitation({ ...decodeInvitation(invitation), secret: bytesOf(32) });
    const guess = await enrolmentRequest(made, { nowMs: desk.clock.nowMs() });
    expect(await refusal(guess.body)).toMatchObject({
      code: status.PERMISSION_DENIED,
      details: "not-allowed: enrolment: the invitation is not known here",
    });
    await enrol(body);
  });

  it("is refused under another name than the invitation's", async () => {
    const { invitation } = await invited();
    const { body } = await enrolmentRequest(invitation, { nowMs: desk.clock.nowMs(), name: "somebody-else" });
    expect(await refusal(body)).toMatchObject({
      code: status.PERMISSION_DENIED,
      details: "not-allowed: enrolment: the invitation is for another name",
    });
  });

  it("is refused with a key that belongs to another, and for a name that has another key", async () => {
    const first = await invited();
    await enrol(first.body);
    const details = "not-allowed: enrolment: the name or the key belongs to another enrolment";
    expect(await refusal((await invited({ keyName: first.name })).body)).toMatchObject({ details });
    const again = await desk.enrolment.invite(first.name, { address: ADDRESS });
    const thief = await enrolmentRequest(again, { nowMs: desk.clock.nowMs(), keyName: "thief" });
    expect(await refusal(thief.body)).toMatchObject({ details });
    // The rightful one may, with the same invitation.
    await enrol((await enrolmentRequest(again, { nowMs: desk.clock.nowMs() })).body);
  });

  it.each<[string, (request: ValueMap) => ValueMap, RegExp]>([
    ["the name", (request) => ({ ...request, name: "newham" }), /integrity: enrolment request: the proof/],
    ["the secret", (request) => ({ ...request, secret: bytesOf(32) }), /integrity: enrolment request: the proof/],
    [
      "the certificate request",
      (request) => ({ ...request, csrDer: bytesOf(90) }),
      /integrity: enrolment request: the proof/,
    ],
    ["the root key", (request) => ({ ...request, rootKey: keyOf("thief").publicKey }), /integrity: signature/],
    ["the proof", (request) => ({ ...request, proof: bytesOf(90) }), /malformed/],
    ["a key without a place", (request) => ({ ...request, note: "hello" }), /malformed: enrolment request/],
    [
      "a missing proof",
      ({ name, secret, csrDer, rootKey }) => ({ name, secret, csrDer, rootKey }) as ValueMap,
      /malformed/,
    ],
    ["the name's shape", (request) => ({ ...request, name: "../etc" }), /malformed: enrolment request: name/],
  ])("is refused where %s was changed on the way, and the invitation stays good", async (_, change, details) => {
    const { body } = await invited();
    const answer = await refusal(bent(body, change));
    expect(answer.code).toBe(status.INVALID_ARGUMENT);
    expect(answer.details).toMatch(details);
    await enrol(body);
  });

  it.each([
    ["nothing", new Uint8Array()],
    ["noise", bytesOf(1000)],
    ["a value of another shape", encodeValue([1, 2, 3])],
    ["a list nested too deep", Uint8Array.from({ length: 500 }, (_, at) => (at % 5 === 0 ? 7 : at % 5 === 4 ? 1 : 0))],
  ])("of %s is malformed", async (_, body) => {
    expect(await refusal(body)).toMatchObject({ code: status.INVALID_ARGUMENT });
  });

  it("beyond the wire's limit is cut off by the transport", async () => {
    expect(await refusal(new Uint8Array(MAX_WIRE_MESSAGE_BYTES + 1))).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
    });
  });

  it("is let in once of twenty that race with one invitation", async () => {
    const { invitation } = await invited();
    const requests = await Promise.all(
      Array.from({ length: 20 }, () => enrolmentRequest(invitation, { nowMs: desk.clock.nowMs() })),
    );
    const outcomes = await Promise.allSettled(requests.map(({ body }) => enrol(body)));
    expect(outcomes.filter((outcome) => outcome.status === "fulfilled").length).toBe(1);
  });
});

describe("the enrolment listener", () => {
  function handshake(options: ConnectionOptions): Promise<string | null> {
    return new Promise((resolve, reject) => {
      const ca = derToPem("CERTIFICATE", desk.authority.certificateDer);
      const socket = connect({ host: "127.0.0.1", port: servers.enrolPort, ca, ALPNProtocols: ["h2"], ...options });
      open.push({ close: () => socket.destroy() });
      socket.once("error", reject);
      socket.once("secureConnect", () => {
        resolve(socket.getProtocol());
      });
    });
  }

  it("speaks TLS 1.3 with a certificate for the address that was dialled, and nothing older", async () => {
    expect(await handshake({})).toBe("TLSv1.3");
    await expect(handshake({ minVersion: "TLSv1.2", maxVersion: "TLSv1.2" })).rejects.toThrow(/alert/);
  });

  it("relays nothing: the relay's calls are not there", async () => {
    const plain = (value: Buffer) => value;
    for (const call of ["Held", "Fetch", "Post", "Follow", "Acknowledge", "Renew"]) {
      const answer = await new Promise<ServiceError | null>((resolve) => {
        client().makeUnaryRequest(`/portmoot.v1.Relay/${call}`, plain, plain, Buffer.alloc(0), (error) => {
          resolve(error);
        });
      });
      expect(answer?.code, call).toBe(status.UNIMPLEMENTED);
    }
  });
});
