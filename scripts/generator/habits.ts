import type { Dice } from "./dice.ts";

/** How a borough's system writes what is recorded, and how its clerks do: nothing here changes what standardising makes of it. */
export interface Habits {
  readonly order: "ymd" | "dmy";
  readonly separator: string;
  /** What stands where there is no value. */
  readonly missing: string;
  readonly sex: Readonly<Record<"M" | "F", string>>;
  readonly areStreetsShort: boolean;
}

/** What stands for "no value" in these files, each borough having its own. */
export const MISSING_TEXTS = ["", "NULL", "N/A"] as const;

const HABITS: readonly Habits[] = [
  { order: "dmy", separator: "/", missing: "", sex: { M: "M", F: "F" }, areStreetsShort: false },
  { order: "ymd", separator: "-", missing: "NULL", sex: { M: "male", F: "female" }, areStreetsShort: true },
  { order: "dmy", separator: "-", missing: "", sex: { M: "1", F: "2" }, areStreetsShort: false },
  { order: "dmy", separator: ".", missing: "N/A", sex: { M: "Male", F: "Female" }, areStreetsShort: true },
];

export function habitsOf(borough: number): Habits {
  return HABITS[borough % HABITS.length]!;
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

/** A name or address line as somebody typed it: case, spaces, diacritics, hyphens. */
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

const SHORT: Readonly<Record<string, readonly string[]>> = {
  Street: ["St", "St."],
  Road: ["Rd", "Rd."],
  Avenue: ["Ave", "Av"],
  Lane: ["Ln", "La"],
  Close: ["Cl"],
  Gardens: ["Gdns"],
  Drive: ["Dr"],
  Terrace: ["Terr", "Ter"],
  Square: ["Sq"],
  Crescent: ["Cres"],
  Place: ["Pl"],
  Court: ["Ct"],
};

/** "High Street" → "High St": the last word alone, as systems with short columns have it. */
export function shortenStreet(street: string, dice: Dice): string {
  const words = street.split(" ");
  const short = words.length < 2 ? undefined : SHORT[words.at(-1)!];
  return short === undefined ? street : [...words.slice(0, -1), dice.pick(short)].join(" ");
}

export function writeDate(date: string, { order, separator }: Habits): string {
  const parts = date.split("-");
  return (order === "ymd" ? parts : parts.reverse()).join(separator);
}
