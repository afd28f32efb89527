import type { Faker } from "@faker-js/faker";
import { faker as british } from "@faker-js/faker/locale/en_GB";
import { faker as nigerian } from "@faker-js/faker/locale/en_NG";
import { faker as indian } from "@faker-js/faker/locale/en_IN";
import { faker as polish } from "@faker-js/faker/locale/pl";
import { faker as turkish } from "@faker-js/faker/locale/tr";
import { faker as french } from "@faker-js/faker/locale/fr";
import { faker as romanian } from "@faker-js/faker/locale/ro";
import { faker as portuguese } from "@faker-js/faker/locale/pt_PT";

/**
 * Synthetic people and their households. Names come in London's mixture of traditions, so that an error of matching
 * that falls on one of them shows. Nothing here can be a real person's: National Insurance numbers start with QQ and
 * the inward half of a postcode has letters that are never issued; phone numbers are the ones kept free for drama.
 */
export interface Person {
  readonly number: number;
  readonly forename: string;
  readonly surname: string;
  /** YYYY-MM-DD */
  readonly dateOfBirth: string;
  /** None under 16. */
  readonly nino: string;
  readonly mobile: string;
  /** Where the household's names come from. */
  readonly tradition: string;
}

export interface Address {
  readonly postcode: string;
  readonly uprn: string;
}

export interface Household {
  readonly address: Address;
  readonly members: readonly Person[];
}

interface Tradition {
  readonly name: string;
  readonly faker: Faker;
  readonly weight: number;
}

const TRADITIONS: readonly Tradition[] = [
  { name: "British", faker: british, weight: 52 },
  { name: "Indian", faker: indian, weight: 16 },
  { name: "Nigerian", faker: nigerian, weight: 10 },
  { name: "Polish", faker: polish, weight: 5 },
  { name: "Romanian", faker: romanian, weight: 5 },
  { name: "Turkish", faker: turkish, weight: 4 },
  { name: "French", faker: french, weight: 4 },
  { name: "Portuguese", faker: portuguese, weight: 4 },
];

/** One source of chance for a whole generation: the same seed gives the same people. */
export interface Dice {
  /** 0 … below-1 */
  below(below: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  tradition(): Tradition;
}

export function createDice(seed: number): Dice {
  for (const [index, { faker }] of TRADITIONS.entries())
    faker.seed([seed % 2 ** 32, Math.floor(seed / 2 ** 32), index]);
  const below = (bound: number) => british.number.int({ max: bound - 1 });
  return {
    below,
    chance: (probability) => british.number.float() < probability,
    pick: (items) => british.helpers.arrayElement(items),
    tradition: () =>
      british.helpers.weightedArrayElement(
        TRADITIONS.map((tradition) => ({ value: tradition, weight: tradition.weight })),
      ),
  };
}

/** The day from which ages are counted: a fixed one, so that a seed stays a seed. */
const TODAY_MS = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;
const YEAR_DAYS = 365.25;
const WORKING_AGE = 16;

const AGE_BANDS = [16, 30, 45, 65, 80];

/** "16 to 29", "under 16", "80 and over". */
export function ageBandOf({ dateOfBirth }: Person): string {
  const age = Math.floor((TODAY_MS - Date.parse(dateOfBirth)) / DAY_MS / YEAR_DAYS);
  const upper = AGE_BANDS.findIndex((from) => age < from);
  if (upper === 0) return `under ${AGE_BANDS[0]!}`;
  return upper < 0 ? `${AGE_BANDS.at(-1)!} and over` : `${AGE_BANDS[upper - 1]!} to ${AGE_BANDS[upper]! - 1}`;
}

/** How many people one generation can hold: each has a National Insurance number of its own. */
export const MAX_PEOPLE = 4_000_000;
const NINO_STEP = 1_234_577; // no common factor with MAX_PEOPLE, so no number comes twice

export interface HouseholdMaker {
  /** @param size people, at least 1 */
  next(address: Address, size: number): Household;
}

export function createHouseholds(dice: Dice): HouseholdMaker {
  let number = 0;
  const ninoStart = dice.below(MAX_PEOPLE);
  const person = ({ name, faker }: Tradition, surname: string, age: number): Person => {
    const own = number++;
    const days = Math.floor(age * YEAR_DAYS) + dice.below(365);
    return {
      number: own,
      forename: firstWord(faker.person.firstName()),
      surname,
      dateOfBirth: new Date(TODAY_MS - days * DAY_MS).toISOString().slice(0, 10),
      nino: age < WORKING_AGE ? "" : ninoOf((ninoStart + own * NINO_STEP) % MAX_PEOPLE),
      mobile: `07700900${String(dice.below(1000)).padStart(3, "0")}`,
      tradition: name,
    };
  };
  return {
    next(address, size) {
      const tradition = dice.tradition();
      const surname = surnameFrom(tradition.faker, dice);
      const members: Person[] = [];
      for (let member = 0; member < size; member++) {
        const isChild = member >= 2 && dice.chance(0.8);
        const own = member > 0 && !isChild && dice.chance(0.4) ? surnameFrom(dice.tradition().faker, dice) : surname;
        members.push(person(tradition, own, isChild ? dice.below(18) : 18 + dice.below(72)));
      }
      return { address, members };
    },
  };
}

function surnameFrom(faker: Faker, dice: Dice): string {
  const one = faker.person.lastName();
  return dice.chance(0.03) ? `${one}-${faker.person.lastName()}` : one;
}

/** Some lists have titles and second names in them. */
function firstWord(name: string): string {
  return name.split(" ")[0] ?? name;
}

function ninoOf(index: number): string {
  const digits = String(Math.floor(index / 4)).padStart(6, "0");
  return `QQ${digits}${"ABCD".charAt(index % 4)}`;
}

/** Letters that the inward half of a postcode never has. */
const UNUSED_INWARD = "CIKMOV";

export function addressIn(districts: readonly string[], place: number, dice: Dice): Address {
  const letter = () => UNUSED_INWARD.charAt(dice.below(UNUSED_INWARD.length));
  return {
    postcode: `${dice.pick(districts)} ${dice.below(10)}${letter()}${letter()}`,
    uprn: String(990_000_000_000 + place),
  };
}
