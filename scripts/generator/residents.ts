import type { Address } from "./addresses.ts";
import type { Dice } from "./dice.ts";
import { TRADITIONS, type Sex, type Tradition } from "./traditions.ts";

/**
 * Synthetic people and their households: couples, children, twins, three generations, a son named after his father, people
 * who only share a flat. Nothing here can be a real person's: National Insurance numbers start with QQ, which is never
 * issued, and phone numbers are the ones kept free for drama. Shares are set by hand, so that everything that makes
 * matching hard is there; they are no statistics.
 */
export interface Person {
  readonly number: number;
  /** With second forenames, if there are any. */
  readonly forename: string;
  readonly surname: string;
  readonly sex: Sex;
  /** YYYY-MM-DD */
  readonly dateOfBirth: string;
  /** None under 16, and for a few adults. */
  readonly nino: string;
  readonly mobile: string;
  readonly tradition: Tradition;
}

/** The day from which ages are counted: a fixed one, so that a seed stays a seed. */
const TODAY_MS = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;
const YEAR_DAYS = 365.25;
const WORKING_AGE = 16;
const ADULT_AGE = 18;

const AGE_BANDS = [16, 30, 45, 65, 80];

/** "16 to 29", "under 16", "80 and over". */
export function ageBandOf({ dateOfBirth }: Pick<Person, "dateOfBirth">): string {
  const age = Math.floor((TODAY_MS - Date.parse(dateOfBirth)) / DAY_MS / YEAR_DAYS);
  const upper = AGE_BANDS.findIndex((from) => age < from);
  if (upper === 0) return `under ${AGE_BANDS[0]!}`;
  return upper < 0 ? `${AGE_BANDS.at(-1)!} and over` : `${AGE_BANDS[upper - 1]!} to ${AGE_BANDS[upper]! - 1}`;
}

/** How many people one generation can hold: each has a National Insurance number of its own. */
export const MAX_PEOPLE = 4_000_000;
const NINO_STEP = 1_234_577; // no common factor with MAX_PEOPLE, so no number comes twice
/** Adults whose number no list has. */
const NO_NINO = 0.05;

/** Of brothers and sisters born one after the other, how many are twins. */
const TWINS = 0.03;
/** Of these, how many have names with one initial. */
const TWINS_ALIKE = 0.25;
/** Of first sons, how many have their father's forename. */
const NAMED_AFTER_FATHER = 0.04;
const HYPHENATED = 0.04;
const FORENAME_SKEW = 1.8;
const SURNAME_SKEW = 1.5;

const HOUSEHOLDS = [
  { weight: 30, make: "single" },
  { weight: 22, make: "couple" },
  { weight: 26, make: "family" },
  { weight: 8, make: "lone parent" },
  { weight: 6, make: "generations" },
  { weight: 8, make: "sharers" },
] as const;

export interface HouseholdMaker {
  /** Who lives at one address: one to eight people. */
  next(address: Address): Person[];
}

