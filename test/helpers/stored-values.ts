import { createHash } from "node:crypto";
import Sqlite from "better-sqlite3";

export type StoredValue = number | string | Buffer;

/** Every value of every row of every table, as SQLite gives it. A page's free space holds chance bytes; this does not. */
export function valuesOfDatabase(file: string): StoredValue[] {
  const db = new Sqlite(file, { readonly: true });
  try {
    const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all() as string[];
    return tables.flatMap((table) => {
      const rows = db.prepare(`SELECT * FROM "${table}"`).raw().all() as (StoredValue | null)[][];
      return rows.flat().filter((value) => value !== null);
    });
  } finally {
    db.close();
  }
}

/** Before or after the three bytes of a number under 2^24. */
const ZEROS = Buffer.alloc(5);

/** What somebody who holds some values could read in them as a number under 2^24. */
export class StoredValues {
  readonly #numbers = new Set<number>();
  readonly #texts = new Set<number>();
  readonly #words = new Set<number>();

  constructor(values: readonly StoredValue[]) {
    const seen = new Set<string>();
    for (const value of values) {
      if (typeof value === "number") this.#numbers.add(value);
      else if (typeof value === "string") this.#readText(value);
      else {
        const digest = createHash("sha256").update(value).digest("hex");
        if (seen.has(digest)) continue;
        seen.add(digest);
        this.#readText(value.toString("latin1"));
        this.#readWords(value);
      }
    }
  }

  /** How `count` stands there: as a column's number, as digits, as a 64-bit word of either byte order. */
  waysToHold(count: number): string[] {
    return Object.entries({ number: this.#numbers, text: this.#texts, words: this.#words })
      .filter(([, held]) => held.has(count))
      .map(([way]) => way);
  }

  #readText(text: string): void {
    for (const [digits] of text.matchAll(/\d{4,8}/g)) this.#texts.add(Number(digits));
  }

  #readWords(bytes: Buffer): void {
    for (let at = bytes.indexOf(ZEROS); at !== -1; at = bytes.indexOf(ZEROS, at + 1)) {
      if (at >= 3) this.#words.add(bytes.readUIntLE(at - 3, 3));
      if (at + 8 <= bytes.length) this.#words.add(bytes.readUIntBE(at + 5, 3));
    }
  }
}

/** Every 64-bit word of either byte order that stands in some bytes. */
function* wordsIn(bytes: Uint8Array): Generator<bigint> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 8 <= bytes.length; at++) {
    yield view.getBigUint64(at, true);
    yield view.getBigUint64(at, false);
  }
}

/** How often one of these words stands in some bytes, wherever it begins. */
export function wordsFound(blobs: readonly Uint8Array[], secret: ReadonlySet<bigint>): number {
  let hits = 0;
  for (const blob of blobs) for (const word of wordsIn(blob)) if (secret.has(word)) hits++;
  return hits;
}

/** A double, as a word. */
export function bitsOf(figure: number): bigint {
  return new DataView(Float64Array.of(figure).buffer).getBigUint64(0, true);
}
