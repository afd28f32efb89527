import type { Dice } from "./residents.ts";

/**
 * What real extracts do to a record. Two kinds, kept apart: `disturb` changes what is recorded, so that a key may no
 * longer find the person; `dishevel` changes only how it is written, which standardising undoes.
 */
export interface Recorded {
  forename: string;
  surname: string;
  /** YYYY-MM-DD, or empty */
  dateOfBirth: string;
  postcode: string;
  nino: string;
}

type Disturbance = (record: Recorded, dice: Dice) => void;

const DISTURBANCES: readonly { readonly weight: number; readonly apply: Disturbance }[] = [
  { weight: 5, apply: (record, dice) => (record.forename = mistype(record.forename, dice)) },
  { weight: 6, apply: (record, dice) => (record.surname = mistype(record.surname, dice)) },
  { weight: 2, apply: (record) => ([record.forename, record.surname] = [record.surname, record.forename]) },
  { weight: 2, apply: (record) => (record.forename = record.forename.charAt(0)) },
  { weight: 3, apply: (record) => (record.dateOfBirth = swapDayAndMonth(record.dateOfBirth)) },
  { weight: 2, apply: (record, dice) => (record.dateOfBirth = mistypeDay(record.dateOfBirth, dice)) },
  { weight: 1, apply: (record) => (record.dateOfBirth = "1900-01-01") },
  { weight: 2, apply: (record) => (record.dateOfBirth = "") },
  { weight: 6, apply: (record) => (record.nino = "") },
  { weight: 3, apply: (record, dice) => (record.nino = mistypeNino(record.nino, dice)) },
  { weight: 2, apply: (record) => (record.postcode = "") },
];
const WEIGHTS = DISTURBANCES.flatMap(({ weight, apply }) => Array.from({ length: weight }, () => apply));

/** One to three errors that change what is recorded; at least one field is different afterwards. */
export function disturb(record: Recorded, dice: Dice): void {
  const before = JSON.stringify(record);
  do {
    const errors = 1 + dice.below(3);
    for (let i = 0; i < errors; i++) dice.pick(WEIGHTS)(record, dice);
  } while (JSON.stringify(record) === before);
}

/** One slip of the keyboard: two letters swapped, one left out, doubled, or its neighbour. */
export function mistype(text: string, dice: Dice): string {
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

const ROWS = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];

function neighbourOf(letter: string): string {
  const row = ROWS.find((keys) => keys.includes(letter.toLowerCase()));
  if (row === undefined) return "e";
  const at = row.indexOf(letter.toLowerCase());
  return row.charAt(at === row.length - 1 ? at - 1 : at + 1);
}

function swapDayAndMonth(date: string): string {
  const [year = "", month = "", day = ""] = date.split("-");
  return date === "" || Number(day) > 12 ? date : `${year}-${day}-${month}`;
}

function mistypeDay(date: string, dice: Dice): string {
  return date === "" ? "" : `${date.slice(0, 8)}${String(1 + dice.below(28)).padStart(2, "0")}`;
}

/** Two digits swapped: still QQ, so still nobody's. */
function mistypeNino(nino: string, dice: Dice): string {
  if (nino === "") return "";
  const at = 2 + dice.below(5);
  return `${nino.slice(0, at)}${nino.charAt(at + 1)}${nino.charAt(at)}${nino.slice(at + 2)}`;
}

export interface Habits {
  readonly order: "ymd" | "dmy";
  readonly separator: string;
  /** What stands where there is no value. */
  readonly missing: string;
}

const UNTIDY: readonly ((text: string) => string)[] = [
  (text) => text.toUpperCase(),
  (text) => text.toLowerCase(),
  (text) => `  ${text}`,
  (text) => `${text} `,
  (text) => text.normalize("NFD"),
  (text) => text.normalize("NFD").replace(/\p{M}/gu, ""),
  (text) => text.replaceAll("-", " "),
  (text) => text.replaceAll("'", "’"),
];

/** A name as somebody typed it: case, spaces, diacritics, hyphens. */
export function dishevelName(text: string, dirt: number, dice: Dice): string {
  return text !== "" && dice.chance(dirt) ? dice.pick(UNTIDY)(text) : text;
}

/** A number or postcode with other spaces or case. */
export function dishevelCode(text: string, dirt: number, dice: Dice): string {
  if (text === "" || !dice.chance(dirt)) return text;
  return dice.pick([
    text.toLowerCase(),
    text.replaceAll(" ", ""),
    ` ${text}`,
    text.includes(" ") ? text.replace(" ", "  ") : text.replace(/^(..)(..)/, "$1 $2 "),
  ]);
}

export function writeDate(date: string, { order, separator }: Habits): string {
  const parts = date.split("-");
  return (order === "ymd" ? parts : parts.reverse()).join(separator);
}
