import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { Command } from "commander";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bytesToHex } from "../../../../shared/base/bytes.ts";
import { IN_MEMORY } from "../../../../shared/base/scratch.ts";
import { createOutput, runProgram } from "../../../../shared/host/cli.ts";
import { systemRandom } from "../../../../shared/host/random.ts";
import { charterDigest, encodeCharter, parseCharter } from "../../../../shared/protocol/charter.ts";
import { DECISION_LABEL, openDecision } from "../../../../shared/protocol/decision.ts";
import { fingerprintWords } from "../../../../shared/protocol/fingerprint-words.ts";
import { createDelegation, createSigner, openStatement } from "../../../../shared/protocol/identity.ts";
import { completeRehearsal, rehearsalDigest, type RehearsalFacts } from "../../../../shared/protocol/rehearsal.ts";
import { signRoster } from "../../../../shared/protocol/roster.ts";
import type { NodeCore } from "../../../../node/assemble.ts";
import { addCharterCommands } from "../../../../node/cli/charter.ts";
import type { NodeContext } from "../../../../node/cli/context.ts";
import { addPeerCommands } from "../../../../node/cli/peers.ts";
import { addPeopleCommands } from "../../../../node/cli/people.ts";
import { createConsentStore } from "../../../../node/data/consent-store.ts";
import { openNodeDatabase } from "../../../../node/data/database.ts";
import type { OutgoingMessage } from "../../../../node/egress/outgoing-message.ts";
import { homeFiles } from "../../../../node/home.ts";
import {
  changed,
  CLOCK,
  exampleCharter,
  examplePolicyDocument,
  keyOf,
  NOW_MS,
} from "../../../helpers/example-charter.ts";
import { LIMITED, rehearsalFacts } from "../../../helpers/example-rehearsal.ts";

const ID = "council-tax-double-residence";
const ROOT = keyOf("camden");
const DESK = keyOf("coordinator");
const OPERATIONAL = keyOf("camden operational");

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "portmoot-consent-"));
});
afterEach(() => {
  rmSync(home, { recursive: true });
});

/** An enrolled node's commands, with a gate that keeps what it is given. */
function createNode() {
  const db = openNodeDatabase(":memory:");
  const store = createConsentStore(db);
  const parties = ["camden", "newham", "hackney", "gla"].map((name) => ({ name, rootKey: keyOf(name).publicKey }));
  store.setRoster(
    1,
    signRoster(DESK.secretKey, { version: 1, coordinator: { name: "desk", rootKey: DESK.publicKey }, parties }),
  );
  const sent: OutgoingMessage[] = [];
  const withdrawn: string[] = [];
  const delegation = createDelegation(ROOT.secretKey, {
    operationalKey: OPERATIONAL.publicKey,
    serial: 1,
    notAfterMs: NOW_MS,
  });
  const core = {
    gate: {
      send: (message: OutgoingMessage) => void sent.push(message),
      withdraw: (charter: Uint8Array) => void withdrawn.push(bytesToHex(charter)),
    },
    signer: createSigner({ delegation, operationalSecret: OPERATIONAL.secretKey }),
  } as unknown as NodeCore;
  const receive = (version = 1, document = changed("version", version)) => {
    const charter = parseCharter(document);
    const body = encodeCharter(charter);
    store.addCharter(
      { digest: charterDigest(charter), id: ID, version, body, notice: version, signature: new Uint8Array(64) },
      NOW_MS,
    );
  };
  receive();
  async function run(args: string[], { json = false, passphrase = null as string | null } = {}) {
    const io = { stdout: new PassThrough(), stderr: new PassThrough(), isTty: false };
    const context: NodeContext = {
      home,
      name: "camden",
      db,
      clock: CLOCK,
      random: systemRandom,
      output: createOutput(io, json),
      ask: null,
      personPassphrase: passphrase,
      ledgerTrust: () =>
        ({ rootKey: ROOT.publicKey, name: "camden", coordinatorKey: DESK.publicKey }) as ReturnType<
          NodeContext["ledgerTrust"]
        >,
      core: () => core,
      workspace: () => IN_MEMORY,
    };
    const program = new Command("node");
    for (const add of [addCharterCommands, addPeerCommands, addPeopleCommands]) add(program, () => context);
    const code = await runProgram(program, args, io);
    const text = (stream: PassThrough) => ((stream.read() as Buffer | null) ?? Buffer.alloc(0)).toString("utf8");
    return { code, stdout: text(io.stdout), stderr: text(io.stderr) };
  }
  const words = (name: string) => fingerprintWords(keyOf(name).publicKey).split(" ");
  const prepare = async () => {
    await run(["people", "add", "jane", "--role", "information governance lead"]);
    for (const name of ["newham", "hackney", "gla"]) await run(["peers", "trust", name, ...words(name)]);
    writeFileSync(homeFiles(home).policy, JSON.stringify(examplePolicyDocument()));
  };
  return { db, store, sent, withdrawn, run, words, prepare, receive };
}

