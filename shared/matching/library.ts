import { ProtocolError } from "../base/errors.ts";
import type { CascadeKey } from "./match-key.ts";

/**
 * Match keys and cascades that a charter may name instead of spelling them out. A name is expanded when the document is
 * read, so that the digest that people approve covers the exact keys, whatever a later version makes of the name.
 *
 * The keys for people start from those that can be hashed of the linkage of Census 2021 to the Census Coverage Survey
 * (Office for National Statistics, "Linkage methods for Census 2021 in England and Wales", deterministic matching). Three
 * things are evidence: names, birthday, place. The order goes from the most of it to the least:
 *   - a number that is one person's, and one more thing of the person's;
 *   - whole names, whole birthday and any place; where one of the three agrees only in part, the other two are nearly exact;
 *   - no place: both names and birthday with a second forename, for those who moved;
 *   - for charters without a number of persons: initials, birthday and the very property or postcode; names and telephone;
 *   - last resorts, for charters with neither a person's number nor a property's: no forename, no name, no birthday. They
 *     take twins, or father and son of one name, for one where each list has only one of them, and so stay out where there
 *     is something better (docs/decisions/07-precision-first-keys.md has the figures).
 *
 * A property's UPRN is believed only beside something else of its address: a wrong one is another property's.
 */
interface LibraryKey extends CascadeKey {
  /** Fields that the key goes without where the charter does not declare them. */
  readonly spares?: readonly string[];
  /** It stands in a default cascade only where the charter declares none of these: then there is something better. */
  readonly unless?: readonly string[];
}

type Component = CascadeKey["of"][number];
const part = (field: string, ...as: string[]): Component => ({ field, as });

const FORENAME = part("forename", "fold");
const SURNAME = part("surname", "fold");
const NAMES = [FORENAME, SURNAME];
const LETTERS = [part("forename", "fold", "letters"), part("surname", "fold", "letters")];
const SOUNDS = [part("forename", "first-part", "sound"), part("surname", "sound")];
const PARTS = [part("forename", "first-part", "any-order"), part("surname", "last-part", "any-order")];
const INITIALS = [part("forename", "fold", "first:1", "any-order"), part("surname", "fold", "first:1", "any-order")];
/** Most slips of the pen come later in a word. */
const STARTS = [part("forename", "fold", "first:3", "any-order"), part("surname", "fold", "first:3", "any-order")];
const FORENAME_START = part("forename", "fold", "first:3");
const SURNAME_START = part("surname", "fold", "first:3");
const FORENAME_INITIAL = part("forename", "fold", "first:1");
const SURNAME_INITIAL = part("surname", "fold", "first:1");
const BIRTH = part("date_of_birth", "day", "month", "year");
const YEAR = part("date_of_birth", "year");
const SEX = part("sex", "fold");
const POSTCODE = part("postcode", "postcode");
const SECTOR = part("postcode", "sector");
const UPRN = part("uprn", "digits");
const NUMBER = part("house_number", "fold");
const STREET = part("street", "street-name", "fold");
const HOUSE = [NUMBER, STREET];
const STREET_START = part("street", "street-name", "fold", "first:4");
const LOCALITY_START = part("locality", "fold", "first:4");
const LOCALITY = part("locality", "fold");
const PHONE = part("phone", "digits");
const EMAIL = part("email", "fold");
const COMPANY_NAME = part("business_name", "company-name");

const key = (name: string, ...of: Component[]): LibraryKey => ({ key: name, of });
/** Twins share what else the key has: their sex may tell them apart. */
const keyWithSex = (name: string, ...of: Component[]): LibraryKey => ({ key: name, of: [...of, SEX], spares: ["sex"] });
/**
 * Say who somebody is, or exactly where. A number of another country is not among them: no check digit tells whether it
 * is right, so whoever has a wrong one is left to the other keys.
 */
const PERSONS_NUMBERS = ["nhs_number", "nino", "upn"];
const EXACT_FIELDS = [...PERSONS_NUMBERS, "uprn"];
/** A number that was misread or belongs to a spouse agrees with little else of the person. */
const numberKeys = (name: string, number: Component): LibraryKey[] => [
  key(`${name}-year`, number, YEAR),
  key(`${name}-forename`, number, FORENAME_INITIAL),
  key(`${name}-surname`, number, SURNAME_INITIAL),
  key(`${name}-postcode`, number, POSTCODE),
];

