import { deprivationOf, houseText } from "./addresses.ts";
import type { Dice } from "./dice.ts";
import { dishevelCode, dishevelName, shortenStreet, type Habits } from "./habits.ts";
import { makeLondon, type Listed, type ListKind, type London, type LondonOptions } from "./london.ts";
import { mistype, mistypePostcode, putErrors, rewriteHouse, swapDigits, type Mishap } from "./slips.ts";
import { TRADITIONS } from "./traditions.ts";

/**
 * Lists of businesses, such as licensing beside rates: companies and sole traders, Ltd and Limited, "&" and "and", trading
 * names, a registered office for a shop. Company numbers start with 99, beyond those issued; telephone numbers are the
 * ones kept free for drama.
 */
interface Business {
  readonly number: number;
  readonly name: string;
  /** Empty: a sole trader or a partnership. */
  readonly companyNumber: string;
  readonly form: string;
  readonly phone: string;
}

type BusinessRow = Readonly<
  Record<
    | "reference"
    | "business_name"
    | "company_number"
    | "uprn"
    | "house_number"
    | "street"
    | "locality"
    | "postcode"
    | "phone"
    | "sector",
    string
  >
>;

interface Recorded {
  name: string;
  companyNumber: string;
  uprn: string;
  houseNumber: string;
  street: string;
  postcode: string;
  phone: string;
}

const TRADES = [
  "Bakery",
  "Barbers",
  "Builders",
  "Cafe",
  "Car Hire",
  "Catering",
  "Cleaning Services",
  "Dental Practice",
  "Dry Cleaners",
  "Electrical",
  "Estates",
  "Food and Wine",
  "Fried Chicken",
  "Hair and Beauty",
  "Homes",
  "Lettings",
  "Motors",
  "News",
  "Pharmacy",
  "Plumbing",
  "Properties",
  "Restaurant",
  "Roofing",
  "Tandoori",
  "Tailors",
  "Travel",
] as const;
const FANCY = [
  "Golden",
  "Royal",
  "Star",
  "Best",
  "City",
  "New London",
  "Crown",
  "Sunrise",
  "Blue Bird",
  "Red Lion",
] as const;
const FORMS = [
  { weight: 55, form: "Ltd" },
  { weight: 4, form: "LLP" },
  { weight: 3, form: "PLC" },
  { weight: 38, form: "" },
] as const;
const SECTORS = ["food", "retail", "housing", "services"] as const;
/** Ofcom, "Telephone numbers for use in TV and radio drama programmes". */
const DRAMA_NUMBERS = ["02079460", "01134960", "01144960", "01154960", "01164960", "01174960", "01184960", "01214960"];
/** A group's second company: the same name in another form, at the same address. */
const SISTER_COMPANY = 0.008;
/** In another list the registered office stands for the shop. */
const SAME_ADDRESS = 0.75;
const MOST_COMPANIES = 1_000_000;
const COMPANY_STEP = 234_577; // no common factor with MOST_COMPANIES

const MISHAPS: readonly Mishap<Recorded, Business>[] = [
  { kind: "missing field", weight: 8, apply: (record) => (record.companyNumber = "") },
  {
    kind: "number error",
    weight: 2,
    apply: (record, dice) => (record.companyNumber = swapDigits(record.companyNumber, 2, dice)),
  },
  { kind: "typo", weight: 4, apply: (record, dice) => (record.name = mistype(record.name, dice)) },
  {
    kind: "part of a name",
    weight: 3,
    apply: (record) => (record.name = record.name.split(" ").slice(0, -1).join(" ") || record.name),
  },
  { kind: "trading name", weight: 3, apply: (record, dice) => (record.name = madeUpName(dice)) },
  { kind: "missing field", weight: 4, apply: (record) => (record.uprn = "") },
  { kind: "number error", weight: 1, apply: (record, dice) => (record.uprn = swapDigits(record.uprn, 6, dice)) },
  {
    kind: "address error",
    weight: 2,
    apply: (record, dice) => (record.postcode = mistypePostcode(record.postcode, dice)),
  },
  { kind: "address error", weight: 2, apply: (record, dice) => (record.street = mistype(record.street, dice)) },
  { kind: "address error", weight: 1, apply: (record) => (record.houseNumber = rewriteHouse(record.houseNumber)) },
  { kind: "missing field", weight: 2, apply: (record) => (record.postcode = "") },
  { kind: "missing field", weight: 3, apply: (record) => (record.phone = "") },
  { kind: "number error", weight: 2, apply: (record, dice) => (record.phone = phoneOf(dice)) },
];

