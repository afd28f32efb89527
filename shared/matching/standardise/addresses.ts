import { foldWords } from "./fold.ts";
import { readable, type Standardised } from "./outcome.ts";

/**
 * Parts of an address (BS 7666: secondary and primary addressable object, street). Abbreviated words are written out as
 * OS AddressBase and the National Street Gazetteer spell street types; nothing else is mended. Idempotent.
 *
 *   street        "12 High St."      →  "12 HIGH STREET"        "St. John's Rd"   →  "ST JOHN S ROAD"
 *   house number  "No. 12 a"         →  "12A"                   "Flat 3, 012"     →  "FLAT 3 12"
 */
export function standardiseStreet(text: string): Standardised {
  const words = foldWords(text);
  return readable(words === "" ? words : writtenOut(words), "no letter or digit");
}

/** A number with its letter as one word, without leading zeros; a flat or a house's name stays beside it. */
export function standardiseHouseNumber(text: string): Standardised {
  const words = foldWords(text)
    .replace(/\b0+(?=[1-9])/g, "")
    .replace(/^(?:(?:NO|NUMBER|NUM) )+(?=\d)/, "")
    .replace(/\b(?:APT|APARTMENT)\b/g, "FLAT")
    .replace(/\b(\d+) ([A-Z])(?= |$)/g, "$1$2");
  return readable(words, "no letter or digit");
}

/** Only the last word is a street type: "ST JOHNS" is a saint, "THE AVE" a street. */
const STREET_TYPES: ReadonlyMap<string, string> = new Map(
  (
    "ST STR STREET|RD ROAD|AV AVE AVN AVENUE|LN LA LANE|CL CLS CLOSE|CRES CRS CR CRESCENT|DR DRV DRIVE|" +
    "GDN GDNS GARDENS|GR GRO GRV GROVE|PL PLACE|SQ SQUARE|CT CRT COURT|TER TERR TCE TERRACE|PK PARK|HL HILL|" +
    "WLK WALK|WY WAY|MWS MEWS|YD YARD|EST ESTATE|BLDGS BUILDINGS|HSE HOUSE|CIR CCT CIRCUIT|PDE PARADE|" +
    "HWY HIGHWAY|BLVD BVD BOULEVARD|ESP ESPLANADE|PROM PROMENADE|CTS COURTS|VW VIEW|RW ROW"
  )
    .split("|")
    .flatMap((group) => {
      const words = group.split(" ");
      return words.map((word): [string, string] => [word, words.at(-1)!]);
    }),
);
const COMPASS = new Set(["N", "S", "E", "W", "NORTH", "SOUTH", "EAST", "WEST"]);

function writtenOut(words: string): string {
  const parts = words.split(" ");
  const last = parts.length - 1;
  const at = last > 1 && COMPASS.has(parts[last]!) ? last - 1 : last;
  const type = at === 0 ? undefined : STREET_TYPES.get(parts[at]!);
  if (type === undefined || type === parts[at]) return words;
  parts[at] = type;
  return parts.join(" ");
}

/**
 * The figures of an address line that stand for the house: the last number that is not a flat's, with its letter; of a
 * range the first. "FLAT 2 12A HIGH STREET" → "12A", "10 12 HIGH STREET" → "10". Null where there is none.
 */
export function houseNumber(words: string): string | null {
  const withoutFlat = joinedLetters(words).replace(FLAT, " ");
  return /(?:^| )(\d+[A-Z]?)(?= |$)/.exec(withoutFlat)?.[1] ?? null;
}

/** The flat, unit, room or floor of an address line: "FLAT 2 12A HIGH STREET" → "2". Null where there is none. */
export function flatNumber(words: string): string | null {
  return FLAT.exec(joinedLetters(words))?.[1] ?? null;
}

/**
 * The street without flat, number and type: "FLAT 2 12A HIGH STREET" → "HIGH". A street that is nothing else, such as
 * "THE AVENUE" or "BROADWAY", keeps its words. Null where there is none.
 */
export function streetName(words: string): string | null {
  const bare = joinedLetters(words)
    .replace(FLAT, " ")
    .replace(/(?:^| )\d+[A-Z]?(?= |$)/g, " ")
    .trim()
    .replace(/ +/g, " ");
  const street = bare === "" ? "" : writtenOut(bare);
  const parts = street.split(" ");
  const named = parts.length > 1 && TYPE_WORDS.has(parts.at(-1)!) ? parts.slice(0, -1).join(" ") : street;
  return named === "" ? null : named === "THE" ? street : named;
}

const FLAT = /(?:^| )(?:FLAT|APARTMENT|APT|UNIT|ROOM|FLOOR) ([0-9]+[A-Z]?|[A-Z])(?= |$)/;
const TYPE_WORDS = new Set(STREET_TYPES.values());

/** "12 A HIGH STREET" → "12A HIGH STREET". */
function joinedLetters(words: string): string {
  return foldWords(words).replace(/\b(\d+) ([A-Z])(?= |$)/g, "$1$2");
}