/** A slip in a birthday leaves two of its three parts. */
const twoOfThree = (name: string, names: readonly Component[], at: string, place: Component): LibraryKey[] =>
  [
    ["month", "year"],
    ["day", "year"],
    ["day", "month"],
  ].map((parts) => key(`${name}-${parts.join("-")}-${at}`, ...names, part("date_of_birth", ...parts), place));

const PEOPLE: readonly LibraryKey[] = [
  ...numberKeys("nhs-number", part("nhs_number", "digits")),
  ...numberKeys("nino", part("nino", "identifier")),
  ...numberKeys("upn", part("upn", "identifier")),
  ...numberKeys("national-id", part("national_id", "identifier")),
  key("names-dob-uprn", ...NAMES, BIRTH, UPRN),
  key("names-dob-postcode", ...NAMES, BIRTH, POSTCODE),
  key("names-dob-sector", ...NAMES, BIRTH, SECTOR),
  key("names-dob-locality", ...NAMES, BIRTH, LOCALITY),
  key("letters-dob-postcode", ...LETTERS, BIRTH, POSTCODE),
  key("letters-dob-street", ...LETTERS, BIRTH, STREET_START),
  key("diminutive-dob-postcode", part("forename", "diminutive"), SURNAME, BIRTH, POSTCODE),
  key("parts-dob-postcode", ...PARTS, BIRTH, POSTCODE),
  key("sound-dob-sector", ...SOUNDS, BIRTH, SECTOR),
  key("starts-dob-uprn", ...STARTS, BIRTH, UPRN),
  key("starts-dob-postcode", ...STARTS, BIRTH, POSTCODE),
  key("starts-dob-house", ...STARTS, BIRTH, NUMBER, STREET_START),
  key("initials-dob-phone", ...INITIALS, BIRTH, PHONE),
  key("forename-start-dob-postcode", FORENAME_START, BIRTH, POSTCODE),
  key("forename-start-dob-street", FORENAME_START, BIRTH, STREET_START),
  key("forename-start-dob-number-locality", FORENAME_START, BIRTH, NUMBER, LOCALITY_START),
  ...twoOfThree("names", NAMES, "postcode", POSTCODE),
  key("names-swapped-dob-postcode", ...NAMES, part("date_of_birth", "day-month", "year"), POSTCODE),
  // Day and month without the year are one for all who were entered with the first of January.
  ...twoOfThree("starts", STARTS, "uprn", UPRN).slice(0, 2),
  ...twoOfThree("starts", STARTS, "postcode", POSTCODE).slice(0, 2),
  key("two-forenames-surname-dob", part("forename", "second-part"), ...NAMES, BIRTH),
  ...[
    key("names-phone", ...NAMES, PHONE),
    keyWithSex("initials-dob-uprn", ...INITIALS, BIRTH, UPRN),
    keyWithSex("initials-dob-postcode", ...INITIALS, BIRTH, POSTCODE),
    keyWithSex("initials-dob-house", ...INITIALS, BIRTH, NUMBER, STREET_START),
  ].map((each) => ({ ...each, unless: PERSONS_NUMBERS })),
  ...[
    keyWithSex("surname-start-dob-postcode", SURNAME_START, BIRTH, POSTCODE),
    keyWithSex("surname-start-dob-street", SURNAME_START, BIRTH, STREET_START),
    keyWithSex("surname-start-dob-number-locality", SURNAME_START, BIRTH, NUMBER, LOCALITY_START),
    keyWithSex("dob-number-postcode", BIRTH, NUMBER, POSTCODE),
    keyWithSex("dob-street-postcode", BIRTH, STREET_START, POSTCODE),
    keyWithSex("dob-house-locality", BIRTH, NUMBER, STREET_START, LOCALITY_START),
    key("letters-postcode", ...LETTERS, POSTCODE),
    key("starts-postcode", ...STARTS, POSTCODE),
    key("starts-house", ...STARTS, NUMBER, STREET_START),
    key("letters-number-locality", ...LETTERS, NUMBER, LOCALITY_START),
    key("letters-street-locality", ...LETTERS, STREET_START, LOCALITY_START),
    key("forename-start-number-postcode", FORENAME_START, SURNAME_INITIAL, NUMBER, POSTCODE),
  ].map((each) => ({ ...each, unless: EXACT_FIELDS })),
];

