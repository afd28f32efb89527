import type { FieldKind } from "./fields.ts";

/**
 * From raw text to the one spelling that is compared. Pure, total and idempotent: any text gives a value, "missing", or
 * a reason why it cannot be read; nothing is guessed. The raw text is kept beside it at the node.
 *
 *   kind        "  O'Brien-Smith "   →  "O BRIEN SMITH"      NFKD, marks off, upper case, anything else a space
 *   identifier  "ab 12 34 56 c"      →  "AB123456C"          as above, spaces out
 *   digits      "020 7946-0018"      →  "02079460018"
 *   date (dmy)  "03/11/1987"         →  "1987-11-03"         real days only; four-digit years only
 *   postcode    "sw1a1aa"            →  "SW1A 1AA"           UK form; kind "other": as text
 *   flag        "yes"                →  "1"
 */
export type Standardised = { readonly value: string } | "missing" | { readonly unreadable: string };

export interface StandardiseOptions {
  readonly dateOrder?: "ymd" | "dmy" | "mdy";
  readonly postcode?: "uk" | "other";
  /** Texts that mean "no value", compared after trimming. */
  readonly missing: readonly string[];
}

export function standardiseField(kind: FieldKind, raw: string, options: StandardiseOptions): Standardised {
  const trimmed = raw.trim();
  if (trimmed === "" || options.missing.includes(trimmed)) return "missing";
  switch (kind) {
    case "reference":
      return { value: trimmed.normalize("NFC").toWellFormed() };
    case "name":
    case "text":
      return readable(foldWords(trimmed), "no letter or digit");
    case "identifier":
      return readable(fold(trimmed), "no letter or digit");
    case "digits":
      return readable(trimmed.normalize("NFKD").replace(/[^0-9]/g, ""), "no digit");
    case "date":
      return standardiseDate(trimmed, options.dateOrder ?? "ymd");
    case "postcode":
      return options.postcode === "other"
        ? readable(foldWords(trimmed), "no letter or digit")
        : standardisePostcode(trimmed);
    case "flag":
      return standardiseFlag(trimmed);
  }
}

const FOLDED = /^[A-Z0-9]+(?: [A-Z0-9]+)*$/;

/** NFKD, marks off, upper case, every run of anything but A–Z and 0–9 one space. */
export function foldWords(text: string): string {
  // Most values were folded when they were imported; this is the hot path of every match key.
  if (FOLDED.test(text)) return text;
  return text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toUpperCase()
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/['’‘`]/g, " ")
    .replace(/[^A-Z0-9]+/g, " ")
    .trim();
}

const SOLID = /^[A-Z0-9]*$/;

/** As `foldWords`, and spaces out. */
export function fold(text: string): string {
  if (SOLID.test(text)) return text;
  return foldWords(text).replaceAll(" ", "");
}

function readable(value: string, reason: string): Standardised {
  return value === "" ? { unreadable: reason } : { value };
}

const DATE_PARTS = /^(\d{1,4})[-/. ](\d{1,2})[-/. ](\d{1,4})$/;
const DATE_DIGITS = /^(\d{8})$/;
const LEAST_YEAR = 1800;
const MOST_YEAR = 2199;

function standardiseDate(text: string, order: "ymd" | "dmy" | "mdy"): Standardised {
  const iso = /^(\d{4})-(\d{2})-(\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?Z?)?$/.exec(text);
  // A year first leaves no doubt, whatever order was declared.
  if (iso !== null) return checkDay(Number(iso[1]), Number(iso[2]), Number(iso[3]));
  const parts = DATE_PARTS.exec(text);
  if (parts !== null) {
    const [first, second, third] = [parts[1]!, parts[2]!, parts[3]!];
    const [year, month, day] =
      order === "ymd" ? [first, second, third] : order === "dmy" ? [third, second, first] : [third, first, second];
    if (year.length !== 4) return { unreadable: "year not of four digits" };
    if (day.length > 2) return { unreadable: "not in the declared order" };
    return checkDay(Number(year), Number(month), Number(day));
  }
  if (DATE_DIGITS.test(text)) {
    const at = (start: number, length: number) => Number(text.slice(start, start + length));
    if (order === "ymd") return checkDay(at(0, 4), at(4, 2), at(6, 2));
    return order === "dmy" ? checkDay(at(4, 4), at(2, 2), at(0, 2)) : checkDay(at(4, 4), at(0, 2), at(2, 2));
  }
  return { unreadable: "not a date" };
}

function checkDay(year: number, month: number, day: number): Standardised {
  if (year < LEAST_YEAR || year > MOST_YEAR) return { unreadable: "year out of range" };
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return { unreadable: "no such day" };
  return { value: date.toISOString().slice(0, 10) };
}

/** Outward code (A9, A99, AA9, AA99, A9A, AA9A) and inward code (9AA). */
const POSTCODE = /^([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})$/;

function standardisePostcode(text: string): Standardised {
  const parts = POSTCODE.exec(fold(text));
  return parts === null ? { unreadable: "not a postcode" } : { value: `${parts[1]!} ${parts[2]!}` };
}

const YES = new Set(["1", "Y", "YES", "T", "TRUE"]);
const NO = new Set(["0", "N", "NO", "F", "FALSE"]);

function standardiseFlag(text: string): Standardised {
  const word = fold(text);
  if (YES.has(word)) return { value: "1" };
  return NO.has(word) ? { value: "0" } : { unreadable: "neither yes nor no" };
}
