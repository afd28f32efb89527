import { describe, expect, it } from "vitest";
import { MAX_CASCADE_KEYS } from "../../../../shared/base/limits.ts";
import { FIELD_KINDS } from "../../../../shared/matching/fields.ts";
import { isSingleFieldKey, weakKeys } from "../../../../shared/matching/key-quality.ts";
import { CASCADES, expandCascade } from "../../../../shared/matching/library.ts";
import { compileCascade, type CascadeKey } from "../../../../shared/matching/match-key.ts";
import { collectKeyColumns } from "../../../../shared/matching/population.ts";
import {
  parseCharter,
  charterDigest,
  decodeCharter,
  encodeCharter,
  requireMatch,
} from "../../../../shared/protocol/charter.ts";
import { encodeValue } from "../../../../shared/base/encoding.ts";
import { changed, exampleDocument, refusal, type Json } from "../../../helpers/example-charter.ts";

const ALL = Object.keys(FIELD_KINDS);
const namesOf = (cascade: unknown) => (cascade as CascadeKey[]).map(({ key }) => key);

/** The example with another cascade and fields. */
function charterOf(cascade: Json, fields: string[] = []): Record<string, Json> {
  const document = exampleDocument();
  Object.assign(document["operation"] as object, { cascade });
  if (fields.length > 0) Object.assign(document["dataset"] as object, { fields });
  return document;
}

describe("the default cascades", () => {
  it.each(Object.keys(CASCADES))("%s: fits a charter that declares every field, and compiles", (name) => {
    const keys = expandCascade(name, ALL) as CascadeKey[];
    expect(keys.length).toBeLessThanOrEqual(MAX_CASCADE_KEYS);
    expect(new Set(namesOf(keys)).size).toBe(keys.length);
    expect(() => compileCascade(keys)).not.toThrow();
    expect(() => parseCharter(charterOf(name, ALL))).not.toThrow();
  });

  it("leaves keys out whose fields nobody declares, and spares the sex", () => {
    const fields = ["forename", "surname", "date_of_birth", "postcode"];
    const keys = expandCascade("people", fields) as CascadeKey[];
    expect(keys.every(({ of }) => of.every(({ field }) => fields.includes(field)))).toBe(true);
    expect(namesOf(keys)).toContain("surname-start-dob-postcode");
    expect(namesOf(keys).some((key) => key.startsWith("nino"))).toBe(false);
    expect(namesOf(expandCascade("people", [...fields, "nino"]))[0]).toBe("nino-year");
    const withSex = expandCascade("people", [...fields, "sex"]) as CascadeKey[];
    const start = withSex.find(({ key }) => key === "surname-start-dob-postcode");
    expect(start?.of.map(({ field }) => field)).toContain("sex");
  });

  it.each(["nhs_number", "nino", "upn", "uprn"])("has no key without a name or birthday beside %s", (field) => {
    const keys = expandCascade(
      "people",
      ALL.filter((name) => name === field || !["nhs_number", "nino", "upn", "uprn"].includes(name)),
    ) as CascadeKey[];
    const numbers = ["nhs_number", "nino", "upn", "national_id"];
    for (const { key, of } of keys) {
      const fields = of.map((component) => component.field);
      if (fields.some((name) => numbers.includes(name)) || key === "names-phone") continue;
      expect(fields, key).toContain("forename");
      expect(fields, key).toContain("date_of_birth");
    }
    expect(namesOf(expandCascade("people", ["forename", "surname", "postcode"]))).toContain("letters-postcode");
  });

  it("believes a UPRN only beside something else of the address, where there is something", () => {
    const fields = ["uprn", "house_number", "street", "locality", "postcode"];
    for (const { of } of expandCascade("properties", fields) as CascadeKey[]) expect(of.length).toBeGreaterThan(1);
    expect(namesOf(expandCascade("properties", ["uprn"]))).toEqual(["uprn"]);
  });

  it("needs a second forename where no place agrees", () => {
    const keys = expandCascade("people", ["forename", "surname", "date_of_birth"]) as CascadeKey[];
    expect(namesOf(keys)).toEqual(["two-forenames-surname-dob"]);
    const [digestOf] = [compileCascade(keys)];
    const person = (forename: string) => (field: string) =>
      ({ forename, surname: "SMITH", date_of_birth: "1987-11-03" })[field] ?? null;
    expect(digestOf(person("ANN"))).toEqual([null]);
    expect(digestOf(person("ANN MARIE"))[0]).not.toBeNull();
  });
});

