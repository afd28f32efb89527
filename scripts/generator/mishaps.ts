import { houseText, type Address } from "./addresses.ts";
import type { Dice } from "./dice.ts";
import { nicknamesOf } from "./nicknames.ts";
import { surnameOf, type Person } from "./residents.ts";
import { mistype, mistypePostcode, putErrors, rewriteHouse, swapDigits, type Mishap } from "./slips.ts";

/**
 * What real extracts do to a person's second record: errors, and what truly changed between the two. A match key may no
 * longer find the person. Weights are set by hand. How a value is written, which standardising undoes, is `dishevel` in habits.ts.
 */
export interface Recorded {
  forename: string;
  surname: string;
  sex: string;
  /** YYYY-MM-DD, or empty */
  dateOfBirth: string;
  houseNumber: string;
  street: string;
  locality: string;
  postcode: string;
  nino: string;
  uprn: string;
}

/** The kinds are as the quality report names them; `likelihood`: how often to this person, beside the weight. */
interface PersonMishap extends Mishap<Recorded, Person> {
  readonly likelihood?: (person: Person) => number;
}

const MISHAPS: readonly PersonMishap[] = [
  { kind: "typo", weight: 5, apply: (record, dice) => (record.forename = mistype(record.forename, dice)) },
  { kind: "typo", weight: 6, apply: (record, dice) => (record.surname = mistype(record.surname, dice)) },
  { kind: "other spelling", weight: 4, apply: respell },
  {
    kind: "nickname",
    weight: 5,
    apply(record, dice) {
      const forms = nicknamesOf(record.forename);
      if (forms.length > 0) record.forename = dice.pick(forms);
    },
  },
  { kind: "part of a name", weight: 6, apply: leaveOut },
  {
    kind: "swapped names",
    weight: 1,
    likelihood: ({ tradition }) => tradition.swaps,
    apply: (record) => ([record.forename, record.surname] = [record.surname, record.forename]),
  },
  {
    kind: "married name",
    weight: 5,
    likelihood: ({ sex, tradition }) => (sex === "F" ? tradition.married : 0),
    apply(record, dice, { dateOfBirth, tradition }) {
      if (dateOfBirth > LATEST_BRIDE) return;
      const other = surnameOf(tradition, dice);
      record.surname = dice.chance(0.15) ? `${record.surname}-${other}` : other;
    },
  },
  { kind: "date error", weight: 3, apply: (record) => (record.dateOfBirth = swapDayAndMonth(record.dateOfBirth)) },
  {
    kind: "date error",
    weight: 3,
    apply: (record, dice) => (record.dateOfBirth = mistypeDate(record.dateOfBirth, dice)),
  },
  { kind: "date error", weight: 1, apply: (record) => (record.dateOfBirth = PLACEHOLDER) },
  {
    kind: "date error",
    weight: 1,
    apply: (record) =>
      (record.dateOfBirth = record.dateOfBirth === "" ? "" : `${record.dateOfBirth.slice(0, 4)}-01-01`),
  },
  { kind: "missing field", weight: 2, apply: (record) => (record.dateOfBirth = "") },
  { kind: "missing field", weight: 6, apply: (record) => (record.nino = "") },
  { kind: "missing field", weight: 2, apply: (record) => (record.postcode = "") },
  { kind: "missing field", weight: 4, apply: (record) => (record.uprn = "") },
  { kind: "missing field", weight: 2, apply: (record) => (record.sex = "") },
  { kind: "missing field", weight: 1, apply: (record) => ([record.houseNumber, record.street] = ["", ""]) },
  { kind: "number error", weight: 3, apply: (record, dice) => (record.nino = swapDigits(record.nino, 2, dice)) },
  { kind: "number error", weight: 1, apply: (record, dice) => (record.uprn = swapDigits(record.uprn, 6, dice)) },
  { kind: "address error", weight: 2, apply: (record, dice) => (record.street = mistype(record.street, dice)) },
  {
    kind: "address error",
    weight: 2,
    apply: (record, dice) => (record.postcode = mistypePostcode(record.postcode, dice)),
  },
  { kind: "address error", weight: 2, apply: (record) => (record.houseNumber = rewriteHouse(record.houseNumber)) },
  { kind: "address error", weight: 1, apply: (record) => (record.locality = "London") },
];

