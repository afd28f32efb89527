import { compareBytes, concatBytes, textToBytes, u32ToBytes } from "./bytes.ts";
import { ProtocolError } from "./errors.ts";
import { MAX_VALUE_DEPTH } from "./limits.ts";

/**
 * The one canonical encoding. Everything hashed or signed goes through here, never protobuf or JSON text:
 * equal values have equal bytes, and `decodeValue` accepts only the bytes that `encodeValue` writes.
 *
 *   0x00 null · 0x01 false · 0x02 true · 0x03 i64 · 0x04 f64 (only where not a safe integer) ·
 *   0x05 u32 length, UTF-8 in NFC · 0x06 u32 length, bytes · 0x07 u32 count, values ·
 *   0x08 u32 count, (key: u32 length, UTF-8 in NFC; value) sorted by the key's bytes
 *
 * Integers are big-endian. An integer is a `number` where it is safe, else a `bigint`; a `number` beyond is a measure.
 */
export type Value = null | boolean | number | bigint | string | Uint8Array | readonly Value[] | ValueMap;
export interface ValueMap {
  readonly [key: string]: Value;
}

const NULL = 0x00;
const FALSE = 0x01;
const TRUE = 0x02;
const INTEGER = 0x03;
const FLOAT = 0x04;
const TEXT = 0x05;
const BYTES = 0x06;
const LIST = 0x07;
const MAP = 0x08;

const LEAST_I64 = -(2n ** 63n);
const MOST_I64 = 2n ** 63n - 1n;

/** @throws ProtocolError "malformed" for NaN, infinities, -0, integers beyond 64 bits and lone surrogates. */
export function encodeValue(value: Value): Uint8Array {
  const parts: Uint8Array[] = [];
  write(value, parts, 0);
  return concatBytes(...parts);
}

function write(value: Value, parts: Uint8Array[], depth: number): void {
  if (depth > MAX_VALUE_DEPTH) throw malformed(`value nested deeper than ${MAX_VALUE_DEPTH}`);
  if (value === null) parts.push(Uint8Array.of(NULL));
  else if (typeof value === "boolean") parts.push(Uint8Array.of(value ? TRUE : FALSE));
  else if (typeof value === "bigint") parts.push(integer(value));
  else if (typeof value === "number") parts.push(number(value));
  else if (typeof value === "string") parts.push(text(value));
  else if (value instanceof Uint8Array) parts.push(header(BYTES, value.length), value);
  else if (isList(value)) {
    parts.push(header(LIST, value.length));
    for (const item of value) write(item, parts, depth + 1);
  } else {
    const entries = Object.entries(value).map(([key, item]) => ({ bytes: textBytes(key), item }));
    entries.sort((a, b) => compareBytes(a.bytes, b.bytes));
    parts.push(header(MAP, entries.length));
    let previous: Uint8Array | null = null;
    for (const { bytes, item } of entries) {
      // Two keys may become one in NFC.
      if (previous !== null && compareBytes(previous, bytes) === 0) throw malformed("map key twice");
      previous = bytes;
      parts.push(u32ToBytes(bytes.length), bytes);
      write(item, parts, depth + 1);
    }
  }
}

// Array.isArray does not narrow a readonly array.
function isList(value: readonly Value[] | ValueMap): value is readonly Value[] {
  return Array.isArray(value);
}

function header(kind: number, length: number): Uint8Array {
  const out = new Uint8Array(5);
  out[0] = kind;
  new DataView(out.buffer).setUint32(1, length);
  return out;
}

function integer(value: bigint): Uint8Array {
  if (value < LEAST_I64 || value > MOST_I64) throw malformed("integer beyond 64 bits");
  const out = new Uint8Array(9);
  out[0] = INTEGER;
  new DataView(out.buffer).setBigInt64(1, value);
  return out;
}

function number(value: number): Uint8Array {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) return integer(BigInt(value));
  if (!Number.isFinite(value) || Object.is(value, -0)) throw malformed("number that is not finite, or minus zero");
  const out = new Uint8Array(9);
  out[0] = FLOAT;
  new DataView(out.buffer).setFloat64(1, value);
  return out;
}

function text(value: string): Uint8Array {
  const bytes = textBytes(value);
  return concatBytes(header(TEXT, bytes.length), bytes);
}

function textBytes(value: string): Uint8Array {
  if (!value.isWellFormed()) throw malformed("text with a lone surrogate");
  return textToBytes(value.normalize("NFC"));
}

/**
 * The value that `bytes` encode. Attacker-controlled input: every length is checked against what is left.
 * @throws ProtocolError "malformed" for anything that `encodeValue` would not have written.
 */
export function decodeValue(bytes: Uint8Array): Value {
  const reader = new Reader(bytes);
  const value = reader.value(0);
  reader.end();
  return value;
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  value(depth: number): Value {
    if (depth > MAX_VALUE_DEPTH) throw malformed(`value nested deeper than ${MAX_VALUE_DEPTH}`);
    const kind = this.#take(1)[0]!;
    switch (kind) {
      case NULL:
        return null;
      case FALSE:
        return false;
      case TRUE:
        return true;
      case INTEGER: {
        const whole = this.#view.getBigInt64(this.#skip(8));
        const small = Number(whole);
        return Number.isSafeInteger(small) ? small : whole;
      }
      case FLOAT: {
        const float = this.#view.getFloat64(this.#skip(8));
        if (!Number.isFinite(float) || Number.isSafeInteger(float)) throw malformed("float that should be an integer");
        return float;
      }
      case TEXT:
        return this.#text();
      case BYTES:
        return this.#take(this.#length()).slice();
      case LIST: {
        const count = this.#length();
        const list: Value[] = [];
        for (let i = 0; i < count; i++) list.push(this.value(depth + 1));
        return list;
      }
      case MAP:
        return this.#map(depth);
      default:
        throw malformed("unknown kind of value");
    }
  }

  end(): void {
    if (this.#offset !== this.#bytes.length) throw malformed("bytes after the value");
  }

  #map(depth: number): ValueMap {
    const count = this.#length();
    // No prototype: a key may be any text, "__proto__" too.
    const map = Object.create(null) as Record<string, Value>;
    let previous: Uint8Array | null = null;
    for (let i = 0; i < count; i++) {
      const key = this.#text();
      const bytes = textToBytes(key);
      if (previous !== null && compareBytes(previous, bytes) >= 0) throw malformed("map keys out of order");
      previous = bytes;
      map[key] = this.value(depth + 1);
    }
    return map;
  }

  #text(): string {
    const bytes = this.#take(this.#length());
    let text: string;
    try {
      text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch (cause) {
      throw malformed("text that is not UTF-8", cause);
    }
    if (text.normalize("NFC") !== text) throw malformed("text that is not in normal form NFC");
    return text;
  }

  /** A length or count; an item takes at least one byte, so more than is left cannot be true. */
  #length(): number {
    const length = this.#view.getUint32(this.#skip(4));
    if (length > this.#bytes.length - this.#offset) throw malformed("length beyond the end");
    return length;
  }

  #take(length: number): Uint8Array {
    const start = this.#skip(length);
    return this.#bytes.subarray(start, start + length);
  }

  #skip(length: number): number {
    if (length > this.#bytes.length - this.#offset) throw malformed("bytes missing at the end");
    const start = this.#offset;
    this.#offset += length;
    return start;
  }
}

function malformed(what: string, cause?: unknown): ProtocolError {
  return new ProtocolError("malformed", `canonical encoding: ${what}`, { cause });
}
