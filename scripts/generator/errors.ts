import type { Faker } from "@faker-js/faker";
import type { Resident } from "./london.ts";

/** What happens to a person's second entry: the errors that extracts are full of. One or two of them each. */
type Rule = (faker: Faker, entry: Resident) => Resident;

const NEIGHBOURS: Readonly<Record<string, string>> = {
  a: "s", b: "v", c: "x", d: "f", e: "r", f: "g", g: "h", h: "j", i: "o", j: "k", k: "l", l: "k", m: "n",
  n: "m", o: "p", p: "o", q: "w", r: "t", s: "a", t: "y", u: "i", v: "b", w: "e", x: "z", y: "u", z: "x",
}; // prettier-ignore

const RULES: readonly Rule[] = [
  (faker, entry) => ({ ...entry, forename: mistype(faker, entry.forename) }),
  (faker, entry) => ({ ...entry, surname: mistype(faker, entry.surname) }),
  (_, entry) => ({ ...entry, forename: entry.surname, surname: entry.forename }),
  (_, entry) => ({ ...entry, forename: entry.forename.toUpperCase(), surname: entry.surname.toUpperCase() }),
  (_, entry) => ({ ...entry, surname: `  ${entry.surname} ` }),
  (_, entry) => ({ ...entry, nino: "" }),
  (_, entry) => ({ ...entry, nino: entry.nino.replace(/(..)(?=.)/g, "$1 ").toLowerCase() }),
  (_, entry) => ({ ...entry, dateOfBirth: entry.dateOfBirth.replaceAll("/", "-") }),
  (faker, entry) => ({
    ...entry,
    dateOfBirth: entry.dateOfBirth.replace(/^\d\d/, String(faker.number.int({ min: 10, max: 28 }))),
  }),
  (_, entry) => ({ ...entry, dateOfBirth: "" }),
  (_, entry) => ({ ...entry, forename: entry.forename.replace(/e/, "é") }),
  (_, entry) => ({ ...entry, postcode: entry.postcode.replace(" ", "").toLowerCase() }),
];

export function spoil(faker: Faker, entry: Resident): Resident {
  const count = faker.number.int({ min: 1, max: 2 });
  return faker.helpers.arrayElements(RULES, count).reduce((spoilt, rule) => rule(faker, spoilt), entry);
}

/** A neighbouring key, a letter lost, or two letters swapped. */
function mistype(faker: Faker, text: string): string {
  if (text.length < 3) return text;
  const at = faker.number.int({ min: 1, max: text.length - 2 });
  switch (faker.number.int({ max: 2 })) {
    case 0:
      return `${text.slice(0, at)}${NEIGHBOURS[text[at]!.toLowerCase()] ?? "e"}${text.slice(at + 1)}`;
    case 1:
      return `${text.slice(0, at)}${text.slice(at + 1)}`;
    default:
      return `${text.slice(0, at)}${text[at + 1]!}${text[at]!}${text.slice(at + 2)}`;
  }
}
