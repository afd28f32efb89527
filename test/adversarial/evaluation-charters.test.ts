import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openNodeDatabase, type Database } from "../../node/data/database.ts";
import { datasetSnapshot } from "../../node/data/datasets.ts";
import { createModelStore } from "../../node/data/model-store.ts";
import { lackOf, requireHeldModel } from "../../node/learning/held-model.ts";
import { createLearningSource } from "../../node/learning/learning-source.ts";
import { createRowWorkers } from "../../node/learning/row-workers.ts";
import { bytesToHex } from "../../shared/base/bytes.ts";
import { encodeValue, type Value } from "../../shared/base/encoding.ts";
import { digest } from "../../shared/crypto/hash.ts";
import {
  modelDigest,
  parsePublishedModel,
  type Equation,
  type PublishedModel,
} from "../../shared/learning/published-model.ts";
import { decodeCharter, encodeCharter, parseCharter, type EvaluateCharter } from "../../shared/protocol/charter.ts";
import { decidePolicy, parsePolicyText } from "../../shared/protocol/policy.ts";
import { examplePolicyDocument, refusal, type Json } from "../helpers/example-charter.ts";
import { homesEvaluation, type Document } from "../helpers/learning-charters.ts";
import { homesModel, importRows } from "../helpers/learning-homes.ts";

/** Charters that have a model judged, policies on them, and model files, as somebody makes them who wants to ask rows. */
const MODEL = homesModel();
const DIGEST = bytesToHex(modelDigest(MODEL));
const FEATURES = ["complaints", "exempt", "tenure"];

/** The charter with one field set, or removed where there is no value. */
function changed(path: string, value?: Json, operation: Document = {}): Document {
  const document = structuredClone(homesEvaluation(DIGEST, operation));
  const keys = path.split(".");
  const last = keys.pop()!;
  let at = document;
  for (const key of keys) at = at[key] as Document;
  if (value === undefined) Reflect.deleteProperty(at, last);
  else at[last] = value;
  return document;
}

function charterOf(document: Document = homesEvaluation(DIGEST)): EvaluateCharter {
  return parseCharter(document) as EvaluateCharter;
}

