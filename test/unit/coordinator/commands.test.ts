import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { PassThrough } from "node:stream";
import type { Command } from "commander";
import { stringify } from "yaml";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { coordinatorFiles, readCoordinatorKeys } from "../../../coordinator/home.ts";
import { createCoordinatorProgram } from "../../../coordinator/main.ts";
import { isReceipt } from "../../../coordinator/mailbox/mailbox.ts";
import { certificateFacts } from "../../../shared/crypto/certificates.ts";
import { sha256 } from "../../../shared/crypto/hash.ts";
import { generateSigningKey } from "../../../shared/crypto/signature.ts";
import { hexToBytes } from "../../../shared/base/bytes.ts";
import { DECISION_LABEL, signDecision } from "../../../shared/protocol/decision.ts";
import { createDelegation, createSigner } from "../../../shared/protocol/identity.ts";
import { decodeInvitation } from "../../../shared/protocol/invitation.ts";
import { headerOf } from "../../helpers/coordinator.ts";
import { createDeskHome, type DeskHome } from "../../helpers/desk-home.ts";
import { countingRandom, present } from "../../helpers/egress-node.ts";
import { exampleDocument, keyOf, type Json } from "../../helpers/example-charter.ts";

/** The coordinator's commands over a folder of their own, as an operator runs them. */
const PARTIES = ["camden", "newham", "hackney", "gla"];
let desk: DeskHome;

beforeEach(() => {
  desk = createDeskHome();
});
afterEach(() => {
  desk.remove();
});

const init = () => desk.run("init", "--name", "London desk", "--address", "desk.example");

function setPorts(): void {
  writeFileSync(coordinatorFiles(desk.home).ports, JSON.stringify({ enrol: 7001, relay: 7002 }));
}

/** The example charter as an operator drafts it: no keys. */
function draft(change: Record<string, Json> = {}): string {
  const { coordinator, ...document } = exampleDocument();
  expect(coordinator).toBeDefined();
  const parties = (document["parties"] as Record<string, Json>[]).map(({ rootKey, ...party }) => {
    expect(rootKey).toBeDefined();
    return party;
  });
  const file = join(dirname(desk.home), "charter.yaml");
  writeFileSync(file, stringify({ ...document, parties, ...change }));
  return file;
}

