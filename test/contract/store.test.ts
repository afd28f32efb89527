import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStore } from "../../coordinator/store/sqlite/store.ts";
import type { NoticeDraftRow, Store, StoreSigner } from "../../coordinator/store/store.ts";
import { bytesToHex } from "../../shared/base/bytes.ts";
import { encodeValue } from "../../shared/base/encoding.ts";
import { sha256 } from "../../shared/crypto/hash.ts";
import { COORDINATOR, type PostHeader } from "../../shared/protocol/relay.ts";
import { bytesOf, chunksOf, collect, headerOf } from "../helpers/coordinator.ts";
import { present } from "../helpers/egress-node.ts";

/** What every store of the coordinator promises, over real databases. */
const NOW_MS = 1_800_000_000_000;
const BOUNDS = { waitingBytes: 10_000, outsideRounds: 3 };
const ROUND = bytesOf(16, 9);

/** Signs by hashing what it was given, and fails when it is told to. */
const signer: StoreSigner & { isBroken: boolean } = {
  isBroken: false,
  notice(to, { number, type, round, attempt, body }) {
    if (signer.isBroken) throw new Error("the key is gone");
    const digest = sha256(encodeValue({ to, number, type, round, attempt, body }));
    return Uint8Array.of(...digest, ...digest);
  },
  roster: (version, parties) => encodeValue({ version, parties: parties.map((party) => ({ ...party })) }),
};

let folder: string;
const open: Store[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portmoot-store-"));
  signer.isBroken = false;
});
afterEach(() => {
  for (const store of open.splice(0)) store.close();
  rmSync(folder, { recursive: true });
});

function opened(path: string): Store {
  const store = openStore(path, signer);
  open.push(store);
  return store;
}

const databases = [
  ["SQLite in memory", () => opened(":memory:")],
  ["SQLite in a file", () => opened(join(folder, "coordinator.db"))],
] as const;

async function enrol(store: Store, name: string, change: Partial<Parameters<Store["enrol"]>[0]> = {}) {
  const secretSha256 = sha256(Buffer.from(`${name} ${Math.random()}`));
  await store.addInvitation({ secretSha256, name, expiresMs: NOW_MS + 1000 });
  const request = {
    secretSha256,
    name,
    rootKey: sha256(Buffer.from(`root ${name}`)),
    certificateSha256: sha256(Buffer.from(`certificate ${name}`)),
    nowMs: NOW_MS,
    ...change,
  };
  return { request, outcome: await store.enrol(request) };
}

function notice(to: string, body = bytesOf(10)): NoticeDraftRow {
  return { to, type: "charter", round: null, attempt: 0, body };
}

function listHeader(body: Uint8Array, change: Partial<PostHeader> = {}): PostHeader {
  return headerOf("list", body, { round: ROUND, to: "newham", pair: [0, 1], ...change });
}

async function put(store: Store, sender: string, header: PostHeader, body: Uint8Array, size = 100): Promise<void> {
  await store.beginMessage(sender, header, BOUNDS);
  let offset = 0;
  for (const chunk of chunksOf(body, size)) {
    expect(await store.appendChunk(header.messageId, offset, chunk)).toBe(true);
    offset += chunk.length;
  }
}

const typesFor = async (store: Store, name: string) => (await store.noticesAfter(name, 0, 100)).map(({ type }) => type);