/** @throws RangeError naming the option that is out of range */
export function generateBusinesses(options: LondonOptions): London {
  return makeLondon(options, (dice): ListKind<Business, BusinessRow> => {
    let number = 0;
    const make = (name: string, form: string, phone: string): Business => {
      const own = number++;
      const digits = String((own * COMPANY_STEP) % MOST_COMPANIES).padStart(6, "0");
      return { number: own, name, form, phone, companyNumber: form === "" ? "" : `99${digits}` };
    };
    return {
      at() {
        const first = make(madeUpName(dice), dice.pickWeighted(FORMS).form, phoneOf(dice));
        if (first.form === "" || !dice.chance(SISTER_COMPANY)) return [first];
        return [first, make(first.name, first.form === "Ltd" ? "LLP" : "Ltd", first.phone)];
      },
      sameAddress: SAME_ADDRESS,
      write: (entry, reference, habits) => writeRow(reference, entry, habits, options.dirt, dice),
      traits: ({ form }, home) => ({ form: form === "" ? "sole trader" : "company", ...deprivationOf(home) }),
    };
  });
}

function madeUpName(dice: Dice): string {
  const trade = dice.pick(TRADES);
  const surname = () => dice.pickCommon(dice.pickWeighted(TRADITIONS).surnames, 1.5);
  switch (dice.below(4)) {
    case 0:
      return `${dice.pick(FANCY)} ${trade}`;
    case 1:
      return `${surname()} & Sons ${trade}`;
    case 2:
      return `${surname()} and ${surname()} ${trade}`;
    default:
      return `${surname()} ${trade}`;
  }
}

function phoneOf(dice: Dice): string {
  return `${dice.pick(DRAMA_NUMBERS)}${String(dice.below(1000)).padStart(3, "0")}`;
}

function writeRow(
  reference: string,
  { subject, address, home, isCopy }: Listed<Business>,
  habits: Habits,
  dirt: number,
  dice: Dice,
): { row: BusinessRow; errors: readonly string[] } {
  const { street, postcode, uprn } = address;
  const { name, companyNumber, phone } = subject;
  const record: Recorded = { name, companyNumber, uprn, houseNumber: houseText(address), street, postcode, phone };
  const errors = new Set(address === home ? [] : ["moved"]);
  if (isCopy && dice.chance(dirt)) for (const kind of putErrors(MISHAPS, record, subject, dice)) errors.add(kind);
  const orMissing = (text: string) => (text === "" ? habits.missing : text);
  const row: BusinessRow = {
    reference,
    business_name: orMissing(dishevelName(variantOf(record.name, subject.form, dirt, dice), dirt, dice)),
    company_number: orMissing(record.companyNumber),
    uprn: orMissing(record.uprn),
    house_number: orMissing(record.houseNumber),
    street: orMissing(
      dishevelName(habits.areStreetsShort ? shortenStreet(record.street, dice) : record.street, dirt, dice),
    ),
    locality: orMissing(dishevelName(address.locality, dirt, dice)),
    postcode: orMissing(dishevelCode(record.postcode, dirt, dice)),
    phone: orMissing(record.phone),
    sector: dice.pick(SECTORS),
  };
  return { row, errors: [...errors] };
}

/** "Hill & Sons Motors Ltd", "The Hill and Sons Motors Limited": what standardising makes one. */
function variantOf(name: string, form: string, dirt: number, dice: Dice): string {
  const legal = form === "Ltd" && dice.chance(dirt) ? dice.pick(["Limited", "LTD.", ""]) : form;
  const joined = dice.chance(dirt) ? name.replace(" & ", " and ").replace(/^/, dice.chance(0.2) ? "The " : "") : name;
  return legal === "" ? joined : `${joined} ${legal}`;
}
