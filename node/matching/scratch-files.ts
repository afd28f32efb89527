import { chmodSync, closeSync, mkdirSync, openSync, readdirSync, readSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { bytesToHex } from "../../shared/base/bytes.ts";
import type { RandomSource } from "../../shared/base/clock.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import { MAX_MATCH_MEMORY_BYTES } from "../../shared/base/limits.ts";
import { workspaceOf, type Scratch, type ScratchFile, type Workspace } from "../../shared/base/scratch.ts";
import { createScratchCipher } from "../../shared/crypto/scratch-cipher.ts";

/**
 * Scratch files in a folder of the node's own (0700, files 0600). A file's name goes as soon as it is open, so its room
 * is free again when it is closed or the process ends, however it ends. What it holds are tags that this matcher may see
 * anyway, or digests of this borough's own values; digests could be tried against guesses, so all of it is enciphered
 * under a key that stands in memory only.
 */
export function openWorkspace(folder: string, random: RandomSource): Workspace {
  return workspaceOf(MAX_MATCH_MEMORY_BYTES, openScratch(folder, random));
}

/** @throws ProtocolError "unavailable" where the folder cannot be made ready */
export function openScratch(folder: string, random: RandomSource): Scratch {
  orUnavailable(folder, () => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
    // Of a process that was killed between a file's opening and the end of its name; nobody reads them again.
    for (const name of readdirSync(folder)) rmSync(join(folder, name), { force: true });
  });
  return { open: () => orUnavailable(folder, () => openFile(folder, random)) };
}

function openFile(folder: string, random: RandomSource): ScratchFile {
  const path = join(folder, bytesToHex(random.bytes(16)));
  const file = openSync(path, "wx+", 0o600);
  // By force: another command of this node may just have taken it for a left-over.
  rmSync(path, { force: true });
  const cipher = createScratchCipher(random);
  let size = 0;
  let isOpen = true;
  return {
    append(bytes) {
      orUnavailable(folder, () => {
        const enciphered = cipher(bytes, size);
        for (let done = 0; done < bytes.length;)
          done += writeSync(file, enciphered, done, bytes.length - done, size + done);
      });
      size += bytes.length;
    },
    read(at, into) {
      orUnavailable(folder, () => {
        for (let done = 0; done < into.length;) {
          const got = readSync(file, into, done, into.length - done, at + done);
          if (got === 0) throw new Error("a scratch file ends before what was written to it");
          done += got;
        }
      });
      into.set(cipher(into, at));
    },
    close() {
      if (isOpen) closeSync(file);
      isOpen = false;
    },
  };
}

/** No file of this folder is worth more than the step that uses it: it is undone, and tried again later. */
function orUnavailable<T>(folder: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
    throw new ProtocolError("unavailable", `scratch folder: cannot be written or read${code}`, {
      cause,
      hint: `free disk space under ${folder}, and let only the node's user read and write there`,
    });
  }
}