describe("a charter that has a model judged", () => {
  it("is one, and comes back from its bytes", () => {
    const charter = charterOf();
    expect(decodeCharter(encodeCharter(charter))).toEqual(charter);
    // With lower floors too, where it says so.
    const low = { ...(homesEvaluation(DIGEST)["controls"] as Document), minimumRows: 5, notForRelease: true };
    expect(() => charterOf(changed("controls", low))).not.toThrow();
  });

  it.each<[string, string, Json | undefined, string]>([
    ["no digest", "operation.model", undefined, "operation.model"],
    ["a short digest", "operation.model", DIGEST.slice(2), "64 hexadecimal"],
    ["a longer digest", "operation.model", `${DIGEST}0`, "64 hexadecimal"],
    ["a digest in upper case", "operation.model", "AB".repeat(32), "64 hexadecimal"],
    ["a digest and a line", "operation.model", `${DIGEST}\n`, "64 hexadecimal"],
    ["a model's name", "operation.model", "hmo-model", "64 hexadecimal"],
    ["an equation of its own", "operation.model", MODEL.equation, "operation.model"],
    ["an equation beside the digest", "operation.equation", MODEL.equation, "equation"],
    ["coefficients beside the digest", "operation.coefficients", [0.5], "coefficients"],
    ["no family", "operation.family", undefined, "operation.family"],
    ["a family that is none", "operation.family", "probit", "operation.family"],
    ["a linear family for a label of two", "operation.family", "linear", "operation.label.positive"],
    ["a poisson family for a label of two", "operation.family", "poisson", "operation.label.positive"],
    ["a logistic family for a bare number", "operation.label", { attribute: "hmo" }, "operation.label.positive"],
    ["a label that is not declared", "operation.label.attribute", "licence", "hmo: is no label"],
    ["a label that is a feature", "operation.features", [...FEATURES, "hmo"], "is the label itself"],
    ["a feature that is not declared", "operation.features", [...FEATURES, "constructor"], "constructor is not among"],
    ["a feature twice", "operation.features", [...FEATURES, "exempt"], "stands twice"],
    ["no feature", "operation.features", [], "operation.features"],
    ["a feature that it declares and does not use", "operation.features", ["complaints", "tenure"], "leave it out"],
    ["a group that is a number", "operation.evaluate.groups", ["complaints"], "is a number"],
    ["a group that is not declared", "operation.evaluate.groups", ["ward"], "is not among dataset.attributes"],
    ["a group twice", "operation.evaluate.groups", ["tenure", "tenure"], "stands twice"],
    ["gaps between no groups", "operation.evaluate.metrics", ["group-gaps"], "compares groups"],
    ["places from the top that no metric needs", "operation.evaluate.top", [100], "is needed for precision-at"],
    ["bins of single rows", "operation.evaluate.bins", 2 ** 24, "operation.evaluate.bins"],
    ["another dataset", "operation.evaluate.dataset", "later", "dataset"],
    ["no evaluation", "operation.evaluate", undefined, "operation.evaluate"],
    ["no metric", "operation.evaluate.metrics", [], "operation.evaluate.metrics"],
    ["an output of its own", "operation.outputs", ["coefficients"], "operation.outputs"],
    ["two outputs", "operation.outputs", ["evaluation", "coefficients"], "operation.outputs"],
    ["its output twice", "operation.outputs", ["evaluation", "evaluation"], "operation.outputs"],
    ["no output", "operation.outputs", [], "operation.outputs"],
    ["an algorithm", "operation.algorithm", { name: "logistic" }, "algorithm"],
    ["a way with gaps of its own", "operation.missing", "drop-row", "missing"],
    ["levels to merge", "controls.minimumLevelCount", 10, "minimumLevelCount"],
    ["a model to keep", "retention.modelDays", 365, "modelDays"],
    ["a time to match", "deadlines.matchMinutes", 5, "matchMinutes"],
    ["fewer rows than the network's floor", "controls.minimumRows", 99, "under the network's 100"],
    ["a minimum count under ten", "controls.minimumCount", 9, "controls.minimumCount"],
    ["a rounding under five", "controls.roundTo", 1, "controls.roundTo"],
    ["fewer contributors than three", "controls.minimumContributors", 2, "controls.minimumContributors"],
    ["more figures than six", "controls.publicDigits", 7, "controls.publicDigits"],
    ["a rehearsal that is none", "controls.notForRelease", false, "expected true"],
    ["a claim of differential privacy", "controls.privacyBudget", { rho: 1 }, "expected null"],
    ["the kind of a training", "operation.kind", "train", "operation"],
    ["the kind of a match", "operation.kind", "match", "dataset"],
  ])("may not have %s", (_, path, value, message) => {
    const error = refusal(() => parseCharter(changed(path, value)));
    expect(error.code).toBe("bad-input");
    expect(error.message).toMatch(/^charter: /);
    expect(error.message).toContain(message);
  });

  it.each(["minimumCount", "roundTo", "minimumContributors"])(
    "may not go under the network's %s as a rehearsal either",
    (control) => {
      const controls = homesEvaluation(DIGEST)["controls"] as Document;
      const low = { ...controls, minimumRows: 5, notForRelease: true, [control]: 1 };
      expect(refusal(() => parseCharter(changed("controls", low))).code).toBe("bad-input");
    },
  );

  it("may not ask for more words than a sum holds", () => {
    const codes = Array.from({ length: 200 }, (_, place) => `ward ${place}`);
    const evaluate = { metrics: ["group-gaps"], groups: ["ward"], bins: 65_536, top: [] };
    const document = changed("dataset.attributes.ward", { type: "category", codes }, { evaluate });
    expect(refusal(() => parseCharter(document)).code).toBe("bad-input");
  });
});

