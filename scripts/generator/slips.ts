import type { Dice } from "./dice.ts";

/**
 * Errors, put into records one at a time: what each changes, how often beside others, and what the report calls it.
 */
export interface Mishap<Fields, Subject> {
  readonly kind: string;
  readonly weight: number;
  /** May leave the record as it was, where it has not what is needed. */
  readonly apply: (record: Fields, dice: Dice, subject: Subject) => void;
}

const ERRORS_A_RECORD = [
  { weight: 6, count: 1 },
  { weight: 3, count: 2 },
  { weight: 1, count: 3 },
];

/** One to three errors that change what is recorded; at least one field is different afterwards. @returns their kinds */
export function putErrors<Fields extends object, Subject>(
  mishaps: readonly Mishap<Fields, Subject>[],
  record: Fields,
  subject: Subject,
  dice: Dice,
): string[] {
  let errors = dice.pickWeighted(ERRORS_A_RECORD).count;
  const original = { ...record };
  const differs = (from: Fields) =>
    Object.entries(from).some(([field, value]) => record[field as keyof Fields] !== value);
  const kinds = new Set<string>();
  // A second error may undo a first.
  do {
    const { kind, apply } = dice.pickWeighted(mishaps);
    const before = { ...record };
    apply(record, dice, subject);
    if (!differs(before)) continue;
    kinds.add(kind);
    errors--;
  } while (errors > 0 || !differs(original));
  return [...kinds];
}

/** One slip of the keyboard: two letters swapped, one left out, doubled, or its neighbour. "" stays. */
export function mistype(text: string, dice: Dice): string {
  if (text === "") return "";
  if (text.length < 3) return `${text}${text.slice(-1)}`;
  const at = 1 + dice.below(text.length - 2);
  const [before, letter, next, after] = [text.slice(0, at), text.charAt(at), text.charAt(at + 1), text.slice(at + 2)];
  switch (dice.below(4)) {
    case 0:
      return letter === next ? `${before}${letter}${after}` : `${before}${next}${letter}${after}`;
    case 1:
      return `${before}${next}${after}`;
    case 2:
      return `${before}${letter}${letter}${next}${after}`;
    default:
      return `${before}${neighbourOf(letter)}${next}${after}`;
  }
}

/** Two figures swapped, from a place on: still QQ or 99, so still nobody's. */
export function swapDigits(number: string, from: number, dice: Dice): string {
  if (number === "") return "";
  const at = from + dice.below(5);
  return `${number.slice(0, at)}${number.charAt(at + 1)}${number.charAt(at)}${number.slice(at + 2)}`;
}

/** A neighbour's: the last letter is another of those never issued. */
export function mistypePostcode(postcode: string, dice: Dice): string {
  return postcode === "" ? "" : `${postcode.slice(0, -1)}${dice.pick(["C", "I", "K", "M", "O", "V"])}`;
}

/** The flat left out, or written after the number; of a house without one, the letter. */
export function rewriteHouse(text: string): string {
  const [, flat, number] = /^Flat (\d+), (.*)$/.exec(text) ?? [];
  if (flat === undefined || number === undefined) return text.replace(/[A-Z]$/, "");
  return Number(flat) % 2 === 0 ? number : `${number} Flat ${flat}`;
}

const ROWS = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];

function neighbourOf(letter: string): string {
  const row = ROWS.find((keys) => keys.includes(letter.toLowerCase()));
  if (row === undefined) return "e";
  const at = row.indexOf(letter.toLowerCase());
  return row.charAt(at === row.length - 1 ? at - 1 : at + 1);
}
