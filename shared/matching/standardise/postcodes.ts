import { fold } from "./fold.ts";
import type { Standardised } from "./outcome.ts";

/**
 * United Kingdom postcodes, as "SW1A 1AA" (BS 7666-2:2006; Royal Mail, Programmers' Guide to the Postcode Address File).
 * O for 0 and I for 1, or the other way round, are put right where the position allows one reading only; anything else
 * that has not the form is unreadable, and so are pseudo postcodes. Whether a postcode is in use is not checked.
 * Idempotent.
 *
 *   "sw1a1aa"   →  "SW1A 1AA"        "S014 OAA"  →  "SO14 0AA"       "ZZ99 3VZ"  →  unreadable, pseudo postcode
 *   "SWIA 1AA"  →  "SW1A 1AA"        "SW1A"      →  unreadable       "75008"     →  unreadable
 */
export function standardisePostcode(text: string): Standardised {
  const signs = fold(text);
  // ONS and NHS Data Model and Dictionary: ZZ99 3VZ no fixed abode, 3WZ not known, others a country.
  if (signs.startsWith("ZZ99")) return { unreadable: "pseudo postcode" };
  if (signs.length < 5 || signs.length > 7) return NOT_A_POSTCODE;
  const outward = readOutward(signs.slice(0, -3));
  const inward = repaired(signs.slice(-3), "9AA") ?? null;
  return outward === null || inward === null ? NOT_A_POSTCODE : { value: `${outward} ${inward}` };
}

const NOT_A_POSTCODE: Standardised = { unreadable: "not a postcode" };

/** A: letter, 9: figure, by the length of the outward code. */
const OUTWARD_FORMS: readonly (readonly string[])[] = [[], [], ["A9"], ["A99", "AA9", "A9A"], ["AA99", "AA9A"]];
/** Districts have no leading zero; the third and fourth position's letters are BS 7666's. */
const OUTWARD =
  /^(?:[A-Z][0-9]|[A-Z][1-9][0-9]|[A-Z]{2}[0-9]|[A-Z]{2}[1-9][0-9]|[A-Z][0-9][A-HJKPSTUW]|[A-Z]{2}[0-9][ABEHMNPRVWXY])$/;

function readOutward(signs: string): string | null {
  if (OUTWARD.test(signs)) return signs;
  if (signs === "GIR") return null;
  const readings = (OUTWARD_FORMS[signs.length] ?? [])
    .map((form) => repaired(signs, form))
    .filter((reading) => reading !== null && OUTWARD.test(reading));
  const [only, ...more] = new Set(readings);
  return only === undefined || more.length > 0 ? null : only;
}

/** The signs in the form, with O and 0, I and 1 as their positions need them; null where that is not enough. */
function repaired(signs: string, form: string): string | null {
  let text = "";
  for (let at = 0; at < form.length; at++) {
    const sign = signs[at]!;
    const isFigure = sign <= "9";
    if (isFigure === (form[at] === "9")) text += sign;
    else if (isFigure) {
      if (sign !== "0" && sign !== "1") return null;
      text += sign === "0" ? "O" : "I";
    } else {
      if (sign !== "O" && sign !== "I") return null;
      text += sign === "O" ? "0" : "1";
    }
  }
  return text;
}

/** "SW1A 1" of "SW1A 1AA"; null where the value is no standard postcode. */
export function postcodeSector(value: string): string | null {
  return /^([A-Z0-9]+ [0-9])[A-Z]{2}$/.exec(value)?.[1] ?? null;
}

/** "SW1A". */
export function postcodeDistrict(value: string): string | null {
  return /^([A-Z0-9]+) [0-9][A-Z]{2}$/.exec(value)?.[1] ?? null;
}

/** "SW". */
export function postcodeArea(value: string): string | null {
  return /^([A-Z]{1,2})[0-9][A-Z0-9]? [0-9][A-Z]{2}$/.exec(value)?.[1] ?? null;
}