describe("what a key of the library takes for one person", () => {
  const one = {
    forename: "MARY ANN",
    surname: "O BRIEN",
    date_of_birth: "1987-11-03",
    postcode: "SW1A 1AA",
    house_number: "12",
    street: "HIGH STREET",
    locality: "CAMDEN",
    sex: "F",
  };
  it.each<[string, Partial<typeof one>, boolean]>([
    ["names-dob-postcode", { surname: "OBRIEN" }, true],
    ["names-dob-postcode", { surname: "BRIEN" }, false],
    ["letters-dob-postcode", { forename: "O BRIEN", surname: "MARY ANN" }, true],
    ["letters-dob-postcode", { forename: "MARY", surname: "ANN O BRIEN" }, true],
    ["diminutive-dob-postcode", { forename: "POLLY" }, true],
    ["diminutive-dob-postcode", { forename: "JANE" }, false],
    ["parts-dob-postcode", { forename: "MARY", surname: "SMITH O BRIEN" }, true],
    ["parts-dob-postcode", { forename: "O BRIEN", surname: "MARY" }, true],
    ["sound-dob-sector", { forename: "MARIE", surname: "O BRYAN", postcode: "SW1A 1ZZ" }, true],
    ["initials-dob-postcode", { forename: "MARGARET", surname: "OBAMA" }, true],
    ["initials-dob-postcode", { forename: "OBAMA", surname: "MARGARET" }, true],
    ["surname-start-dob-postcode", { forename: "JANE", surname: "O BRIAN" }, true],
    ["surname-start-dob-postcode", { forename: "JACK", sex: "M" }, false],
    ["names-month-year-postcode", { date_of_birth: "1987-11-30" }, true],
    ["names-swapped-dob-postcode", { date_of_birth: "1987-03-11" }, true],
    ["names-swapped-dob-postcode", { date_of_birth: "1987-03-12" }, false],
    ["dob-number-postcode", { forename: "JANE", surname: "SMITH" }, true],
    ["names-dob-house", { street: "HIGH ROAD", postcode: "E1 6AN" }, true],
    ["starts-house", { date_of_birth: "1950-01-02", surname: "O BRIAN", street: "HIGH ROAD" }, true],
    ["names-dob-district", { postcode: "SW1A 2BB" }, true],
  ])("%s, with %j: %s", (name, change, isSame) => {
    const digestOf = compileCascade(expandCascade([name], ALL) as CascadeKey[]);
    const valuesOf = (person: Partial<Record<string, string>>) => digestOf((field) => person[field] ?? null)[0];
    const [first, second] = [valuesOf(one), valuesOf({ ...one, ...change })];
    expect(first).not.toBeNull();
    expect(second).not.toBeNull();
    if (isSame) expect(second).toEqual(first);
    else expect(second).not.toEqual(first);
  });
});