describe("a borough's policy on a charter that has a model judged", () => {
  const entry: Document = {
    dataset: "homes",
    operations: ["evaluate"],
    protocols: {},
    fields: [],
    attributes: ["hmo", "complaints", "exempt", "tenure"],
    outputs: ["evaluation"],
    parties: "*",
  };
  const decide = (change: Document, charter = charterOf()) => {
    const text = JSON.stringify({ ...(examplePolicyDocument() as Document), allow: [{ ...entry, ...change }] });
    return decidePolicy(charter, parsePolicyText(text), "camden");
  };

  it("allows what it names", () => {
    expect(decide({})).toEqual({ allowed: true });
  });

  it.each<[string, Document]>([
    ["policy.operations.evaluate", { operations: ["train"] }],
    ["policy.operations.evaluate", { operations: ["train", "match", "count"], outputs: ["model", "evaluation"] }],
    ["policy.outputs.evaluation", { outputs: ["model"] }],
    ["policy.outputs.evaluation", { operations: ["train", "evaluate"], outputs: ["model", "total", "table"] }],
    ["policy.attributes.hmo", { attributes: ["complaints", "exempt", "tenure"] }],
    ["policy.attributes.tenure", { attributes: ["hmo", "complaints", "exempt"] }],
    // What models may be evaluated on beside their rows says nothing about these rows.
    ["policy.allow.homes", { dataset: "other", evaluates: ["homes"] }],
    ["policy.parties.gla", { parties: ["camden", "newham", "hackney"] }],
  ])("names %s as the rule that says no", (rule, change) => {
    expect(decide(change)).toMatchObject({ allowed: false, rule });
  });

  it("does not put together what two of its entries allow", () => {
    const allow = [
      { ...entry, operations: ["train"] },
      { ...entry, outputs: ["model"] },
    ];
    const policy = parsePolicyText(JSON.stringify({ ...(examplePolicyDocument() as Document), allow }));
    expect(decidePolicy(charterOf(), policy, "camden")).toMatchObject({ allowed: false });
  });

  it("refuses a rehearsal unless it says so itself", () => {
    const controls = { ...(homesEvaluation(DIGEST)["controls"] as Document), notForRelease: true };
    const rehearsal = charterOf(changed("controls", controls));
    expect(decide({}, rehearsal)).toMatchObject({ allowed: false, rule: "policy.notForRelease" });
    expect(decide({ notForRelease: true }, rehearsal)).toEqual({ allowed: true });
  });
});

