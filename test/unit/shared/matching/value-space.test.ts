import { describe, expect, it } from "vitest";
import { FIELD_KINDS } from "../../../../shared/matching/fields.ts";
import { keySpace, valueSpace } from "../../../../shared/matching/value-space.ts";

/** "nino=identifier+date_of_birth=day,month" as a key. */
function key(text: string) {
  return {
    key: "k",
    of: text.split("+").map((part) => {
      const [field, as] = part.split("=");
      return { field: field!, as: as!.split(",") };
    }),
  };
}

describe("valueSpace", () => {
  it.each([
    ["nino", "identifier", 1_492_000_000],
    ["nino", "first:1", 20],
    ["nino", "first:2", 373],
    ["nino", "identifier,first:8", 373_000_000],
    ["nino", "first:9", 1_492_000_000],
    ["nino", "digits", 1_000_000],
    ["nhs_number", "digits", 909_090_909],
    ["nhs_number", "first:3", 1000],
    ["nhs_number", "first:10", 909_090_909],
    ["date_of_birth", "day,month,year", 40_178],
    ["date_of_birth", "year,month,day", 40_178],
    ["date_of_birth", "digits", 40_178],
    ["date_of_birth", "year", 110],
    ["date_of_birth", "day,month", 366],
    ["date_of_birth", "month,year", 1320],
    ["postcode", "postcode", 1_700_000],
    ["postcode", "sector", 11_200],
    ["postcode", "district", 3000],
    ["sex", "fold", 3],
    ["uprn", "digits", 40_000_000],
    ["forename", "fold", 100_000],
    ["surname", "fold,sorted", 100_000],
    ["forename", "fold,first:1", 26],
    ["surname", "first:3", 17_576],
    ["surname", "first:4", 100_000],
  ])("takes %s as %s to have %d values", (field, as, values) => {
    expect(valueSpace(field, as.split(",")).values).toBe(values);
  });

  it("counts the prefixes of National Insurance numbers as HMRC's rules give them", () => {
    const letters = Array.from("ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    const prefixes = letters
      .flatMap((first) => letters.map((second) => first + second))
      .filter((prefix) => !/[DFIQUV]|.O/.test(prefix) && !/BG|GB|KN|NK|NT|TN|ZZ/.test(prefix));
    expect(valueSpace("nino", ["first:2"]).values).toBe(prefixes.length);
  });

  it.each([
    ["shoe_size", "fold"],
    ["toString", "fold"],
    ["street", "fold"],
    ["email", "fold"],
    ["date_of_birth", "fold,first:4"],
    ["postcode", "postcode,sector"],
    ["postcode", "first:2"],
    ["nhs_number", "sorted"],
    ["forename", "sorted,first:1"],
    ["forename", "digits"],
    ["surname", "sector"],
  ])("says that %s as %s is not estimated, never 0", (field, as) => {
    const { values, basis } = valueSpace(field, as.split(","));
    expect(values).toBeNull();
    expect(basis).toContain(`nobody has counted the values of ${field}`);
  });

  it("says of names that the figure is an assumption", () => {
    expect(valueSpace("surname", ["fold"])).toMatchObject({ assumed: true });
    expect(valueSpace("surname", ["fold"]).basis).toContain("assumption");
    expect(valueSpace("nino", ["identifier"]).assumed).toBe(false);
  });
});

describe("keySpace", () => {
  it("multiplies the fields", () => {
    expect(keySpace(key("nino=identifier+date_of_birth=year")).values).toBe(1_492_000_000 * 110);
    expect(keySpace(key("forename=first:1+surname=fold+date_of_birth=day,month,year+postcode=sector")).values).toBe(
      26 * 100_000 * 40_178 * 11_200,
    );
  });

  it("does not count one field twice", () => {
    expect(keySpace(key("nino=identifier+nino=digits")).values).toBe(1_492_000_000);
    expect(keySpace(key("date_of_birth=day+date_of_birth=month,year")).values).toBe(40_178);
  });

  it("is not estimated where one component is not", () => {
    const { values, components } = keySpace(key("nino=identifier+street=fold"));
    expect(values).toBeNull();
    expect(components.map((each) => each.values)).toEqual([1_492_000_000, null]);
  });

  it("never shrinks by a component more", () => {
    const cuts = ["fold", "sorted", "digits", "sector", "district", "day", "month", "year", "first:1", "first:3"];
    const components = Object.keys(FIELD_KINDS)
      .flatMap((field) => cuts.map((as) => ({ field, as: [as] })))
      .filter(({ field, as }) => valueSpace(field, as).values !== null);
    expect(components.length).toBeGreaterThan(30);
    for (const first of components) {
      for (const second of components) {
        const [one, two] = [[first], [first, second]].map((of) => keySpace({ key: "k", of }).values!);
        expect(two).toBeGreaterThanOrEqual(one!);
        for (const third of components) {
          expect(keySpace({ key: "k", of: [first, second, third] }).values).toBeGreaterThanOrEqual(two!);
        }
      }
    }
  });
});
