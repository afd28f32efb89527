import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ProtocolError } from "../../shared/base/errors.ts";
import { decodeCharter, encodeCharter, isMatch, parseCharter } from "../../shared/protocol/charter.ts";
import { charterLearner } from "../../shared/protocol/learning-task.ts";
import { decidePolicy, parsePolicyText } from "../../shared/protocol/policy.ts";
import { examplePolicyDocument, refusal, type Json } from "../helpers/example-charter.ts";
import { homesTraining, type Document } from "../helpers/learning-charters.ts";

/** Charters that learn, as somebody writes them who wants more than the network gives; and what a policy says to them. */
function learningDocument(): Document {
  const training = homesTraining({
    label: { attribute: "visited", positive: ">0" },
    features: ["storeys", "tenure", "exempt"],
    outputs: ["coefficients", "standard-errors"],
    evaluate: { metrics: ["auc", "group-gaps", "lift-at"], groups: ["ward"], bins: 64, top: [100], dataset: "later" },
  });
  return {
    ...training,
    dataset: {
      name: "homes",
      unit: "property",
      attributes: {
        storeys: { type: "number", unit: "storeys", least: 0, most: 60 },
        tenure: { type: "category", codes: ["owned", "rented", "social"] },
        exempt: { type: "flag", yes: ["N", "F"] },
        ward: { type: "category", codes: ["north", "south"] },
        visited: { type: "number", unit: "class", least: 0, most: 4 },
      },
    },
  };
}

/** The document with one field set, or removed where there is no value. */
function changed(path: string, value: Json | undefined): Document {
  const document = learningDocument();
  const keys = path.split(".");
  const last = keys.pop()!;
  let at = document;
  for (const key of keys) at = at[key] as Document;
  if (value !== undefined) at[last] = value;
  else if (Array.isArray(at)) at.splice(Number(last), 1);
  else Reflect.deleteProperty(at, last);
  return document;
}

function paths(value: Json, prefix = ""): string[] {
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const path = prefix === "" ? key : `${prefix}.${key}`;
    return [path, ...paths(item, path)];
  });
}

const ALL = paths(learningDocument());
const OPTIONAL = ["operation.evaluate", "operation.evaluate.dataset"];
const NEEDED = ALL.filter((path) => !/\.\d+$/.test(path) && !OPTIONAL.includes(path));

function expectNamed(message: string, path: string): void {
  expect(message).toContain(`charter: ${path}`);
}

describe("a charter that learns", () => {
  it("is one, and comes back from its bytes", () => {
    const charter = parseCharter(learningDocument());
    expect(isMatch(charter)).toBe(false);
    expect(decodeCharter(encodeCharter(charter))).toEqual(charter);
  });

  it.each(NEEDED.filter((path) => !/^dataset\.attributes\.[a-z]+$/.test(path)))(
    "names %s when it is missing",
    (path) => {
      const { code, message } = refusal(() => parseCharter(changed(path, undefined)));
      expect(code).toBe("bad-input");
      expectNamed(message, path);
    },
  );

  it.each(ALL)("names %s when it is of another type", (path) => {
    const { code, message } = refusal(() => parseCharter(changed(path, [[]])));
    expect(code).toBe("bad-input");
    expectNamed(message, path);
  });

  it.each([
    "",
    "dataset",
    "dataset.attributes.storeys",
    "operation",
    "operation.label",
    "operation.algorithm",
    "operation.evaluate",
    "controls",
    "deadlines",
    "retention",
  ])("names an unknown key in %s", (path) => {
    const { message } = refusal(() => parseCharter(changed(path === "" ? "extra" : `${path}.extra`, 1)));
    expectNamed(message, `${path === "" ? "" : `${path}: `}unrecognized key: "extra"`);
  });

  it("is refused or exactly what was written, whatever stands in any of its fields", () => {
    let accepted = 0;
    const figure = fc.oneof(fc.double({ noNaN: true }), fc.integer(), fc.constantFrom(-1, 0, 9, 10, 99, 100, 1e9));
    const value = fc.oneof(figure, fc.jsonValue({ maxDepth: 2 }), fc.string({ maxLength: 12 })) as fc.Arbitrary<Json>;
    fc.assert(
      fc.property(fc.constantFrom(...ALL), value, (path, item) => {
        const document = changed(path, item);
        try {
          const charter = parseCharter(document);
          // Texts lose their spaces at the ends, and nothing else changes.
          expect(parseCharter(charter)).toEqual(charter);
          expect(decodeCharter(encodeCharter(charter))).toEqual(charter);
          if (isMatch(charter)) throw new Error("it learns");
          charterLearner(charter).begin();
          accepted++;
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error;
          expect(error.code).toBe("bad-input");
          expect(error.message).toMatch(/^charter: [a-z]/i);
        }
      }),
      { numRuns: 3000, seed: 7 },
    );
    expect(accepted).toBeGreaterThan(20);
  });

  it.each<[string, string, Json | undefined, string]>([
    ["fewer contributors than three", "controls.minimumContributors", 2, ">=3"],
    ["a minimum count under ten", "controls.minimumCount", 9, ">=10"],
    ["fewer rows than the network's floor", "controls.minimumRows", 99, "under the network's 100"],
    ["rarer levels than the network's floor", "controls.minimumLevelCount", 9, "under the network's 10"],
    ["more figures than six", "controls.publicDigits", 7, "<=6"],
    ["a claim of differential privacy", "controls.privacyBudget", { rho: 0.1, delta: 1e-6 }, "expected null"],
    ["a rehearsal that is none", "controls.notForRelease", false, "expected true"],
    ["the label among the features", "operation.features.3", "visited", "is the label itself"],
    ["a feature twice", "operation.features.3", "storeys", "storeys stands twice"],
    ["a feature that is not declared", "operation.features.3", "constructor", "is not among dataset.attributes"],
    ["an attribute that nothing uses", "dataset.attributes.extra", { type: "flag", yes: ["1"] }, "leave it out"],
    ["a code twice", "dataset.attributes.tenure.codes.1", "owned", "owned stands twice"],
    ["a range that is none", "dataset.attributes.storeys.most", 0, "is not below most"],
    ["a label without what is positive", "operation.label.positive", undefined, "is needed"],
    ["a comparison with no number", "operation.label.positive", "> many", "is no number"],
    ["a code for a number's label", "operation.label.positive", "=1", "compares with >"],
    ["no coefficients", "operation.outputs", ["deviance"], "coefficients must be among them"],
    ["a group that is a number", "operation.evaluate.groups", ["storeys", "ward"], "is a number"],
    [
      "places from the top that no metric needs",
      "operation.evaluate.metrics",
      ["auc", "group-gaps"],
      "is needed for precision-at",
    ],
    ["gaps between no groups", "operation.evaluate.groups", [], ""],
  ])("may not have %s", (_, path, value, message) => {
    const error = refusal(() => parseCharter(changed(path, value)));
    expect(error.code).toBe("bad-input");
    expect(error.message).toContain(message);
  });

  it("may go under the floors of rows and levels as a rehearsal only, and under no other", () => {
    const rehearsal = (controls: Document) => {
      const document = learningDocument();
      return { ...document, controls: { ...(document["controls"] as Document), ...controls } };
    };
    const low = { minimumRows: 20, minimumLevelCount: 0 };
    expect(refusal(() => parseCharter(rehearsal(low))).code).toBe("bad-input");
    expect(() => parseCharter(rehearsal({ ...low, notForRelease: true }))).not.toThrow();
    for (const under of [{ minimumCount: 9 }, { minimumContributors: 2 }, { roundTo: 1 }]) {
      expect(refusal(() => parseCharter(rehearsal({ ...under, notForRelease: true }))).code).toBe("bad-input");
    }
  });
});

