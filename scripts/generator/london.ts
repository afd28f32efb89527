import { en_GB, en, Faker, base } from "@faker-js/faker";
import { spoil } from "./errors.ts";

/**
 * Synthetic residents of London boroughs, with a known answer. Nobody here is or was a person: names are drawn from
 * lists, numbers from ranges that are never issued (NINO prefix QQ). The same seed gives the same residents.
 */
export const BOROUGHS: readonly (readonly [name: string, districts: readonly string[]])[] = [
  ["camden", ["NW1", "NW3", "NW5", "WC1"]],
  ["newham", ["E6", "E7", "E13", "E15"]],
  ["hackney", ["E5", "E8", "E9", "N16"]],
  ["lambeth", ["SW2", "SW4", "SW9", "SE11"]],
  ["southwark", ["SE1", "SE5", "SE15", "SE16"]],
  ["barking-and-dagenham", ["IG11", "RM8", "RM9", "RM10"]],
  ["barnet", ["N3", "N12", "NW4", "EN5"]],
  ["bexley", ["DA5", "DA6", "DA7", "DA16"]],
  ["brent", ["NW2", "NW10", "HA0", "HA9"]],
  ["bromley", ["BR1", "BR2", "BR5", "BR6"]],
  ["city-of-london", ["EC2", "EC3", "EC4"]],
  ["croydon", ["CR0", "CR2", "CR5", "CR7"]],
  ["ealing", ["W3", "W5", "W13", "UB1"]],
  ["enfield", ["EN1", "EN2", "EN3", "N9"]],
  ["greenwich", ["SE3", "SE7", "SE9", "SE10"]],
  ["hammersmith-and-fulham", ["W6", "W12", "W14", "SW6"]],
  ["haringey", ["N8", "N15", "N17", "N22"]],
  ["harrow", ["HA1", "HA2", "HA3", "HA5"]],
  ["havering", ["RM1", "RM2", "RM3", "RM11"]],
  ["hillingdon", ["UB3", "UB8", "UB10", "HA4"]],
  ["hounslow", ["TW3", "TW4", "TW5", "W4"]],
  ["islington", ["N1", "N5", "N7", "EC1"]],
  ["kensington-and-chelsea", ["SW3", "SW5", "W8", "W11"]],
  ["kingston-upon-thames", ["KT1", "KT2", "KT3", "KT6"]],
  ["lewisham", ["SE4", "SE6", "SE13", "SE23"]],
  ["merton", ["SW19", "SW20", "SM4", "CR4"]],
  ["redbridge", ["IG1", "IG2", "IG4", "IG5"]],
  ["richmond-upon-thames", ["TW1", "TW9", "TW10", "TW11"]],
  ["sutton", ["SM1", "SM2", "SM3", "SM5"]],
  ["tower-hamlets", ["E1", "E2", "E3", "E14"]],
  ["waltham-forest", ["E4", "E10", "E11", "E17"]],
  ["wandsworth", ["SW11", "SW15", "SW17", "SW18"]],
  ["westminster", ["W1", "W2", "W9", "SW1"]],
];

export const DISCOUNTS = ["none", "single-person", "student"] as const;

export interface Person {
  readonly id: number;
  readonly forename: string;
  readonly surname: string;
  /** YYYY-MM-DD. */
  readonly dateOfBirth: string;
  readonly nino: string;
}

export interface Resident {
  readonly reference: string;
  readonly forename: string;
  readonly surname: string;
  /** DD/MM/YYYY, as extracts have it. */
  readonly dateOfBirth: string;
  readonly postcode: string;
  readonly nino: string;
  readonly uprn: string;
  readonly discount: string;
  readonly noMatch: string;
}

export interface GeneratedBorough {
  readonly name: string;
  readonly residents: readonly Resident[];
  /** The person behind each resident, by reference: for scoring only, never given to a node. */
  readonly truth: ReadonlyMap<string, number>;
}

export interface LondonOptions {
  readonly boroughs: number;
  /** Residents of each borough. */
  readonly residents: number;
  readonly seed: number;
  /** Share of a borough's residents who are on the books of the next borough too. */
  readonly overlap: number;
  /** Share of those second entries with at least one error. */
  readonly dirt: number;
}

