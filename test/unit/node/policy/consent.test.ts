import { describe, expect, it } from "vitest";
import { ProtocolError } from "../../../../shared/base/errors.ts";
import { sha256 } from "../../../../shared/crypto/hash.ts";
import { charterDigest, encodeCharter, parseCharter, type Charter } from "../../../../shared/protocol/charter.ts";
import { rootKeyText } from "../../../../shared/protocol/identity.ts";
import { signDecision, type Decision } from "../../../../shared/protocol/decision.ts";
import type { Policy } from "../../../../shared/protocol/policy.ts";
import { createConsentStore } from "../../../../node/data/consent-store.ts";
import { openNodeDatabase } from "../../../../node/data/database.ts";
import { createConsent, unconfirmedPeers } from "../../../../node/policy/consent.ts";
import { LIMITED } from "../../../helpers/example-rehearsal.ts";
import { changed, exampleCharter, examplePolicy, keyOf, NOW_MS, refusal } from "../../../helpers/example-charter.ts";

/** A node that may act on the example: charter received, peers confirmed, approved by jane, policy there. */
function createNode({ charter = exampleCharter(), confirm = ["newham", "hackney", "gla"] } = {}) {
  const db = openNodeDatabase(":memory:");
  const store = createConsentStore(db);
  let nowMs = NOW_MS;
  let policy: () => Policy | null = examplePolicy;
  const jane = keyOf("jane");
  store.addPerson({ name: "jane", role: "lead", publicKey: jane.publicKey }, NOW_MS);
  for (const name of confirm) store.confirmPeer(name, keyOf(name).publicKey, NOW_MS);
  const digest = charterDigest(charter);
  const signature = new Uint8Array(64);
  store.addCharter(
    { digest, id: charter.id, version: charter.version, body: encodeCharter(charter), notice: 1, signature },
    NOW_MS,
  );
  const decide = (change: Partial<Decision> = {}, secret = jane.secretKey) => {
    const statement = signDecision(secret, {
      charter: digest,
      party: "camden",
      person: "jane",
      role: "lead",
      personKey: jane.publicKey,
      decision: "approve",
      reason: "",
      atMs: NOW_MS,
      ...change,
    });
    const decision = change.decision ?? "approve";
    store.addDecision(digest, { decision, person: "jane", statement, decidedMs: NOW_MS });
    return statement;
  };
  const self = { name: "camden", rootKey: keyOf("camden").publicKey };
  const consent = createConsent({ store, policy: () => policy(), clock: { nowMs: () => nowMs }, self });
  return {
    db,
    store,
    digest,
    decide,
    check: () => consent.check(digest),
    rule: () => refusal(() => consent.check(digest)),
    at: (time: number) => void (nowMs = time),
    setPolicy: (source: () => Policy | null) => void (policy = source),
    consent,
  };
}

function approvedNode(parts: { charter?: Charter; confirm?: string[] } = {}) {
  const node = createNode(parts);
  const statement = node.decide();
  return { ...node, statement };
}