describe.each(databases)("parties in %s", (_, create) => {
  it("enter with an invitation, a roster and a notice to everybody", async () => {
    const store = create();
    expect(await store.newestRoster()).toBeNull();
    expect((await enrol(store, "camden")).outcome).toBe("enrolled");
    expect((await enrol(store, "newham")).outcome).toBe("enrolled");
    expect((await store.parties()).map(({ name }) => name)).toEqual(["camden", "newham"]);
    expect((await store.newestRoster())?.version).toBe(2);
    expect(await typesFor(store, "camden")).toEqual(["roster", "roster"]);
    expect(await typesFor(store, "newham")).toEqual(["roster"]);
    const [last] = await store.noticesAfter("newham", 0, 1);
    expect(present(last).body).toEqual(present(await store.newestRoster()).body);
  });

  it.each([
    ["used before", { expiresMs: NOW_MS + 1 }, {}, true, "used"],
    ["over", { expiresMs: NOW_MS - 1 }, {}, false, "expired"],
    ["for another name", {}, { name: "newham" }, false, "other-name"],
    ["nobody knows", {}, { secretSha256: bytesOf(32, 200) }, false, "unknown-invitation"],
  ] as const)(
    "do not enter with an invitation that is %s, and nothing changes",
    async (_case, given, change, twice, outcome) => {
      const store = create();
      const secretSha256 = bytesOf(32);
      await store.addInvitation({ secretSha256, name: "camden", expiresMs: NOW_MS + 1000, ...given });
      const request = {
        secretSha256,
        name: "camden",
        rootKey: bytesOf(32, 2),
        certificateSha256: bytesOf(32, 3),
        nowMs: NOW_MS,
      };
      if (twice) await store.enrol(request);
      const before = [await store.parties(), await store.newestRoster()];
      expect(await store.enrol({ ...request, ...change })).toBe(outcome);
      expect([await store.parties(), await store.newestRoster()]).toEqual(before);
    },
  );

  it("cannot take another's name or key, and the invitation stays good", async () => {
    const store = create();
    const { request } = await enrol(store, "camden");
    const stolenName = await enrol(store, "camden", { rootKey: bytesOf(32, 50) });
    expect(stolenName.outcome).toBe("other-key");
    expect((await enrol(store, "newham", { rootKey: request.rootKey })).outcome).toBe("other-key");
    expect(await store.invitationState(stolenName.request.secretSha256, NOW_MS)).toBe("open");
    expect(await store.party("newham")).toBeNull();
    expect((await store.party("camden"))?.rootKey).toEqual(Buffer.from(request.rootKey));
  });

  it("enter once where two requests race for one invitation", async () => {
    const store = create();
    const secretSha256 = bytesOf(32);
    await store.addInvitation({ secretSha256, name: "camden", expiresMs: NOW_MS + 1 });
    const request = { secretSha256, name: "camden", rootKey: bytesOf(32, 2), nowMs: NOW_MS };
    const outcomes = await Promise.all(
      [3, 4].map((seed) => store.enrol({ ...request, certificateSha256: bytesOf(32, seed) })),
    );
    expect(outcomes.sort()).toEqual(["enrolled", "used"]);
    expect((await store.newestRoster())?.version).toBe(1);
  });

  it("enrol again with their own key: the old certificate is out at once, a revocation is over", async () => {
    const store = create();
    const { request } = await enrol(store, "camden");
    await store.revoke("camden", NOW_MS);
    expect((await enrol(store, "camden", { certificateSha256: bytesOf(32, 8) })).outcome).toBe("enrolled");
    expect(await store.partyOfCertificate(request.certificateSha256, NOW_MS)).toBeNull();
    expect((await store.partyOfCertificate(bytesOf(32, 8), NOW_MS))?.revokedMs).toBeNull();
  });

  it("are out when revoked: certificate, roster and notices; once", async () => {
    const store = create();
    const { request } = await enrol(store, "camden");
    await enrol(store, "newham");
    const told = (await typesFor(store, "camden")).length;
    expect((await store.partyOfCertificate(request.certificateSha256, NOW_MS))?.name).toBe("camden");
    expect(await store.revoke("camden", NOW_MS)).toBe(true);
    expect(await store.revoke("camden", NOW_MS)).toBe(false);
    expect(await store.revoke("nobody", NOW_MS)).toBe(false);
    expect(await store.partyOfCertificate(request.certificateSha256, NOW_MS)).toBeNull();
    expect((await typesFor(store, "camden")).length).toBe(told);
    const roster = Buffer.from(present(await store.newestRoster()).body);
    expect(roster.includes("newham")).toBe(true);
    expect(roster.includes("camden")).toBe(false);
  });

  it("are seen when they call, no finer than ten seconds", async () => {
    const store = create();
    const { request } = await enrol(store, "camden");
    const seen = async () => (await store.party("camden"))?.seenMs;
    expect(await seen()).toBeNull();
    await store.partyOfCertificate(request.certificateSha256, NOW_MS);
    await store.partyOfCertificate(request.certificateSha256, NOW_MS + 5000);
    expect(await seen()).toBe(NOW_MS);
    await store.partyOfCertificate(request.certificateSha256, NOW_MS + 15_000);
    expect(await seen()).toBe(NOW_MS + 15_000);
  });

  it("keep their certificate until the renewed one is used, and then no longer", async () => {
    const store = create();
    const { request } = await enrol(store, "camden");
    const holds = async (certificate: Uint8Array) => (await store.partyOfCertificate(certificate, NOW_MS)) !== null;
    // Two replies were lost on the way.
    for (const seed of [2, 3, 4]) await store.renewCertificate("camden", bytesOf(32, seed));
    expect(await holds(request.certificateSha256)).toBe(true);
    expect(await holds(bytesOf(32, 3))).toBe(false);
    expect(await holds(bytesOf(32, 4))).toBe(true);
    expect(await holds(request.certificateSha256)).toBe(false);
  });
});