describe("a charter that names its cascade", () => {
  it("is the same document as the one with the keys spelt out, by value, bytes and digest", () => {
    const named = requireMatch(parseCharter(charterOf("people")));
    const spelt = requireMatch(parseCharter(charterOf(named.operation.cascade)));
    expect(spelt).toEqual(named);
    expect(charterDigest(spelt)).toEqual(charterDigest(named));
    expect(decodeCharter(encodeCharter(named))).toEqual(named);
    expect(named.operation.cascade[0]).toEqual({
      key: "nino-year",
      of: [
        { field: "nino", as: ["identifier"] },
        { field: "date_of_birth", as: ["year"] },
      ],
    });
  });

  it("mixes names of keys with keys spelt out", () => {
    const own = { key: "own", of: [{ field: "nino", as: ["identifier"] }] };
    const charter = requireMatch(parseCharter(charterOf(["names-dob-postcode", own, "nino-year"])));
    expect(namesOf(charter.operation.cascade)).toEqual(["names-dob-postcode", "own", "nino-year"]);
  });

  it("is never stored or sent by name: what was approved must not depend on a version", () => {
    expect(refusal(() => decodeCharter(encodeValue(charterOf("people")))).code).toBe("malformed");
  });

  it.each<[string, Json, string]>([
    ["an unknown cascade", "persons", "operation.cascade: no cascade of that name"],
    ["what every object has", "constructor", "operation.cascade: no cascade of that name"],
    ["an unknown key", ["names-dob-postcode", "shoe-size"], "operation.cascade.1: no match key of that name"],
    ["a key of an undeclared field", ["names-dob-uprn"], "operation.cascade.0.of.3.field: uprn"],
    ["a cascade that no field fits", "businesses", "operation.cascade: no key of businesses fits dataset.fields"],
    ["a number", 7, "operation.cascade"],
  ])("is refused with %s", (_, cascade, message) => {
    const { code, message: said } = refusal(() => parseCharter(charterOf(cascade)));
    expect(code).toBe("bad-input");
    expect(said).toContain(message);
  });
});

describe("isSingleFieldKey", () => {
  const keyOf = (...of: [field: string, ...as: string[]][]) => ({
    key: "test",
    of: of.map(([field, ...as]) => ({ field, as })),
  });
  it.each([
    [keyOf(["nino", "identifier"]), false],
    [keyOf(["nhs_number", "digits"]), false],
    [keyOf(["uprn", "digits"]), false],
    [keyOf(["nino", "identifier"], ["nino", "first:2"]), false],
    [keyOf(["nino", "digits"]), true],
    [keyOf(["nino", "identifier", "first:4"]), true],
    [keyOf(["surname", "fold"]), true],
    [keyOf(["postcode", "postcode"]), true],
    [keyOf(["date_of_birth", "day", "month", "year"]), true],
    [keyOf(["surname", "fold"], ["surname", "sound"]), true],
    [keyOf(["surname", "fold"], ["forename", "fold"]), false],
  ])("of %j is %s", (key, expected) => {
    expect(isSingleFieldKey(key)).toBe(expected);
  });

  it("makes a charter refuse such a key by name", () => {
    const only = changed("operation.cascade", [{ key: "born", of: [{ field: "date_of_birth", as: ["year"] }] }]);
    expect(refusal(() => parseCharter(only)).message).toContain(
      "operation.cascade.0: born compares one field that many people share",
    );
  });
});

describe("weakKeys", () => {
  const funnelOf = (surnames: (string | null)[]) =>
    collectKeyColumns(
      surnames.map((surname, row) => ({ row, values: [surname], reference: null, label: 0, noMatch: false })),
      {
        fields: ["surname"],
        cascade: [{ key: "surname", of: [{ field: "surname", as: ["fold"] }] }],
        collapse: "none",
      },
    ).funnel;
  const distinct = (count: number) => Array.from({ length: count }, (_, index) => `A${index}`);

  it("names a key with fewer than 98 of 100 units alone, and its share", () => {
    expect(weakKeys(funnelOf([...distinct(97), "B", "B", "B"]))).toEqual([{ key: "surname", uniqueShare: 0.97 }]);
    expect(weakKeys(funnelOf([...distinct(98), "B", "B"]))).toEqual([]);
  });

  it("reckons with the units that have the key, and leaves one alone that nobody has", () => {
    expect(weakKeys(funnelOf([...distinct(3), "B", "B", null, null]))).toEqual([{ key: "surname", uniqueShare: 0.6 }]);
    expect(weakKeys(funnelOf([null, null]))).toEqual([]);
  });
});
