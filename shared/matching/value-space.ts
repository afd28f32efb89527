import { FIELD_KINDS, isField, type Field, type FieldKind } from "./fields.ts";
import type { CascadeKey } from "./match-key.ts";

/**
 * How many values a match key can take: what somebody who tries them all would have to try. A table of the canonical
 * fields, each figure with its source or how it was reckoned; where in doubt the smaller figure, because a key that is
 * taken for harder to guess than it is does harm. What nobody has counted is not estimated, which is never 0.
 *
 * The product over a key's fields takes them for independent. They are not (a UPRN decides its postcode), so a product
 * is the work of somebody who knows nothing; exposure-text.ts says so to the reader.
 */
export interface ValueSpace {
  /** About how many, at least 1; null where not estimated. */
  readonly values: number | null;
  /** Source or derivation, for people. */
  readonly basis: string;
  /** No count stands behind it. */
  readonly assumed: boolean;
}

export interface KeySpace {
  readonly values: number | null;
  readonly components: readonly (ValueSpace & { readonly field: string; readonly as: readonly string[] })[];
}

interface FieldSpace extends ValueSpace {
  readonly values: number;
  /** Values of its first `length` characters, before the cap of all values; without it they are not estimated. */
  readonly firstOf?: (length: number) => number;
}

const NAMES = 1e5;
const LETTERS = 26;
/** Nobody alive is known to be older than 117; registers rarely hold anybody above 110. */
const BIRTH_YEARS = 110;
const NINO_PREFIXES = 20 * 19 - 7;

const name = (what: string): FieldSpace => ({
  values: NAMES,
  basis: `assumption: 100,000 ${what}; few of them are common, so most people are found after far fewer`,
  assumed: true,
  firstOf: (length) => LETTERS ** length,
});

/**
 * - forename, surname: assumed, see `name`; first letters: 26 to the power of their number.
 * - date_of_birth: 110 years of 365.25 days. Parts: 31 days, 12 months, 110 years, 366 days of a year.
 * - sex: female, male, and one code for neither or not known.
 * - postcode: 1.7 million units (Ordnance Survey, postcode ontology), 11,200 sectors and 3,000 districts (Royal Mail's
 *   Postcode Address File, rounded). Live ones, United Kingdom.
 * - uprn: up to 12 digits, but about 40 million are assigned (GeoPlace), and the list is open data.
 * - phone: 01, 02 and 07 with nine more digits (Ofcom, national numbering plan); fewer are in use.
 * - nhs_number: nine digits and a check digit modulo 11, where ten of eleven remainders give one: 10^9 × 10/11.
 * - nino: HMRC, NIM39110: first letter not D F I Q U V (20), second nor O (19), without BG GB KN NK NT TN ZZ (373);
 *   six digits; suffix A to D.
 * - upn: check letter (follows from the rest), 24,000 schools of England by authority and number (a public register),
 *   20 years of issue, three digits.
 * - company_number: 5,116,743 on the register at the end of March 2023, which is public (Companies House, Companies
 *   register activities 2022 to 2023).
 */
const FIELD_SPACES: Readonly<Partial<Record<Field, FieldSpace>>> = {
  forename: name("forenames"),
  surname: name("surnames"),
  date_of_birth: {
    values: Math.ceil(BIRTH_YEARS * 365.25),
    basis: `${BIRTH_YEARS} years of 365.25 days`,
    assumed: false,
  },
  sex: { values: 3, basis: "female, male, other or not known", assumed: false },
  postcode: { values: 1.7e6, basis: "live unit postcodes of the United Kingdom (Ordnance Survey)", assumed: false },
  uprn: { values: 4e7, basis: "assigned numbers, published as open data (GeoPlace)", assumed: false },
  phone: { values: 3e9, basis: "01, 02 and 07 with nine digits (Ofcom numbering plan)", assumed: false },
  nhs_number: {
    values: Math.floor(1e10 / 11),
    basis: "nine digits and a check digit modulo 11",
    assumed: false,
    firstOf: (length) => 10 ** length,
  },
  nino: {
    values: NINO_PREFIXES * 1e6 * 4,
    basis: "373 prefixes, six digits, four suffixes (HMRC NIM39110)",
    assumed: false,
    firstOf: (length) => (length === 1 ? 20 : length > 8 ? Infinity : NINO_PREFIXES * 10 ** (length - 2)),
  },
  upn: {
    values: 24_000 * 20 * 1000,
    basis: "assumption: 24,000 schools, 20 years, three digits",
    assumed: true,
  },
  company_number: { values: 5e6, basis: "companies on the public register (Companies House)", assumed: false },
};

