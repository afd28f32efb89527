import { sha256OfMany } from "../crypto/hash.ts";
import { sortedLetters } from "./standardise/names.ts";
import { isDateParts, JOINS, parseTransform, STANDARD_TABLES, type TransformTables } from "./transforms.ts";

/**
 * Match keys: what two rows must share to be one person, as a list of fields and of transforms (transforms.ts). A key
 * whose components are not all there is missing.
 */
export interface CascadeKey {
  readonly key: string;
  readonly of: readonly { readonly field: string; readonly as: readonly string[] }[];
}

/** What a u16 length can say. */
const MAX_COMPONENT_BYTES = 0xffff;

/** The values of a row by field, null where there is none. */
export type ValueOf = (field: string) => string | null;

/**
 * A cascade made ready for many rows: transforms are parsed once, and a component that several keys share is made once a
 * row. @returns for a row, each key's digest as `keyDigest`
 * @throws ProtocolError "bad-input" for a transform this version has not
 */
export function compileCascade(
  cascade: readonly CascadeKey[],
  tables: TransformTables = STANDARD_TABLES,
): (valueOf: ValueOf) => (Uint8Array | null)[] {
  const components: { field: string; make: (value: string) => string | null }[] = [];
  const places = new Map<string, number>();
  const keys = cascade.map(({ key, of }): Places => {
    const all = of.map(({ field, as }): Place => {
      const join = as.find((name) => Object.hasOwn(JOINS, name)) ?? null;
      const identity = JSON.stringify([field, ...as.filter((name) => name !== join)]);
      const known = places.get(identity);
      if (known !== undefined) return { component: known, join };
      const place = components.length;
      components.push({ field, make: componentOf(as, key, tables) });
      places.set(identity, place);
      return { component: place, join };
    });
    return { all, areJoined: all.some(({ join }) => join !== null) };
  });
  return (valueOf) => {
    const texts = components.map(({ field, make }) => {
      const value = valueOf(field);
      return value === null ? null : make(value);
    });
    return keys.map((of) => digestOf(of, texts));
  };
}

interface Places {
  readonly all: readonly Place[];
  readonly areJoined: boolean;
}

interface Place {
  readonly component: number;
  readonly join: string | null;
}

/** As `compileCascade`, for one key and one row: 32 bytes, or null where a component is missing. */
export function keyDigest(key: CascadeKey, valueOf: ValueOf): Uint8Array | null {
  const [digest = null] = compileCascade([key])(valueOf);
  return digest;
}

/** Gives the text of one component, or null where it is missing. */
function componentOf(as: readonly string[], where: string, tables: TransformTables): (value: string) => string | null {
  const transforms = as.map((name) => parseTransform(name, where, tables));
  if (isDateParts(as)) {
    return (value) => {
      const parts = transforms.map((transform) => transform(value));
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

/**
 * SHA-256 of the components, each behind its u16 length. It never leaves the node: tags are HMACs of it under a pair's
 * salt.
 */
function digestOf({ all, areJoined }: Places, texts: readonly (string | null)[]): Uint8Array | null {
  const chosen: string[] = [];
  for (const { component } of all) {
    const text = texts[component] ?? null;
    if (text === null) return null;
    chosen.push(text);
  }
  return hashComponents(areJoined ? joined(all, chosen) : chosen);
}

/** Components with the same join, made one sequence that does not depend on which of them held what. */
function joined(of: readonly Place[], texts: readonly string[]): string[] {
  const result = texts.filter((_, index) => of[index]!.join === null);
  for (const join of Object.keys(JOINS)) {
    const marked = texts.filter((_, index) => of[index]!.join === join);
    if (marked.length === 0) continue;
    result.push(...(join === "letters" ? [sortedLetters(marked.join(""))] : marked.sort()));
  }
  return result;
}

/** Where a message is written before it is hashed: one memory for a million rows. */
let message = Buffer.alloc(1024);
const LENGTH_BYTES = 2;
/** What UTF-8 may take for one unit of a string. */
const MAX_UNIT_BYTES = 3;

function hashComponents(texts: readonly string[]): Uint8Array | null {
  let end = 0;
  for (const text of texts) {
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
