import { createPlaces, type Address, type Places } from "./addresses.ts";
import { createDice, type Dice } from "./dice.ts";
import { habitsOf, type Habits } from "./habits.ts";
import { LONDON_BOROUGHS, type BoroughFacts } from "./london-boroughs.ts";
import { MAX_PEOPLE } from "./residents.ts";

/**
 * Lists of several boroughs, of whatever they list: everything at home in one, some of it again in another's list, and the
 * truth about what is what. The truth is a separate value: no row holds anything of it but its own reference. The same
 * options give the same rows.
 */
export interface LondonOptions {
  /** How many of the 33, or which, by name. */
  readonly boroughs: number | readonly string[];
  /** People, properties or businesses at home in each borough: the same everywhere, or one number a borough. */
  readonly residents: number | readonly number[];
  readonly seed: number;
  /** The share of them that stands in one other borough's list too; a tenth of these in a second one. */
  readonly overlap: number;
  /** The share of these copies with errors, and of all fields that are untidily written. */
  readonly dirt: number;
  /** The share of those at home that their own borough's list truly holds: families come apart. 1 unless told otherwise. */
  readonly coverage?: number;
  /** The share of copies with the address that the home list has; 0.3 of people's unless told otherwise. */
  readonly sameAddress?: number;
}

export type GeneratedRow = Readonly<Record<string, string>> & { readonly reference: string };

export interface GeneratedBorough<Row extends GeneratedRow = GeneratedRow> {
  readonly name: string;
  readonly title: string;
  readonly habits: Habits;
  readonly rows: readonly Row[];
}

/** What matching must not make a difference between: trait to group. */
export type Traits = Readonly<Record<string, string>>;

export interface LondonTruth {
  /** Reference → who or what it is. References are distinct over all of London. */
  readonly personOf: ReadonlyMap<string, number>;
  /** Pairs of rows of two boroughs that are one. */
  readonly pairs: number;
  readonly traitsOf: ReadonlyMap<number, Traits>;
  /** Reference → kinds of error put into the row; not there where none was. */
  readonly errorsOf: ReadonlyMap<string, readonly string[]>;
}

export interface London<Row extends GeneratedRow = GeneratedRow> {
  readonly boroughs: readonly GeneratedBorough<Row>[];
  readonly truth: LondonTruth;
}

export interface Listed<Subject> {
  readonly subject: Subject;
  /** As this list has it. */
  readonly address: Address;
  readonly home: Address;
  readonly isCopy: boolean;
}

/** What lists of one kind are made of. */
export interface ListKind<Subject extends { readonly number: number }, Row extends GeneratedRow> {
  /** What is at one more address: one thing at least. */
  at(address: Address): readonly Subject[];
  /** The share of copies with the address that the home list has. */
  readonly sameAddress: number;
  write(entry: Listed<Subject>, reference: string, habits: Habits): { row: Row; errors: readonly string[] };
  traits(subject: Subject, home: Address): Traits;
}

const SECOND_COPY = 0.1;

