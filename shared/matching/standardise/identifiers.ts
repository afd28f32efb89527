import { fold } from "./fold.ts";
import { readable, type Standardised } from "./outcome.ts";

/**
 * Numbers that stand for one person, pupil, property or company. Each is checked by the rules of whoever issues it; one
 * that breaks them is unreadable and never mended, because a guessed number is somebody else's. Idempotent.
 *
 *   NHS number   "943 476 5919"   →  "9434765919"       "943 476 5918"  →  unreadable, wrong check digit
 *   NINO         "ab 12 34 56 c"  →  "AB123456C"        "TN 010175 M"   →  unreadable, temporary number
 *   UPN          "P207000016049"  →  as it stands       "B207000016049" →  unreadable, wrong check letter
 *   UPRN         "10033544614"    →  "010033544614"     "1.00335E+10"   →  unreadable, cut by a spreadsheet
 *   company      "1234567"        →  "01234567"         "sc 123456"     →  "SC123456"
 */

/** "1.00023E+11", or with a comma: a spreadsheet kept the first figures of a long number and lost the others. */
const SCIENTIFIC = /^\d+(?:[.,]\d+)?\s*[eE]\s*\+\s*\d+$|^\d+[.,]\d+[eE]\d+$/;
const CUT: Standardised = { unreadable: "cut by a spreadsheet" };

/** Figures alone, without rules of their own: phone numbers. */
export function standardiseDigits(text: string): Standardised {
  if (SCIENTIFIC.test(text)) return CUT;
  return readable(text.normalize("NFKD").replace(/[^0-9]/g, ""), "no digit");
}

/** Letters and figures, without rules of their own: a number of another country, a key a borough made. */
export function standardiseIdentifier(text: string): Standardised {
  return SCIENTIFIC.test(text) ? CUT : readable(fold(text), "no letter or digit");
}

/**
 * NHS Data Model and Dictionary, "NHS number": ten figures, the last a check digit modulo 11. Numbers from 999 000 0000
 * on are for tests and never issued; they are read, so that made-up people can be matched.
 */
export function standardiseNhsNumber(text: string): Standardised {
  if (SCIENTIFIC.test(text)) return CUT;
  const digits = fold(text);
  if (!/^\d{10}$/.test(digits)) return { unreadable: "not an NHS number" };
  let sum = 0;
  for (let at = 0; at < 9; at++) sum += Number(digits[at]) * (10 - at);
  const check = (11 - (sum % 11)) % 11;
  // A remainder that would need the check digit 10 is never issued; ten equal figures pass the sum and are fillers.
  if (check !== Number(digits[9]) || /^(\d)\1{9}$/.test(digits)) return { unreadable: "wrong check digit" };
  return { value: digits };
}

/** The range that is never issued (NHS Digital, "Test data"). @param value standard */
export function isTestNhsNumber(value: string): boolean {
  return value.startsWith("999");
}

/**
 * HMRC, National Insurance Manual NIM39110. Two letters, six figures, a suffix A to D that some systems leave out. QQ is
 * the manual's own example and never issued; it is read, so that made-up people can be matched.
 */
const NINO = /^(?!BG|GB|KN|NK|NT|TN|ZZ)(?:QQ|[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z])\d{6}[A-D]?$/;
/** TN, six figures of a birth date and a letter for the sex: anybody of that birthday. */
const TEMPORARY = /^TN\d{6}[A-Z]?$/;
/** Same page, "Administrative numbers": they look like NINOs and are none. OO, FY and PP fail by form or suffix. */
const ADMINISTRATIVE = /^(?:CR|MW|NC|OO|FY|PP|PY|PZ)\d{6}[A-Z]?$/;

export function standardiseNino(text: string): Standardised {
  const signs = fold(text);
  if (TEMPORARY.test(signs)) return { unreadable: "temporary number" };
  if (ADMINISTRATIVE.test(signs)) return { unreadable: "administrative number" };
  return NINO.test(signs) ? { value: signs } : { unreadable: "not a NINO" };
}

/** Department for Education, "Unique pupil numbers": A to Z without I, O and S, for remainders 0 to 22. */
const UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ";
/** A check letter and twelve figures, the last a letter where the number is temporary. */
const UPN = /^[A-HJ-NP-RT-Z]\d{11}[0-9A-HJ-NP-RT-Z]$/;

/** Check letter: the sum of each figure times its position, from 2, modulo 23. A temporary number is unreadable. */
export function standardiseUpn(text: string): Standardised {
  const signs = fold(text);
  if (!UPN.test(signs)) return { unreadable: "not a UPN" };
  // Issued anew by every school until the permanent one is known: it stands for a place on a roll, not for a child.
  if (signs[12]! > "9") return { unreadable: "temporary number" };
  let sum = 0;
  for (let at = 1; at < 13; at++) sum += Number(signs[at]) * (at + 1);
  return UPN_LETTERS[sum % 23] === signs[0] ? { value: signs } : { unreadable: "wrong check letter" };
}

/**
 * GeoPlace, "Unique property reference numbers": up to 12 figures, here always 12, since leading zeros get lost. A
 * number in scientific notation has lost figures for good.
 */
export function standardiseUprn(text: string): Standardised {
  if (SCIENTIFIC.test(text)) return CUT;
  // A spreadsheet's whole number as text; nothing is lost by it.
  const digits = fold(text.replace(/\.0+$/, ""));
  if (!/^\d{1,12}$/.test(digits) || /^0+$/.test(digits)) return { unreadable: "not a UPRN" };
  return { value: digits.padStart(12, "0") };
}

/** Companies House, "Uniform Resource Identifiers (URI) customer guide": eight signs, all figures or a prefix of letters first. */
export function standardiseCompanyNumber(text: string): Standardised {
  if (SCIENTIFIC.test(text)) return CUT;
  const signs = fold(text);
  if (/^\d{1,8}$/.test(signs) && !/^0+$/.test(signs)) return { value: signs.padStart(8, "0") };
  const parts = /^([A-Z]{2})(\d{1,6})$/.exec(signs);
  if (parts !== null) return { value: parts[1]! + parts[2]!.padStart(6, "0") };
  return /^[A-Z][A-Z0-9]\d{5}[A-Z0-9]$/.test(signs) ? { value: signs } : { unreadable: "not a company number" };
}