describe("consent", () => {
  it("reads the rows each time, also after it was given", () => {
    const charter = approvedNode();
    charter.check();
    const other = encodeCharter({ ...exampleCharter(), title: "Another title" });
    charter.db.prepare("UPDATE charters SET body = ?").run(other);
    expect(() => charter.check()).toThrow("charter.digest");
    const approval = approvedNode();
    approval.check();
    const forged = approval.statement.slice();
    forged[forged.length - 1]! ^= 1;
    approval.db.prepare("UPDATE decisions SET statement = ?").run(forged);
    expect(() => approval.check()).toThrow("charter.not-approved");
  });

  it("is given for an approved charter, with what it rests on", () => {
    const node = approvedNode();
    expect(node.check()).toEqual({ charter: exampleCharter(), approval: sha256(node.statement) });
  });

  it("is refused for a digest that never came in", () => {
    const node = approvedNode();
    const other = charterDigest(parseCharter(changed("version", 2)));
    expect(refusal(() => node.consent.check(other))).toMatchObject({
      code: "refused",
      message: "charter.not-approved: this node has not received that charter",
    });
  });

  it("needs an approval that names a rehearsal where the charter sets limits for one", () => {
    const charter = parseCharter(LIMITED());
    const node = approvedNode({ charter });
    expect(node.rule()).toMatchObject({
      code: "refused",
      message: "charter.not-rehearsed: the approval names no rehearsal, and the charter asks for one",
    });
    node.decide({ rehearsal: new Uint8Array(32).fill(1) });
    expect(node.check().charter).toEqual(charter);
  });

  it("is refused before anybody approved", () => {
    const error = createNode().rule();
    expect(error.message).toMatch(/^charter\.not-approved: /);
    expect(error.hint).toContain("charter approve");
  });

  it("is refused from a refusal on, and given again from an approval after it", () => {
    const node = approvedNode();
    node.decide({ decision: "refuse", reason: "second thoughts" });
    expect(node.rule().message).toMatch(/^charter\.not-approved: /);
    node.decide();
    expect(node.check().charter.id).toBe("council-tax-double-residence");
  });

  it.each<[string, Partial<Decision>, string]>([
    ["for another charter", { charter: new Uint8Array(32) }, "jane"],
    ["by a key that is not the person's", { personKey: keyOf("thief").publicKey }, "thief"],
    ["in the name of somebody unknown here", { person: "nobody" }, "jane"],
  ])("is refused where the row's signature is %s", (_, change, signer) => {
    const node = createNode();
    node.decide(change, keyOf(signer).secretKey);
    expect(node.rule()).toMatchObject({ code: "refused" });
    expect(node.rule().message).toMatch(/^charter\.not-approved: the stored approval is not this person's signature/);
  });

  it("is refused where a row says approve and its statement says refuse", () => {
    const node = createNode();
    node.decide({ decision: "refuse", reason: "no" });
    node.db.exec("UPDATE decisions SET decision = 'approve'");
    expect(node.rule().message).toMatch(/^charter\.not-approved: /);
  });

  it("is refused where the statement is damaged", () => {
    const node = approvedNode();
    node.db.exec("UPDATE decisions SET statement = x'00'");
    expect(node.rule()).toMatchObject({ code: "refused" });
  });

  it("is refused where the stored charter was changed", () => {
    const node = approvedNode();
    const other = encodeCharter(parseCharter(changed("controls.listCap", 20_000_000)));
    node.db.prepare("UPDATE charters SET body = ?").run(other);
    expect(node.rule().message).toMatch(/^charter\.digest: /);
  });

  it.each([
    ["2026-11-30T23:59:59.999Z", "charter.not-in-force"],
    ["2026-12-01T00:00:00.000Z", null],
    ["2027-11-30T23:59:59.999Z", null],
    ["2027-12-01T00:00:00.000Z", "charter.not-in-force"],
  ])("at %s: %s", (time, rule) => {
    const node = approvedNode();
    node.at(Date.parse(time));
    if (rule === null) expect(node.check().charter.version).toBe(1);
    else expect(node.rule().message).toContain(`${rule}: valid from 2026-12-01 to 2027-11-30`);
  });

  it("is refused while one peer's key is not confirmed, naming the peer", () => {
    const node = approvedNode({ confirm: ["newham", "gla"] });
    expect(node.rule().message).toMatch(/^peers\.unconfirmed\.hackney: /);
    expect(node.rule().hint).toBe("portmoot node peers trust hackney WORDS");
  });

  it("is refused where the charter names another key for this node itself", () => {
    const document = structuredClone(exampleCharter());
    const parties = document.parties.map((party) =>
      party.id === "camden" ? { ...party, rootKey: rootKeyText(keyOf("somebody").publicKey) } : party,
    );
    const node = approvedNode({ charter: { ...document, parties } });
    expect(node.rule().message).toBe("charter.own-key: parties.camden.rootKey is not this node's");
  });

  it("is refused where a peer's key was confirmed under another name", () => {
    const node = approvedNode({ confirm: ["newham", "gla"] });
    node.store.confirmPeer("barnet", keyOf("hackney").publicKey, NOW_MS);
    expect(node.rule().message).toMatch(/^peers\.unconfirmed\.hackney: /);
  });

  it("is refused from the moment a peer has another key confirmed", () => {
    const node = approvedNode();
    node.store.confirmPeer("gla", keyOf("gla's new key").publicKey, NOW_MS);
    expect(node.rule().message).toMatch(/^peers\.unconfirmed\.gla: /);
    expect(unconfirmedPeers(node.store, exampleCharter(), "camden")).toEqual(["gla"]);
  });

  it("is refused without a policy file, and by one that allows less, each time anew", () => {
    const node = approvedNode();
    node.setPolicy(() => null);
    expect(node.rule().message).toMatch(/^policy\.missing: /);
    node.setPolicy(() => ({ ...examplePolicy(), allow: [] }));
    expect(node.rule().message).toMatch(/^policy\.allow\.council-tax: /);
    node.setPolicy(examplePolicy);
    expect(node.check().charter.version).toBe(1);
  });

  it("is refused by a policy that cannot be read", () => {
    const node = approvedNode();
    node.setPolicy(() => {
      throw new ProtocolError("bad-input", "policy: floors: expected object");
    });
    expect(node.rule()).toMatchObject({
      code: "refused",
      message: "policy.unreadable: policy: floors: expected object",
    });
  });
});