describe.each(databases)("charters in %s", (_, create) => {
  const row = { digest: bytesOf(32), id: "one", version: 1, body: bytesOf(40) };

  it("are kept and told to their parties once", async () => {
    const store = create();
    expect(await store.addCharter(row, ["camden", "newham"], NOW_MS)).toBe(true);
    expect(await store.addCharter(row, ["camden", "newham"], NOW_MS)).toBe(true);
    expect(await typesFor(store, "camden")).toEqual(["charter"]);
    expect(await typesFor(store, "newham")).toEqual(["charter"]);
    expect((await store.charters()).map(({ id }) => id)).toEqual(["one"]);
    expect(Buffer.from(present(await store.charter(row.digest)).body)).toEqual(Buffer.from(row.body));
    expect(await store.charter(bytesOf(32, 99))).toBeNull();
  });

  it("do not change under the same id and version", async () => {
    const store = create();
    await store.addCharter(row, ["camden"], NOW_MS);
    expect(await store.addCharter({ ...row, digest: bytesOf(32, 2) }, ["camden"], NOW_MS)).toBe(false);
    expect(await typesFor(store, "camden")).toEqual(["charter"]);
    expect(await store.addCharter({ ...row, digest: bytesOf(32, 2), version: 2 }, ["camden"], NOW_MS)).toBe(true);
  });
});

