import { LONDON_BOROUGHS, type BoroughFacts } from "./london-boroughs.ts";
import { dishevelCode, dishevelName, disturb, writeDate, type Habits, type Recorded } from "./mishaps.ts";
import {
  MAX_PEOPLE,
  addressIn,
  ageBandOf,
  createDice,
  createHouseholds,
  type Address,
  type Dice,
  type Person,
} from "./residents.ts";

/**
 * Synthetic London: every borough its residents, some of whom stand in another borough's list too, and the truth about
 * who is who. The truth is a separate value: no row holds anything of it but its own reference. The same options give
 * the same rows.
 */
export interface LondonOptions {
  /** How many of the 33, or which, by name. */
  readonly boroughs: number | readonly string[];
  /** People at home in each borough: the same everywhere, or one number a borough. */
  readonly residents: number | readonly number[];
  readonly seed: number;
  /** The share of them that stands in one other borough's list too; a tenth of these in a second one. */
  readonly overlap: number;
  /** The share of these copies with errors, and of all fields that are untidily written. */
  readonly dirt: number;
}

/** A row as the borough's file has it: raw text, in the borough's own habits. */
export interface Resident {
  readonly reference: string;
  readonly forename: string;
  readonly surname: string;
  readonly date_of_birth: string;
  readonly postcode: string;
  readonly nino: string;
  readonly uprn: string;
  readonly phone: string;
  readonly discount: string;
  readonly status: string;
  readonly no_match: string;
}

export interface GeneratedBorough {
  readonly name: string;
  readonly title: string;
  readonly habits: Habits;
  readonly rows: readonly Resident[];
}

export interface LondonTruth {
  /** Reference → person. References are distinct over all of London. */
  readonly personOf: ReadonlyMap<string, number>;
  /** Pairs of rows of two boroughs that are one person. */
  readonly pairs: number;
  /** Of each person, what matching must not make a difference between. */
  readonly traitsOf: ReadonlyMap<number, PersonTraits>;
}

export interface PersonTraits {
  readonly tradition: string;
  readonly age: string;
}

export interface London {
  readonly boroughs: readonly GeneratedBorough[];
  readonly truth: LondonTruth;
}

export const DISCOUNTS = ["none", "single-person", "student"] as const;
/** Who stands in two lists claims the discount for living alone more often: what the demonstration looks for. */
const HOME_DISCOUNTS = [...times(6, "none"), ...times(2, "single-person"), ...times(2, "student")];
const COPY_DISCOUNTS = [...times(3, "none"), ...times(5, "single-person"), ...times(2, "student")];
const STATUSES = ["open", "closed"] as const;
/** What stands for "no value" in these files, each borough having its own. */
export const MISSING_TEXTS = ["", "NULL", "N/A"] as const;
const HABITS: readonly Habits[] = [
  { order: "dmy", separator: "/", missing: "" },
  { order: "ymd", separator: "-", missing: "NULL" },
  { order: "dmy", separator: "-", missing: "" },
  { order: "dmy", separator: ".", missing: "N/A" },
];
const SECOND_COPY = 0.1;
/** Of those in two lists, some claim the same address in both. */
const SAME_ADDRESS = 0.3;
/** Adults whose number no list has. */
const NO_NINO = 0.05;
const NO_MATCH = 0.005;

interface Entry {
  readonly person: Person;
  readonly address: Address;
  readonly phone: string;
  readonly isCopy: boolean;
}

/** @throws RangeError naming the option that is out of range */
export function generateLondon(options: LondonOptions): London {
  const facts = chooseBoroughs(options.boroughs);
  const { residents } = options;
  const sizes = typeof residents === "number" ? facts.map(() => residents) : residents;
  verifyOptions(options, sizes, facts.length);
  const dice = createDice(options.seed);
  const entries = populate(facts, sizes, options.overlap, dice);
  const personOf = new Map<string, number>();
  const traitsOf = new Map<number, PersonTraits>();
  const boroughs = facts.map(({ name, title }, index): GeneratedBorough => {
    const habits = HABITS[index % HABITS.length] ?? HABITS[0]!;
    const shuffled = shuffle(entries[index] ?? [], dice);
    const rows = shuffled.map((entry, place) => {
      const reference = `${name.slice(0, 3).toUpperCase()}${String(index).padStart(2, "0")}-${String(place + 1).padStart(6, "0")}`;
      personOf.set(reference, entry.person.number);
      traitsOf.set(entry.person.number, { tradition: entry.person.tradition, age: ageBandOf(entry.person) });
      return writeRow(reference, entry, habits, options.dirt, dice);
    });
    return { name, title, habits, rows };
  });
  return { boroughs, truth: { personOf, pairs: countPairs(personOf), traitsOf } };
}