describe("a borough's policy on a charter that learns", () => {
  const { operation, controls, ...rest } = learningDocument() as Document & Record<"operation" | "controls", Document>;
  const charterWith = (change: Document, of: "operation" | "controls" = "controls") =>
    parseCharter({ ...rest, operation, controls, [of]: { ...(of === "controls" ? controls : operation), ...change } });
  const charter = charterWith({});
  const entry: Document = {
    dataset: "homes",
    operations: ["train"],
    protocols: {},
    fields: [],
    attributes: ["storeys", "tenure", "exempt", "ward", "visited"],
    outputs: ["model"],
    evaluates: ["later"],
    parties: "*",
  };
  const policyWith = (change: Document, floors: Document = {}) => {
    const document = examplePolicyDocument() as Document;
    const all = { ...(document["floors"] as Document), ...floors };
    return parsePolicyText(JSON.stringify({ ...document, allow: [{ ...entry, ...change }], floors: all }));
  };
  const decide = (of = charter, policy = policyWith({})) => decidePolicy(of, policy, "camden");

  it("allows what it names", () => {
    expect(decide()).toEqual({ allowed: true });
  });

  it.each<[string, Document]>([
    ["policy.operations.train", { operations: ["match", "count", "evaluate"] }],
    ["policy.outputs.model", { outputs: ["total", "table"] }],
    ["policy.attributes.visited", { attributes: ["storeys", "tenure", "exempt", "ward"] }],
    ["policy.evaluates.later", { evaluates: [] }],
    ["policy.evaluates.later", { evaluates: ["homes"] }],
    ["policy.parties.gla", { parties: ["camden", "newham", "hackney"] }],
    ["policy.allow.homes", { dataset: "houses" }],
  ])("names %s as the rule that says no", (rule, change) => {
    expect(decide(charter, policyWith(change))).toMatchObject({ allowed: false, rule });
  });

  it("refuses a rehearsal unless it says so itself, whatever the floors", () => {
    const rehearsal = charterWith({ minimumRows: 20, minimumLevelCount: 0, notForRelease: true });
    const floors = { minimumRows: 1 };
    expect(decide(rehearsal, policyWith({}, floors))).toMatchObject({ rule: "policy.notForRelease" });
    expect(decide(rehearsal, policyWith({ notForRelease: false }, floors))).toMatchObject({
      rule: "policy.notForRelease",
    });
    expect(decide(rehearsal, policyWith({ notForRelease: true }))).toMatchObject({ rule: "policy.floors.minimumRows" });
    expect(decide(rehearsal, policyWith({ notForRelease: true }, floors))).toEqual({ allowed: true });
  });

  it("refuses fewer rows than it asks for, where the charter alone would do", () => {
    expect(decide(charter, policyWith({}, { minimumRows: 101 }))).toMatchObject({ rule: "policy.floors.minimumRows" });
  });

  it("gives the arithmetic exactly what was agreed to", () => {
    if (isMatch(charter)) throw new Error("it learns");
    const learner = charterLearner(charter);
    expect(learner.begin()).toEqual({ stage: "survey" });
    // Two programs that read the survey differently have another number of words.
    expect(learner.layout(learner.begin()).words).toBe(2 * (1 + 1 + (3 + 1) + (2 + 1)) + 2 * 4 + (2 + 4 + 3));
  });
});
