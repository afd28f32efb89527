import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { companyName } from "../../../../shared/matching/standardise/names.ts";
import { parseTransform, TRANSFORMS } from "../../../../shared/matching/transforms.ts";
import { anyText } from "./standardise/support.ts";

/** What is asked again gives the same: a value that was cut in a spreadsheet before loses nothing more. */
const IDEMPOTENT = [
  "fold",
  "identifier",
  "postcode",
  "digits",
  "sorted",
  "company-name",
  "diminutive",
  "first-part",
  "first:3",
];

describe("transforms", () => {
  it.each([...Object.keys(TRANSFORMS), "first:1", "first:99", "any-order", "letters"])(
    "%s gives a text or null for any text, and the same each time",
    (name) => {
      const transform = parseTransform(name, "test");
      fc.assert(
        fc.property(anyText, (text) => {
          const once = transform(text);
          expect(once === null || typeof once === "string").toBe(true);
          expect(transform(text)).toBe(once);
        }),
      );
    },
  );

  it.each(IDEMPOTENT)("%s changes nothing the second time", (name) => {
    const transform = parseTransform(name, "test");
    fc.assert(
      fc.property(anyText, (text) => {
        const once = transform(text);
        if (once !== null) expect(transform(once) ?? "").toBe(once);
      }),
    );
  });

  it("takes parts of dates and postcodes from what is one, and from nothing else", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        for (const [name, { needs, apply }] of Object.entries(TRANSFORMS)) {
          if (needs?.[0] !== "date" && needs?.[0] !== "postcode") continue;
          const part = apply(text, { diminutives: new Map() });
          if (part !== null)
            expect([name, text]).toEqual([name, expect.stringMatching(/^\d{4}-\d\d-\d\d$|^[A-Z0-9]+ \d[A-Z]{2}$/)]);
        }
      }),
    );
  });
});

describe("companyName", () => {
  it.each([
    ["The Smith & Sons Co. Ltd", "SMITHSONS"],
    ["SMITH AND SONS LIMITED", "SMITHSONS"],
    ["Limited Company", "LIMITEDCOMPANY"],
    ["1st Choice PLC", "1STCHOICE"],
    ["–", null],
  ])("of %j is %j", (text, name) => {
    expect(companyName(text)).toBe(name);
  });
});
