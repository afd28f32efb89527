import { foldWords } from "./fold.ts";
import { readable, type Standardised } from "./outcome.ts";

/**
 * Names of people. A stored name is folded words: titles off, because they come and go; texts that stand for "no name"
 * are missing; everything else stays in its place, since what is a forename and what a surname is for the match keys to
 * weigh. A name without a Latin letter or figure is unreadable. Idempotent.
 *
 *   "Mrs. Ann-Marie"   →  "ANN MARIE"            "NO SURNAME"    →  missing
 *   "Dr"               →  "DR", its only word    "Baby of Jones" →  missing
 *   "O'Brien"          →  "O BRIEN"              "李"            →  unreadable
 */
export function standardiseName(text: string): Standardised {
  const words = withoutTitles(foldWords(text));
  return standsForNoName(words) ? "missing" : readable(words, "no letter or digit");
}

/** Forms of address and military, church and academic titles that no parent gives as a name. */
const TITLES = new Set(
  ["MR MRS MISS MS MX MASTER DR DOCTOR PROF PROFESSOR REV REVD REVEREND SIR DAME LADY LORD HON CLLR CAPT SGT"].flatMap(
    (line) => line.split(" "),
  ),
);
const AFTER_NAMES = new Set(["ESQ", "JNR", "SNR", "OBE", "MBE", "CBE"]);

function withoutTitles(words: string): string {
  if (!words.includes(" ")) return words;
  const parts = words.split(" ");
  let from = 0;
  let to = parts.length;
  while (to - from > 1 && TITLES.has(parts[from]!)) from++;
  while (to - from > 1 && AFTER_NAMES.has(parts[to - 1]!)) to--;
  return to - from === parts.length ? words : parts.slice(from, to).join(" ");
}

/** What registers write where there is no name, or not yet one (a newborn is entered under its mother's). */
const NO_NAME = new Set([
  "NO NAME",
  "NO FORENAME",
  "NO FIRST NAME",
  "NO SURNAME",
  "NO LAST NAME",
  "NO FAMILY NAME",
  "NAME UNKNOWN",
  "NAME NOT KNOWN",
  "NOT KNOWN",
  "NOT GIVEN",
  "NOT STATED",
  "NOT PROVIDED",
  "NOT APPLICABLE",
  "UNKNOWN",
  "UNNAMED",
]);
const UNNAMED_CHILD = /^(?:(?:BABY|INFANT|TWIN|CHILD|SON|DAUGHTER) OF\b|(?:BABY|INFANT) (?:BOY|GIRL|MALE|FEMALE)$)/;

function standsForNoName(words: string): boolean {
  return words.includes(" ") ? NO_NAME.has(words) || UNNAMED_CHILD.test(words) : NO_NAME.has(words);
}

/** Words that belong to the surname after them: "DE LA CRUZ", "MC DONALD", "O BRIEN", "VAN DER BERG", "AL HASSAN". */
const PREFIXES = new Set(
  (
    "A AB ABU AL AP BEN BIN BINT D DA DAL DAS DE DEL DELLA DEN DER DI DO DOS DU EL FITZ IBN LA LE LO MAC MC NI O " +
    "ST SAINT TE TEN TER VAN VON Y ZU"
  ).split(" "),
);

/**
 * The parts of a name, folded, each with the prefixes before it: "DE LA CRUZ SMITH" → DELACRUZ, SMITH; "O BRIEN" →
 * OBRIEN. A prefix with nothing after it is a part by itself. Empty for "".
 */
export function nameParts(words: string): string[] {
  const folded = foldWords(words);
  if (!folded.includes(" ")) return folded === "" ? [] : [folded];
  const parts: string[] = [];
  let prefix = "";
  for (const word of folded.split(" ")) {
    if (PREFIXES.has(word)) prefix += word;
    else {
      parts.push(prefix + word);
      prefix = "";
    }
  }
  if (prefix !== "") parts.push(prefix);
  return parts;
}

/** The letters and figures of a text in alphabetical order: equal for "SMITH JOHN" and "JOHN SMITH". */
export function sortedLetters(text: string): string {
  return Array.from(text).sort().join("");
}

/** Legal forms (Companies Act 2006, parts 5 and 41) and words that come and go in front of and between names. */
const NOT_A_COMPANYS_OWN = new Set("LTD LIMITED PLC LLP LP CIC CIO INC CO COMPANY THE AND".split(" "));

/**
 * A business's name without its legal form, as one word: "The Smith & Sons Co. Ltd" → "SMITHSONS". A name that is nothing
 * else keeps its words; null for a text without a letter or figure.
 */
export function companyName(text: string): string | null {
  const words = foldWords(text);
  if (words === "") return null;
  const own = words.split(" ").filter((word) => !NOT_A_COMPANYS_OWN.has(word));
  return own.length === 0 ? words.replaceAll(" ", "") : own.join("");
}