/** Who was born later has not married. */
const LATEST_BRIDE = "2006-01-01";
const PLACEHOLDER = "1900-01-01";

/** As a borough enters somebody at an address, without any error. */
export function recordOf(person: Person, address: Address): Recorded {
  const { forename, surname, sex, dateOfBirth, nino } = person;
  const { street, locality, postcode, uprn } = address;
  return {
    forename,
    surname,
    sex,
    dateOfBirth,
    houseNumber: houseText(address),
    street,
    locality,
    postcode,
    nino,
    uprn,
  };
}

/** @returns the kinds of one to three errors that were put into the record */
export function disturb(record: Recorded, person: Person, dice: Dice): string[] {
  return putErrors(likelyFor(person), record, person, dice);
}

/** The mishaps with the weights of a person of this tradition and sex: made once for each of them. */
const LIKELY = new Map<string, readonly PersonMishap[]>();

function likelyFor(person: Person): readonly PersonMishap[] {
  const name = `${person.tradition.name} ${person.sex}`;
  const known = LIKELY.get(name);
  if (known !== undefined) return known;
  const weighted = MISHAPS.map((mishap) => ({ ...mishap, weight: mishap.weight * (mishap.likelihood?.(person) ?? 1) }));
  LIKELY.set(name, weighted);
  return weighted;
}

/** Spellings of one sound, in either direction: transliteration, and what a clerk hears. */
const SOUNDS: readonly (readonly [string, string])[] = [
  ["mohammed", "muhammad"],
  ["mohamed", "mohammed"],
  ["ahmed", "ahmad"],
  ["hussain", "hussein"],
  ["chowdhury", "choudhury"],
  ["begum", "begom"],
  ["catherine", "katherine"],
  ["stephen", "steven"],
  ["ph", "f"],
  ["ee", "i"],
  ["ou", "u"],
  ["ck", "k"],
  ["kh", "k"],
  ["oo", "u"],
  ["ie", "y"],
  ["sz", "sh"],
  ["x", "ks"],
  ["w", "v"],
  ["tt", "t"],
  ["ll", "l"],
  ["nn", "n"],
  ["e", ""],
];

function respell(record: Recorded, dice: Dice): void {
  const field = dice.chance(0.5) ? "forename" : "surname";
  const [first = "", ...others] = record[field].split(" ");
  const lower = first.toLowerCase();
  for (const [one, other] of SOUNDS) {
    const [from, to] = lower.includes(one) || other === "" ? [one, other] : [other, one];
    const at = lower.lastIndexOf(from);
    if (at < 0 || (to === "" && at !== lower.length - 1) || lower.length < 4) continue;
    const changed = lower.slice(0, at) + to + lower.slice(at + from.length);
    record[field] = [changed.charAt(0).toUpperCase() + changed.slice(1), ...others].join(" ");
    return;
  }
}

/** A second forename, one of two surnames or a prefix is left out, or a forename is an initial. */
function leaveOut(record: Recorded, dice: Dice): void {
  const [first = "", ...seconds] = record.forename.split(" ");
  const surnames = record.surname.split(/[ -]/);
  if (seconds.length > 0 && dice.chance(0.6)) record.forename = first;
  else if (surnames.length > 1) record.surname = dice.chance(0.6) ? surnames.at(-1)! : surnames[0]!;
  else record.forename = [first.charAt(0), ...seconds].join(" ");
}

function swapDayAndMonth(date: string): string {
  const [year = "", month = "", day = ""] = date.split("-");
  return date === "" || Number(day) > 12 ? date : `${year}-${day}-${month}`;
}

/** Another day, month or year: one of the three. */
function mistypeDate(date: string, dice: Dice): string {
  if (date === "") return "";
  const [year = "", month = "", day = ""] = date.split("-");
  const two = (number: number) => String(number).padStart(2, "0");
  switch (dice.below(3)) {
    case 0:
      return `${year}-${month}-${two(1 + dice.below(28))}`;
    case 1:
      return `${year}-${two(1 + dice.below(12))}-${Number(day) > 28 ? "28" : day}`;
    default:
      return `${String(Math.min(2025, Number(year) + dice.pick([-10, -1, 1, 10])))}-${month}-${day === "29" ? "28" : day}`;
  }
}
