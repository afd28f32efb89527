import { describe, expect, it } from "vitest";
import { decodeValue, encodeValue } from "../../../../shared/base/encoding.ts";
import { modelDigest, parsePublishedModel } from "../../../../shared/learning/published-model.ts";
import { refusal } from "../../../helpers/example-charter.ts";
import { homesModel } from "../../../helpers/learning-homes.ts";

describe("a published model", () => {
  it("is the same, digest and all, by way of JSON and of its canonical encoding", () => {
    const model = homesModel();
    const byJson = parsePublishedModel(JSON.parse(JSON.stringify(model)));
    const byBytes = parsePublishedModel(decodeValue(encodeValue(model)));
    expect(byJson).toEqual(model);
    expect(byBytes).toEqual(model);
    expect(modelDigest(byJson)).toEqual(modelDigest(model));
    expect(modelDigest(byBytes)).toEqual(modelDigest(model));
  });

  it("has another digest where anything in it is other", () => {
    expect(modelDigest(homesModel({ version: 2 }))).not.toEqual(modelDigest(homesModel()));
    expect(modelDigest(homesModel({ expires: "2027-05-02" }))).not.toEqual(modelDigest(homesModel()));
  });

  type Document = ReturnType<typeof homesModel> & Record<string, unknown>;
  const mutable = () =>
    structuredClone(homesModel()) as Document & {
      equation: { features: Record<string, unknown>[]; coefficients: Record<string, unknown>[] };
      card: Record<string, unknown>;
    };

  it.each<[string, (model: ReturnType<typeof mutable>) => void, RegExp]>([
    ["an unknown key", (model) => (model["boroughs"] = ["camden"]), /boroughs|unrecognized/i],
    ["no notice", (model) => Object.assign(model.card, { notice: "Act on it." }), /card\.notice/],
    ["text that repaints a screen", (model) => (model.card.purpose = "a\u001b[2Jb"), /card\.purpose/],
    ["a figure beyond any", (model) => (model.equation.coefficients[0]!.estimate = 1e300), /coefficients\.0\.estimate/],
    ["a figure that is none", (model) => (model.equation.coefficients[0]!.estimate = NaN), /coefficients\.0\.estimate/],
    [
      "an expiry before its day",
      (model) => Object.assign(model, { expires: "2026-04-30" }),
      /expires: is before created/,
    ],
    ["a feature twice", (model) => model.equation.features.push(model.equation.features[0]!), /a name stands twice/],
    ["a code twice", (model) => (model.equation.features[2]!.codes = ["owned", "owned"]), /a code stands twice/],
    ["bounds the wrong way round", (model) => (model.equation.features[0]!.least = 100), /least: is not below most/],
    ["merged levels of nothing", (model) => (model.equation.features[2]!.merged = ["boat"]), /merged: is not among/],
    [
      "a level that was merged",
      (model) => (model.equation.features[2]!.merged = ["rented"]),
      /coefficients\.2\.level: was merged/,
    ],
    [
      "a coefficient of no feature",
      (model) => (model.equation.coefficients[0]!.feature = "age"),
      /feature: is not among/,
    ],
    [
      "a coefficient twice",
      (model) => model.equation.coefficients.push(model.equation.coefficients[0]!),
      /4: stands twice/,
    ],
    ["a level of a number", (model) => (model.equation.coefficients[0]!.of = "level"), /level: is needed/],
    [
      "a value of a category",
      (model) => (model.equation.coefficients[0]!.feature = "tenure"),
      /does not suit a category/,
    ],
    ["an unknown level", (model) => (model.equation.coefficients[2]!.level = "boat"), /level: is not among the codes/],
    [
      "an indicator where rows with gaps were left out",
      (model) => Object.assign(model.equation.coefficients[0]!, { of: "missing" }),
      /has an indicator/,
    ],
  ])("cannot have %s", (_, change, expected) => {
    const model = mutable();
    change(model);
    const { code, message } = refusal(() => parsePublishedModel(model));
    expect(code).toBe("malformed");
    expect(message).toMatch(expected);
  });
});
