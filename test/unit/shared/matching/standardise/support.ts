import fc from "fast-check";
import { expect, it } from "vitest";
import type { Standardised } from "../../../../../shared/matching/standardise/outcome.ts";

/** The value, "missing", or "unreadable: …". */
export function told(result: Standardised): string {
  if (result === "missing") return result;
  return "value" in result ? result.value : `unreadable: ${result.unreadable}`;
}

/** Code units by chance, lone surrogates among them, and signs that the rules look at. */
export const anyText = fc.oneof(
  fc.uint16Array({ maxLength: 16 }).map((units) => String.fromCharCode(...units)),
  fc
    .array(fc.constantFrom(...Array.from("ABCDLMNORSTZabez0123456789 -/.,'’éßŁøÆıİ+\u0301\u00a0\ufeff\ud800")), {
      maxLength: 16,
    })
    .map((signs) => signs.join("")),
  fc
    .array(
      fc.constantFrom(
        "MR",
        "DR",
        "NO",
        "NAME",
        "BABY",
        "OF",
        "DE",
        "O",
        "MC",
        "FLAT",
        "NUMBER",
        "12",
        "0",
        "A",
        "ST",
        "LA",
        "N",
        "THE",
        "1987",
        "03",
        "11",
        "NOV",
        "E+",
      ),
      { maxLength: 6 },
    )
    .map((words) => words.join(" ")),
  fc.string({ unit: "grapheme" }),
);

/** Whatever the text: never throws, and reads its own value as the same. */
export function itIsTotalAndIdempotent(name: string, standardise: (text: string) => Standardised): void {
  it(`${name}: any text gives a value, "missing" or a reason, and a value is read as itself`, () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const once = standardise(text);
        if (once === "missing" || "unreadable" in once) return;
        expect(once.value).not.toBe("");
        expect(standardise(once.value)).toEqual(once);
      }),
      { numRuns: 1000 },
    );
  });
}