function chooseBoroughs(wanted: number | readonly string[]): readonly BoroughFacts[] {
  if (typeof wanted === "number") {
    if (!Number.isInteger(wanted) || wanted < 1 || wanted > LONDON_BOROUGHS.length) {
      throw new RangeError(`boroughs: expected 1 to ${LONDON_BOROUGHS.length}`);
    }
    return LONDON_BOROUGHS.slice(0, wanted);
  }
  if (new Set(wanted).size !== wanted.length) throw new RangeError("boroughs: a name stands twice");
  return wanted.map((name) => {
    const found = LONDON_BOROUGHS.find((borough) => borough.name === name);
    if (found === undefined) throw new RangeError(`boroughs: ${name} is not one of London's`);
    return found;
  });
}

function verifyOptions({ seed, overlap, dirt }: LondonOptions, sizes: readonly number[], boroughs: number): void {
  if (sizes.length !== boroughs) throw new RangeError("residents: expected one number for each borough");
  if (!sizes.every((size) => Number.isInteger(size) && size >= 1)) {
    throw new RangeError("residents: expected a whole number from 1");
  }
  if (sizes.reduce((sum, size) => sum + size, 0) > MAX_PEOPLE)
    throw new RangeError(`residents: more than ${MAX_PEOPLE} in all`);
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError("seed: expected a whole number from 0");
  if (!(overlap >= 0 && overlap <= 1)) throw new RangeError("overlap: expected 0 to 1");
  if (!(dirt >= 0 && dirt <= 1)) throw new RangeError("dirt: expected 0 to 1");
}

/** Everybody at home, household by household; then some of them again elsewhere. */
function populate(facts: readonly BoroughFacts[], sizes: readonly number[], overlap: number, dice: Dice): Entry[][] {
  const households = createHouseholds(dice);
  let place = 0;
  const lists = facts.map(({ districts }, index) => {
    const list: Entry[] = [];
    while (list.length < sizes[index]!) {
      const size = Math.min(dice.pick([1, 1, 1, 2, 2, 2, 3, 4, 4, 5]), sizes[index]! - list.length);
      const { address, members } = households.next(addressIn(districts, place++, dice), size);
      const landline = `0207946${String(dice.below(1000)).padStart(4, "0")}`;
      for (const person of members) {
        list.push({ person, address, phone: dice.chance(0.5) ? landline : person.mobile, isCopy: false });
      }
    }
    return list;
  });
  if (facts.length === 1) return lists;
  for (const [home, list] of lists.map((list, index) => list.slice(0, sizes[index])).entries()) {
    for (const entry of shuffle(list, dice).slice(0, Math.round(overlap * list.length))) {
      const others = shuffle(
        facts.map((_, index) => index).filter((index) => index !== home),
        dice,
      );
      const copied = others.length > 1 && dice.chance(SECOND_COPY) ? 2 : 1;
      for (const other of others.slice(0, copied)) {
        const address = dice.chance(SAME_ADDRESS) ? entry.address : addressIn(facts[other]!.districts, place++, dice);
        lists[other]!.push({ ...entry, address, phone: entry.person.mobile, isCopy: true });
      }
    }
  }
  return lists;
}

function writeRow(reference: string, entry: Entry, habits: Habits, dirt: number, dice: Dice): Resident {
  const { person, address, isCopy } = entry;
  const record: Recorded = {
    forename: person.forename,
    surname: person.surname,
    dateOfBirth: person.dateOfBirth,
    postcode: address.postcode,
    nino: dice.chance(NO_NINO) ? "" : person.nino,
  };
  if (isCopy && dice.chance(dirt)) disturb(record, dice);
  const orMissing = (text: string) => (text === "" ? habits.missing : text);
  return {
    reference,
    forename: orMissing(dishevelName(record.forename, dirt, dice)),
    surname: orMissing(dishevelName(record.surname, dirt, dice)),
    date_of_birth: record.dateOfBirth === "" ? habits.missing : writeDate(record.dateOfBirth, habits),
    postcode: orMissing(dishevelCode(record.postcode, dirt, dice)),
    nino: orMissing(dishevelCode(record.nino, dirt, dice)),
    uprn: address.uprn,
    phone: entry.phone,
    discount: dice.pick(isCopy ? COPY_DISCOUNTS : HOME_DISCOUNTS),
    status: dice.chance(0.95) ? STATUSES[0] : STATUSES[1],
    no_match: dice.chance(NO_MATCH) ? "Y" : "",
  };
}

function times<T>(count: number, item: T): T[] {
  return Array.from({ length: count }, () => item);
}

function shuffle<T>(items: readonly T[], dice: Dice): T[] {
  const out = [...items];
  for (let i = out.length - 1; i > 0; i--) {
    const j = dice.below(i + 1);
    [out[i], out[j]] = [out[j]!, out[i]!];
  }
  return out;
}

function countPairs(personOf: ReadonlyMap<string, number>): number {
  const times = new Map<number, number>();
  for (const person of personOf.values()) times.set(person, (times.get(person) ?? 0) + 1);
  let pairs = 0;
  for (const count of times.values()) pairs += (count * (count - 1)) / 2;
  return pairs;
}