/** @throws RangeError naming the option that is out of range */
export function makeLondon<Subject extends { readonly number: number }, Row extends GeneratedRow>(
  options: LondonOptions,
  kindOf: (dice: Dice) => ListKind<Subject, Row>,
): London<Row> {
  const facts = chooseBoroughs(options.boroughs);
  const { residents } = options;
  const sizes = typeof residents === "number" ? facts.map(() => residents) : residents;
  verifyOptions(options, sizes, facts.length);
  const dice = createDice(options.seed);
  const kind = kindOf(dice);
  const lists = populate(
    facts,
    sizes,
    { ...options, sameAddress: options.sameAddress ?? kind.sameAddress },
    kind,
    dice,
  );
  const personOf = new Map<string, number>();
  const traitsOf = new Map<number, Traits>();
  const errorsOf = new Map<string, readonly string[]>();
  const oneOfEach = createInterner();
  const boroughs = facts.map(({ name, title }, index): GeneratedBorough<Row> => {
    const habits = habitsOf(index);
    const prefix = `${name.slice(0, 3).toUpperCase()}${String(index).padStart(2, "0")}-`;
    const rows = dice.shuffle(lists[index]!).map((entry, place) => {
      const reference = `${prefix}${String(place + 1).padStart(6, "0")}`;
      const { number } = entry.subject;
      personOf.set(reference, number);
      traitsOf.set(number, oneOfEach(kind.traits(entry.subject, entry.home)));
      const { row, errors } = kind.write(entry, reference, habits);
      if (errors.length > 0) errorsOf.set(reference, errors);
      return row;
    });
    // A million people: what is written is let go.
    lists[index] = [];
    return { name, title, habits, rows };
  });
  return { boroughs, truth: { personOf, pairs: countPairs(personOf), traitsOf, errorsOf } };
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

function verifyOptions(options: LondonOptions, sizes: readonly number[], boroughs: number): void {
  if (sizes.length !== boroughs) throw new RangeError("residents: expected one number for each borough");
  if (!sizes.every((size) => Number.isInteger(size) && size >= 1)) {
    throw new RangeError("residents: expected a whole number from 1");
  }
  if (sizes.reduce((sum, size) => sum + size, 0) > MAX_PEOPLE)
    throw new RangeError(`residents: more than ${MAX_PEOPLE} in all`);
  const { seed, overlap, dirt, coverage = 1, sameAddress = 0 } = options;
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError("seed: expected a whole number from 0");
  for (const [name, share] of Object.entries({ overlap, dirt, coverage, sameAddress })) {
    if (!(share >= 0 && share <= 1)) throw new RangeError(`${name}: expected 0 to 1`);
  }
}

/** Everything at home, address by address; then some of it again elsewhere. */
function populate<Subject extends { readonly number: number }, Row extends GeneratedRow>(
  facts: readonly BoroughFacts[],
  sizes: readonly number[],
  { overlap, coverage = 1, sameAddress }: LondonOptions & { readonly sameAddress: number },
  kind: ListKind<Subject, Row>,
  dice: Dice,
): Listed<Subject>[][] {
  const uprns = { next: 0 };
  const places = facts.map(({ districts }): Places => createPlaces(districts, uprns, dice));
  const homes = facts.map((_, index) => {
    const list: Listed<Subject>[] = [];
    while (list.length < sizes[index]!) {
      const address = places[index]!.next();
      for (const subject of kind.at(address).slice(0, sizes[index]! - list.length)) {
        list.push({ subject, address, home: address, isCopy: false });
      }
    }
    return list;
  });
  const lists = homes.map((list) => (coverage === 1 ? [...list] : list.filter(() => dice.chance(coverage))));
  if (facts.length === 1) return lists;
  for (const [home, list] of homes.entries()) {
    const others = facts.map((_, index) => index).filter((index) => index !== home);
    for (const entry of dice.shuffle(list).slice(0, Math.round(overlap * list.length))) {
      const copied = others.length > 1 && dice.chance(SECOND_COPY) ? 2 : 1;
      for (const other of dice.shuffle(others).slice(0, copied)) {
        const address = dice.chance(sameAddress) ? entry.home : places[other]!.next();
        lists[other]!.push({ ...entry, address, isCopy: true });
      }
    }
  }
  return lists;
}

/** Few groups, many people: one object for each combination. */
function createInterner(): (traits: Traits) => Traits {
  const known = new Map<string, Traits>();
  return (traits) => {
    const name = Object.values(traits).join("|");
    const same = known.get(name);
    if (same !== undefined) return same;
    known.set(name, traits);
    return traits;
  };
}

function countPairs(personOf: ReadonlyMap<string, number>): number {
  const times = new Map<number, number>();
  for (const person of personOf.values()) times.set(person, (times.get(person) ?? 0) + 1);
  let pairs = 0;
  for (const count of times.values()) pairs += (count * (count - 1)) / 2;
  return pairs;
}
