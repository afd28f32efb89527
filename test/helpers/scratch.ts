import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openScratch } from "../../node/matching/scratch-files.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import type { Scratch, Workspace } from "../../shared/base/scratch.ts";
import { systemRandom } from "../../shared/host/random.ts";

/** Scratch files as a node has them, in a folder of the test's own, and how many were opened and closed. */
export interface CountedScratch extends Scratch {
  readonly folder: string;
  opened: number;
  closed: number;
  /** The disk is full from so many more appended pieces on, for so many attempts to append. */
  roomFor: number;
  fullFor: number;
  cleanUp(): void;
}

export function countedScratch(): CountedScratch {
  const folder = mkdtempSync(join(tmpdir(), "portmoot-scratch-"));
  const scratch = openScratch(folder, systemRandom);
  const counted: CountedScratch = {
    folder,
    opened: 0,
    closed: 0,
    roomFor: Number.POSITIVE_INFINITY,
    fullFor: Number.POSITIVE_INFINITY,
    open() {
      const file = scratch.open();
      counted.opened++;
      let isOpen = true;
      return {
        append(bytes) {
          if (counted.roomFor-- <= 0 && counted.fullFor-- > 0)
            throw new ProtocolError("unavailable", "scratch folder: full", { hint: "free it" });
          file.append(bytes);
        },
        read: (at, into) => {
          file.read(at, into);
        },
        close() {
          file.close();
          if (isOpen) counted.closed++;
          isOpen = false;
        },
      };
    },
    cleanUp() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return counted;
}

/** So small that lists of a few hundred rows fill many pages. */
export function tinyWorkspace(scratch: Scratch, memoryBytes = 0): Workspace {
  return { memoryBytes, pageBytes: 256, scratch };
}
