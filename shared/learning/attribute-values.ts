import { ProtocolError } from "../base/errors.ts";
import type { Feature, Label, LearningTask } from "./task.ts";

/**
 * From the text of an attribute to what the arithmetic takes: one rule for training, checking and scoring (task.ts).
 * Attacker-controlled as far as anything in an extract is: no text throws, and none becomes a number by a guess. A
 * comma, a thousands separator, hexadecimal digits, NaN and Infinity are no numbers here.
 */
export type Unreadable = (typeof UNREADABLE_KINDS)[number];

export const UNREADABLE_KINDS = ["not-a-number", "out-of-range", "unlisted-code", "not-a-count"] as const;

/** The number, "missing" where there is no text, else why it cannot be read. */
export type Reading = number | "missing" | Unreadable;

export type AttributeReader = (text: string | null) => Reading;

/** Natural units of a number, 0 or 1 of a flag, place in `codes` of a category. */
export function attributeReader(feature: Feature): AttributeReader {
  switch (feature.type) {
    case "number":
      return numberReader(feature.least, feature.most);
    case "category":
      return categoryReader(feature.codes);
    case "flag": {
      const place = codePlaces(feature.yes);
      return (text) => {
        if (text === null) return "missing";
        if (place(text) !== undefined) return 1;
        return isBlank(text) ? "missing" : 0;
      };
    }
  }
}

/**
 * The label as the family takes it: 0 or 1 for logistic, otherwise the number.
 * @throws ProtocolError "bad-input" where the declaration says no label of that family
 */
export function labelReader({ family, label }: Pick<LearningTask, "family" | "label">): AttributeReader {
  const { attribute, positive } = label;
  const read = attributeReader(attribute);
  if (family !== "logistic") {
    if (attribute.type === "category" || positive !== null) throw notALabel(family, attribute);
    return family === "linear" ? read : (text) => toCount(read(text));
  }
  if (attribute.type === "flag") {
    if (positive !== null) throw notALabel(family, attribute);
    return read;
  }
  if (positive === null) throw notALabel(family, attribute);
  const isPositive =
    attribute.type === "number" ? comparison(positive, attribute) : positiveCodes(positive, attribute, attribute.codes);
  return (text) => {
    const reading = read(text);
    return typeof reading === "number" ? (isPositive(reading) ? 1 : 0) : reading;
  };
}

/** The number that a text writes in plain decimal notation, or null. */
export function parseDecimal(text: string): number | null {
  if (!DECIMAL.test(text)) return null;
  const value = Number(text);
  // Minus zero is zero: two ways to write one number must not be two.
  return Number.isFinite(value) ? value + 0 : null;
}

const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

function numberReader(least: number, most: number): AttributeReader {
  return (text) => {
    if (text === null) return "missing";
    const value = parseDecimal(text);
    if (value === null) return isBlank(text) ? "missing" : "not-a-number";
    return value >= least && value <= most ? value : "out-of-range";
  };
}

function categoryReader(codes: readonly string[]): AttributeReader {
  const place = codePlaces(codes);
  return (text) => {
    if (text === null) return "missing";
    return place(text) ?? (isBlank(text) ? "missing" : "unlisted-code");
  };
}

/** Place of a text among codes, which are compared as numbers where both are numbers: "1.0" is "1". */
function codePlaces(codes: readonly string[]): (text: string) => number | undefined {
  const byText = new Map<string, number>();
  const byNumber = new Map<number, number>();
  for (const [place, code] of codes.entries()) {
    if (!byText.has(code)) byText.set(code, place);
    const value = parseDecimal(code);
    if (value !== null && !byNumber.has(value)) byNumber.set(value, place);
  }
  return (text) => {
    const place = byText.get(text);
    if (place !== undefined) return place;
    // Charters are in normal form, extracts need not be.
    const plain = text.trim().normalize("NFC");
    const value = parseDecimal(plain);
    return value === null ? byText.get(plain) : byNumber.get(value);
  };
}

function isBlank(text: string): boolean {
  return text.trim() === "";
}

function toCount(reading: Reading): Reading {
  return typeof reading === "number" && (reading < 0 || !Number.isInteger(reading)) ? "not-a-count" : reading;
}

type Positive = NonNullable<Label["positive"]>;

function comparison({ is, than }: Positive, attribute: Feature): (value: number) => boolean {
  const bound = typeof than === "number" ? than : parseDecimal(than);
  if (bound === null || Number.isNaN(bound)) throw notALabel("logistic", attribute);
  if (is === "=") return (value) => value === bound;
  return is === ">" ? (value) => value > bound : (value) => value >= bound;
}

function positiveCodes(positive: Positive, attribute: Feature, codes: readonly string[]): (place: number) => boolean {
  if (positive.is === "=") {
    const wanted = codePlaces(codes)(String(positive.than));
    if (wanted === undefined) throw notALabel("logistic", attribute);
    return (place) => place === wanted;
  }
  const isBeyond = comparison(positive, attribute);
  const values = codes.map(parseDecimal);
  if (values.includes(null)) throw notALabel("logistic", attribute);
  return (place) => isBeyond(values[place]!);
}

function notALabel(family: string, { name }: Feature): ProtocolError {
  return new ProtocolError("bad-input", `label ${name}: as declared it is no label for a ${family} model`, {
    hint: 'logistic: a flag, or `positive` as ">x", ">=x" or "=code"; linear and poisson: a number without `positive`',
  });
}