describe.each(databases)("messages in %s", (_, create) => {
  const body = bytesOf(1050);

  it("grow only at their end, and come back from any offset", async () => {
    const store = create();
    const header = listHeader(body);
    await put(store, "camden", header, body.subarray(0, 300));
    for (const offset of [0, 100, 299, 301]) {
      expect(await store.appendChunk(header.messageId, offset, bytesOf(5))).toBe(false);
    }
    expect(await store.appendChunk(bytesOf(16, 77), 0, bytesOf(5))).toBe(false);
    expect((await store.message(header.messageId))?.heldBytes).toBe(300);
    expect(await store.appendChunk(header.messageId, 300, body.subarray(300))).toBe(true);
    for (const offset of [0, 1, 99, 100, 101, 555, 1049, 1050, 5000]) {
      expect(await collect(store.chunks(header.messageId, offset))).toEqual(body.slice(offset));
    }
  });

  it("stand under their identifier and their route: the first is what anybody gets", async () => {
    const store = create();
    const header = listHeader(body);
    const first = await store.beginMessage("camden", header, BOUNDS);
    expect(first).toMatchObject({ sender: "camden", heldBytes: 0, completeMs: null, pair: [0, 1] });
    const other = headerOf("list", bytesOf(7), { round: bytesOf(16, 3), to: "hackney", pair: [0, 2] });
    expect(await store.beginMessage("hackney", { ...other, messageId: header.messageId }, BOUNDS)).toEqual(first);
    expect(await store.beginMessage("camden", listHeader(bytesOf(9)), BOUNDS)).toEqual(first);
    // Another pair, attempt, recipient or sender is another route.
    for (const change of [{ pair: [0, 2] as const }, { attempt: 2 }, { to: "hackney" }]) {
      expect(await store.beginMessage("camden", listHeader(bytesOf(9), change), BOUNDS)).not.toEqual(first);
    }
    expect(await store.beginMessage("newham", listHeader(bytesOf(9)), BOUNDS)).toMatchObject({ sender: "newham" });
  });

  it("are complete once, with the first receipt and one notice", async () => {
    const store = create();
    const header = listHeader(body);
    await put(store, "camden", header, body);
    await store.completeMessage(header.messageId, NOW_MS, bytesOf(64), notice("newham"));
    await store.completeMessage(header.messageId, NOW_MS + 5, bytesOf(64, 2), notice("newham"));
    expect(await store.message(header.messageId)).toMatchObject({
      completeMs: NOW_MS,
      receiptSignature: Buffer.from(bytesOf(64)),
    });
    expect((await store.noticesAfter("newham", 0, 9)).length).toBe(1);
    expect(await store.appendChunk(header.messageId, body.length, bytesOf(1))).toBe(false);
  });

  it("are not complete where their notice cannot be signed", async () => {
    const store = create();
    const header = listHeader(body);
    await put(store, "camden", header, body);
    signer.isBroken = true;
    await expect(store.completeMessage(header.messageId, NOW_MS, bytesOf(64), notice("newham"))).rejects.toThrow();
    signer.isBroken = false;
    expect((await store.message(header.messageId))?.completeMs).toBeNull();
    expect(await store.noticesAfter("newham", 0, 9)).toEqual([]);
  });

  it("leave their bytes when acknowledged, and nothing when dropped", async () => {
    const store = create();
    const [one, two] = [listHeader(body), listHeader(body, { pair: [0, 2] })];
    for (const header of [one, two]) await put(store, "camden", header, body);
    await store.completeMessage(one.messageId, NOW_MS, bytesOf(64), null);
    await store.acknowledge(one.messageId);
    expect(await collect(store.chunks(one.messageId, 0))).toEqual(new Uint8Array());
    expect((await store.message(one.messageId))?.completeMs).toBe(NOW_MS);
    await store.dropMessage(two.messageId);
    expect(await store.message(two.messageId)).toBeNull();
    expect(await collect(store.chunks(two.messageId, 0))).toEqual(new Uint8Array());
  });

  it("fill a recipient's mailbox by what they announce, until it is acknowledged or dropped", async () => {
    const store = create();
    const big = bytesOf(6000);
    const first = listHeader(big);
    await put(store, "camden", first, big, 6000);
    const second = listHeader(big, { pair: [0, 2] });
    expect(await store.beginMessage("camden", second, BOUNDS)).toBe("full");
    expect(await store.message(second.messageId)).toBeNull();
    // What stands already is not asked again, other recipients have room, the coordinator's own has its own bounds.
    expect(await store.beginMessage("camden", first, BOUNDS)).toMatchObject({ heldBytes: 6000 });
    expect(await store.beginMessage("camden", listHeader(big, { to: "hackney" }), BOUNDS)).toMatchObject({
      heldBytes: 0,
    });
    await store.completeMessage(first.messageId, NOW_MS, bytesOf(64), null);
    expect(await store.beginMessage("camden", second, BOUNDS)).toBe("full");
    await store.acknowledge(first.messageId);
    expect(await store.beginMessage("camden", second, BOUNDS)).toMatchObject({ heldBytes: 0 });
  });

  it("outside rounds are counted by sender, the same one once", async () => {
    const store = create();
    const headers = [1, 2, 3, 4].map((seed) => headerOf("decision", bytesOf(20, seed), { attempt: 0 }));
    for (const header of headers.slice(0, 3)) {
      expect(await store.beginMessage("camden", header, BOUNDS)).toMatchObject({ sender: "camden" });
    }
    expect(await store.beginMessage("camden", headers[3]!, BOUNDS)).toBe("too-many");
    expect(await store.beginMessage("camden", headers[0]!, BOUNDS)).toMatchObject({ sender: "camden" });
    expect(await store.beginMessage("newham", headers[3]!, BOUNDS)).toMatchObject({ sender: "newham" });
  });

  it("for the coordinator are received when complete, in that order", async () => {
    const store = create();
    const small = bytesOf(250);
    const headers = ["camden", "newham", "hackney"].map((sender) => ({
      sender,
      header: headerOf("keys", small, { round: ROUND }),
    }));
    for (const { sender, header } of headers) await put(store, sender, header, small);
    for (const at of [2, 0]) await store.completeMessage(headers[at]!.header.messageId, NOW_MS - at, bytesOf(64), null);
    const received = await store.received(ROUND, 1, "keys");
    expect(received.map(({ from }) => from)).toEqual(["hackney", "camden"]);
    expect(Buffer.from(received[0]!.body)).toEqual(Buffer.from(small));
    expect(await store.received(ROUND, 2, "keys")).toEqual([]);
    expect(await store.received(ROUND, 1, "shares")).toEqual([]);
    expect(await store.received(null, 1, "keys")).toEqual([]);
    expect(headers[0]!.header.to).toBe(COORDINATOR);
  });

  it("from node to node are told by route when complete, and whether their recipient has taken them", async () => {
    const store = create();
    const [one, two, open] = [listHeader(body), listHeader(body, { pair: [0, 2] }), listHeader(body, { pair: [1, 2] })];
    for (const header of [one, two, open]) await put(store, "camden", header, body);
    for (const header of [one, two]) await store.completeMessage(header.messageId, NOW_MS, bytesOf(64), null);
    await store.acknowledge(two.messageId);
    expect(await store.posted(ROUND, 1, "list")).toEqual([
      { from: "camden", to: "newham", pair: [0, 1], taken: false },
      { from: "camden", to: "newham", pair: [0, 2], taken: true },
    ]);
    expect(await store.posted(ROUND, 2, "list")).toEqual([]);
    expect(await store.posted(ROUND, 1, "pair-figure")).toEqual([]);
  });
});