export function createHouseholds(dice: Dice): HouseholdMaker {
  let number = 0;
  const ninoStart = dice.below(MAX_PEOPLE);

  interface Wanted {
    readonly tradition: Tradition;
    readonly surname: string;
    readonly sex: Sex;
    readonly forename?: string;
    readonly days: number;
  }

  function person({ tradition, surname, sex, days, forename = forenameOf(tradition, sex, dice) }: Wanted): Person {
    const own = number++;
    const isAdult = days >= WORKING_AGE * YEAR_DAYS;
    const dateOfBirth = new Date(TODAY_MS - days * DAY_MS).toISOString().slice(0, 10);
    return {
      number: own,
      forename,
      surname: tradition.feminine && sex === "F" ? feminineOf(surname) : surname,
      sex,
      dateOfBirth: dice.chance(tradition.newYear) ? `${dateOfBirth.slice(0, 4)}-01-01` : dateOfBirth,
      nino: isAdult && !dice.chance(NO_NINO) ? ninoOf((ninoStart + own * NINO_STEP) % MAX_PEOPLE) : "",
      mobile: `07700900${String(dice.below(1000)).padStart(3, "0")}`,
      tradition,
    };
  }

  const daysOf = (years: number) => Math.floor(years * YEAR_DAYS) + dice.below(365);
  const sexOf = (): Sex => (dice.chance(0.5) ? "M" : "F");

  function single(ageFrom = ADULT_AGE, ages = 72): Person[] {
    const tradition = dice.pickWeighted(TRADITIONS);
    return [
      person({
        tradition,
        surname: surnameOf(tradition, dice),
        sex: sexOf(),
        days: daysOf(ageFrom + dice.below(ages)),
      }),
    ];
  }

  function couple(ageFrom = 20, ages = 65): [Person, Person] {
    const tradition = dice.pickWeighted(TRADITIONS);
    const her = dice.chance(0.8) ? tradition : dice.pickWeighted(TRADITIONS);
    const years = ageFrom + dice.below(ages);
    const surname = surnameOf(tradition, dice);
    const takesName = dice.chance(her.married);
    return [
      person({ tradition, surname, sex: "M", days: daysOf(years + dice.below(4)) }),
      person({ tradition: her, surname: takesName ? surname : surnameOf(her, dice), sex: "F", days: daysOf(years) }),
    ];
  }

  function children(parents: readonly Person[], count: number, youngerBy = 20): Person[] {
    const [first, second] = parents;
    const { tradition } = first!;
    const father = first!.sex === "M" ? first! : null;
    const surname = childSurname(tradition, first!, second ?? null);
    const youngest = parents.reduce(
      (least, { dateOfBirth }) => Math.min(least, TODAY_MS - Date.parse(dateOfBirth)),
      Infinity,
    );
    let days = Math.max(1, Math.floor(youngest / DAY_MS - (youngerBy + dice.below(15)) * YEAR_DAYS));
    const born: Person[] = [];
    for (let child = 0; child < count; child++) {
      const sex = sexOf();
      const before = born.at(-1);
      const isTwin = before !== undefined && dice.chance(TWINS);
      if (before !== undefined && !isTwin) days -= 300 + dice.below(1200);
      if (days < 1) break;
      const isNamesake = father !== null && sex === "M" && !born.some((each) => each.sex === "M");
      const named = isNamesake && dice.chance(NAMED_AFTER_FATHER) ? father.forename : null;
      const twin = isTwin && dice.chance(TWINS_ALIKE) ? alike(before, sex, dice) : null;
      const forename = named ?? twin ?? siblingName(tradition, sex, born, dice);
      const made = person({ tradition, surname, sex, forename, days });
      born.push(isTwin ? { ...made, dateOfBirth: before.dateOfBirth } : made);
    }
    return born;
  }

  const makers: Readonly<Record<(typeof HOUSEHOLDS)[number]["make"], () => Person[]>> = {
    single,
    couple,
    family: () => {
      const parents = couple(22, 38);
      return [...parents, ...children(parents, 1 + dice.below(4))];
    },
    "lone parent": () => {
      const parent = single(22, 35);
      return [...parent, ...children(parent, 1 + dice.below(3))];
    },
    generations: () => {
      const parents = couple(50, 30);
      return [...parents, ...children(parents, 1 + dice.below(3))];
    },
    sharers: () => Array.from({ length: 2 + dice.below(4) }, () => single(18, 22)).flat(),
  };
  return {
    next({ quintile }) {
      const members = makers[dice.pickWeighted(HOUSEHOLDS).make]();
      // More people under one roof where quintiles are low.
      return quintile <= 2 && dice.chance(0.1) ? [...members, ...single()] : members;
    },
  };
}

function forenameOf({ forenames, second }: Tradition, sex: Sex, dice: Dice): string {
  const first = dice.pickCommon(forenames[sex], FORENAME_SKEW);
  if (!dice.chance(second)) return first;
  const other = dice.pickCommon(forenames[sex], FORENAME_SKEW);
  return other === first ? first : `${first} ${other}`;
}

/** Brothers and sisters do not share a first forename. */
function siblingName(tradition: Tradition, sex: Sex, siblings: readonly Person[], dice: Dice): string {
  for (let tries = 0; ; tries++) {
    const name = forenameOf(tradition, sex, dice);
    if (tries > 20 || !siblings.some(({ forename }) => forename.split(" ")[0] === name.split(" ")[0])) return name;
  }
}

/** A twin's name with the other's initial, or null where the lists have no other. */
function alike({ forename, tradition }: Person, sex: Sex, dice: Dice): string | null {
  const same = tradition.forenames[sex].filter(
    (name) => name.startsWith(forename.charAt(0)) && !forename.startsWith(name),
  );
  return same.length === 0 ? null : dice.pick(same);
}

/** A surname of the tradition, with what it puts before or beside it. */
export function surnameOf({ surnames, prefixes, twoSurnames }: Tradition, dice: Dice): string {
  const one = dice.pickCommon(surnames, SURNAME_SKEW);
  if (twoSurnames) return `${one} ${dice.pickCommon(surnames, SURNAME_SKEW)}`;
  if (prefixes.length > 0 && dice.chance(0.3)) return `${dice.pick(prefixes)}${one}`;
  return dice.chance(HYPHENATED) ? `${one}-${dice.pickCommon(surnames, SURNAME_SKEW)}` : one;
}

function childSurname({ patronymic, twoSurnames }: Tradition, first: Person, second: Person | null): string {
  if (patronymic && first.sex === "M") return first.forename.split(" ")[0]!;
  if (twoSurnames && second !== null) return `${first.surname.split(" ")[0]!} ${second.surname.split(" ")[0]!}`;
  return first.surname;
}

/** Kowalski, Kowalska. */
function feminineOf(surname: string): string {
  return surname.replace(/(s|c|dz)ki$/, "$1ka");
}

function ninoOf(index: number): string {
  const digits = String(Math.floor(index / 4)).padStart(6, "0");
  return `QQ${digits}${"ABCD".charAt(index % 4)}`;
}
