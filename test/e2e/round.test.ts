import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { coordinatorFiles, readCoordinatorKeys } from "../../coordinator/home.ts";
import { readEnrolment, writeEnrolment, type Enrolment } from "../../node/home.ts";
import { loadProto } from "../../proto/loader.ts";
import { RESIDENT_CASCADE, type DemoCharter } from "../../scripts/demo-charter.ts";
import { residentFiles } from "../../scripts/demo-input.ts";
import {
  agreeOnCharter,
  runRound,
  startLocalNetwork,
  type LaunchedRound,
  type LocalNetwork,
} from "../../scripts/network/local-network.ts";
import { runCommand, waitFor } from "../../scripts/network/processes.ts";
import { joinPlainly, type PlainJoin } from "../../scripts/plain-join.ts";
import { derToPem, issueServerCertificate } from "../../shared/crypto/certificates.ts";
import { hmacSha256 } from "../../shared/crypto/hash.ts";
import { keyDigest } from "../../shared/matching/match-key.ts";
import { LABEL, protectJoin } from "../helpers/simulated.ts";
import { StoredValues, valuesOfDatabase, type StoredValue } from "../helpers/stored-values.ts";
import { grpcMessages, startRecordingProxy, type RecordingProxy } from "../helpers/tls-proxy.ts";

/** One network of real processes for the whole file: the first round, what a node sends, what the coordinator keeps. */
const folder = mkdtempSync(join(tmpdir(), "portmoot-e2e-"));
const charter: DemoCharter = {
  id: "first-round",
  title: "The first round",
  boroughs: [],
  // With double-salt eighteen thousand residents would take a minute; the other end-to-end tests use that.
  protocol: "single-salt",
  cascade: RESIDENT_CASCADE,
  label: LABEL,
  validFrom: "2026-01-01",
  validTo: "2099-12-31",
  deadlines: { preflightMinutes: 0.4 },
};
let network: LocalNetwork;
let proxy: RecordingProxy;
let round: LaunchedRound;
let plain: PlainJoin;
const snapshots: Buffer[] = [];
const during: Buffer[][] = [];
let stored: StoredValues;

beforeAll(async () => {
  // So many that raw sums and local counts are five-digit numbers that nothing else is.
  const input = residentFiles({ folder: join(folder, "files"), boroughs: 5, residents: 18_000, seed: 3 });
  const say = () => undefined;
  network = await startLocalNetwork({ folder, boroughs: input.boroughs, driver: "auto", say });
  proxy = await putProxyBefore(network);
  await agreeOnCharter(network, { ...charter, boroughs: input.boroughs.map(({ name }) => name) }, say);
  const values: StoredValue[] = [];
  round = await runRound(network, charter.id, () => {
    // What the coordinator holds at each step, sealed bodies under way included.
    during.push(filesBelow(network.coordinator.home));
    values.push(...valuesOfDatabase(coordinatorFiles(network.coordinator.home).database));
  });
  // The fullest moment, with sealed lists under way, and the end.
  const size = (files: readonly Buffer[]) => files.reduce((sum, { length }) => sum + length, 0);
  snapshots.push(...during.sort((a, b) => size(b) - size(a))[0]!);
  snapshots.push(...filesBelow(network.coordinator.home));
  stored = new StoredValues([...values, ...valuesOfDatabase(coordinatorFiles(network.coordinator.home).database)]);
  plain = joinPlainly(network.nodes, charter);
}, 150_000);

