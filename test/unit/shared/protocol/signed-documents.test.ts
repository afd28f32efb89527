import { describe, expect, it } from "vitest";
import { bytesToBase64Url } from "../../../../shared/base/bytes.ts";
import { decodeValue, encodeValue, type Value, type ValueMap } from "../../../../shared/base/encoding.ts";
import { digest } from "../../../../shared/crypto/hash.ts";
import { openDecision, signDecision, type Decision } from "../../../../shared/protocol/decision.ts";
import { decodeInvitation, encodeInvitation } from "../../../../shared/protocol/invitation.ts";
import { signNotice, signReceipt, verifyNotice, verifyReceipt } from "../../../../shared/protocol/notices.ts";
import { rosterDigest, signRoster, verifyRoster, type Roster } from "../../../../shared/protocol/roster.ts";
import { keyOf, NOW_MS, refusal } from "../../../helpers/example-charter.ts";

const DESK = keyOf("coordinator");

function altered(encoded: Uint8Array, part: string, value: Value): Uint8Array {
  return encodeValue({ ...(decodeValue(encoded) as ValueMap), [part]: value });
}

describe("a roster", () => {
  const body: Roster = {
    version: 4,
    coordinator: { name: "The desk", rootKey: DESK.publicKey },
    parties: [{ name: "camden", rootKey: keyOf("camden").publicKey }],
  };
  const signed = signRoster(DESK.secretKey, body);

  it("is what the coordinator signed", () => {
    expect(verifyRoster(DESK.publicKey, signed, 4)).toEqual(body);
  });

  it("is refused when older than the newest seen", () => {
    const error = refusal(() => verifyRoster(DESK.publicKey, signed, 5));
    expect(error).toMatchObject({ code: "integrity", message: "roster: version 4 is older than 5, seen before" });
  });

  it("is refused with another body, and from anybody else", () => {
    const other = signRoster(keyOf("thief").secretKey, { ...body, version: 5 });
    const forged = altered(signed, "body", (decodeValue(other) as ValueMap)["body"]!);
    expect(refusal(() => verifyRoster(DESK.publicKey, forged, 1)).code).toBe("integrity");
    expect(refusal(() => verifyRoster(DESK.publicKey, other, 1)).code).toBe("integrity");
  });

  it("is never signed with a name that a terminal would obey", () => {
    const named = (name: string) => () =>
      signRoster(DESK.secretKey, { ...body, coordinator: { ...body.coordinator, name } });
    expect(refusal(named("desk\u001b[2J")).message).toContain("roster: coordinator.name");
  });

  it("has another digest in every version", () => {
    const next = signRoster(DESK.secretKey, { ...body, version: 5 });
    expect(rosterDigest(signed)).not.toEqual(rosterDigest(next));
  });
});

describe("a person's decision", () => {
  const person = keyOf("jane");
  const body: Decision = {
    charter: new Uint8Array(32).fill(1),
    party: "camden",
    person: "jane-smith",
    role: "information governance lead",
    personKey: person.publicKey,
    decision: "refuse",
    reason: "no lawful basis",
    atMs: NOW_MS,
  };
  const signed = signDecision(person.secretKey, body);

  it("is what the person signed", () => {
    expect(openDecision(signed)).toEqual(body);
  });

  it("names the rehearsal it rests on, and one without it stays readable", () => {
    const rehearsed = { ...body, decision: "approve" as const, rehearsal: new Uint8Array(32).fill(3) };
    const statement = signDecision(person.secretKey, rehearsed);
    expect(openDecision(statement)).toEqual(rehearsed);
    expect(Object.keys(openDecision(signed))).not.toContain("rehearsal");
    expect(
      refusal(() => openDecision(altered(statement, "body", { ...rehearsed, rehearsal: new Uint8Array(32) }))).code,
    ).toBe("integrity");
  });

  it.each<[string, Partial<Decision>]>([
    ["another charter", { charter: new Uint8Array(32).fill(2) }],
    ["approve for refuse", { decision: "approve" }],
    ["another person's name", { person: "john" }],
    ["another party", { party: "newham" }],
    ["another key", { personKey: keyOf("john").publicKey }],
    ["another time", { atMs: NOW_MS + 1 }],
  ])("is refused with %s", (_, change) => {
    expect(refusal(() => openDecision(altered(signed, "body", { ...body, ...change }))).code).toBe("integrity");
  });

  it.each<[string, Partial<Decision>]>([
    ["reason", { reason: "x".repeat(2001) }],
    ["reason", { reason: "no\u001b[1A" }],
    ["role", { role: "" }],
  ])("is not signed with a bad %s", (field, change) => {
    const error = refusal(() => signDecision(person.secretKey, { ...body, ...change }));
    expect(error.code).toBe("bad-input");
    expect(error.message).toContain(`decision: ${field}: expected`);
  });
});

