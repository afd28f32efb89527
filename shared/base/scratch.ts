import { assert } from "./errors.ts";

/**
 * Room outside memory for what a match holds while it runs. Whoever opens a file closes it, whatever happens; its bytes
 * end with it and with the process.
 */
export interface Scratch {
  /** @throws ProtocolError "unavailable" where the folder cannot be written */
  open(): ScratchFile;
}

/** Written once from front to back, read anywhere. Lengths and places are multiples of 16 bytes. */
export interface ScratchFile {
  /** @throws ProtocolError "unavailable" on a full disk: what was asked for has then not been written */
  append(bytes: Uint8Array): void;
  /** Fills `into` with the bytes from `at` on. @throws ProtocolError "unavailable" where they cannot be read */
  read(at: number, into: Uint8Array): void;
  /** No harm in a second time. */
  close(): void;
}

/** Where a party of a match keeps tags or digests: in memory up to so many bytes, in scratch files beyond. */
export interface Workspace {
  readonly memoryBytes: number;
  /** About so much of a slice is written or read at once, and kept open while it is filled. */
  readonly pageBytes: number;
  readonly scratch: Scratch;
}

const PAGE_BYTES = 64 * 1024;

export function workspaceOf(memoryBytes: number, scratch: Scratch): Workspace {
  return { memoryBytes, pageBytes: PAGE_BYTES, scratch };
}

/** For simulations, benchmarks and small sets: no limit, no file. */
export const IN_MEMORY = workspaceOf(Number.POSITIVE_INFINITY, {
  open: () => {
    assert(false, "what stays in memory needs no file");
  },
});
