/**
 * Folding: one spelling of a text whatever its capitals, accents, punctuation and Unicode form. Latin letters that have
 * no decomposition of their own in Unicode are written out as below; letters of other scripts fall out, because no
 * spelling in Latin letters is theirs alone. Idempotent.
 *
 *   "  O'Brien-Smith "  →  "O BRIEN SMITH"        "Łukasz Gørding"  →  "LUKASZ GORDING"
 *   "José"              →  "JOSE"                 "Þóra Ægisdóttir" →  "THORA AEGISDOTTIR"
 *   "Straße"            →  "STRASSE"              "Đặng Işık"       →  "DANG ISIK"
 */

/**
 * Capital letters without a canonical or compatibility decomposition (Unicode, UnicodeData.txt), as the International
 * Civil Aviation Organization writes them in travel documents (Doc 9303 part 3, section 6, table A); where it offers a
 * choice, the plain letter, as for letters with marks.
 */
const WRITTEN_OUT: Readonly<Record<string, string>> = {
  Æ: "AE",
  Đ: "D",
  Ð: "D",
  Ɖ: "D",
  Ħ: "H",
  İ: "I",
  ĸ: "K",
  Ł: "L",
  Ŋ: "N",
  Ø: "O",
  Œ: "OE",
  Ə: "E",
  Ɵ: "O",
  Ŧ: "T",
  Þ: "TH",
  ẞ: "SS",
  Ƶ: "Z",
};
const UNDECOMPOSED = new RegExp(`[${Object.keys(WRITTEN_OUT).join("")}]`, "g");

const FOLDED = /^[A-Z0-9]+(?: [A-Z0-9]+)*$/;
/** Needs no normalisation. */
const ASCII = /^[\x00-\x7f]*$/;

/** Marks off, upper case, every run of anything but A–Z and 0–9 one space; "" where nothing is left. */
export function foldWords(text: string): string {
  // Most values were folded when they were imported; this is the hot path of every match key.
  if (FOLDED.test(text)) return text;
  if (ASCII.test(text)) return plainWords(text.toUpperCase());
  const upper = withoutMarks(withoutMarks(text).toUpperCase());
  return plainWords(upper.replace(UNDECOMPOSED, (letter) => WRITTEN_OUT[letter]!));
}

function withoutMarks(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "");
}

function plainWords(text: string): string {
  return text.replace(/[^A-Z0-9]+/g, " ").trim();
}

/** As `foldWords`, and spaces out. */
export function fold(text: string): string {
  const words = foldWords(text);
  return words.includes(" ") ? words.replaceAll(" ", "") : words;
}