describe("people add", () => {
  it("makes a key file that its owner alone can read", async () => {
    const { run, store } = createNode();
    const { code, stdout } = await run(["people", "add", "jane", "--role", "lead"]);
    expect(code).toBe(0);
    expect(stdout).toContain("jane may decide here");
    const file = join(home, "people", "jane.key");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(home, "people")).mode & 0o777).toBe(0o700);
    expect(store.person("jane")?.role).toBe("lead");
    expect((await run(["people", "list"])).stdout).toMatch(/^jane +lead\n$/);
  });

  it.each([
    ["a known name, even with its key file taken away", ["jane", "--role", "lead"], 20, "jane is known here already"],
    ["a name that would leave the folder", ["../jane", "--role", "lead"], 2, "name: expected"],
    ["a role that would repaint the screen", ["john", "--role", "lead\u001b[2J"], 2, "role: expected one line"],
  ])("refuses %s, and leaves no key behind", async (_, args, exit, message) => {
    const { run } = createNode();
    await run(["people", "add", "jane", "--role", "lead"]);
    rmSync(join(home, "people", "jane.key"));
    const { code, stderr } = await run(["people", "add", ...args]);
    expect(code).toBe(exit);
    expect(stderr).toContain(message);
    expect(existsSync(join(home, "people", `${args[0]!}.key`))).toBe(false);
  });
});

describe("peers", () => {
  it("are listed with the words to read out, unconfirmed until somebody compared them", async () => {
    const { run, words } = createNode();
    const before = (await run(["peers", "list"])).stdout;
    expect(before).toContain(`this node, to read out to others:\n  ${words("camden").join(" ")}`);
    expect(before).toContain(`newham                   UNCONFIRMED  ${words("newham").join(" ")}`);
    expect((await run(["peers", "trust", "newham", ...words("newham")])).code).toBe(0);
    const after = (await run(["peers", "list"])).stdout;
    expect(after).toContain("newham                   confirmed  ");
    expect(after).toContain("gla                      UNCONFIRMED");
  });

  it("are refused with exit 20 where the words are another key's", async () => {
    const { run, words, store } = createNode();
    const { code, stderr } = await run(["peers", "trust", "newham", ...words("hackney")]);
    expect(code).toBe(20);
    expect(stderr).toContain("error: fingerprint: word 1 is not the one this node computes for that key");
    expect(stderr).toContain("next: do not trust this key");
    expect(store.peers()).toEqual([]);
  });

  it("may be given as one text, and with who compared them", async () => {
    const { run, words, store } = createNode();
    await run(["people", "add", "jane", "--role", "lead"]);
    expect((await run(["peers", "trust", "newham", words("newham").join(" "), "--as", "jane"])).code).toBe(0);
    expect(store.peers()).toMatchObject([{ name: "newham", confirmedBy: "jane" }]);
    const { code, stderr } = await run(["peers", "trust", "gla", ...words("gla"), "--as", "nobody"]);
    expect(code).toBe(2);
    expect(stderr).toContain("nobody is not known here");
    expect(store.peers()).toHaveLength(1);
  });

  it("are refused where the roster has no such name", async () => {
    const { run, words } = createNode();
    const { code, stderr } = await run(["peers", "trust", "atlantis", ...words("gla")]);
    expect(code).toBe(2);
    expect(stderr).toContain("atlantis is not on the roster");
  });
});

