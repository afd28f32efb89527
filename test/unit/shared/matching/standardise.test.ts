import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FIELD_KINDS, isField, type FieldKind } from "../../../../shared/matching/fields.ts";
import { fold } from "../../../../shared/matching/standardise/fold.ts";
import { standardiseField, type StandardiseOptions } from "../../../../shared/matching/standardise.ts";

const KINDS = [...new Set(Object.values(FIELD_KINDS))];

/** The value, "missing", or "unreadable: …". */
function outcome(kind: FieldKind, raw: string, options: Partial<StandardiseOptions> = {}): string {
  const result = standardiseField(kind, raw, { missing: [], ...options });
  if (result === "missing") return result;
  return "value" in result ? result.value : `unreadable: ${result.unreadable}`;
}

describe("standardiseField", () => {
  it.each<[FieldKind, string, string]>([
    ["name", "  O'Brien-Smith ", "O BRIEN SMITH"],
    ["name", "O’Brien", "O BRIEN"],
    ["name", "José  María", "JOSE MARIA"],
    ["name", "José", "JOSE"],
    ["name", "Straße", "STRASSE"],
    ["name", "ﬁona", "FIONA"],
    ["name", "Ｓｈａｈ", "SHAH"],
    ["name", "ς ΙΙ", "unreadable: no letter or digit"],
    ["name", "---", "unreadable: no letter or digit"],
    ["text", "Flat 2b, 10/12 High St.", "FLAT 2B 10 12 HIGH ST"],
    ["identifier", "ab 12 34 56 c", "AB123456C"],
    ["identifier", "AB-12-34-56-C", "AB123456C"],
    ["digits", "020 7946-0018", "02079460018"],
    ["digits", "٣", "unreadable: no digit"],
    ["digits", "n/a", "unreadable: no digit"],
    ["postcode", "sw1a1aa", "SW1A 1AA"],
    ["postcode", " E1  6AN", "E1 6AN"],
    ["postcode", "W1A-0AX", "W1A 0AX"],
    ["postcode", "EC1A 1BB", "EC1A 1BB"],
    ["postcode", "SW1A", "unreadable: not a postcode"],
    ["postcode", "SWIA 1AA", "SW1A 1AA"],
    ["flag", "yes", "1"],
    ["flag", "FALSE", "0"],
    ["flag", "perhaps", "unreadable: neither yes nor no"],
    ["reference", "  CT/00-12 a ", "CT/00-12 a"],
    ["reference", " \t ", "missing"],
    ["name", "", "missing"],
    ["date", "﻿  ", "missing"],
  ])("reads %s %j as %j", (kind, raw, expected) => {
    expect(outcome(kind, raw)).toBe(expected);
  });

  it.each<["ymd" | "dmy" | "mdy", string, string]>([
    ["dmy", "03/11/1987", "1987-11-03"],
    ["mdy", "03/11/1987", "1987-03-11"],
    ["dmy", "3.11.1987", "1987-11-03"],
    ["dmy", "3 11 1987", "1987-11-03"],
    ["dmy", "03111987", "1987-11-03"],
    ["mdy", "11031987", "1987-11-03"],
    ["ymd", "19871103", "1987-11-03"],
    ["ymd", "1987/11/3", "1987-11-03"],
    ["ymd", "1987-11-03", "1987-11-03"],
    ["dmy", "1987-11-03", "1987-11-03"],
    ["dmy", "1987-11-03T00:00:00.000Z", "1987-11-03"],
    ["dmy", "29/02/2000", "2000-02-29"],
    ["dmy", "29/02/1900", "unreadable: no such day"],
    ["dmy", "31/04/1987", "unreadable: no such day"],
    ["dmy", "00/01/1987", "unreadable: no such day"],
    ["dmy", "03/13/1987", "unreadable: no such day"],
    ["dmy", "03/11/87", "unreadable: year not of four digits"],
    ["ymd", "87-11-03", "unreadable: year not of four digits"],
    ["ymd", "03/11/1987", "unreadable: year not of four digits"],
    ["dmy", "1987/11/03", "unreadable: year not of four digits"],
    ["ymd", "1987/11/1987", "unreadable: not in the declared order"],
    ["dmy", "03/11/1066", "unreadable: year out of range"],
    ["dmy", "3 Nov 1987", "1987-11-03"],
    ["dmy", "031187", "unreadable: year not of four digits"],
    ["ymd", "1987-11-03T23:30:00Z", "unreadable: not a date"],
  ])("reads a date declared %s, %j, as %j", (dateOrder, raw, expected) => {
    expect(outcome("date", raw, { dateOrder })).toBe(expected);
  });

  it("keeps the spelling of a postcode from elsewhere", () => {
    expect(outcome("postcode", "75008-a", { rules: "other" })).toBe("75008 A");
  });

  it("takes the declared texts for missing, after trimming and only as a whole", () => {
    const missing = ["N/A", "UNKNOWN"];
    expect(outcome("name", " N/A ", { missing })).toBe("missing");
    expect(outcome("text", "Unknown", { missing })).toBe("UNKNOWN");
    expect(outcome("name", "N/A Smith", { missing })).toBe("N A SMITH");
  });

  // Code units by chance and signs that folding treats specially; lone surrogates among them.
  const anyText = fc.oneof(
    fc.uint16Array({ maxLength: 20 }).map((units) => String.fromCharCode(...units)),
    fc
      .array(fc.constantFrom(...Array.from("aZ09 -/.,'’éßıİŁǅﬁ½²①٣\u0301\u00a0\u2003\u200b\ufeff\ud800")), {
        maxLength: 20,
      })
      .map((signs) => signs.join("")),
    fc.string({ unit: "grapheme" }),
  );
  const anyOptions = fc.record({
    dateOrder: fc.constantFrom("ymd" as const, "dmy" as const, "mdy" as const),
    rules: fc.constantFrom("uk" as const, "other" as const),
    latestYear: fc.constantFrom(2026, 1999),
    missing: fc.constant<readonly string[]>([]),
  });

  it("reads its own result as the same, whatever the text", () => {
    fc.assert(
      fc.property(fc.constantFrom(...KINDS), anyText, anyOptions, (kind, raw, options) => {
        const once = standardiseField(kind, raw, options);
        if (once === "missing" || "unreadable" in once) return;
        expect(standardiseField(kind, once.value, options)).toEqual(once);
      }),
      { numRuns: 2000 },
    );
  });

  it("gives only values that the kind allows, and reasons without a digit or letter of the text", () => {
    const shapes: Partial<Record<FieldKind, RegExp>> = {
      name: /^[A-Z0-9]+( [A-Z0-9]+)*$/,
      text: /^[A-Z0-9]+( [A-Z0-9]+)*$/,
      identifier: /^[A-Z0-9]+$/,
      digits: /^[0-9]+$/,
      date: /^\d{4}-\d{2}-\d{2}$/,
      flag: /^[01]$/,
      sex: /^[A-Z0-9]+( [A-Z0-9]+)*$/,
      "nhs-number": /^[0-9]+$/,
      nino: /^[A-Z0-9]+$/,
      uprn: /^[0-9]+$/,
    };
    const reasons = new Set<string>();
    fc.assert(
      fc.property(fc.constantFrom(...KINDS), anyText, anyOptions, (kind, raw, options) => {
        const result = standardiseField(kind, raw, options);
        if (result === "missing") return;
        if ("unreadable" in result) reasons.add(result.unreadable);
        else expect(result.value).toMatch(shapes[kind] ?? /\S/);
      }),
      { numRuns: 2000 },
    );
    // A closed set: nothing of the text can stand in a reason.
    for (const reason of reasons)
      expect(reason).toMatch(
        /^(no (letter or digit|digit|such day)|not an? [A-Za-z ]+|wrong check (digit|letter)|(temporary|administrative) number|cut by a spreadsheet|(placeholder date|pseudo postcode)|year [a-z ]+|not in the declared order|neither yes nor no)$/,
      );
  });

  it("tells canonical fields from others, and from what every object has", () => {
    expect(isField("nino")).toBe(true);
    expect(isField("shoe_size")).toBe(false);
    expect(isField("constructor")).toBe(false);
  });
});

describe("fold", () => {
  it("gives the same for every Unicode form of a name", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(fold(text.normalize("NFD"))).toBe(fold(text.normalize("NFC")));
        expect(fold(fold(text))).toBe(fold(text));
      }),
    );
  });
});
