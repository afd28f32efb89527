import type { Workspace } from "../base/scratch.ts";
import { Pages } from "./pages.ts";

export const DIGEST_BYTES = 32;
/** Units of a block at most: it is read at once, a quarter of a megabyte a key. */
export const BLOCK_UNITS = 8192;

/** The digests of some units in a row. To be used before the next block is taken. */
export interface DigestBlock {
  /** The first of them. */
  readonly first: number;
  readonly units: number;
  /** 32 bytes a unit; zeros where it lacks the key. */
  digestsOf(key: number): Uint8Array;
}

/**
 * The key digests of a node's own units, unit after unit as they come in, read again from the first to the last. They
 * could be tried against guesses; in a scratch file they stand under a key that only this process has.
 */
export class UnitDigests {
  readonly keys: number;
  readonly #pages: Pages;
  readonly #open: Uint8Array;
  #count = 0;
  #leftOut: Uint8Array | null = null;

  constructor(keys: number, workspace: Workspace) {
    this.keys = keys;
    this.#pages = new Pages(BLOCK_UNITS * keys * DIGEST_BYTES, workspace);
    this.#open = new Uint8Array(this.#pages.pageBytes);
  }

  /** @param digests one a key @throws ProtocolError "unavailable" without room on the disk */
  add(digests: readonly (Uint8Array | null)[]): void {
    const place = this.#count % BLOCK_UNITS;
    for (const [key, digest] of digests.entries()) {
      if (digest !== null) this.#open.set(digest, this.#offset(key, place));
    }
    this.#count++;
    if (place === BLOCK_UNITS - 1) {
      this.#pages.append(this.#open);
      this.#open.fill(0);
    }
  }

  /** From now on the marked units are passed over and the others numbered anew. @param marked 1 at each of them */
  leaveOut(marked: Uint8Array): void {
    this.#leftOut = marked;
  }

  /** @param only the one key that is wanted: the others are then not read @throws ProtocolError "wrong-phase" once closed */
  *blocks(only: number | null = null): Generator<DigestBlock> {
    let entering = 0;
    for (let start = 0; start < this.#count; start += BLOCK_UNITS) {
      this.#pages.requireOpen();
      const end = Math.min(start + BLOCK_UNITS, this.#count);
      const page = start / BLOCK_UNITS;
      const from = only === null ? 0 : this.#offset(only, 0);
      const to = only === null ? this.#open.length : this.#offset(only, BLOCK_UNITS);
      const bytes = page < this.#pages.count ? this.#pages.read(page, from, to) : this.#open.subarray(from, to);
      const digestsOf = (key: number) =>
        bytes.subarray(this.#offset(key, 0) - from, this.#offset(key, end - start) - from);
      const marked = this.#leftOut?.subarray(start, end);
      const block =
        marked?.includes(1) === true
          ? passOver(marked, digestsOf, entering)
          : { first: entering, units: end - start, digestsOf };
      yield block;
      entering += block.units;
    }
  }

  close(): void {
    this.#pages.close();
    this.#open.fill(0);
  }

  /** Key by key inside a block, so that one key can be read alone. */
  #offset(key: number, place: number): number {
    return (key * BLOCK_UNITS + place) * DIGEST_BYTES;
  }
}

function passOver(marked: Uint8Array, digestsOf: DigestBlock["digestsOf"], first: number): DigestBlock {
  const kept = [...marked.keys()].filter((unit) => marked[unit] !== 1);
  return {
    first,
    units: kept.length,
    digestsOf(key) {
      const all = digestsOf(key);
      const some = new Uint8Array(kept.length * DIGEST_BYTES);
      for (const [place, unit] of kept.entries()) {
        some.set(all.subarray(unit * DIGEST_BYTES, (unit + 1) * DIGEST_BYTES), place * DIGEST_BYTES);
      }
      return some;
    },
  };
}
