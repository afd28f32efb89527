import { assert } from "../../shared/base/errors.ts";
import type { CascadeKey } from "../../shared/matching/match-key.ts";

/**
 * Made-up people of some boroughs with a known answer for each pair: the people that two boroughs share live in these
 * two and nowhere else, and are dealt out evenly to the keys: whoever is dealt to a key agrees on it and on all after it,
 * and on none before it.
 */
export interface Network {
  readonly boroughs: number;
  readonly rows: number;
  readonly keys: number;
}

/** London's. */
export const MAX_BOROUGHS = 33;

/** How many people two boroughs share: half of a lone pair's; in a ring of boroughs neighbours share more than others. */
export function sharedPeople({ boroughs, rows }: Network, a: number, b: number): number {
  if (boroughs === 2) return Math.floor(rows / 2);
  const apart = Math.abs(a - b);
  return Math.floor(rows / (apart === 1 || apart === boroughs - 1 ? 10 : 100));
}

/** Matches that each key must find between two boroughs. */
export function plantedMatches(network: Network, a: number, b: number): number[] {
  const { keys } = network;
  const shared = sharedPeople(network, a, b);
  return Array.from({ length: keys }, (_, key) => Math.ceil((shared - key) / keys));
}

/** Lines of a borough's CSV file, the header first. */
export function* peopleLines(network: Network, borough: number): Generator<string> {
  const fields = cascadeFields(network.keys);
  yield fields.join(",");
  for (const { person, dealtTo } of residents(network, borough)) {
    yield fields.map((field) => valueOf(field, person, dealtTo)).join(",");
  }
}

interface Resident {
  /** A number that nobody else in the network has. */
  readonly person: number;
  /** The first key on which the two records of a shared person agree. */
  readonly dealtTo: number;
}

function* residents(network: Network, borough: number): Generator<Resident> {
  const { boroughs, rows, keys } = network;
  // Room for the people of any two boroughs, then for those of one alone.
  const room = rows;
  let line = 0;
  for (let other = 0; other < boroughs; other++) {
    if (other === borough) continue;
    const pair = Math.min(borough, other) * boroughs + Math.max(borough, other);
    const shared = sharedPeople(network, borough, other);
    for (let index = 0; index < shared; index++, line++) {
      yield { person: pair * room + index, dealtTo: borough > other ? index % keys : 0 };
    }
  }
  for (const alone = boroughs ** 2 + borough; line < rows; line++) yield { person: alone * room + line, dealtTo: 0 };
}

/** Fields that make a key each, and by their first ten characters another: the second half of a cascade is laxer. */
const IDENTIFIERS = {
  nino: "identifier",
  nhs_number: "digits",
  phone: "digits",
  uprn: "digits",
  email: "fold",
  upn: "identifier",
  national_id: "identifier",
  household_key: "identifier",
  company_number: "identifier",
} as const;

const NAMES = [
  { field: "forename", as: ["fold"] },
  { field: "surname", as: ["fold"] },
] as const;

const STRICT: readonly CascadeKey[] = [
  { key: "names-dob", of: [...NAMES, { field: "date_of_birth", as: ["day", "month", "year"] }] },
  ...Object.entries(IDENTIFIERS).map(([field, as]) => ({ key: field, of: [{ field, as: [as] }] })),
];
const LAX: readonly CascadeKey[] = [
  { key: "names-year", of: [...NAMES, { field: "date_of_birth", as: ["year"] }] },
  ...Object.entries(IDENTIFIERS).map(([field, as]) => ({
    key: `${field}-start`,
    of: [{ field, as: [as, "first:10"] }],
  })),
];
const KEYS = [...STRICT, ...LAX];
export const MAX_KEYS = KEYS.length;

export function peopleCascade(keys: number): readonly CascadeKey[] {
  assert(keys >= 1 && keys <= MAX_KEYS, `1 to ${MAX_KEYS} keys`);
  return KEYS.slice(0, keys);
}

export function cascadeFields(keys: number): string[] {
  return [...new Set(peopleCascade(keys).flatMap(({ of }) => of.map(({ field }) => field)))];
}

/** Whoever is dealt to a later key has another end of a field than on the other record, and last another start too. */
function valueOf(field: string, person: number, dealtTo: number): string {
  const key = Object.keys(IDENTIFIERS).indexOf(field) + 1;
  const isEndSpoilt = key < dealtTo;
  const isStartSpoilt = key + STRICT.length < dealtTo;
  switch (field) {
    case "forename":
      return letters(person % FORENAMES);
    case "surname":
      return `${isStartSpoilt ? "X-" : ""}${letters(person)}`;
    case "date_of_birth":
      return `${1940 + (person % 80)}-${isEndSpoilt ? "02" : "01"}-${String(1 + (person % 28)).padStart(2, "0")}`;
    default:
      return `${isStartSpoilt ? 9 : 1}${String(person).padStart(9, "0")}${isEndSpoilt ? 9 : 1}`;
  }
}

const FORENAMES = 4096;

/** A number as a word of seven letters; "X-" never comes about. */
function letters(number: number): string {
  let word = "";
  for (let rest = number; word.length < 7; rest = Math.floor(rest / 20)) {
    word += "ABCDEFGHIJKLMNOPQRST".charAt(rest % 20);
  }
  return word;
}