/** Not in a default cascade, for charters that want them. */
const OTHERS: readonly LibraryKey[] = [
  // A number that many share, such as an agency's, makes one of every third pair of these wrong among made-up residents.
  key("forename-start-phone", FORENAME_START, SURNAME_INITIAL, PHONE),
  key("names-dob-sex-postcode", ...NAMES, BIRTH, SEX, POSTCODE),
  key("names-email", ...NAMES, EMAIL),
  key("names-dob-district", ...NAMES, BIRTH, part("postcode", "district")),
  key("names-dob-house", ...NAMES, BIRTH, ...HOUSE),
  key("names-dob", ...NAMES, BIRTH),
  keyWithSex("initial-surname-dob-postcode", FORENAME_INITIAL, SURNAME, BIRTH, POSTCODE),
  key("forename-dob-postcode", FORENAME, BIRTH, POSTCODE),
  key("sound-dob-house", ...SOUNDS, BIRTH, ...HOUSE),
];

const PROPERTIES: readonly LibraryKey[] = [
  key("house-postcode", ...HOUSE, POSTCODE),
  key("uprn-house-number", UPRN, NUMBER),
  key("house-sector", ...HOUSE, SECTOR),
  key("uprn-postcode", UPRN, POSTCODE),
  key("uprn-street", UPRN, STREET),
  { ...key("uprn", UPRN), unless: ["postcode", "house_number", "street"] },
  key("house-number-postcode", NUMBER, POSTCODE),
  // Where the post town stands for the locality, all of London is one.
  { ...key("house-locality", ...HOUSE, LOCALITY), unless: ["postcode"] },
];

const BUSINESSES: readonly LibraryKey[] = [
  key("company-number", part("company_number", "identifier")),
  key("business-name-uprn", COMPANY_NAME, UPRN),
  key("business-name-postcode", COMPANY_NAME, POSTCODE),
  key("business-name-house", COMPANY_NAME, ...HOUSE),
  key("business-name-phone", COMPANY_NAME, PHONE),
  key("business-name-email", COMPANY_NAME, EMAIL),
];

export const CASCADES: Readonly<Record<string, readonly LibraryKey[]>> = {
  people: PEOPLE,
  properties: PROPERTIES,
  businesses: BUSINESSES,
};

const KEYS: ReadonlyMap<string, LibraryKey> = new Map(
  [...PEOPLE, ...OTHERS, ...PROPERTIES, ...BUSINESSES].map((each) => [each.key, each]),
);

/**
 * A charter's cascade with every name spelt out. A cascade's name gives its keys whose fields are all among `fields`; a
 * key's name gives that key, whatever its fields, for the charter's own check to judge.
 * @param cascade attacker-controlled: what is no name is handed back as it came
 * @throws ProtocolError "bad-input" for a name that is not in the library, or a cascade of which no key fits the fields
 */
export function expandCascade(cascade: unknown, fields: readonly string[]): unknown {
  if (typeof cascade === "string") return namedCascade(cascade, fields);
  if (!Array.isArray(cascade)) return cascade;
  return cascade.map((each: unknown, index) => (typeof each === "string" ? namedKey(each, index, fields) : each));
}

function namedCascade(name: string, fields: readonly string[]): CascadeKey[] {
  const keys = Object.hasOwn(CASCADES, name) ? CASCADES[name] : undefined;
  if (keys === undefined) {
    throw new ProtocolError("bad-input", `charter: operation.cascade: no cascade of that name`, {
      hint: `known are ${Object.keys(CASCADES).join(", ")}; or a list of keys`,
    });
  }
  const fitting = keys
    .filter(({ unless = [] }) => !unless.some((field) => fields.includes(field)))
    .map((each) => spellOut(each, fields))
    .filter(({ of }) => of.every(({ field }) => fields.includes(field)));
  if (fitting.length === 0) {
    throw new ProtocolError("bad-input", `charter: operation.cascade: no key of ${name} fits dataset.fields`, {
      hint: "declare more fields, or spell the keys out",
    });
  }
  return fitting;
}

function namedKey(name: string, index: number, fields: readonly string[]): CascadeKey {
  const known = KEYS.get(name);
  if (known === undefined) {
    throw new ProtocolError("bad-input", `charter: operation.cascade.${index}: no match key of that name`, {
      hint: `known are ${[...KEYS.keys()].join(", ")}`,
    });
  }
  return spellOut(known, fields);
}

function spellOut({ key: name, of, spares = [] }: LibraryKey, fields: readonly string[]): CascadeKey {
  return {
    key: name,
    of: of
      .filter(({ field }) => fields.includes(field) || !spares.includes(field))
      .map(({ field, as }) => ({ field, as: [...as] })),
  };
}
