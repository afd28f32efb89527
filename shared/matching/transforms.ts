import { ProtocolError } from "../base/errors.ts";
import type { FieldKind } from "./fields.ts";
import { flatNumber, houseNumber, streetName } from "./standardise/addresses.ts";
import { datePart, dayAndMonth } from "./standardise/dates.ts";
import { DIMINUTIVES, type Diminutives } from "./standardise/diminutives.ts";
import { fold } from "./standardise/fold.ts";
import { companyName, nameParts, sortedLetters } from "./standardise/names.ts";
import { postcodeArea, postcodeDistrict, postcodeSector } from "./standardise/postcodes.ts";
import { soundOf } from "./standardise/sounds.ts";

/**
 * What a match key may do with a field. A charter names these, and boroughs with different versions of this program
 * must make the same of them: the meaning of a name never changes, something better takes a new name.
 */
export interface TransformEntry {
  /** The part, or null where the value has none. */
  readonly apply: (value: string, tables: TransformTables) => string | null;
  /** It finds something in values of these kinds alone; without it, in any. It then takes the value as it stands. */
  readonly needs?: readonly FieldKind[];
  /** For whoever approves a charter: the field "by" this. */
  readonly words: string;
}

export interface TransformTables {
  readonly diminutives: Diminutives;
}

export const STANDARD_TABLES: TransformTables = { diminutives: DIMINUTIVES };

const spelling = (words: string): TransformEntry => ({ apply: fold, words });
const ofDate = (words: string, apply: TransformEntry["apply"]): TransformEntry => ({ apply, words, needs: ["date"] });
const ofPostcode = (words: string, apply: TransformEntry["apply"]): TransformEntry => ({
  apply,
  words,
  needs: ["postcode"],
});
const ofName = (words: string, apply: TransformEntry["apply"]): TransformEntry => ({ apply, words, needs: ["name"] });
const ofAddress = (words: string, apply: TransformEntry["apply"]): TransformEntry => ({
  apply,
  words,
  needs: ["street", "house-number", "text"],
});

export const TRANSFORMS: Readonly<Record<string, TransformEntry>> = {
  fold: spelling("letters and figures alone"),
  identifier: spelling("letters and figures alone"),
  postcode: spelling("the whole postcode"),
  digits: { apply: (value) => value.replace(/[^0-9]/g, ""), words: "figures alone" },
  sorted: { apply: (value) => sortedLetters(fold(value)), words: "letters in alphabetical order" },
  sound: { apply: soundOf, words: "how it sounds" },
  // "DE LA CRUZ" is one part; see names.ts.
  "first-part": ofName("its first part", (value) => nameParts(value)[0] ?? null),
  "second-part": ofName("its second part", (value) => nameParts(value)[1] ?? null),
  "last-part": ofName("its last part", (value) => nameParts(value).at(-1) ?? null),
  diminutive: ofName("short and pet forms as the full name", (value, { diminutives }) => {
    const first = nameParts(value)[0];
    return first === undefined ? null : (diminutives.get(first) ?? first);
  }),
  "company-name": {
    apply: companyName,
    needs: ["text"],
    words: "without its legal form",
  },
  day: ofDate("day", (value) => datePart(value, 3)),
  month: ofDate("month", (value) => datePart(value, 2)),
  year: ofDate("year", (value) => datePart(value, 1)),
  "day-month": ofDate("day and month in either order", dayAndMonth),
  sector: ofPostcode("the postcode up to its second half's first figure", postcodeSector),
  district: ofPostcode("the first half of the postcode", postcodeDistrict),
  area: ofPostcode("the letters the postcode begins with", postcodeArea),
  number: ofAddress("the house's number", houseNumber),
  flat: ofAddress("the flat's number", flatNumber),
  "street-name": ofAddress("the street without its type", streetName),
};

/**
 * What joins the components of a key that carry it, always last in their lists: `any-order` compares them as a set, so
 * that swapped names agree; `letters` compares the letters of all of them together, so that a word in the other field or
 * a letter out of place agrees too.
 */
export const JOINS: Readonly<Record<string, { readonly words: string }>> = {
  "any-order": { words: "in either field" },
  letters: { words: "letters of all such fields in alphabetical order" },
};

const FIRST = /^first:([1-9]\d?)$/;
export type Transform = (value: string) => string | null;

/** @param where how to name it in the message @throws ProtocolError "bad-input" for a transform this version has not */
export function parseTransform(text: string, where: string, tables: TransformTables = STANDARD_TABLES): Transform {
  const first = FIRST.exec(text);
  if (first !== null) {
    const length = Number(first[1]);
    return (value) => Array.from(value).slice(0, length).join("");
  }
  if (Object.hasOwn(JOINS, text)) return (value) => value;
  const entry = Object.hasOwn(TRANSFORMS, text) ? TRANSFORMS[text] : undefined;
  if (entry === undefined) {
    const named = text.slice(0, 32).replace(/[^\x20-\x7e]/g, "?");
    throw new ProtocolError("bad-input", `${where}: no transform "${named}"`, {
      hint: `known are ${[...Object.keys(TRANSFORMS), "first:N", ...Object.keys(JOINS)].join(", ")}`,
    });
  }
  return (value) => entry.apply(value, tables);
}

/** Parts of a date, which choose from it and stand side by side; every other transform takes what the one before gave. */
export function isDateParts(as: readonly string[]): boolean {
  return as.length > 0 && as.every((name) => isOfDate(name));
}

function isOfDate(name: string): boolean {
  return Object.hasOwn(TRANSFORMS, name) && TRANSFORMS[name]!.needs?.[0] === "date";
}

/** In words, for people: "letters and figures alone, first 1 only". */
export function transformWords(as: readonly string[]): string {
  if (isDateParts(as)) {
    return new Set(as).size === 3 && !as.includes("day-month")
      ? "the whole date"
      : as.map((name) => TRANSFORMS[name]!.words).join(" and ");
  }
  return as
    .map((name) => {
      if (Object.hasOwn(TRANSFORMS, name)) return TRANSFORMS[name]!.words;
      if (Object.hasOwn(JOINS, name)) return JOINS[name]!.words;
      return name.startsWith("first:") ? `first ${name.slice("first:".length)} only` : name;
    })
    .join(", ");
}
