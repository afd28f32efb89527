import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { attributeReader, labelReader, parseDecimal } from "../../../../shared/learning/attribute-values.ts";
import type { Feature, Label } from "../../../../shared/learning/task.ts";
import { refusal } from "../../../helpers/example-charter.ts";

const age: Feature = { name: "age", type: "number", least: -10, most: 120 };
const grade: Feature = { name: "grade", type: "category", codes: ["1", "2", "two", "café"] };
const yes: Feature = { name: "yes", type: "flag", yes: ["1", "Y"] };

describe("a number", () => {
  it.each([
    ["5", 5],
    ["-2.50", -2.5],
    ["+.5", 0.5],
    ["1.", 1],
    ["1.2e2", 120],
    ["1E-400", 0],
  ])("reads %j", (text, value) => {
    expect(attributeReader(age)(text)).toBe(value);
  });

  it("knows one zero", () => {
    expect(Object.is(attributeReader(age)("-0.0"), 0)).toBe(true);
  });

  it.each([
    "1,5",
    "1,000",
    "1 000",
    "0x10",
    "0b1",
    "1_000",
    "NaN",
    "Infinity",
    "-inf",
    "1e400",
    "5 years",
    "٣",
    "½",
    "--1",
  ])("does not guess what %j is", (text) => {
    expect(attributeReader(age)(text)).toBe("not-a-number");
  });

  it("is unreadable outside its bounds, which belong to it", () => {
    const read = attributeReader(age);
    expect(["-10", "120", "-10.01", "120.5"].map(read)).toEqual([-10, 120, "out-of-range", "out-of-range"]);
  });

  it("is missing where there is no text", () => {
    expect([null, "", " \u00a0"].map(attributeReader(age))).toEqual(["missing", "missing", "missing"]);
  });

  it("takes a text as long as a field may be without delay", () => {
    expect(attributeReader(age)(`${"1".repeat(65_000)}x`)).toBe("not-a-number");
  });
});

describe("a code", () => {
  it("is compared as a number where both are numbers, and as text elsewhere", () => {
    const read = attributeReader(grade);
    expect(["1", "1.0", "01", "2e0", "two", "Two", "3"].map(read)).toEqual([
      0,
      0,
      0,
      1,
      2,
      "unlisted-code",
      "unlisted-code",
    ]);
  });

  it("is the same in both normal forms", () => {
    expect(attributeReader(grade)("cafe\u0301")).toBe(3);
  });

  it("of a flag is yes, or no, or missing", () => {
    expect(["1", "1.00", "Y", "y", "0", "no", "", null].map(attributeReader(yes))).toEqual([
      1,
      1,
      1,
      0,
      0,
      0,
      "missing",
      "missing",
    ]);
  });
});

describe("arbitrary text", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: fc.constantFrom(...Array.from("0123456789.,eE+-x_ NaIfinty\u0661")) }),
  );
  const decimal = /^[+-]?\d*\.?\d*([eE][+-]?\d+)?$/;

  it("never throws, and is a number only where it is written as one within the bounds", () => {
    fc.assert(
      fc.property(text, (raw) => {
        const reading = attributeReader(age)(raw);
        if (typeof reading !== "number") return;
        expect(raw).toMatch(decimal);
        expect(reading).toBe(parseFloat(raw) + 0);
        expect(reading >= -10 && reading <= 120).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  it("is a place only among the codes, and a flag only 0 or 1", () => {
    fc.assert(
      fc.property(text, (raw) => {
        const place = attributeReader(grade)(raw);
        if (typeof place === "number") {
          const code = grade.codes[place]!;
          const same = code === raw.trim().normalize("NFC") || parseDecimal(code) === parseDecimal(raw.trim());
          expect(same).toBe(true);
        }
        expect([0, 1, "missing"]).toContain(attributeReader(yes)(raw));
      }),
      { numRuns: 5000 },
    );
  });

  it("that writes a number is read as JavaScript reads it", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(parseDecimal(String(value))).toBe(value + 0);
      }),
    );
  });
});

describe("a label", () => {
  const read = (
    family: "logistic" | "linear" | "poisson",
    attribute: Feature,
    positive: Label["positive"],
    texts: string[],
  ) => texts.map(labelReader({ family, label: { attribute, positive } }));

  it("of a logistic model is what the declaration calls positive", () => {
    expect(read("logistic", age, { is: ">", than: 0 }, ["0", "0.1", "-1", "x", ""])).toEqual([
      0,
      1,
      0,
      "not-a-number",
      "missing",
    ]);
    expect(read("logistic", age, { is: ">=", than: 3 }, ["2.9", "3", "3.1"])).toEqual([0, 1, 1]);
    expect(read("logistic", age, { is: "=", than: "3.0" }, ["2.9", "3"])).toEqual([0, 1]);
    expect(read("logistic", yes, null, ["Y", "n"])).toEqual([1, 0]);
    expect(read("logistic", grade, { is: "=", than: "two" }, ["two", "2", "9"])).toEqual([1, 0, "unlisted-code"]);
    const scale: Feature = { name: "scale", type: "category", codes: ["0", "1", "2"] };
    expect(read("logistic", scale, { is: ">", than: 0 }, ["0", "1.0", "2"])).toEqual([0, 1, 1]);
  });

  it("of a linear model is the number, of a Poisson model a count", () => {
    expect(read("linear", age, null, ["-2.5", "7"])).toEqual([-2.5, 7]);
    expect(read("poisson", age, null, ["3", "2.5", "-1"])).toEqual([3, "not-a-count", "not-a-count"]);
  });

  it.each<[string, "logistic" | "linear" | "poisson", Feature, Label["positive"]]>([
    ["a number without positive", "logistic", age, null],
    ["a flag with positive", "logistic", yes, { is: "=", than: "1" }],
    ["a code that is not among the codes", "logistic", grade, { is: "=", than: "three" }],
    ["codes that are no numbers and an order", "logistic", grade, { is: ">", than: 1 }],
    ["a number and a word", "logistic", age, { is: "=", than: "old" }],
    ["a category", "linear", grade, null],
    ["positive", "poisson", age, { is: ">", than: 0 }],
  ])("cannot be %s (%s)", (_, family, attribute, positive) => {
    expect(refusal(() => labelReader({ family, label: { attribute, positive } }))).toMatchObject({ code: "bad-input" });
  });
});
