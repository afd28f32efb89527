import { fold } from "./fold.ts";
import type { Standardised } from "./outcome.ts";

/**
 * Sex: M, F, or I for indeterminate (NHS Data Model and Dictionary, "Person phenotypic sex": 1, 2, 9; ISO/IEC 5218: 0 not
 * known, 1, 2, 9). Not known, not stated and X, which registers use for either, are missing; other words are unreadable.
 *
 *   "male", "M", "1"  →  M       "Female", "F", "2"  →  F       "9"  →  I       "0", "U", "X"  →  missing
 */
export function standardiseSex(text: string): Standardised {
  const value = SEX_CODES.get(fold(text));
  return value === undefined ? { unreadable: "not a sex code" } : value === "" ? "missing" : { value };
}

const SEX_CODES: ReadonlyMap<string, string> = new Map(
  [
    ["M", "1 01 M MALE MAN BOY"],
    ["F", "2 02 F FEMALE WOMAN GIRL"],
    ["I", "9 09 I INDETERMINATE INTERSEX OTHER"],
    ["", "0 00 U X UNKNOWN NOTKNOWN NOTSTATED NOTSPECIFIED"],
  ].flatMap(([code, texts]) => texts!.split(" ").map((text): [string, string] => [text, code!])),
);

/** Yes or no, as "1" or "0". */
export function standardiseFlag(text: string): Standardised {
  const word = fold(text);
  if (YES.has(word)) return { value: "1" };
  return NO.has(word) ? { value: "0" } : { unreadable: "neither yes nor no" };
}

const YES = new Set(["1", "Y", "YES", "T", "TRUE"]);
const NO = new Set(["0", "N", "NO", "F", "FALSE"]);