const POSTCODE_PARTS: Readonly<Record<string, ValueSpace>> = {
  sector: { values: 11_200, basis: "postcode sectors (Royal Mail)", assumed: false },
  district: { values: 3000, basis: "postcode districts (Royal Mail)", assumed: false },
  area: { values: 124, basis: "postcode areas (Royal Mail)", assumed: false },
};

/** These change the spelling of a standardised value, not which values are told apart. */
const SPELLING = new Set(["fold", "identifier", "postcode", "any-order", "letters"]);
const OF_FIGURES: ReadonlySet<FieldKind> = new Set(["digits", "nhs-number", "uprn", "date"]);
/** Of a name: which names there are is not told apart from which parts of names there are, nor from their full forms. */
const NAME_PARTS = new Set(["sorted", "first-part", "second-part", "last-part", "diminutive"]);
/** Assumption: Double Metaphone codes of four signs that names have, of about 30,000 there could be. */
const SOUNDS = 1e4;
/** Days of a year, less the 66 pairs of days up to the 12th of a month that are one in either order. */
const DAYS_IN_EITHER_ORDER = 366 - 66;
const DATE_PARTS: Readonly<Record<string, number>> = {
  day: 31,
  month: 12,
  year: BIRTH_YEARS,
  "day-month": DAYS_IN_EITHER_ORDER,
};
const FIRST = /^first:(\d+)$/;

/** Of one component of a key. A field or a way of cutting it that the table has not is not estimated. */
export function valueSpace(field: string, as: readonly string[]): ValueSpace {
  const space = isField(field) ? FIELD_SPACES[field] : undefined;
  if (!isField(field) || space === undefined) return notEstimated(`nobody has counted the values of ${field}`);
  const kind = FIELD_KINDS[field];
  const whole: ValueSpace = { values: space.values, basis: space.basis, assumed: space.assumed };
  const cuts = as.filter((each) => !SPELLING.has(each) && !(each === "digits" && OF_FIGURES.has(kind)));
  const [cut, ...more] = cuts;
  if (cut === undefined) return whole;
  if (kind === "date" && as.every((each) => Object.hasOwn(DATE_PARTS, each))) return datePart(new Set(as), whole);
  const length = Number(FIRST.exec(cut)?.[1] ?? 0);
  if (more.length === 0) {
    // Spelling a postcode without its space first would leave no sector to find.
    if (kind === "postcode" && as[0] === cut && Object.hasOwn(POSTCODE_PARTS, cut)) return POSTCODE_PARTS[cut]!;
    // Figures in order of size are far fewer than figures; letters of names hardly.
    if (kind === "name" && NAME_PARTS.has(cut)) return whole;
    if (kind === "name" && cut === "sound")
      return { values: SOUNDS, basis: "assumption: 10,000 sounds of names", assumed: true };
    if (field === "nino" && cut === "digits") return { ...whole, values: 1e6, basis: "six digits" };
    const first = length > 0 ? (space.firstOf?.(length) ?? null) : null;
    if (first !== null && first >= space.values) return whole;
    if (first !== null) return { values: first, basis: `first characters: ${length}`, assumed: false };
  }
  return notEstimated(`nobody has counted the values of ${field} as ${as.join(", ")}`);
}

/** The product over a key's components; several cuts of one field are never more than the field's own values. */
export function keySpace(key: CascadeKey): KeySpace {
  const components = key.of.map(({ field, as }) => ({ field, as, ...valueSpace(field, as) }));
  const fields = [...new Set(components.map(({ field }) => field))];
  const perField = fields.map((field) => {
    const product = multiply(components.filter((each) => each.field === field).map(({ values }) => values));
    return product === null ? null : Math.min(product, valueSpace(field, []).values ?? product);
  });
  return { values: multiply(perField), components };
}

function multiply(factors: readonly (number | null)[]): number | null {
  return factors.reduce((product, factor) => (product === null || factor === null ? null : product * factor), 1);
}

function datePart(parts: ReadonlySet<string>, whole: ValueSpace): ValueSpace {
  // Day and month beside each other are a day of the year; so are they in either order beside one of the two.
  const isDayOfYear = [...parts].filter((part) => part !== "year").length > 1;
  if (isDayOfYear && parts.has("year")) return whole;
  const values = isDayOfYear ? 366 : [...parts].reduce((product, part) => product * DATE_PARTS[part]!, 1);
  return { values, basis: [...parts].map((part) => `${DATE_PARTS[part]!} ${part}s`).join(" by "), assumed: false };
}

function notEstimated(basis: string): ValueSpace {
  return { values: null, basis, assumed: false };
}
