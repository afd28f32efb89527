import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeValue, encodeValue, type Value, type ValueMap } from "../../../../shared/base/encoding.ts";
import { MAX_CLOCK_SKEW_MS } from "../../../../shared/base/limits.ts";
import {
  createDelegation,
  createSigner,
  createVerifier,
  openStatement,
  parseRootKey,
  rootKeyText,
  statementBody,
  verifyDelegation,
} from "../../../../shared/protocol/identity.ts";
import { CLOCK, keyOf, NOW_MS, refusal } from "../../../helpers/example-charter.ts";

const ROOT = keyOf("camden");
const LABEL = "portmoot/test/v1";

function signerOf(serial: number, operational = keyOf(`camden ${serial}`), root = ROOT, notAfterMs = NOW_MS + 1000) {
  const delegation = createDelegation(root.secretKey, { operationalKey: operational.publicKey, serial, notAfterMs });
  return createSigner({ delegation, operationalSecret: operational.secretKey });
}

/** The statement with one part replaced. */
function altered(statement: Uint8Array, part: string, value: Value): Uint8Array {
  return encodeValue({ ...(decodeValue(statement) as ValueMap), [part]: value });
}

describe("a root key's text", () => {
  it("comes back as the key", () => {
    expect(parseRootKey(rootKeyText(ROOT.publicKey))).toEqual(ROOT.publicKey);
  });

  it.each([
    ["another prefix", rootKeyText(ROOT.publicKey).replace("ed25519", "x25519")],
    ["a letter missing", rootKeyText(ROOT.publicKey).slice(0, -1)],
    ["padding", `${rootKeyText(ROOT.publicKey)}=`],
    ["a space", ` ${rootKeyText(ROOT.publicKey)}`],
    ["nothing", ""],
  ])("is refused with %s", (_, text) => {
    expect(refusal(() => parseRootKey(text)).code).toBe("malformed");
  });

  it("is refused for a key of small order", () => {
    expect(refusal(() => parseRootKey(rootKeyText(new Uint8Array(32)))).code).toBe("integrity");
  });
});

describe("a delegation", () => {
  const body = { operationalKey: keyOf("operational").publicKey, serial: 3, notAfterMs: NOW_MS };
  const encoded = createDelegation(ROOT.secretKey, body);

  it("names the operational key under its root", () => {
    expect(verifyDelegation(ROOT.publicKey, encoded, NOW_MS)).toEqual(body);
  });

  it("lasts to its end and the skew of two clocks, and no longer", () => {
    verifyDelegation(ROOT.publicKey, encoded, NOW_MS + MAX_CLOCK_SKEW_MS);
    expect(refusal(() => verifyDelegation(ROOT.publicKey, encoded, NOW_MS + MAX_CLOCK_SKEW_MS + 1)).code).toBe(
      "expired",
    );
  });

  it.each([
    ["a later end", { ...body, notAfterMs: NOW_MS + 1 }],
    ["a higher serial", { ...body, serial: 4 }],
    ["another key", { ...body, operationalKey: keyOf("thief").publicKey }],
  ])("is refused with %s than was signed", (_, forged) => {
    const statement = altered(encoded, "body", forged);
    expect(refusal(() => verifyDelegation(ROOT.publicKey, statement, NOW_MS)).code).toBe("integrity");
  });

  it("is refused under another root", () => {
    expect(refusal(() => verifyDelegation(keyOf("newham").publicKey, encoded, NOW_MS)).code).toBe("integrity");
  });
});

describe("a statement", () => {
  const statement = signerOf(1).sign(LABEL, { a: [1, "x"] });

  it("gives back its body to whoever knows the root key", () => {
    expect(openStatement(ROOT.publicKey, LABEL, statement, NOW_MS)).toEqual({ a: [1, "x"] });
    expect(statementBody(statement)).toEqual({ a: [1, "x"] });
  });

  it.each<[string, Uint8Array]>([
    ["another body", altered(statement, "body", encodeValue({ a: [2, "x"] }))],
    [
      "another label than it was signed under",
      altered(signerOf(1).sign("portmoot/other/v1", { a: [1, "x"] }), "label", LABEL),
    ],
    [
      "a delegation of somebody else's key",
      altered(statement, "delegation", delegationOf(signerOf(1, keyOf("other")))),
    ],
    ["a delegation by another root", signerOf(1, keyOf("operational"), keyOf("newham")).sign(LABEL, { a: [1, "x"] })],
    ["the operational key as its own root", signerOf(1, ROOT, keyOf("camden 1")).sign(LABEL, { a: [1, "x"] })],
    ["another signature", altered(statement, "signature", new Uint8Array(64).fill(1))],
    ["another label than asked for", signerOf(1).sign("portmoot/other/v1", { a: [1, "x"] })],
  ])("is refused with %s", (_, forged) => {
    expect(refusal(() => openStatement(ROOT.publicKey, LABEL, forged, NOW_MS)).code).toBe("integrity");
  });

  it("is refused after its delegation's end", () => {
    const late = signerOf(1, keyOf("operational"), ROOT, NOW_MS - MAX_CLOCK_SKEW_MS - 1).sign(LABEL, 1);
    expect(refusal(() => openStatement(ROOT.publicKey, LABEL, late, NOW_MS)).code).toBe("expired");
  });

  it("is refused with any byte changed", () => {
    fc.assert(
      fc.property(fc.nat(statement.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const forged = Uint8Array.from(statement);
        forged[at]! ^= change;
        expect(["integrity", "malformed", "expired"]).toContain(
          refusal(() => openStatement(ROOT.publicKey, LABEL, forged, NOW_MS)).code,
        );
      }),
    );
  });
});

function delegationOf(signer: ReturnType<typeof createSigner>): Value {
  return (decodeValue(signer.sign(LABEL, 1)) as ValueMap)["delegation"]!;
}

describe("a verifier", () => {
  const roots = [ROOT.publicKey, keyOf("newham").publicKey];

  it("opens a statement for the party at its position alone", () => {
    const verifier = createVerifier({ roots, clock: CLOCK });
    const statement = signerOf(1).sign(LABEL, "said");
    expect(verifier.open(0, LABEL, statement)).toBe("said");
    expect(refusal(() => verifier.open(1, LABEL, statement)).code).toBe("integrity");
  });

  it("refuses a replaced operational key once it has seen the newer one", () => {
    const seen = new Map<string, number>();
    const key = (root: Uint8Array) => rootKeyText(root);
    const serials = {
      least: (root: Uint8Array) => seen.get(key(root)) ?? 1,
      note: (root: Uint8Array, serial: number) => void seen.set(key(root), serial),
    };
    const verifier = createVerifier({ roots, clock: CLOCK, serials });
    const old = signerOf(1).sign(LABEL, "old");
    expect(verifier.open(0, LABEL, old)).toBe("old");
    expect(verifier.open(0, LABEL, signerOf(2).sign(LABEL, "new"))).toBe("new");
    expect(refusal(() => verifier.open(0, LABEL, old)).message).toContain("its delegation was replaced");
  });

  it("notes no serial of a statement that does not hold", () => {
    const serials = { least: () => 1, note: () => expect.unreachable("a forged statement moved the serial") };
    const verifier = createVerifier({ roots, clock: CLOCK, serials });
    const forged = altered(signerOf(9).sign(LABEL, "x"), "body", encodeValue("y"));
    expect(refusal(() => verifier.open(0, LABEL, forged)).code).toBe("integrity");
  });
});
