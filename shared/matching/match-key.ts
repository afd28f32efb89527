import { ProtocolError } from "../base/errors.ts";
import { sha256OfMany } from "../crypto/hash.ts";
import { fold } from "./standardise.ts";

/**
 * Match keys: what two rows must share to be one person, as a list of fields and of transforms. Date parts (day, month,
 * year) choose from a date and stand side by side; every other transform takes what the one before it gave. A key whose
 * parts are not all there is missing.
 */
export interface CascadeKey {
  readonly key: string;
  readonly of: readonly { readonly field: string; readonly as: readonly string[] }[];
}

const DATE_PART = new Set(["day", "month", "year"]);
/** What a u16 length can say. */
const MAX_COMPONENT_BYTES = 0xffff;
const FIRST = /^first:([1-9]\d?)$/;

type Transform = (value: string) => string | null;

const TRANSFORMS: Readonly<Record<string, Transform>> = {
  fold: (value) => fold(value),
  identifier: (value) => fold(value),
  sorted: (value) => Array.from(fold(value)).sort().join(""),
  digits: (value) => value.replace(/[^0-9]/g, ""),
  postcode: (value) => fold(value),
  sector: (value) => /^([A-Z0-9]+ [0-9])[A-Z]{2}$/.exec(value)?.[1] ?? null,
  district: (value) => /^([A-Z0-9]+) [0-9][A-Z]{2}$/.exec(value)?.[1] ?? null,
  day: (value) => datePart(value, 3),
  month: (value) => datePart(value, 2),
  year: (value) => datePart(value, 1),
};

function datePart(value: string, part: number): string | null {
  return /^(\d{4})-(\d{2})-(\d{2})$/.exec(value)?.[part] ?? null;
}

/** @param where how to name it in the message @throws ProtocolError "bad-input" for a transform this version has not */
export function parseTransform(text: string, where: string): Transform {
  const transform = Object.hasOwn(TRANSFORMS, text) ? TRANSFORMS[text] : undefined;
  if (transform !== undefined) return transform;
  const first = FIRST.exec(text);
  if (first === null) {
    const named = text.slice(0, 32).replace(/[^\x20-\x7e]/g, "?");
    throw new ProtocolError("bad-input", `${where}: no transform "${named}"`, {
      hint: `known are ${Object.keys(TRANSFORMS).join(", ")}, first:N`,
    });
  }
  return (value) => Array.from(value).slice(0, Number(first[1])).join("");
}

/** From a value to the text of one component, or null where it is missing. */
function componentOf(as: readonly string[], where: string): Transform {
  const transforms = as.map((name) => parseTransform(name, where));
  if (as.length > 0 && as.every((name) => DATE_PART.has(name))) {
    return (value) => {
      const parts = transforms.map((part) => part(value));
      return parts.includes(null) ? null : parts.join("-");
    };
  }
  return (value) => {
    let text: string | null = value;
    for (const transform of transforms) {
      text = transform(text);
      if (text === null || text === "") return null;
    }
    return text;
  };
}

/** By the list of transforms: a million rows do not look for theirs a million times. */
const components = new WeakMap<readonly string[], Transform>();

function component(value: string, as: readonly string[], where: string): string | null {
  let known = components.get(as);
  if (known === undefined) {
    known = componentOf(as, where);
    components.set(as, known);
  }
  return known(value);
}

/** Where `keyDigest` writes a message before it hashes it: one memory for a million rows. */
let message = Buffer.alloc(1024);
const LENGTH_BYTES = 2;
/** What UTF-8 may take for one unit of a string. */
const MAX_UNIT_BYTES = 3;

/**
 * SHA-256 of the components, each behind its u16 length: 32 bytes, or null where a component is missing. It never
 * leaves the node: tags are HMACs of it under a pair's salt.
 */
export function keyDigest(key: CascadeKey, valueOf: (field: string) => string | null): Uint8Array | null {
  let end = 0;
  for (const { field, as } of key.of) {
    const value = valueOf(field);
    const text = value === null ? null : component(value, as, key.key);
    if (text === null) return null;
    // Two texts that were cut would be equal where they are not.
    if (text.length > MAX_COMPONENT_BYTES) return null;
    const needed = end + LENGTH_BYTES + text.length * MAX_UNIT_BYTES;
    if (needed > message.length) message = Buffer.concat([message], 2 * needed);
    const length = message.write(text, end + LENGTH_BYTES);
    if (length > MAX_COMPONENT_BYTES) return null;
    message.writeUInt16BE(length, end);
    end += LENGTH_BYTES + length;
  }
  return sha256OfMany(message.subarray(0, end));
}
