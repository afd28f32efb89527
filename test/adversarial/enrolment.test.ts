import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { status } from "@grpc/grpc-js";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sha256 } from "../../shared/crypto/hash.ts";
import { issueClientCertificate } from "../../shared/crypto/certificates.ts";
import { generateSigningKey } from "../../shared/crypto/signature.ts";
import { encodeEnrolmentReply, openEnrolmentRequest, type EnrolmentReply } from "../../shared/protocol/enrolment.ts";
import { rootKeyText } from "../../shared/protocol/identity.ts";
import { encodeInvitation, type Invitation } from "../../shared/protocol/invitation.ts";
import { parsePolicyText } from "../../shared/protocol/policy.ts";
import { signRoster } from "../../shared/protocol/roster.ts";
import { openNodeDatabase } from "../../node/data/database.ts";
import { enrolNode, initNode, renewIfDue } from "../../node/enrol.ts";
import { openHeadFile } from "../../node/egress/head-file.ts";
import { verifyLedger } from "../../node/egress/ledger-verify.ts";
import { readLedger, readLedgerBody } from "../../node/egress/ledger-view.ts";
import { homeFiles, readEnrolment, readNodeKeys } from "../../node/home.ts";
import { countingRandom, present } from "../helpers/egress-node.ts";
import {
  createCertificates,
  listenForEnrolment,
  NOW_MS,
  type Certificates,
  type Listener,
} from "../helpers/grpc-coordinator.ts";

/**
 * Somebody between the borough and its coordinator, or a coordinator that answers with what is not this node's. Each
 * lie starts from the honest enrolment, which is the positive control.
 */
const clock = { nowMs: () => NOW_MS };
const coordinator = generateSigningKey(countingRandom(500));
const secret = new Uint8Array(32).fill(11);

let own: Certificates;
let foreign: Certificates;
let home: string;
let listener: Listener | null = null;
let enrolments = 0;

beforeAll(async () => {
  own = await createCertificates();
  foreign = await createCertificates("somebody else");
});
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "portmoot-enrol-"));
  initNode({ home, name: "camden", passphrase: null, clock, random: countingRandom() });
});
afterEach(() => {
  listener?.close();
  listener = null;
  rmSync(home, { recursive: true });
});

/** An enrolment listener; every body it got, and what to change of an honest reply. */
async function serve(certificates = own, change: (reply: EnrolmentReply) => EnrolmentReply = (reply) => reply) {
  const bodies: Uint8Array[] = [];
  listener = await listenForEnrolment(certificates, {
    Enrol(call, answer) {
      const body = new Uint8Array(call.request.body);
      bodies.push(body);
      const request = openEnrolmentRequest(body, NOW_MS);
      const issuing = issueClientCertificate(certificates.authority, {
        csrDer: request.csrDer,
        name: request.name,
        nowMs: NOW_MS,
        days: 90,
      });
      void issuing.then((certificateDer) => {
        const parties = [{ name: request.name, rootKey: request.rootKey }];
        const roster = rosterOf(coordinator.secretKey, parties);
        const reply = change({ certificateDer, caDer: certificates.authority.certificateDer, roster, relayPort: 7443 });
        answer(null, { body: encodeEnrolmentReply(reply) });
      });
    },
  });
  return { bodies, address: listener.address };
}

function rosterOf(secretKey: Uint8Array, parties: { name: string; rootKey: Uint8Array }[]) {
  return signRoster(secretKey, { version: 1, coordinator: { name: "desk", rootKey: coordinator.publicKey }, parties });
}

function invitation(address: string, change: Partial<Invitation> = {}): string {
  return encodeInvitation({
    address,
    caSha256: sha256(own.authority.certificateDer),
    coordinatorKey: coordinator.publicKey,
    name: "camden",
    secret,
    expiresMs: NOW_MS + 1000,
    ...change,
  });
}

function enrol(text: string, db = openNodeDatabase(":memory:")) {
  const rosters: number[] = [];
  const keepRoster = (version: number) => void rosters.push(version);
  const random = countingRandom(1000 * ++enrolments);
  return { db, rosters, done: enrolNode({ home, name: "camden", invitation: text, db, clock, random, keepRoster }) };
}

