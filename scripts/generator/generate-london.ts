import { deprivationOf } from "./addresses.ts";
import { dishevelCode, dishevelName, shortenStreet, writeDate, type Habits } from "./habits.ts";
import { makeLondon, type Listed, type ListKind, type London, type LondonOptions } from "./london.ts";
import { disturb, recordOf } from "./mishaps.ts";
import { ageBandOf, createHouseholds, type Person } from "./residents.ts";
import type { Dice } from "./dice.ts";

/** Synthetic Londoners: lists of residents, in the habits of each borough, and the truth about who is who. */
export type Resident = Readonly<
  Record<
    | "reference"
    | "forename"
    | "surname"
    | "date_of_birth"
    | "sex"
    | "house_number"
    | "street"
    | "locality"
    | "postcode"
    | "nino"
    | "uprn"
    | "phone"
    | "discount"
    | "status"
    | "no_match",
    string
  >
>;

export const DISCOUNTS = ["none", "single-person", "student"] as const;
/** Who stands in two lists claims the discount for living alone more often: what the demonstration looks for. */
const HOME_DISCOUNTS = [...times(6, "none"), ...times(2, "single-person"), ...times(2, "student")];
const COPY_DISCOUNTS = [...times(3, "none"), ...times(5, "single-person"), ...times(2, "student")];
const STATUSES = ["open", "closed"] as const;
const NO_MATCH = 0.005;
/** Of those in two lists, some claim the same address in both. */
const SAME_ADDRESS = 0.3;
/** By quintile, from the most deprived: how often a copy has errors, beside the share that was asked for. */
const DIRT_BY_QUINTILE = [1.3, 1.15, 1, 0.85, 0.7];

/** @throws RangeError naming the option that is out of range */
export function generateLondon(options: LondonOptions): London<Resident> {
  return makeLondon(options, (dice) => residentsKind(options.dirt, dice));
}

function residentsKind(dirt: number, dice: Dice): ListKind<Person, Resident> {
  const households = createHouseholds(dice);
  return {
    at: (address) => households.next(address),
    sameAddress: SAME_ADDRESS,
    write: (entry, reference, habits) => writeRow(reference, entry, habits, dirt, dice),
    traits: (person, home) => ({
      tradition: person.tradition.name,
      age: ageBandOf(person),
      ...deprivationOf(home),
    }),
  };
}

function writeRow(
  reference: string,
  { subject: person, address, home, isCopy }: Listed<Person>,
  habits: Habits,
  dirt: number,
  dice: Dice,
): { row: Resident; errors: readonly string[] } {
  const record = recordOf(person, address);
  const errors = new Set<string>(address === home ? [] : ["moved"]);
  if (isCopy && dice.chance(dirt * DIRT_BY_QUINTILE[home.quintile - 1]!)) {
    for (const kind of disturb(record, person, dice)) errors.add(kind);
  }
  const orMissing = (text: string) => (text === "" ? habits.missing : text);
  const street = habits.areStreetsShort ? shortenStreet(record.street, dice) : record.street;
  const landline = `02079460${home.uprn.slice(-3)}`;
  const row: Resident = {
    reference,
    forename: orMissing(dishevelName(record.forename, dirt, dice)),
    surname: orMissing(dishevelName(record.surname, dirt, dice)),
    date_of_birth: record.dateOfBirth === "" ? habits.missing : writeDate(record.dateOfBirth, habits),
    sex: record.sex === "" ? habits.missing : habits.sex[person.sex],
    house_number: orMissing(record.houseNumber),
    street: orMissing(dishevelName(street, dirt, dice)),
    locality: orMissing(dishevelName(record.locality, dirt, dice)),
    postcode: orMissing(dishevelCode(record.postcode, dirt, dice)),
    nino: orMissing(dishevelCode(record.nino, dirt, dice)),
    uprn: orMissing(record.uprn),
    phone: isCopy || dice.chance(0.5) ? person.mobile : landline,
    discount: dice.pick(isCopy ? COPY_DISCOUNTS : HOME_DISCOUNTS),
    status: dice.chance(0.95) ? STATUSES[0] : STATUSES[1],
    no_match: dice.chance(NO_MATCH) ? "Y" : "",
  };
  return { row, errors: errors.size === 0 ? NONE : [...errors] };
}

const NONE: readonly string[] = [];

function times<T>(count: number, item: T): T[] {
  return Array.from({ length: count }, () => item);
}