/** Boroughs with residents, some of whom live on the books of two. */
export function generateLondon(options: LondonOptions): GeneratedBorough[] {
  const faker = new Faker({ locale: [en_GB, en, base], seed: options.seed });
  let nextId = 1;
  const made: GeneratedBorough[] = [];
  let movers: Person[] = [];
  for (const [name, districts] of BOROUGHS.slice(0, options.boroughs)) {
    const shared = movers.map((person) => ({ person, isSecond: true }));
    const own = Array.from({ length: options.residents - shared.length }, () => ({
      person: createPerson(faker, nextId++),
      isSecond: false,
    }));
    const everybody = faker.helpers.shuffle([...shared, ...own]);
    const truth = new Map<string, number>();
    const residents = everybody.map(({ person, isSecond }, index) => {
      const reference = `${name}-${String(index + 1).padStart(7, "0")}`;
      truth.set(reference, person.id);
      const entry = createEntry(faker, reference, person, districts);
      return isSecond && faker.number.float() < options.dirt ? spoil(faker, entry) : entry;
    });
    made.push({ name, residents, truth });
    movers = own.slice(0, Math.round(options.residents * options.overlap)).map(({ person }) => person);
  }
  return made;
}

function createPerson(faker: Faker, id: number): Person {
  const birth = faker.date.between({ from: "1930-01-01T00:00:00Z", to: "2006-12-31T00:00:00Z" });
  return {
    id,
    forename: faker.person.firstName(),
    surname: faker.person.lastName(),
    dateOfBirth: birth.toISOString().slice(0, 10),
    nino: `QQ${String(id % 1_000_000).padStart(6, "0")}${"ABCD"[Math.floor(id / 1_000_000) % 4]!}`,
  };
}

function createEntry(faker: Faker, reference: string, person: Person, districts: readonly string[]): Resident {
  const [year, month, day] = person.dateOfBirth.split("-");
  const letters = "ABDEFGHJLNPQRSTUWXYZ";
  const pick = () => letters[faker.number.int({ max: letters.length - 1 })]!;
  const unit = `${faker.number.int({ min: 1, max: 9 })}${pick()}${pick()}`;
  return {
    reference,
    forename: person.forename,
    surname: person.surname,
    dateOfBirth: `${day!}/${month!}/${year!}`,
    postcode: `${faker.helpers.arrayElement(districts)} ${unit}`,
    nino: person.nino,
    uprn: `1${faker.string.numeric(11)}`,
    discount: faker.helpers.weightedArrayElement([
      { value: DISCOUNTS[0], weight: 6 },
      { value: DISCOUNTS[1], weight: 3 },
      { value: DISCOUNTS[2], weight: 2 },
    ]),
    noMatch: faker.number.float() < NO_MATCH_SHARE ? "Y" : "N",
  };
}

/** People at risk whose rows never enter a match. */
const NO_MATCH_SHARE = 0.002;

/** As a borough's system would export it: with a byte order mark, CRLF, and a broken row now and then. */
export function toCsv({ residents }: GeneratedBorough): string {
  const header = "ref,first name,last name,dob,postcode,NINO,UPRN,discount,do not match";
  const lines = residents.map((resident, index) => {
    const { reference, forename, surname, dateOfBirth, postcode, nino, uprn, discount, noMatch } = resident;
    const line = [reference, forename, surname, dateOfBirth, postcode, nino, uprn, discount, noMatch]
      .map(quote)
      .join(",");
    return index % BROKEN_EVERY === BROKEN_EVERY - 1 ? `${line}\r\nbroken row ${index}` : line;
  });
  return `\uFEFF${header}\r\n${lines.join("\r\n")}\r\n`;
}

const BROKEN_EVERY = 700;

function quote(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** How a node reads these files. */
export const RESIDENT_MAPPING = JSON.stringify({
  dateFormat: "dmy",
  mapping: {
    reference: "ref",
    forename: "first name",
    surname: "last name",
    date_of_birth: "dob",
    postcode: "postcode",
    nino: "NINO",
    uprn: "UPRN",
    no_match: "do not match",
  },
  attributes: { discount: "discount" },
});