describe.each(databases)("notices in %s", (_, create) => {
  it("are numbered from one without gaps for each recipient, and signed as numbered", async () => {
    const store = create();
    for (const to of ["camden", "newham", "camden", "camden"]) await store.appendNotice(notice(to));
    const notices = await store.noticesAfter("camden", 0, 100);
    expect(notices.map(({ number }) => number)).toEqual([1, 2, 3]);
    for (const each of notices) expect(Buffer.from(each.signature)).toEqual(Buffer.from(signer.notice("camden", each)));
    expect((await store.noticesAfter("camden", 1, 1)).map(({ number }) => number)).toEqual([2]);
    expect(await store.noticesAfter("camden", 3, 100)).toEqual([]);
  });

  it("end the wait for a change, also where it came before the wait began", async () => {
    const store = create();
    const never = new AbortController();
    const before = await store.revision();
    const waiting = store.changed(before, never.signal).then(() => "woken");
    await store.appendNotice(notice("camden"));
    expect(await waiting).toBe("woken");
    await store.changed(before, never.signal);
    expect(await store.revision()).not.toBe(before);
  });

  it("are waited for until the signal, the end of the store, and no shorter", async () => {
    const store = create();
    const stop = new AbortController();
    let woken = 0;
    const revision = await store.revision();
    const waits = [store.changed(revision, stop.signal), store.changed(revision, new AbortController().signal)];
    for (const wait of waits) void wait.then(() => woken++);
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(woken).toBe(0);
    stop.abort();
    await waits[0];
    expect(woken).toBe(1);
    open.splice(open.indexOf(store), 1);
    store.close();
    await waits[1];
    await store.changed(revision, new AbortController().signal);
  });
});

