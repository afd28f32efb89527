import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeValue, type Value } from "../../../../shared/base/encoding.ts";
import { ProtocolError } from "../../../../shared/base/errors.ts";
import { decodeCharter, encodeCharter, parseCharter } from "../../../../shared/protocol/charter.ts";
import { parseCharterText } from "../../../../shared/protocol/charter-document.ts";
import { openDecision, signDecision } from "../../../../shared/protocol/decision.ts";
import {
  createDelegation,
  createSigner,
  openStatement,
  parseRootKey,
  statementBody,
  verifyDelegation,
} from "../../../../shared/protocol/identity.ts";
import { decodeInvitation } from "../../../../shared/protocol/invitation.ts";
import { parseRehearsalText } from "../../../../shared/protocol/rehearsal.ts";
import { parsePolicyText } from "../../../../shared/protocol/policy.ts";
import { signRoster, verifyRoster } from "../../../../shared/protocol/roster.ts";
import { exampleCharter, keyOf, NOW_MS } from "../../../helpers/example-charter.ts";

/** Whatever comes in, a decoder gives a value or one of our errors: anything else would stop the program. */
const KEY = keyOf("camden");
const LABEL = "portmoot/test/v1";
const DELEGATION = createDelegation(KEY.secretKey, { operationalKey: KEY.publicKey, serial: 1, notAfterMs: NOW_MS });

const DECODERS: [name: string, decode: (bytes: Uint8Array) => unknown, good: Uint8Array][] = [
  ["charter", decodeCharter, encodeCharter(exampleCharter())],
  ["delegation", (bytes) => verifyDelegation(KEY.publicKey, bytes, NOW_MS), DELEGATION],
  [
    "statement",
    (bytes) => openStatement(KEY.publicKey, LABEL, bytes, NOW_MS),
    createSigner({ delegation: DELEGATION, operationalSecret: KEY.secretKey }).sign(LABEL, { a: [1, null] }),
  ],
  [
    "unverified statement",
    statementBody,
    createSigner({ delegation: DELEGATION, operationalSecret: KEY.secretKey }).sign(LABEL, { a: [1, null] }),
  ],
  [
    "roster",
    (bytes) => verifyRoster(KEY.publicKey, bytes, 1),
    signRoster(KEY.secretKey, { version: 1, coordinator: { name: "desk", rootKey: KEY.publicKey }, parties: [] }),
  ],
  [
    "decision",
    openDecision,
    signDecision(KEY.secretKey, {
      charter: new Uint8Array(32),
      party: "camden",
      person: "jane",
      role: "lead",
      personKey: KEY.publicKey,
      decision: "approve",
      reason: "",
      atMs: NOW_MS,
    }),
  ],
];

const TEXT_PARSERS: [name: string, parse: (text: string) => unknown][] = [
  ["charter text", parseCharterText],
  ["policy text", parsePolicyText],
  ["rehearsal text", parseRehearsalText],
  ["invitation", decodeInvitation],
  ["root key", parseRootKey],
];

function valueOrTyped(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolError);
  }
}

const values: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.string(),
    fc.uint8Array({ maxLength: 70 }),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(
      fc.constantFrom("body", "signature", "label", "delegation", "version", "parties", "operation", "dataset"),
      tie("value"),
    ),
  ),
})).value;

describe.each(DECODERS)("the decoder of a %s", (_, decode, good) => {
  it("takes what was encoded", () => {
    expect(() => decode(good)).not.toThrow();
  });

  it("gives a value or a typed error for arbitrary bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        valueOrTyped(() => decode(bytes));
      }),
    );
  });

  it("gives a value or a typed error for arbitrary values, well encoded", () => {
    fc.assert(
      fc.property(values, (value) => {
        valueOrTyped(() => decode(encodeValue(value)));
      }),
    );
  });

  it("gives a value or a typed error for good bytes, damaged or cut", () => {
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), fc.boolean(), (at, byte, cut) => {
        const bytes = cut ? good.slice(0, at) : Uint8Array.from(good).fill(byte, at, at + 1);
        valueOrTyped(() => decode(bytes));
      }),
    );
  });
});

describe.each(TEXT_PARSERS)("the parser of a %s", (name, parse) => {
  it("gives a value or a typed error for arbitrary text", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 200 }),
      fc.json(),
      fc.string({ unit: fc.constantFrom(...Array.from("a:-[]{}&*!|>'\"%@\n\t #,?~0.")) }),
      fc.base64String().map((body) => `portmoot-invitation:${body}`),
      fc.base64String().map((body) => `ed25519:${body}`),
    );
    fc.assert(
      fc.property(text, (each) => {
        valueOrTyped(() => parse(each));
      }),
      { numRuns: name.includes("text") ? 300 : 200 },
    );
  });
});

describe("the parser of a charter's value", () => {
  it("gives a typed error for arbitrary values", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(() => parseCharter(value)).toThrow(ProtocolError);
      }),
    );
  });
});