describe("a model that a charter names", () => {
  let db: Database;
  const workers = createRowWorkers();
  beforeEach(() => {
    db = openNodeDatabase(":memory:");
  });
  afterEach(() => {
    db.close();
  });

  const hold = (model: PublishedModel) => createModelStore(db).add(model, { origin: "file", atMs: 1 });
  const withEquation = (change: Partial<Equation>) => homesModel({ equation: { ...MODEL.equation, ...change } });
  const [complaints, exempt, tenure] = MODEL.equation.features;
  const { coefficients } = MODEL.equation;

  async function importHomes(): Promise<void> {
    const row = (at: number) => [`r${at}`, at % 3 === 0 ? "1" : "0", String(at % 50), "Y", "owned"];
    await importRows(
      db,
      Array.from({ length: 300 }, (_, at) => row(at)),
    );
  }

  /** What a node would say of its rows at the preflight. */
  const obstacle = (charter: EvaluateCharter) => createLearningSource(db, workers).obstacle(charter);

  it("is held against the rows where all is as it was learned, the control", async () => {
    await importHomes();
    hold(MODEL);
    expect(obstacle(charterOf())).toBeNull();
    expect(lackOf(db, charterOf())).toBeNull();
    expect(requireHeldModel(db, charterOf())).toEqual(MODEL.equation);
  });

  // Each is a released model that a person here added under its own digest, which the charter names.
  it.each<[string, Partial<Equation>, string]>([
    ["features in another order", { features: [exempt!, complaints!, tenure!] }, "operation.features"],
    ["a feature less", { features: [complaints!, tenure!], coefficients: [] }, "operation.features"],
    ["a wider range", { features: [{ ...complaints!, most: 101 } as never, exempt!, tenure!] }, "complaints"],
    ["a narrower range", { features: [{ ...complaints!, least: 1 } as never, exempt!, tenure!] }, "complaints"],
    [
      "a flag for a number",
      { features: [{ type: "flag", name: "complaints", yes: ["1"] }, exempt!, tenure!] },
      "complaints",
    ],
    ["another yes", { features: [complaints!, { ...exempt!, yes: ["N"] } as never, tenure!] }, "exempt"],
    ["one yes more", { features: [complaints!, { ...exempt!, yes: ["Y", "N"] } as never, tenure!] }, "exempt"],
    [
      "codes in another order",
      { features: [complaints!, exempt!, { ...tenure!, codes: ["social", "owned", "rented"] } as never] },
      "tenure",
    ],
    [
      "one code more",
      { features: [complaints!, exempt!, { ...tenure!, codes: ["owned", "rented", "social", "SW1A 1AA"] } as never] },
      "tenure",
    ],
    ["another family", { family: "poisson" }, "operation.family"],
  ])("gives nothing with %s than the charter declares", async (_, change, field) => {
    await importHomes();
    const other = withEquation(change);
    const charter = charterOf(homesEvaluation(bytesToHex(hold(other))));
    const error = refusal(() => requireHeldModel(db, charter));
    expect(error.code).toBe("bad-input");
    expect(error.message).toContain(field);
    expect(obstacle(charter)).toMatchObject({ code: "bad-input", message: error.message });
    expect(lackOf(db, charter)).toContain(field);
  });

  it.each([
    ["nothing", () => undefined],
    ["a model of another digest", () => hold(withEquation({ intercept: 3 }))],
  ])("is not found where there is %s", async (_, add) => {
    await importHomes();
    add();
    expect(refusal(() => requireHeldModel(db, charterOf())).code).toBe("not-found");
    expect(obstacle(charterOf())).toMatchObject({ code: "not-found" });
  });

  /** As somebody with the node's database would: the digest that the charter names, over another body. */
  function plant(body: Value, under: Uint8Array): void {
    db.prepare("INSERT INTO models (digest, body, origin, added_ms) VALUES (?, ?, 'file', 1)").run(
      under,
      encodeValue(body),
    );
  }

  it("is not believed by its digest where its body is another", async () => {
    await importHomes();
    plant(withEquation({ intercept: 3 }), modelDigest(MODEL));
    expect(refusal(() => requireHeldModel(db, charterOf())).code).toBe("integrity");
    expect(obstacle(charterOf())).toMatchObject({ code: "integrity" });
    expect(lackOf(db, charterOf())).toContain("not what its digest says");
  });

  const equations: [string, Record<string, unknown>][] = [
    ["a coefficient of 5e15", { coefficients: [{ ...coefficients[0], estimate: 5e15 }, ...coefficients.slice(1)] }],
    ["an intercept of -5e15", { intercept: -5e15 }],
    ["a range to 5e15", { features: [{ ...complaints!, most: 5e15 }, exempt, tenure] }],
    [
      "a level that does not exist",
      { coefficients: [{ feature: "tenure", of: "level", level: "squat", estimate: 1 }] },
    ],
    ["a level of a number", { coefficients: [{ feature: "complaints", of: "level", level: "37", estimate: 1 }] }],
    ["a value of a category", { coefficients: [{ feature: "tenure", of: "value", level: null, estimate: 1 }] }],
    ["a feature that does not exist", { coefficients: [{ feature: "ward", of: "value", level: null, estimate: 1 }] }],
    ["a coefficient twice", { coefficients: [coefficients[0], coefficients[0]] }],
    ["missing values, where rows with gaps were left out", { coefficients: [{ ...coefficients[0], of: "missing" }] }],
    ["a coefficient that is a text", { intercept: "0" }],
    ["something to run", { link: "score" }],
  ];

  it.each(equations)("is none with %s, as a file and as a row under its own digest", async (_, change) => {
    const forged = { ...MODEL, equation: { ...MODEL.equation, ...change } };
    expect(refusal(() => parsePublishedModel(forged)).code).toBe("malformed");
    await importHomes();
    const own = digest("portmoot/model/v1", forged);
    plant(forged, own);
    const charter = charterOf(homesEvaluation(bytesToHex(own)));
    expect(refusal(() => requireHeldModel(db, charter)).code).toBe("malformed");
    expect(obstacle(charter)).toMatchObject({ code: "malformed" });
  });

  it.each([NaN, Infinity, -Infinity, -0])("cannot be written with %s in it, whatever it would say", (figure) => {
    const forged = { ...MODEL, equation: { ...MODEL.equation, intercept: figure } };
    expect(refusal(() => encodeValue(forged)).code).toBe("malformed");
  });

  it.each([NaN, Infinity, -Infinity, 1e300, -1e300])("cannot be read with %s in it", (figure) => {
    const forged = { ...MODEL, equation: { ...MODEL.equation, intercept: figure } };
    expect(refusal(() => parsePublishedModel(forged)).code).toBe("malformed");
  });

  it("scores every row within 0 and 1 at the largest coefficients there can be", async () => {
    await importHomes();
    const steep = withEquation({
      intercept: -1e15,
      coefficients: coefficients.map((each) => ({ ...each, estimate: 1e15 })),
    });
    const charter = charterOf(homesEvaluation(bytesToHex(hold(steep))));
    const source = createLearningSource(db, workers);
    const snapshot = datasetSnapshot(db, "homes");
    const of = { round: new Uint8Array(16), snapshot, secret: new Uint8Array(32) };
    const words = await source.contribute(charter, { stage: "evaluate" }, of);
    expect(words.reduce((sum, word) => sum + word, 0n)).toBeGreaterThanOrEqual(300n);
    expect(words.every((word) => word <= 300n)).toBe(true);
  });
});