describe.each(databases)("rounds in %s", (_, create) => {
  async function proposed(store: Store) {
    await store.rounds.propose({ id: ROUND, charter: bytesOf(32), nowMs: NOW_MS });
    return present(await store.rounds.one(ROUND));
  }

  it("move by compare-and-swap: of two drivers with one look, one moves it and the other changes nothing", async () => {
    const store = create();
    const round = await proposed(store);
    const step = {
      change: { state: "preflight" as const, deadlineMs: NOW_MS + 9, cohort: [0, 2] },
      notices: [{ to: "camden", type: "preflight" as const, body: bytesOf(3) }],
      event: "asked",
    };
    expect(await store.rounds.apply(round, step, NOW_MS)).toBe(true);
    const other = { ...step, change: { state: "aborted" as const }, event: "slower" };
    expect(await store.rounds.apply(round, other, NOW_MS)).toBe(false);
    expect(await store.rounds.one(ROUND)).toMatchObject({ state: "preflight", version: 1, cohort: [0, 2] });
    expect(await typesFor(store, "camden")).toEqual(["preflight"]);
    expect((await store.rounds.events(ROUND)).map(({ detail }) => detail)).toEqual(["launched", "asked"]);
  });

  it("do not move where a notice cannot be signed", async () => {
    const store = create();
    const round = await proposed(store);
    signer.isBroken = true;
    const notices = [{ to: "camden", type: "preflight" as const, body: bytesOf(3) }];
    await expect(
      store.rounds.apply(round, { change: { state: "preflight" }, notices, event: "asked" }, NOW_MS),
    ).rejects.toThrow();
    expect(await store.rounds.one(ROUND)).toEqual(round);
  });

  it("take their bodies with them when they end", async () => {
    const store = create();
    const round = await proposed(store);
    const [own, others] = [listHeader(bytesOf(500)), listHeader(bytesOf(500), { round: bytesOf(16, 44) })];
    for (const header of [own, others]) await put(store, "camden", header, bytesOf(500));
    const end = { change: { state: "aborted" as const }, notices: [], event: "ended" };
    await store.rounds.apply(round, end, NOW_MS);
    expect(await store.message(own.messageId)).toBeNull();
    expect(await collect(store.chunks(own.messageId, 0))).toEqual(new Uint8Array());
    expect(await collect(store.chunks(others.messageId, 0))).toEqual(bytesOf(500));
    expect(await store.rounds.open()).toEqual([]);
  });
});

describe("a file shared by two processes", () => {
  it("wakes the one when the other writes", async () => {
    const [serving, command] = [opened(join(folder, "c.db")), opened(join(folder, "c.db"))];
    const revision = await serving.revision();
    const waiting = serving.changed(revision, new AbortController().signal);
    await command.appendNotice(notice("camden"));
    await waiting;
    expect((await serving.noticesAfter("camden", 0, 9)).length).toBe(1);
    await serving.appendNotice(notice("camden"));
    expect((await command.noticesAfter("camden", 0, 9)).map(({ number }) => number)).toEqual([1, 2]);
  });

  it("lets one of two use an invitation", async () => {
    const stores = [opened(join(folder, "c.db")), opened(join(folder, "c.db"))];
    const secretSha256 = bytesOf(32);
    await stores[0]!.addInvitation({ secretSha256, name: "camden", expiresMs: NOW_MS + 1 });
    const request = { secretSha256, name: "camden", rootKey: bytesOf(32, 2), certificateSha256: bytesOf(32, 3) };
    const outcomes = await Promise.all(stores.map((store) => store.enrol({ ...request, nowMs: NOW_MS })));
    expect(outcomes.sort()).toEqual(["enrolled", "used"]);
  });

  it("is for its owner alone, and stands after the end of the process that wrote it", async () => {
    const path = join(folder, "c.db");
    const store = openStore(path, signer);
    const body = bytesOf(700);
    const header = listHeader(body);
    await enrol(store, "camden");
    await put(store, "camden", header, body.subarray(0, 400));
    store.close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const again = opened(path);
    expect((await again.party("camden"))?.name).toBe("camden");
    expect(await again.beginMessage("camden", header, BOUNDS)).toMatchObject({ heldBytes: 400 });
    expect(await again.appendChunk(header.messageId, 400, body.subarray(400))).toBe(true);
    expect(bytesToHex(await collect(again.chunks(header.messageId, 0)))).toBe(bytesToHex(body));
  });

  it("is refused where a newer program made it", () => {
    const path = join(folder, "c.db");
    openStore(path, signer).close();
    const db = new Sqlite(path);
    db.pragma("user_version = 99");
    db.close();
    expect(() => openStore(path, signer)).toThrow(/newer version/);
  });
});
