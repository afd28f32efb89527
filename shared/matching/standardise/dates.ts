import type { Standardised } from "./outcome.ts";

/**
 * Days, to ISO 8601. Real days of the Gregorian calendar only; the order of day and month is declared, never found out.
 * Days that systems write where none is known are refused, because everybody without a birthday would share them. A year
 * of two figures is read only where the year of the extract is known. Idempotent.
 *
 *   dmy  "03/11/1987"  →  1987-11-03     "3 Nov 1987"  →  1987-11-03      "01/01/1900"  →  unreadable, a placeholder
 *   dmy  "03/11/87", extract of 2026  →  1987-11-03                      "31/04/1987"  →  unreadable, no such day
 */
export type DateOrder = "ymd" | "dmy" | "mdy";

export interface DateOptions {
  readonly order: DateOrder;
  /** The year of the extract: nobody was born after it. Null: two-digit years are unreadable, later ones are not. */
  readonly latestYear: number | null;
}

const LEAST_YEAR = 1800;
const MOST_YEAR = 2199;

/**
 * Days that mean "not known": the first and last day of what a spreadsheet or database can hold, and the first day of a
 * century (Excel counts from 1899-12-31, OLE automation from 1899-12-30, SQL Server's default is 1900-01-01).
 */
const PLACEHOLDERS = new Set([
  "1800-01-01",
  "1899-12-30",
  "1899-12-31",
  "1900-01-00",
  "1900-01-01",
  "1901-01-01",
  "2099-12-31",
]);

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const MIDNIGHT = /[T ]0{1,2}:00(?::00(?:\.0+)?)?Z?$/;
const ISO = /^(\d{4})-(\d{2})-(\d{2})$/;
const PARTS = /^(\d{1,4})[-/. ](\d{1,2})[-/. ](\d{1,4})$/;
const DIGITS = /^(?:\d{6}|\d{8})$/;
const DAY_MONTH_NAME = /^(\d{1,2})(?:ST|ND|RD|TH)?[-/. ]?([A-Z]{3,9})[-/., ]{0,2}(\d{4}|\d{2})$/;
const MONTH_NAME_DAY = /^([A-Z]{3,9})[-/. ]?(\d{1,2})(?:ST|ND|RD|TH)?[-/., ]{1,2}(\d{4}|\d{2})$/;

export function standardiseDate(text: string, options: DateOptions): Standardised {
  const day = text.length > 10 ? text.replace(MIDNIGHT, "") : text;
  // A year first leaves no doubt, whatever order was declared.
  const iso = ISO.exec(day);
  if (iso !== null) return checkDay(Number(iso[1]), Number(iso[2]), Number(iso[3]), options);
  const parts = PARTS.exec(day);
  if (parts !== null) return inOrder([parts[1]!, parts[2]!, parts[3]!], options);
  if (DIGITS.test(day)) return inOrder(cut(day, options.order), options);
  return withMonthName(day.toUpperCase(), options);
}

/** Eight or six figures in the declared order. */
function cut(digits: string, order: DateOrder): [string, string, string] {
  const year = digits.length - 4;
  return order === "ymd"
    ? [digits.slice(0, year), digits.slice(year, year + 2), digits.slice(year + 2)]
    : [digits.slice(0, 2), digits.slice(2, 4), digits.slice(4)];
}

function inOrder([first, second, third]: [string, string, string], options: DateOptions): Standardised {
  const { order } = options;
  const [year, month, day] =
    order === "ymd" ? [first, second, third] : order === "dmy" ? [third, second, first] : [third, first, second];
  const full = fullYear(year, options.latestYear);
  if (full === null) return { unreadable: "year not of four digits" };
  if (day.length > 2 || month.length > 2) return { unreadable: "not in the declared order" };
  return checkDay(full, Number(month), Number(day), options);
}

function withMonthName(text: string, options: DateOptions): Standardised {
  const dayFirst = DAY_MONTH_NAME.exec(text);
  const monthFirst = dayFirst === null ? MONTH_NAME_DAY.exec(text) : null;
  const [name, day, year] =
    dayFirst !== null ? [dayFirst[2]!, dayFirst[1]!, dayFirst[3]!] : (monthFirst?.slice(1) ?? ["", "", ""]);
  const month = MONTHS.indexOf(name!.slice(0, 3)) + 1;
  if (month === 0) return { unreadable: "not a date" };
  const full = fullYear(year!, options.latestYear);
  if (full === null) return { unreadable: "year not of four digits" };
  return checkDay(full, month, Number(day), options);
}

/** The latest year that ends in these two figures and is not after the extract. */
function fullYear(year: string, latestYear: number | null): number | null {
  if (year.length === 4) return Number(year);
  if (year.length !== 2 || latestYear === null) return null;
  const inCentury = latestYear - (latestYear % 100) + Number(year);
  return inCentury <= latestYear ? inCentury : inCentury - 100;
}

function checkDay(year: number, month: number, day: number, { latestYear }: DateOptions): Standardised {
  if (year < LEAST_YEAR || year > MOST_YEAR) return { unreadable: "year out of range" };
  const iso = `${year}-${twoDigits(month)}-${twoDigits(day)}`;
  if (PLACEHOLDERS.has(iso)) return { unreadable: "placeholder date" };
  if (latestYear !== null && year > latestYear) return { unreadable: "year after the import" };
  if (month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return { unreadable: "no such day" };
  return { value: iso };
}

function daysOf(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
}

function twoDigits(number: number): string {
  return number < 10 ? `0${number}` : String(number);
}

/** Year, month or day of a standard date, or null. @param part 1, 2 or 3 */
export function datePart(value: string, part: 1 | 2 | 3): string | null {
  return ISO.exec(value)?.[part] ?? null;
}

/** Day and month in order of size: equal for 1987-03-11 and 1987-11-03, which forms and spreadsheets swap. */
export function dayAndMonth(value: string): string | null {
  const parts = ISO.exec(value);
  if (parts === null) return null;
  const [month, day] = [parts[2]!, parts[3]!];
  return day < month ? `${day}/${month}` : `${month}/${day}`;
}