afterAll(async () => {
  await network.close();
  await proxy.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Turns the first node's relay towards a recorder that ends its TLS. */
async function putProxyBefore({ nodes, coordinator }: LocalNetwork): Promise<RecordingProxy> {
  const node = nodes[0]!;
  const enrolment = readEnrolment(node.home)!;
  const { authority } = readCoordinatorKeys(coordinator.home);
  const server = await issueServerCertificate(authority, { addresses: ["127.0.0.1"], nowMs: Date.now(), days: 1 });
  const started = await startRecordingProxy(
    {
      ca: derToPem("CERTIFICATE", authority.certificateDer),
      serverCertificate: derToPem("CERTIFICATE", server.certificateDer),
      serverKey: derToPem("PRIVATE KEY", server.keyPkcs8Der),
      clientCertificate: derToPem("CERTIFICATE", enrolment.certificateDer),
      clientKey: derToPem("PRIVATE KEY", enrolment.tlsKeyPkcs8Der),
    },
    `https://${enrolment.relayAddress}`,
  );
  await node.program.stop();
  writeEnrolment(node.home, { ...enrolment, relayAddress: `127.0.0.1:${started.port}` } satisfies Enrolment);
  node.start();
  return started;
}

function filesBelow(path: string): Buffer[] {
  return readdirSync(path).flatMap((name) => {
    const file = join(path, name);
    return statSync(file).isDirectory() ? filesBelow(file) : [readFileSync(file)];
  });
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

describe("the first round", () => {
  it("releases the protected figures of the plaintext join", async () => {
    expect(round.reason).toBeNull();
    expect(round.state).toBe("released");
    const released = await network.desk<{ total: number | "c"; table: { cells: (number | "c")[] } }>(
      "round",
      "result",
      round.round,
    );
    expect(released.total).toBe(protectJoin(plain).total);
    expect(released.table.cells).toEqual(protectJoin(plain).cells);
  });

  it("gives every node the same result", async () => {
    for (const node of network.nodes) {
      const { total } = await waitFor(`the result at ${node.name}`, () =>
        node.command<{ total: number }>("round", "result", round.round).catch(() => null),
      );
      expect(total).toBe(protectJoin(plain).total);
    }
  });
});

describe("what a node sends in a whole round", () => {
  it("is in its ledger by digest, or on the closed list of control messages", async () => {
    const { entries } = await network.nodes[0]!.command<{ entries: { sha256: string | null; direction: string }[] }>(
      "ledger",
      "list",
    );
    const logged = new Set(entries.filter(({ direction }) => direction === "out").map(({ sha256: digest }) => digest));
    const { service } = loadProto().Relay;
    let bodies = 0;
    const control = new Map<string, number>();
    for (const call of proxy.calls) {
      const messages = grpcMessages(call);
      const rawBytes = call.sent.reduce((sum, { length }) => sum + length, 0);
      // Nothing beside the gRPC frames themselves.
      expect(messages.reduce((sum, { length }) => sum + length + 5, 0)).toBe(rawBytes);
      const name = call.path.replace("/portmoot.v1.Relay/", "");
      if (name === "Post") {
        const frames = messages.map((message) => service.Post.requestDeserialize(message));
        const body = Buffer.concat(frames.slice(1).map(({ data }) => Buffer.from(data as Uint8Array)));
        const header = frames[0]?.header;
        expect(logged.has(sha256(body)), header?.type).toBe(true);
        expect(Buffer.from(header?.sha256 as Uint8Array).toString("hex")).toBe(sha256(body));
        bodies++;
      } else {
        // Identifiers and offsets only.
        expect(["Follow", "Held", "Fetch", "Acknowledge", "Renew"]).toContain(name);
        expect(rawBytes).toBeLessThan(64);
        control.set(name, (control.get(name) ?? 0) + 1);
      }
    }
    // preflight-answer, keys, lists, pair results, shares, masked input, agree, unmask, protected result, decision
    expect(bodies).toBeGreaterThan(10);
    expect(control.get("Follow")).toBeGreaterThan(0);
    expect(control.get("Fetch")).toBeGreaterThan(0);
  });

  it("has a ledger that verifies at every node", async () => {
    for (const node of network.nodes) {
      expect((await node.command<{ verified: boolean }>("ledger", "verify")).verified).toBe(true);
    }
  });
});

describe("what the coordinator ever kept", () => {
  const found = (needle: Buffer) => snapshots.some((content) => content.includes(needle));

  it("holds what it should (positive control)", () => {
    expect(found(Buffer.from("newham"))).toBe(true);
    expect(found(Buffer.from(charter.title))).toBe(true);
    expect(snapshots.length).toBeGreaterThan(8);
  });

  it("holds no name, NINO or UPRN of any resident", () => {
    for (const node of network.nodes) {
      const [header = "", ...lines] = readFileSync(join(folder, "files", `${node.name}.csv`), "utf8").split(/\r?\n/);
      const cells = lines
        .slice(0, 40)
        .flatMap((line) => line.split(/[,;\t]/).map((cell) => cell.replaceAll('"', "").trim()));
      const personal = [...new Set(cells)].filter(
        (cell) => /^(QQ.{5,}|\d{11,12})$/i.test(cell) || /^[A-Za-z]{7,}$/.test(cell),
      );
      const own = new Set([...header.split(/[,;\t]/), ...LABEL.codes, "none", "single-person", "student", "closed"]);
      for (const cell of personal) {
        if (own.has(cell)) continue;
        expect(found(Buffer.from(cell)), "a personal value stands at the coordinator").toBe(false);
      }
      expect(personal.length).toBeGreaterThan(40);
    }
  });

  it("holds no raw sum and no local count, as a number, as text or as words", () => {
    const pairs = new Map<string, number>();
    for (const { left, right } of plain.pairs) {
      pairs.set(`${left}-${right}`, (pairs.get(`${left}-${right}`) ?? 0) + 1);
    }
    const counts = [...new Set([plain.total, ...plain.cells, ...pairs.values()])].filter(
      (count) => count > 1000 && count % 5 !== 0,
    );
    expect(plain.total).toBeGreaterThan(9999);
    expect(counts.length).toBeGreaterThan(5);
    for (const count of counts) expect(stored.waysToHold(count), `${count}`).toEqual([]);
    // Positive control: the same look finds what does stand there, in each of the three ways.
    const { total } = protectJoin(plain);
    expect(stored.waysToHold(total as number)).not.toEqual([]);
    const word = Buffer.alloc(30, 0xff);
    word.writeBigUInt64LE(BigInt(plain.total), 3);
    expect(new StoredValues([word, `total ${plain.total}.`, plain.total]).waysToHold(plain.total)).toEqual([
      "number",
      "text",
      "words",
    ]);
  });

  it("lets a dictionary attack with all of it recover nobody of ten thousand people", () => {
    const seen = new WindowFilter(snapshots);
    const people = readFileSync(join(folder, "files", `${network.nodes[1]!.name}.csv`), "utf8")
      .split(/\r?\n/)
      .slice(1, 10_001);
    expect(people.length).toBe(10_000);
    const salts = [new Uint8Array(32), Buffer.from(round.round, "hex")];
    let recovered = 0;
    for (const person of people) {
      const cells = person.split(/[,;\t]/);
      for (const cell of cells.filter((text) => text.length > 5)) {
        const digest = keyDigest({ key: "guess", of: [{ field: "nino", as: ["identifier"] }] }, () => cell);
        if (digest === null) continue;
        const guesses = [digest, ...salts.map((salt) => hmacSha256(salt, Uint8Array.of(0, ...digest)))];
        if (guesses.some((guess) => seen.has(Buffer.from(guess.subarray(0, 16))))) recovered++;
      }
    }
    expect(recovered).toBe(0);
    // Positive control: the attack finds a value that does stand there.
    const there = snapshots.find(({ length }) => length > 50_000)!.subarray(40_000, 40_016);
    expect(seen.has(there)).toBe(true);
  }, 60_000);
});

/** All 16-byte windows of some buffers, as a filter with a second look. */
class WindowFilter {
  readonly #bits = new Uint8Array(2 ** 25);
  readonly #buffers: readonly Buffer[];

  constructor(buffers: readonly Buffer[]) {
    // The largest of each kind of file is enough: snapshots grow.
    this.#buffers = [...buffers].sort((a, b) => b.length - a.length).slice(0, 6);
    for (const buffer of this.#buffers) {
      for (let at = 0; at + 16 <= buffer.length; at++) {
        const slot = buffer.readUInt32LE(at) & (2 ** 28 - 1);
        this.#bits[slot >> 3]! |= 1 << (slot & 7);
      }
    }
  }

  has(window: Buffer): boolean {
    const slot = window.readUInt32LE(0) & (2 ** 28 - 1);
    return (
      (this.#bits[slot >> 3]! & (1 << (slot & 7))) !== 0 && this.#buffers.some((buffer) => buffer.includes(window))
    );
  }
}

describe("who may not take part", () => {
  it("ends with exit 20 where a charter is approved before a peer's key is confirmed", async () => {
    const home = join(folder, "stranger");
    cpSync(network.nodes[0]!.home, home, { recursive: true });
    const db = await import("../../node/data/database.ts").then(({ openNodeDatabase }) =>
      openNodeDatabase(join(home, "node.db")),
    );
    db.exec("DELETE FROM peers");
    db.close();
    const { code, stderr } = await runCommand([
      "node",
      "charter",
      "approve",
      charter.id,
      "--as",
      "demo-lead",
      "--home",
      home,
    ]);
    expect(code).toBe(20);
    expect(stderr).toMatch(/peers\.unconfirmed\./);
    expect(stderr).toMatch(/next: portmoot node peers trust/);
  });

  it("refuses a peer's key whose words were not the ones read out", async () => {
    const words = Array<string>(12).fill("bado");
    const { code, stderr } = await runCommand([
      "node",
      "peers",
      "trust",
      "newham",
      ...words,
      "--home",
      network.nodes[0]!.home,
    ]);
    expect(code).toBe(20);
    expect(stderr).toMatch(/word 1 is not the one/);
  });

  it("refuses an invitation that has expired or was used, and says so", async () => {
    const { invitation } = await network.desk<{ invitation: string }>("invite", "late-borough", "--hours", "0.0001");
    const home = join(folder, "late");
    expect((await runCommand(["node", "init", "--name", "late-borough", "--home", home])).code).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { code, stderr } = await runCommand(["node", "enrol", invitation, "--home", home]);
    expect(code).toBe(20);
    expect(stderr).toMatch(/expired/);
  });

  it("shuts out a revoked node from its next message on", async () => {
    const home = network.nodes[4]!.home;
    await network.desk("revoke", network.nodes[4]!.name);
    await network.nodes[4]!.program.kill();
    network.nodes[4]!.start();
    const log = await waitFor("the refusal in the log", () => {
      const text = readFileSync(join(home, "serve.log"), "utf8");
      return text.includes("not-allowed") ? text : null;
    });
    expect(log).toMatch(/certificate: not of a party/);
  });

  it("goes on without a borough that refuses a charter, and says that it did", async () => {
    const refuser = network.nodes[3]!;
    await refuser.command("charter", "refuse", charter.id, "--as", "demo-lead", "--reason", "no lawful basis");
    const again = await runRound(network, charter.id, () => undefined, 60_000);
    // Of five, one is revoked and one refuses: three are fewer than the quorum of four.
    expect(again.state).toBe("refused");
    expect(again.events.map(({ detail }) => detail).join(" ")).toMatch(new RegExp(`${refuser.name}: not-approved`));
  }, 90_000);
});
