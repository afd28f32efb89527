import { doubleMetaphone } from "double-metaphone";
import { fold } from "./fold.ts";

/** Lawrence Philips' own length (C/C++ Users Journal, June 2000): the end of a name tells the least. */
const CODE_LENGTH = 4;

/**
 * How a name sounds, by the primary code of Double Metaphone: "SMITH" and "SMYTH" → "SM0", "PHILIP" and "FILLIP" →
 * "FLP". A figure in the name, or a name in which the rules hear nothing, has no code: null.
 */
export function soundOf(name: string): string | null {
  const letters = fold(name);
  if (!/^[A-Z]+$/.test(letters)) return null;
  const code = doubleMetaphone(letters)[0].slice(0, CODE_LENGTH);
  return code === "" ? null : code;
}