describe("charter approve", () => {
  it("records and sends the person's signature on this exact digest, in the party's statement", async () => {
    const { run, prepare, sent, store } = createNode();
    await prepare();
    const { code, stdout, stderr } = await run(["charter", "approve", ID, "--as", "jane"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(`${ID} version 1: approved by jane`);
    const digest = charterDigest(exampleCharter());
    expect(sent).toMatchObject([
      { type: "decision", to: "coordinator", round: null, pair: null, charterDigest: Buffer.from(digest) },
    ]);
    const { content } = sent[0]!;
    const body = content.kind === "final" ? content.body : new Uint8Array();
    const statement = openStatement(ROOT.publicKey, DECISION_LABEL, body, NOW_MS) as Uint8Array;
    expect(openDecision(statement)).toMatchObject({ party: "camden", person: "jane", decision: "approve" });
    expect(bytesToHex(openDecision(statement).charter)).toBe(bytesToHex(digest));
    expect(store.decision(digest)?.decision).toBe("approve");
    expect((await run(["charter", "list"])).stdout).toContain(`${ID} version 1  approve by jane`);
  });

  describe("where the charter limits gaps between groups", () => {
    const digest = charterDigest(parseCharter({ ...LIMITED(), version: 2 }));
    const write = (facts: RehearsalFacts) => {
      const file = join(home, "rehearsal.json");
      writeFileSync(file, JSON.stringify(completeRehearsal(facts)));
      return file;
    };
    async function prepared() {
      const node = createNode();
      await node.prepare();
      node.receive(2, { ...LIMITED(), version: 2 });
      const approve = (...options: string[]) => node.run(["charter", "approve", `${ID}@2`, "--as", "jane", ...options]);
      return { ...node, approve };
    }

    it("is refused without a rehearsal, with exit 20 and what to run", async () => {
      const { approve, sent } = await prepared();
      const { code, stderr } = await approve();
      expect(code).toBe(20);
      expect(stderr).toContain("controls.fairness: the charter allows gaps of at most 5.0 points in recall");
      expect(stderr).toContain(`next: portmoot rehearse ${ID}@2`);
      expect(sent).toEqual([]);
    });

    it("is refused with a larger gap, naming trait, groups and figures", async () => {
      const { approve, sent } = await prepared();
      const file = write(rehearsalFacts({ Turkish: { truth: 400, found: 320, matched: 304 } }));
      const { code, stderr } = await approve("--rehearsal", file);
      expect(code).toBe(20);
      expect(stderr).toContain(
        "controls.fairness.largestRecallGap: tradition: recall is 76.0 % for Turkish and 90.0 % for British",
      );
      expect(stderr).toMatch(/next: ask the proposer for keys .* or refuse: portmoot node charter refuse/);
      expect(sent).toEqual([]);
    });

    it("is refused with one of another match, or too small, or whose figures were changed", async () => {
      const { approve, sent } = await prepared();
      const other = await approve("--rehearsal", write({ ...rehearsalFacts(), definition: "0".repeat(64) }));
      expect([other.code, other.stderr]).toEqual([20, expect.stringContaining("rehearsal.definition")]);
      const small = await approve(
        "--rehearsal",
        write(
          rehearsalFacts({ Turkish: { truth: 9, found: 9, matched: 9 }, British: { truth: 9, found: 9, matched: 9 } }),
        ),
      );
      expect([small.code, small.stderr]).toEqual([20, expect.stringContaining("rehearsal.people")]);
      const file = write(rehearsalFacts({ Turkish: { truth: 400, found: 320, matched: 304 } }));
      writeFileSync(file, readFileSync(file, "utf8").replaceAll("0.76", "0.88"));
      expect((await approve("--rehearsal", file)).code).toBe(40);
      expect(sent).toEqual([]);
    });

    it("signs the rehearsal's digest, shows it, and says what was not rehearsed", async () => {
      const { approve, store, run } = await prepared();
      const facts = rehearsalFacts();
      const { code, stderr } = await approve("--rehearsal", write(facts));
      expect([code, stderr]).toEqual([0, "note: rehearsed without choosing rows by discount, status\n"]);
      const own = rehearsalDigest(completeRehearsal(facts));
      expect(bytesToHex(openDecision(store.decision(digest)!.statement).rehearsal!)).toBe(bytesToHex(own));
      const { stdout } = await run(["charter", "list"], { json: true });
      expect(JSON.parse(stdout)).toContainEqual(expect.objectContaining({ version: 2, rehearsal: bytesToHex(own) }));
      expect((await run(["charter", "list"])).stdout).toContain(
        `approve by jane, rehearsal ${bytesToHex(own).slice(0, 16)}`,
      );
    });

    it("says so where the charter is explained, and lets anybody refuse it without one", async () => {
      const { run } = await prepared();
      expect((await run(["charter", "explain", `${ID}@2`])).stdout).toContain("differs by at most 5.0 points");
      const { code } = await run(["charter", "refuse", `${ID}@2`, "--as", "jane", "--reason", "unfair"]);
      expect(code).toBe(0);
    });
  });

  it("is refused with exit 20 while a peer is not confirmed, and signs nothing", async () => {
    const { run, prepare, sent, db } = createNode();
    await prepare();
    db.exec("DELETE FROM peers WHERE name = 'gla'");
    const { code, stderr } = await run(["charter", "approve", ID, "--as", "jane"]);
    expect(code).toBe(20);
    expect(stderr).toContain("peers.unconfirmed.gla");
    expect(sent).toEqual([]);
  });

  it("asks which version where several are here, so that nobody approves what came in after they read", async () => {
    const { run, prepare, receive, sent } = createNode();
    await prepare();
    receive(2);
    for (const command of [
      ["explain", ID],
      ["approve", ID, "--as", "jane"],
    ]) {
      const { code, stderr } = await run(["charter", ...command]);
      expect(code).toBe(2);
      expect(stderr).toContain(`next: ${ID}@1 or ${ID}@2`);
    }
    expect(sent).toEqual([]);
    expect((await run(["charter", "approve", `${ID}@1`, "--as", "jane"])).stdout).toContain("version 1: approved");
  });

  it("says where the policy would still refuse", async () => {
    const { run, prepare } = createNode();
    await prepare();
    rmSync(homeFiles(home).policy);
    const { code, stderr } = await run(["charter", "approve", ID, "--as", "jane"]);
    expect(code).toBe(0);
    expect(stderr).toContain("note: this node still refuses to act on it: policy.missing");
  });

  it.each([
    ["somebody unknown", [ID, "--as", "john"], 2, "john is not known here"],
    ["a charter that is not here", ["another", "--as", "jane"], 2, "charter another is not here"],
    ["a version that is not here", [`${ID}@7`, "--as", "jane"], 2, `charter ${ID}@7 is not here`],
    [
      "a key file that is not there",
      [ID, "--as", "jane", "--key", "/nowhere/jane.key"],
      2,
      "no key file that can be read",
    ],
    ["a folder for a key file", [ID, "--as", "jane", "--key", "/"], 2, "no key file that can be read"],
    ["nobody", [ID], 2, "--as"],
  ])("is refused for %s", async (_, args, exit, message) => {
    const { run, prepare, sent } = createNode();
    await prepare();
    const { code, stderr } = await run(["charter", "approve", ...args]);
    expect(code).toBe(exit);
    expect(stderr).toContain(message);
    expect(sent).toEqual([]);
  });

  it("is refused with another person's key", async () => {
    const { run, prepare, sent } = createNode();
    await prepare();
    await run(["people", "add", "john", "--role", "analyst"]);
    const key = join(home, "people", "john.key");
    const { code, stderr } = await run(["charter", "approve", ID, "--as", "jane", "--key", key]);
    expect(code).toBe(20);
    expect(stderr).toContain("is not the key that is known here for this person");
    expect(sent).toEqual([]);
  });

  it("takes the passphrase that the key file was made with, and no other", async () => {
    const { run, prepare, sent } = createNode();
    await prepare();
    await run(["people", "add", "mary", "--role", "lead"], { passphrase: "correct horse" });
    const as = ["charter", "approve", ID, "--as", "mary"];
    expect(await run(as)).toMatchObject({ code: 2 });
    expect(await run(as, { passphrase: "wrong horse" })).toMatchObject({ code: 2 });
    expect(sent).toEqual([]);
    expect(await run(as, { passphrase: "correct horse" })).toMatchObject({ code: 0 });
  }, 20_000);
});

describe("charter refuse", () => {
  it("needs a reason, and ends what rests on an approval", async () => {
    const { run, prepare, sent, withdrawn, store } = createNode();
    await prepare();
    await run(["charter", "approve", ID, "--as", "jane"]);
    expect(await run(["charter", "refuse", ID, "--as", "jane"])).toMatchObject({ code: 2 });
    const { code } = await run(["charter", "refuse", ID, "--as", "jane", "--reason", "no lawful basis"]);
    expect(code).toBe(0);
    const digest = charterDigest(exampleCharter());
    expect(withdrawn).toEqual([bytesToHex(digest)]);
    expect(sent).toHaveLength(2);
    expect(store.decision(digest)?.decision).toBe("refuse");
  });

  it("is possible while peers are not confirmed", async () => {
    const { run, sent } = createNode();
    await run(["people", "add", "jane", "--role", "lead"]);
    expect((await run(["charter", "refuse", ID, "--as", "jane", "--reason", "who is gla?"])).code).toBe(0);
    expect(sent).toHaveLength(1);
  });
});

describe("charter explain", () => {
  it("prints what leaves, who is not confirmed, what the policy says, and the digest that is signed", async () => {
    const { run } = createNode();
    const { stdout } = await run(["charter", "explain", ID]);
    expect(stdout).toContain("What would leave this building");
    expect(stdout).toContain("Not yet confirmed here: newham, hackney, gla.");
    expect(stdout).toContain("This node would refuse to act on it: policy.missing:");
    expect(stdout).toContain(bytesToHex(charterDigest(exampleCharter())));
  });

  it("prints the same as facts for programs", async () => {
    const { run, prepare } = createNode();
    await prepare();
    const { stdout } = await run(["charter", "explain", ID], { json: true });
    const facts = JSON.parse(stdout) as {
      leaves: { type: string; to: string }[];
      unconfirmed: string[];
      policy: object;
    };
    expect(facts.leaves.map(({ type }) => type)).toContain("list");
    expect(facts).toMatchObject({ unconfirmed: [], policy: { allowed: true } });
  });
});