describe("enrolment", () => {
  it("brings home a certificate, the authority, the coordinator's key and the roster", async () => {
    const { bodies, address } = await serve();
    const { db, rosters, done } = enrol(invitation(address));
    await done;
    const kept = present(readEnrolment(home));
    expect(kept.caDer).toEqual(own.authority.certificateDer);
    expect(kept.coordinatorKey).toEqual(coordinator.publicKey);
    expect(kept.relayAddress).toBe("127.0.0.1:7443");
    expect(rosters).toEqual([1]);
    expect(parsePolicyText(readFileSync(homeFiles(home).policy, "utf8")).coordinators).toEqual([
      rootKeyText(coordinator.publicKey),
    ]);
    // The ledger has the very bytes that came out at the other end.
    const [line] = [...readLedger(db)];
    expect(present(line)).toMatchObject({ fate: "left, answered by the coordinator", entry: { type: "enrolment" } });
    expect(bodies).toEqual([readLedgerBody(db, present(line))]);
    const head = openHeadFile(homeFiles(home).ledgerHead);
    const { rootKey } = readNodeKeys(home);
    const { coordinatorKey } = kept;
    expect(verifyLedger({ db, head, rootKey, name: "camden", coordinatorKey })).toMatchObject({ entries: 1 });
  });

  it("sends nothing to a coordinator whose authority is not the invitation's", async () => {
    const { bodies, address } = await serve(foreign);
    const { db, done } = enrol(invitation(address));
    await expect(done).rejects.toMatchObject({
      code: "integrity",
      message: expect.stringContaining("its certificate authority is not the invitation's") as string,
    });
    expect(bodies).toEqual([]);
    expect([...readLedger(db)]).toEqual([]);
    expect(readEnrolment(home)).toBeNull();
  });

  it("sends nothing to somebody who shows the true authority beside a certificate it did not issue", async () => {
    // The chain holds the authority's certificate, which anybody can copy; the leaf is of another one by the same name.
    const twin = await createCertificates();
    const { bodies, address } = await serve({ ...twin, authority: own.authority });
    const { done } = enrol(invitation(address));
    await expect(done).rejects.toMatchObject({ code: "unavailable" });
    expect(bodies).toEqual([]);
    expect(readEnrolment(home)).toBeNull();
  });

  it("says that nobody speaks TLS there", async () => {
    const server = createServer((socket) => socket.end("220 mail ready\r\n"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await expect(enrol(invitation(`127.0.0.1:${port}`)).done).rejects.toMatchObject({ code: "unavailable" });
    server.close();
    await expect(enrol(invitation(`127.0.0.1:${port}`)).done).rejects.toMatchObject({ code: "unavailable" });
  });

  it.each([
    ["that has expired", { expiresMs: NOW_MS - 1 }, "expired"],
    ["for another borough", { name: "newham" }, "refused"],
  ])("dials nobody with an invitation %s", async (_, change, code) => {
    await expect(enrol(invitation("127.0.0.1:1", change)).done).rejects.toMatchObject({ code });
  });

  it("keeps nothing where the coordinator declines, and the request stands as one that may have left", async () => {
    listener = await listenForEnrolment(own, {
      Enrol(_, answer) {
        answer(
          Object.assign(new Error("used"), {
            code: status.PERMISSION_DENIED,
            details: "the invitation was used before",
          }),
        );
      },
    });
    const { db, done } = enrol(invitation(listener.address));
    await expect(done).rejects.toMatchObject({ code: "not-allowed" });
    expect([...readLedger(db)].map(({ fate }) => fate)).toEqual(["may have left"]);
    expect(readEnrolment(home)).toBeNull();
  });

  it.each<[string, (reply: EnrolmentReply) => EnrolmentReply]>([
    ["another authority", (reply) => ({ ...reply, caDer: foreign.authority.certificateDer })],
    ["a certificate for another key", (reply) => ({ ...reply, certificateDer: own.client.certificateDer })],
    [
      "a roster that somebody else signed",
      (reply) => ({ ...reply, roster: rosterOf(generateSigningKey(countingRandom(77)).secretKey, []) }),
    ],
    ["a roster without this node", (reply) => ({ ...reply, roster: rosterOf(coordinator.secretKey, []) })],
    [
      "a roster with this node's name under another key",
      (reply) => ({
        ...reply,
        roster: rosterOf(coordinator.secretKey, [{ name: "camden", rootKey: coordinator.publicKey }]),
      }),
    ],
  ])("keeps nothing of a reply with %s", async (_, change) => {
    const { address } = await serve(own, change);
    const { rosters, done } = enrol(invitation(address));
    await expect(done).rejects.toMatchObject({ code: "integrity" });
    expect(readEnrolment(home)).toBeNull();
    expect(rosters).toEqual([]);
  });

  it("enrols again with the same coordinator, and with no other", async () => {
    const { address } = await serve();
    const { db, done } = enrol(invitation(address));
    const first = await done;
    const second = await enrol(invitation(address), db).done;
    expect(second.certificateDer).not.toEqual(first.certificateDer);
    const other = invitation(address, { coordinatorKey: generateSigningKey(countingRandom(77)).publicKey });
    await expect(enrol(other, db).done).rejects.toMatchObject({ code: "conflict" });
  });
});

describe("renewal", () => {
  const DAY_MS = 86_400_000;
  async function renewAt(days: number, answerFor = own) {
    const { address } = await serve();
    await enrol(invitation(address)).done;
    const before = present(readEnrolment(home));
    const renew = (request: { csrDer: Uint8Array }) =>
      issueClientCertificate(answerFor.authority, { csrDer: request.csrDer, name: "camden", nowMs: NOW_MS, days: 90 });
    const renewed = await renewIfDue({ home, relay: { renew }, clock: { nowMs: () => NOW_MS + days * DAY_MS } });
    return { before, renewed };
  }

  it("waits until a third of the certificate's life is left", async () => {
    expect((await renewAt(59)).renewed).toBeNull();
  });

  it("then keeps a new certificate for a new key", async () => {
    const { before, renewed } = await renewAt(61);
    expect(readEnrolment(home)).toEqual(renewed);
    expect(renewed?.certificateDer).not.toEqual(before.certificateDer);
    expect(renewed?.tlsKeyPkcs8Der).not.toEqual(before.tlsKeyPkcs8Der);
    expect(renewed?.caDer).toEqual(before.caDer);
  });

  it("keeps the old one when what comes back is for another key", async () => {
    const { address } = await serve();
    await enrol(invitation(address)).done;
    const before = readEnrolment(home);
    const relay = { renew: () => Promise.resolve(own.client.certificateDer) };
    const late = { nowMs: () => NOW_MS + 61 * DAY_MS };
    await expect(renewIfDue({ home, relay, clock: late })).rejects.toMatchObject({ code: "integrity" });
    expect(readEnrolment(home)).toEqual(before);
  });
});