describe("coordinator init", () => {
  it("makes a folder for its owner alone, that the other commands can use", async () => {
    expect((await init()).code).toBe(0);
    expect(statSync(desk.home).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(desk.home)) {
      expect(statSync(join(desk.home, name)).mode & 0o777, name).toBe(0o600);
    }
    const { authority, publicKey } = readCoordinatorKeys(desk.home);
    expect(certificateFacts(authority.certificateDer).name).toBe("London desk");
    expect(publicKey.length).toBe(32);
    expect(await desk.facts("nodes")).toMatchObject({ coordinator: "London desk", nodes: [] });
  });

  it("leaves a coordinator that stands there alone", async () => {
    await init();
    const key = readFileSync(coordinatorFiles(desk.home).signingKey);
    const { code, stderr } = await init();
    expect(code).toBe(20);
    expect(stderr).toMatch(/is a coordinator's folder already\nnext: use another --home/);
    expect(readFileSync(coordinatorFiles(desk.home).signingKey)).toEqual(key);
  });

  it("makes all of it or nothing", async () => {
    mkdirSync(desk.home);
    writeFileSync(coordinatorFiles(desk.home).authority, "somebody's");
    const { code, stderr } = await init();
    expect(code).toBe(2);
    expect(stderr).toMatch(/cannot be written there/);
    expect(readdirSync(desk.home)).toEqual(["authority"]);
    rmSync(coordinatorFiles(desk.home).authority);
    expect((await init()).code).toBe(0);
  });

  it("refuses a file where the folder should be, and a name without letters", async () => {
    expect((await desk.run("init", "--name", "", "--address", "desk.example")).code).toBe(2);
    expect(existsSync(desk.home)).toBe(false);
    writeFileSync(desk.home, "");
    expect((await init()).code).toBe(2);
  });
});

describe("a coordinator's folder", () => {
  it("that is none is refused with the command that makes one", async () => {
    for (const args of [["nodes"], ["invite", "camden"], ["charter", "list"], ["round", "list"], ["serve"]]) {
      const { code, stderr } = await desk.run(...args);
      expect(code, args.join(" ")).toBe(2);
      expect(stderr).toMatch(/next: portmoot coordinator init/);
    }
  });

  it("whose key is gone is damaged, not new", async () => {
    await init();
    rmSync(coordinatorFiles(desk.home).signingKey);
    const { code, stderr } = await desk.run("nodes");
    expect(code).toBe(40);
    expect(stderr).toMatch(/coordinator\.key: is missing/);
  });

  it.each([
    ["an unknown key", "name: x\ncolour: red\n", /config\.yaml/],
    ["a port beyond all", "listen: { host: 127.0.0.1, enrolPort: 70000, relayPort: 0 }\n", /config\.yaml/],
    ["no YAML", "name: [\n", /config\.yaml: not valid YAML/],
  ])("whose configuration has %s is refused by name of the file", async (_, text, message) => {
    await init();
    writeFileSync(coordinatorFiles(desk.home).config, text);
    const { code, stderr } = await desk.run("nodes");
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  it("whose ports are unreadable says which file to remove", async () => {
    await init();
    writeFileSync(coordinatorFiles(desk.home).ports, "seven");
    const { code, stderr } = await desk.run("invite", "camden");
    expect(code).toBe(40);
    expect(stderr).toMatch(/ports\.json: is not JSON\nnext: remove it/);
  });
});

describe("coordinator invite", () => {
  it("prints an invitation that names address, authority, key and end", async () => {
    await init();
    setPorts();
    const before = Date.now();
    const { code, stdout } = await desk.run("invite", "camden", "--hours", "2");
    expect(code).toBe(0);
    const invitation = decodeInvitation(stdout);
    const keys = readCoordinatorKeys(desk.home);
    expect(invitation).toMatchObject({ name: "camden", address: "desk.example:7001" });
    expect(Buffer.from(invitation.coordinatorKey)).toEqual(Buffer.from(keys.publicKey));
    expect(Buffer.from(invitation.caSha256)).toEqual(
      Buffer.from(certificateFacts(keys.authority.certificateDer).sha256),
    );
    expect(invitation.expiresMs - before).toBeGreaterThanOrEqual(2 * 3_600_000);
    expect(invitation.expiresMs - before).toBeLessThan(2 * 3_600_000 + 60_000);
    const state = await desk.withParts(({ store }) => store.invitationState(sha256(invitation.secret), before));
    expect(state).toBe("open");
    // The secret itself is nowhere on this side.
    for (const name of readdirSync(desk.home)) {
      expect(readFileSync(join(desk.home, name)).includes(Buffer.from(invitation.secret)), name).toBe(false);
    }
  });

  it("never gives the same secret twice", async () => {
    await init();
    setPorts();
    const secrets = new Set<string>();
    for (let at = 0; at < 3; at++) {
      secrets.add(Buffer.from(decodeInvitation((await desk.run("invite", "camden")).stdout).secret).toString("hex"));
    }
    expect(secrets.size).toBe(3);
  });

  it("waits for the first start, which fixes the port", async () => {
    await init();
    const { code, stderr } = await desk.run("invite", "camden");
    expect(code).toBe(2);
    expect(stderr).toMatch(/next: portmoot coordinator serve/);
  });

  it.each([
    ["a name that is no name in a charter", ["Camden Town"]],
    ["the name that stands for the coordinator in every header", ["coordinator"]],
    ["no hours", ["camden", "--hours", "0"]],
    ["hours that are no number", ["camden", "--hours", "soon"]],
    ["more than a month", ["camden", "--hours", "721"]],
  ])("refuses %s", async (_, args) => {
    await init();
    setPorts();
    const { code, stdout } = await desk.run("invite", ...args);
    expect(code).toBe(2);
    expect(stdout).not.toMatch(/portmoot-invitation/);
  });
});

describe("coordinator nodes and revoke", () => {
  interface Nodes {
    nodes: { name: string; state: string; seenAt: string | null; rootKey: string }[];
  }

  it("lists who was heard, who is late, and who is out", async () => {
    await init();
    await desk.enter("camden", "newham", "hackney");
    await desk.withParts(async ({ store }) => {
      const certificate = present(await store.party("camden")).certificateSha256;
      await store.partyOfCertificate(certificate, Date.now());
    });
    expect((await desk.run("revoke", "newham")).code).toBe(0);
    const { nodes } = (await desk.facts("nodes")) as Nodes;
    expect(nodes.map(({ name, state }) => [name, state])).toEqual([
      ["camden", "heard"],
      ["hackney", "late"],
      ["newham", "revoked"],
    ]);
    expect(nodes[0]?.rootKey).toMatch(/^ed25519:/);
    expect(nodes[1]?.seenAt).toBeNull();
    expect((await desk.run("nodes")).stdout.split("\n")[0]).toMatch(/^camden +heard +\d{4}-\d\d-\d\dT/);
  });

  it("revokes nobody that is not there, nor twice", async () => {
    await init();
    await desk.enter("camden");
    expect((await desk.run("revoke", "camden")).code).toBe(0);
    for (const name of ["camden", "atlantis"]) {
      const { code, stderr } = await desk.run("revoke", name);
      expect(code).toBe(2);
      expect(stderr).toMatch(/next: portmoot coordinator nodes/);
    }
  });
});

describe("coordinator charter propose", () => {
  beforeEach(async () => {
    await init();
  });

  it("fills in the keys of the roster and tells the parties", async () => {
    await desk.enter(...PARTIES);
    const proposed = (await desk.facts("charter", "propose", draft())) as { digest: string; charter: unknown };
    expect(proposed).toMatchObject({
      id: "council-tax-double-residence",
      version: 1,
      parties: PARTIES,
      charter: { coordinator: { name: "London desk" } },
    });
    expect(proposed.digest).toMatch(/^[0-9a-f]{64}$/);
    const told = await desk.withParts(({ store }) => store.noticesAfter("gla", 0, 100));
    expect(told.at(-1)?.type).toBe("charter");
    // The same again is the same; an edit is a new version.
    expect(await desk.facts("charter", "propose", draft())).toMatchObject({ digest: proposed.digest });
    const edited = await desk.run("charter", "propose", draft({ title: "Another title" }));
    expect(edited.code).toBe(20);
    expect(edited.stderr).toMatch(/next: any edit is a new version/);
    expect((await desk.run("charter", "propose", draft({ title: "Another title", version: 2 }))).code).toBe(0);
    const after = await desk.withParts(({ store }) => store.noticesAfter("gla", 0, 100));
    expect(after.length).toBe(told.length + 1);
  });

  it("refuses a party that has not enrolled or was revoked, and puts nothing before anybody", async () => {
    await desk.enter(...PARTIES);
    await desk.run("revoke", "newham");
    const { code, stderr } = await desk.run("charter", "propose", draft());
    expect(code).toBe(2);
    expect(stderr).toMatch(/parties\.1\.id: no such party has enrolled\nnext: portmoot coordinator nodes/);
    expect(await desk.facts("charter", "list")).toEqual([]);
  });

  it.each<[string, Record<string, Json>, RegExp]>([
    ["an unknown key", { colour: "red" }, /colour/],
    ["an operation of another version", { operation: { kind: "count" } }, /operation/],
  ])("refuses %s by name", async (_, change, message) => {
    await desk.enter(...PARTIES);
    const { code, stderr } = await desk.run("charter", "propose", draft(change));
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  it("refuses what is no charter file, naming it", async () => {
    const nobody = await desk.run("charter", "propose", draft());
    expect(nobody.code).toBe(2);
    expect(nobody.stderr).toMatch(/nobody has enrolled yet\nnext: portmoot coordinator invite NAME/);
    await desk.enter(...PARTIES);
    const missing = join(dirname(desk.home), "missing.yaml");
    const binary = join(dirname(desk.home), "binary.yaml");
    writeFileSync(binary, Uint8Array.of(0xff, 0xfe, 0, 1));
    for (const file of [missing, binary, desk.home]) {
      const { code, stderr } = await desk.run("charter", "propose", file);
      expect(code).toBe(2);
      expect(stderr).toContain(file);
    }
  });
});

describe("coordinator charter list", () => {
  it("shows each party's newest decision, by whom, and none that is another's or broken", async () => {
    await init();
    await desk.enter(...PARTIES);
    const { digest } = (await desk.facts("charter", "propose", draft())) as { digest: string };
    const charter = present(hexToBytes(digest));
    let atMs = Date.now();
    /** A decision of `party`, signed for it by `signing`, over the connection of `connection`. */
    async function decide(decision: "approve" | "refuse", party: string, signing = party, connection = party) {
      const person = generateSigningKey(countingRandom());
      const body = signDecision(person.secretKey, {
        charter,
        party,
        person: "A. Lead",
        role: "IG lead",
        personKey: person.publicKey,
        decision,
        reason: decision === "refuse" ? "no lawful basis" : "",
        atMs: atMs++,
      });
      const operational = generateSigningKey(countingRandom(40));
      const delegation = createDelegation(keyOf(signing).secretKey, {
        operationalKey: operational.publicKey,
        serial: 1,
        notAfterMs: Date.now() + 86_400_000,
      });
      const statement = createSigner({ delegation, operationalSecret: operational.secretKey }).sign(
        DECISION_LABEL,
        body,
      );
      await desk.withParts(async ({ mailbox }) => {
        const posting = await mailbox.post(connection, headerOf("decision", statement, { attempt: 0 }), 0);
        if (isReceipt(posting)) throw new Error("it was there already");
        await posting.append(statement);
        await posting.finish();
      });
    }
    await decide("approve", "camden");
    await decide("refuse", "camden");
    await decide("approve", "newham");
    await decide("approve", "hackney", "hackney", "gla");
    await decide("approve", "gla", "newham", "gla");
    const { stdout, stderr, code } = await desk.run("--json", "charter", "list");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([
      {
        version: 1,
        digest,
        decisions: [
          { party: "camden", decision: "refuse", person: "A. Lead", reason: "no lawful basis" },
          { party: "newham", decision: "approve", person: "A. Lead" },
          { party: "hackney", decision: "none", person: null },
          { party: "gla", decision: "none", person: null },
        ],
      },
    ]);
    expect(stderr.match(/a decision from gla does not verify/g)?.length).toBe(2);
    expect((await desk.run("charter", "list")).stdout).toMatch(/camden +refuse by A\. Lead: no lawful basis/);
  });
});

describe("coordinator round", () => {
  it("launches under the newest version of a charter, and shows where the round stands", async () => {
    await init();
    await desk.enter(...PARTIES);
    await desk.run("charter", "propose", draft());
    await desk.run("charter", "propose", draft({ version: 2 }));
    const { round, version } = (await desk.facts("round", "launch", "council-tax-double-residence")) as {
      round: string;
      version: number;
    };
    expect(version).toBe(2);
    expect(await desk.facts("round", "list")).toMatchObject([{ round, state: "proposed", over: false }]);
    expect(await desk.facts("round", "status", round.slice(0, 6))).toMatchObject({ events: [{ detail: "launched" }] });
    const result = await desk.run("round", "result", round);
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/has no released result: it is proposed/);
  });

  it("knows no round or charter that nobody launched or proposed", async () => {
    await init();
    for (const args of [
      ["launch", "atlantis"],
      ["status", "00"],
      ["result", "00"],
    ]) {
      const { code, stderr } = await desk.run("round", ...args);
      expect(code).toBe(2);
      expect(stderr).toMatch(/next: portmoot coordinator (charter|round) list/);
    }
  });
});

describe("every command of the coordinator", () => {
  it("shows an example in its help", () => {
    const io = { stdout: new PassThrough(), stderr: new PassThrough(), isTty: false };
    const leaves = (command: Command): Command[] =>
      command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
    const commands = leaves(createCoordinatorProgram(io));
    expect(commands.length).toBeGreaterThanOrEqual(11);
    for (const command of commands) {
      let help = "";
      command.configureOutput({ writeOut: (text) => (help += text) });
      command.outputHelp();
      expect(help, command.name()).toMatch(/Example:\n {2}portmoot coordinator /);
    }
  });
});
