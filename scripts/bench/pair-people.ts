import { assert } from "../../shared/base/errors.ts";
import type { CascadeKey } from "../../shared/matching/match-key.ts";

/**
 * Made-up people of a left and a right borough with a known answer: half of each are common, and the common ones are
 * dealt out evenly to the keys: whoever is dealt to a key agrees on it and on all after it, and on none before it.
 */
export type Side = "left" | "right";

/** One key a line, each with fields of its own, so that keys can be spoilt one by one. */
const KEYS: readonly CascadeKey[] = [
  {
    key: "names-dob",
    of: [
      { field: "forename", as: ["fold"] },
      { field: "surname", as: ["fold"] },
      { field: "date_of_birth", as: ["day", "month", "year"] },
    ],
  },
  { key: "nino", of: [{ field: "nino", as: ["identifier"] }] },
  { key: "nhs-number", of: [{ field: "nhs_number", as: ["digits"] }] },
  { key: "phone", of: [{ field: "phone", as: ["digits"] }] },
  { key: "uprn", of: [{ field: "uprn", as: ["digits"] }] },
  { key: "email", of: [{ field: "email", as: ["fold"] }] },
  { key: "upn", of: [{ field: "upn", as: ["identifier"] }] },
  { key: "national-id", of: [{ field: "national_id", as: ["identifier"] }] },
  { key: "household", of: [{ field: "household_key", as: ["identifier"] }] },
  { key: "company", of: [{ field: "company_number", as: ["identifier"] }] },
];
export const MAX_KEYS = KEYS.length;

export function peopleCascade(keys: number): readonly CascadeKey[] {
  assert(keys >= 1 && keys <= MAX_KEYS, `1 to ${MAX_KEYS} keys`);
  return KEYS.slice(0, keys);
}

export function cascadeFields(keys: number): string[] {
  return peopleCascade(keys).flatMap(({ of }) => of.map(({ field }) => field));
}

/** Matches that each key must find. */
export function plantedMatches(rows: number, keys: number): number[] {
  const common = commonPeople(rows);
  return Array.from({ length: keys }, (_, key) => Math.ceil((common - key) / keys));
}

function commonPeople(rows: number): number {
  return Math.floor(rows / 2);
}

/** Lines of a CSV file, the header first. People 0 … common-1 live in both. */
export function* peopleLines(side: Side, rows: number, keys: number): Generator<string> {
  yield cascadeFields(keys).join(",");
  const cascade = peopleCascade(keys);
  const common = commonPeople(rows);
  for (let line = 0; line < rows; line++) {
    // From the end on one side: nothing is gained from the order of the rows.
    const row = side === "left" ? line : rows - 1 - line;
    const isCommon = row < common;
    const person = side === "left" || isCommon ? row : row + rows;
    const dealtTo = side === "right" && isCommon ? row % keys : 0;
    yield cascade.flatMap(({ of }, key) => of.map(({ field }) => valueOf(field, person, key < dealtTo))).join(",");
  }
}

/** @param isSpoilt another value than the same person's otherwise, and nobody else's */
function valueOf(field: string, person: number, isSpoilt: boolean): string {
  switch (field) {
    case "forename":
      return letters(person % FORENAMES);
    case "surname":
      return `${isSpoilt ? "X-" : ""}${letters(person)}`;
    case "date_of_birth":
      return new Date((person % BIRTHDAYS) * DAY_MS).toISOString().slice(0, 10);
    default:
      return `${isSpoilt ? 9 : 1}${String(person).padStart(9, "0")}`;
  }
}

const FORENAMES = 4096;
const BIRTHDAYS = 18_000;
const DAY_MS = 86_400_000;

/** A number as a word of seven letters; "X-" never comes about. */
function letters(number: number): string {
  let word = "";
  for (let rest = number; word.length < 7; rest = Math.floor(rest / 20)) {
    word += "ABCDEFGHIJKLMNOPQRST".charAt(rest % 20);
  }
  return word;
}
