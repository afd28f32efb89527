import { deprivationOf, houseText } from "./addresses.ts";
import type { Dice } from "./dice.ts";
import { dishevelCode, dishevelName, shortenStreet, type Habits } from "./habits.ts";
import { makeLondon, type Listed, type ListKind, type London, type LondonOptions } from "./london.ts";
import { mistype, mistypePostcode, putErrors, rewriteHouse, swapDigits, type Mishap } from "./slips.ts";

/**
 * Lists of properties, such as a register of licences beside a list of fire inspections: addresses in variants, UPRNs that
 * are missing, cut by a spreadsheet, or the neighbour's.
 */
interface Property {
  readonly number: number;
  readonly isFlat: boolean;
}

type PropertyRow = Readonly<
  Record<"reference" | "uprn" | "house_number" | "street" | "locality" | "postcode" | "band", string>
>;

interface Recorded {
  uprn: string;
  houseNumber: string;
  street: string;
  locality: string;
  postcode: string;
}

const MISHAPS: readonly Mishap<Recorded, Property>[] = [
  { kind: "missing field", weight: 8, apply: (record) => (record.uprn = "") },
  { kind: "number error", weight: 3, apply: (record) => (record.uprn = cutBySpreadsheet(record.uprn)) },
  { kind: "number error", weight: 2, apply: (record, dice) => (record.uprn = swapDigits(record.uprn, 6, dice)) },
  { kind: "number error", weight: 1, apply: (record) => (record.uprn = neighbourOf(record.uprn)) },
  { kind: "missing field", weight: 2, apply: (record) => (record.postcode = "") },
  {
    kind: "address error",
    weight: 2,
    apply: (record, dice) => (record.postcode = mistypePostcode(record.postcode, dice)),
  },
  { kind: "address error", weight: 4, apply: (record, dice) => (record.street = mistype(record.street, dice)) },
  { kind: "address error", weight: 3, apply: (record) => (record.houseNumber = rewriteHouse(record.houseNumber)) },
  { kind: "address error", weight: 2, apply: (record) => (record.locality = "London") },
  { kind: "missing field", weight: 1, apply: (record) => (record.locality = "") },
];
const BANDS = ["A", "B", "C", "D", "E", "F", "G", "H"] as const;
/** Rows whose system never held a UPRN, as a part of `dirt`: at home too. */
const NO_UPRN = 0.4;

/** @throws RangeError naming the option that is out of range */
export function generateProperties(options: LondonOptions): London {
  return makeLondon(options, (dice): ListKind<Property, PropertyRow> => {
    let number = 0;
    return {
      at: ({ flat }) => [{ number: number++, isFlat: flat !== "" }],
      sameAddress: 1,
      write: (entry, reference, habits) => writeRow(reference, entry, habits, options.dirt, dice),
      traits: ({ isFlat }, home) => ({ dwelling: isFlat ? "flat" : "house", ...deprivationOf(home) }),
    };
  });
}

function writeRow(
  reference: string,
  { subject, address, isCopy }: Listed<Property>,
  habits: Habits,
  dirt: number,
  dice: Dice,
): { row: PropertyRow; errors: readonly string[] } {
  const { street, locality, postcode, uprn } = address;
  const record: Recorded = { uprn, houseNumber: houseText(address), street, locality, postcode };
  const errors = new Set(isCopy && dice.chance(dirt) ? putErrors(MISHAPS, record, subject, dice) : []);
  if (record.uprn !== "" && dice.chance(dirt * NO_UPRN)) {
    record.uprn = "";
    errors.add("missing field");
  }
  const orMissing = (text: string) => (text === "" ? habits.missing : text);
  const written = habits.areStreetsShort ? shortenStreet(record.street, dice) : record.street;
  const row: PropertyRow = {
    reference,
    uprn: orMissing(record.uprn),
    house_number: orMissing(record.houseNumber),
    street: orMissing(dishevelName(written, dirt, dice)),
    locality: orMissing(dishevelName(record.locality, dirt, dice)),
    postcode: orMissing(dishevelCode(record.postcode, dirt, dice)),
    band: dice.pick(BANDS),
  };
  return { row, errors: [...errors] };
}

/** "990000000123" → "9.9E+11". */
function cutBySpreadsheet(uprn: string): string {
  return uprn === "" ? "" : Number(uprn).toExponential(5).replace("e", "E");
}

/** Of the property entered before it. */
function neighbourOf(uprn: string): string {
  return uprn === "" ? "" : String(Number(uprn) - 1);
}