describe("an invitation", () => {
  const body = {
    address: "desk.example:7443",
    caSha256: new Uint8Array(32).fill(1),
    coordinatorKey: DESK.publicKey,
    name: "camden",
    secret: new Uint8Array(32).fill(2),
    expiresMs: NOW_MS,
  };
  const text = encodeInvitation(body);

  it("survives copying, spaces around it too", () => {
    expect(decodeInvitation(`  ${text}\n`)).toEqual(body);
  });

  it("is refused wherever it was cut", () => {
    for (let length = 0; length < text.length; length++) {
      expect(refusal(() => decodeInvitation(text.slice(0, length))).code).toBe("bad-input");
    }
  });

  it("is refused with any letter changed", () => {
    for (let at = 0; at < text.length; at++) {
      const other = text[at] === "A" ? "B" : "A";
      const error = refusal(() => decodeInvitation(`${text.slice(0, at)}${other}${text.slice(at + 1)}`));
      expect(error.code).toBe("bad-input");
      expect(error.hint).toContain("coordinator invite");
    }
  });

  it.each(["desk.example", "http://desk.example:1", "desk example:1", ":1", "desk.example:"])(
    "is refused with the address %j",
    (address) => {
      expect(refusal(() => decodeInvitation(encodeInvitation({ ...body, address }))).message).toContain(
        "invitation: address",
      );
    },
  );

  it.each(["127.0.0.1:1", "[::1]:7443", "desk:65535"])("is taken with the address %s", (address) => {
    expect(decodeInvitation(encodeInvitation({ ...body, address })).address).toBe(address);
  });

  it("is refused with a sum that fits and a content that does not", () => {
    const content = encodeValue({ ...body, secret: new Uint8Array(31) });
    const sum = digest("portmoot/invitation/v1", content).slice(0, 4);
    const forged = `portmoot-invitation:${bytesToBase64Url(Uint8Array.of(...content, ...sum))}`;
    expect(refusal(() => decodeInvitation(forged)).message).toBe("invitation: secret: expected 32 bytes");
  });
});

describe("a notice", () => {
  const notice = signNotice(DESK.secretKey, "camden", {
    number: 7,
    type: "charter",
    round: null,
    attempt: 0,
    body: new Uint8Array(3),
  });
  const verify =
    (change: object, to = "camden", key = DESK.publicKey) =>
    () => {
      verifyNotice(key, to, { ...notice, ...change });
    };

  it("is what the coordinator signed for this node", () => {
    expect(verify({})).not.toThrow();
  });

  it.each<[string, () => void]>([
    ["another number", verify({ number: 8 })],
    ["another type", verify({ type: "roster" })],
    ["another round", verify({ round: new Uint8Array(16) })],
    ["another attempt", verify({ attempt: 1 })],
    ["another body", verify({ body: new Uint8Array(4) })],
    ["another recipient", verify({}, "newham")],
    ["another key", verify({}, "camden", keyOf("thief").publicKey)],
  ])("is refused with %s", (_, forged) => {
    expect(refusal(forged).code).toBe("integrity");
  });
});

describe("a receipt", () => {
  const receipt = signReceipt(DESK.secretKey, "camden", {
    messageId: new Uint8Array(16).fill(1),
    sha256: new Uint8Array(32).fill(2),
    atMs: NOW_MS,
  });
  const verify =
    (change: object, from = "camden") =>
    () => {
      verifyReceipt(DESK.publicKey, from, { ...receipt, ...change });
    };

  it("is what the coordinator signed for this node's message", () => {
    expect(verify({})).not.toThrow();
  });

  it.each<[string, () => void]>([
    ["another message", verify({ messageId: new Uint8Array(16) })],
    ["another digest", verify({ sha256: new Uint8Array(32) })],
    ["another time", verify({ atMs: NOW_MS + 1 })],
    ["another sender", verify({}, "newham")],
  ])("is refused with %s", (_, forged) => {
    expect(refusal(forged).code).toBe("integrity");
  });
});
