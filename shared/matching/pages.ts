import { assert, ProtocolError } from "../base/errors.ts";
import type { ScratchFile, Workspace } from "../base/scratch.ts";

/**
 * Pages of one size, appended and read again: in memory until they take more than the workspace's bytes, from then on
 * all of them in a scratch file. Nothing above this knows which.
 */
export class Pages {
  readonly pageBytes: number;
  readonly #workspace: Workspace;
  #inMemory: Uint8Array[] = [];
  #file: ScratchFile | null = null;
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #count = 0;
  #isClosed = false;

  /** @param pageBytes a multiple of 16 */
  constructor(pageBytes: number, workspace: Workspace) {
    assert(pageBytes % 16 === 0, "a page is whole blocks of a scratch file");
    this.pageBytes = pageBytes;
    this.#workspace = workspace;
  }

  get count(): number {
    return this.#count;
  }

  /** Copies the page. @returns its number, from 0 on @throws ProtocolError "unavailable" without room on the disk */
  append(page: Uint8Array): number {
    assert(page.length === this.pageBytes, "pages are of one size");
    if (this.#file === null && (this.#count + 1) * this.pageBytes > this.#workspace.memoryBytes) this.#moveToFile();
    if (this.#file === null) this.#inMemory.push(page.slice());
    else this.#file.append(page);
    return this.#count++;
  }

  /** Bytes `from` … `to` of a page, multiples of 16; to be used before the next call. @throws ProtocolError "wrong-phase" once closed */
  read(page: number, from = 0, to = this.pageBytes): Uint8Array {
    this.requireOpen();
    if (this.#file === null) return this.#inMemory[page]!.subarray(from, to);
    if (this.#buffer.length < to - from) this.#buffer = new Uint8Array(to - from);
    const part = this.#buffer.subarray(0, to - from);
    this.#file.read(page * this.pageBytes + from, part);
    return part;
  }

  /** Who closes does not wait for those who read. @throws ProtocolError "wrong-phase" once closed */
  requireOpen(): void {
    if (this.#isClosed) throw new ProtocolError("wrong-phase", "matching: what this step works on is gone");
  }

  close(): void {
    this.#isClosed = true;
    this.#inMemory = [];
    this.#file?.close();
  }

  #moveToFile(): void {
    this.#file = this.#workspace.scratch.open();
    for (const page of this.#inMemory) this.#file.append(page);
    this.#inMemory = [];
  }
}
