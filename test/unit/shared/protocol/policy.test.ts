import { describe, expect, it } from "vitest";
import { parseCharter } from "../../../../shared/protocol/charter.ts";
import { decidePolicy, decideRounds, parsePolicyText } from "../../../../shared/protocol/policy.ts";
import { rootKeyText } from "../../../../shared/protocol/identity.ts";
import {
  changed,
  exampleCharter,
  examplePolicy,
  examplePolicyDocument,
  keyOf,
  refusal,
  type Json,
} from "../../../helpers/example-charter.ts";

/** The example policy with one thing changed. */
function policy(change: (document: Record<string, Json>, entry: Record<string, Json>) => void) {
  const document = examplePolicyDocument();
  change(document, (document["allow"] as Record<string, Json>[])[0]!);
  return parsePolicyText(JSON.stringify(document));
}

describe("a policy's decision", () => {
  it("allows what all of it allows", () => {
    expect(decidePolicy(exampleCharter(), examplePolicy(), "camden")).toEqual({ allowed: true });
  });

  it("refuses everything without a policy", () => {
    expect(decidePolicy(exampleCharter(), null, "camden")).toMatchObject({ allowed: false, rule: "policy.missing" });
  });

  it("refuses a charter that this node is no party of", () => {
    expect(decidePolicy(exampleCharter(), examplePolicy(), "barnet")).toMatchObject({ rule: "charter.parties" });
  });

  it.each<[string, Parameters<typeof policy>[0]]>([
    ["policy.coordinators", (document) => (document["coordinators"] = [rootKeyText(keyOf("other").publicKey)])],
    ["policy.allow.council-tax", (document) => (document["allow"] = [])],
    ["policy.allow.council-tax", (_, entry) => (entry["dataset"] = "housing")],
    ["policy.operations.match", (_, entry) => (entry["operations"] = ["count"])],
    ["policy.protocols.single-salt.nino", (_, entry) => (entry["protocols"] = { "double-salt": "*" })],
    ["policy.protocols.single-salt.nino", (_, entry) => (entry["protocols"] = { "single-salt": ["uprn"] })],
    [
      "policy.protocols.single-salt.postcode",
      (_, entry) => (entry["protocols"] = { "single-salt": ["nino", "date_of_birth", "forename", "surname"] }),
    ],
    ["policy.fields.postcode", (_, entry) => (entry["fields"] = ["forename", "surname", "date_of_birth", "nino"])],
    ["policy.attributes.status", (_, entry) => (entry["attributes"] = ["discount"])],
    ["policy.outputs.table", (_, entry) => (entry["outputs"] = ["total"])],
    ["policy.parties.gla", (_, entry) => (entry["parties"] = ["camden", "newham", "hackney"])],
    [
      "policy.floors.minimumContributors",
      (document) => (document["floors"] = { ...(document["floors"] as object), minimumContributors: 4 }),
    ],
    [
      "policy.floors.minimumCount",
      (document) => (document["floors"] = { ...(document["floors"] as object), minimumCount: 11 }),
    ],
    ["policy.floors.roundTo", (document) => (document["floors"] = { ...(document["floors"] as object), roundTo: 10 })],
    [
      "policy.floors.minimumPopulation",
      (document) => (document["floors"] = { ...(document["floors"] as object), minimumPopulation: 101 }),
    ],
  ])("names %s as the rule that says no", (rule, change) => {
    expect(decidePolicy(exampleCharter(), policy(change), "camden")).toMatchObject({ allowed: false, rule });
  });

  it("refuses a declared field that no key uses, if the policy does not name it", () => {
    const fields = ["reference", "forename", "surname", "date_of_birth", "postcode", "nino", "no_match", "email"];
    const charter = parseCharter(changed("dataset.fields", fields));
    expect(decidePolicy(charter, examplePolicy(), "camden")).toMatchObject({ rule: "policy.fields.email" });
  });

  it("allows own-side lists under double-salt, and under single-salt only where the policy says so", () => {
    const outputs = ["total", "table", "own-side-list"];
    const charter = (protocol: string) => {
      const document = changed("operation.outputs", outputs);
      (document["operation"] as Record<string, Json>)["protocol"] = protocol;
      return parseCharter(document);
    };
    const lists = (more: Record<string, Json>) => policy((_, entry) => Object.assign(entry, { outputs, ...more }));
    const open = { protocols: { "single-salt": "*", "double-salt": "*" } };
    expect(decidePolicy(charter("double-salt"), lists(open), "camden")).toEqual({ allowed: true });
    expect(decidePolicy(charter("single-salt"), lists(open), "camden")).toMatchObject({
      rule: "policy.singleSaltLists",
    });
    expect(decidePolicy(charter("single-salt"), lists({ ...open, singleSaltLists: true }), "camden")).toEqual({
      allowed: true,
    });
  });

  it("allows what one of several entries for the dataset allows", () => {
    const two = policy((document, entry) => (document["allow"] = [{ ...entry, outputs: ["total"] }, entry]));
    expect(decidePolicy(exampleCharter(), two, "camden")).toEqual({ allowed: true });
  });

  it("never adds up two entries that each allow half", () => {
    const halves = policy(
      (document, entry) =>
        (document["allow"] = [
          { ...entry, outputs: ["total"] },
          { ...entry, operations: ["count"] },
        ]),
    );
    expect(decidePolicy(exampleCharter(), halves, "camden")).toMatchObject({ rule: "policy.outputs.table" });
  });

  it("allows fields of people under single-salt only where the policy says so field by field, or with a star", () => {
    const star = policy((_, entry) => (entry["protocols"] = { "single-salt": "*" }));
    expect(decidePolicy(exampleCharter(), star, "camden")).toEqual({ allowed: true });
  });
});

describe("a policy's rounds", () => {
  it.each([
    [{ underCharter: 11, lastDay: 3 }, null],
    [{ underCharter: 12, lastDay: 0 }, "policy.rounds.perCharter"],
    [{ underCharter: 0, lastDay: 4 }, "policy.rounds.perDay"],
  ])("after %j: %s", (begun, rule) => {
    const decision = decideRounds(examplePolicy(), begun);
    expect(decision.allowed ? null : decision.rule).toBe(rule);
  });
});

describe("a policy's text", () => {
  it.each<[string, (document: Record<string, Json>, entry: Record<string, Json>) => void]>([
    ["format", (document) => (document["format"] = "portmoot/policy/v2")],
    ["coordinators.0", (document) => (document["coordinators"] = ["anybody"])],
    ["allow.0.outputs.0", (_, entry) => (entry["outputs"] = ["rows"])],
    ["allow.0.parties", (_, entry) => (entry["parties"] = "all")],
    [
      "floors.minimumCount",
      (document) => (document["floors"] = { ...(document["floors"] as object), minimumCount: 5 }),
    ],
    ["rounds.perDay", (document) => (document["rounds"] = { perCharter: 1 })],
    ["allow.0", (_, entry) => (entry["field"] = [])],
  ])("is refused with a message that names %s", (path, change) => {
    const error = refusal(() => policy(change));
    expect(error.code).toBe("bad-input");
    expect(error.message).toContain(`policy: ${path}: `);
  });
});
