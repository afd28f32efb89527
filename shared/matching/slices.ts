import type { Workspace } from "../base/scratch.ts";
import { Pages } from "./pages.ts";

/**
 * Records of one size dealt out to slices as they come, then read slice by slice: what does not fit memory as a whole is
 * joined or sorted in parts that do. Records are 32-bit words.
 */
export class Slices {
  readonly #pages: Pages;
  readonly #recordWords: number;
  readonly #pageWords: number;
  readonly #slices: { readonly pages: number[]; words: number }[];
  /** One open page a slice, one after another. */
  readonly room: Uint32Array<ArrayBuffer>;

  constructor(slices: number, recordWords: number, workspace: Workspace) {
    this.#recordWords = recordWords;
    this.#pageWords = recordWords * recordsPerPage(recordWords, workspace.pageBytes);
    this.#pages = new Pages(this.#pageWords * 4, workspace);
    this.#slices = Array.from({ length: slices }, () => ({ pages: [], words: 0 }));
    this.room = new Uint32Array(slices * this.#pageWords);
  }

  /**
   * One more record of the slice, to be written before the next call. @returns where in `room` it begins
   * @throws ProtocolError "unavailable" without room on the disk
   */
  add(number: number): number {
    const slice = this.#slices[number]!;
    const start = number * this.#pageWords;
    if (slice.words === this.#pageWords) {
      slice.pages.push(this.#pages.append(this.#bytesOf(start, start + this.#pageWords)));
      slice.words = 0;
    }
    const at = start + slice.words;
    slice.words += this.#recordWords;
    return at;
  }

  /** Records of a slice. */
  count(number: number): number {
    const { pages, words } = this.#slices[number]!;
    return (pages.length * this.#pageWords + words) / this.#recordWords;
  }

  /** The records of a slice in the order added, in pieces that are to be used before the next is taken. */
  *read(number: number): Generator<Uint32Array> {
    const { pages, words } = this.#slices[number]!;
    for (const page of pages) {
      const bytes = this.#pages.read(page);
      yield new Uint32Array(bytes.buffer, bytes.byteOffset, this.#pageWords);
    }
    const start = number * this.#pageWords;
    if (words > 0) yield this.room.subarray(start, start + words);
  }

  close(): void {
    this.#pages.close();
  }

  #bytesOf(from: number, to: number): Uint8Array {
    return new Uint8Array(this.room.buffer, from * 4, (to - from) * 4);
  }
}

/** A multiple of four, so that a page is a multiple of 16 bytes. */
function recordsPerPage(recordWords: number, pageBytes: number): number {
  return Math.max(4, Math.floor(pageBytes / (recordWords * 16)) * 4);
}
