import {
  chmodSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
  fsyncSync,
  closeSync,
} from "node:fs";
import { join } from "node:path";
import { bytesToHex } from "../../shared/base/bytes.ts";
import type { RandomSource } from "../../shared/base/clock.ts";

/**
 * One key a round, in a file of its own outside the database: unlinking it makes every wrapped secret of the round
 * unreadable, in the database, its journal and its backups alike (protocol.md, "Round").
 */
export interface RoundKeys {
  /** The round's key; made on the first call. */
  keyOf(round: Uint8Array): Uint8Array;
  /** The key where it still exists: a restored backup has none. */
  existing(round: Uint8Array): Uint8Array | null;
  destroy(round: Uint8Array): void;
}

export function openRoundKeys(folder: string, random: RandomSource): RoundKeys {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const path = (round: Uint8Array) => join(folder, `${bytesToHex(round)}.key`);
  const existing = (round: Uint8Array) => (existsSync(path(round)) ? new Uint8Array(readFileSync(path(round))) : null);
  return {
    keyOf(round) {
      const found = existing(round);
      if (found?.length === 32) return found;
      const key = random.bytes(32);
      const file = openSync(path(round), "w", 0o600);
      writeSync(file, key);
      fsyncSync(file);
      closeSync(file);
      return key;
    },
    existing,
    destroy(round) {
      if (!existsSync(path(round))) return;
      // Overwritten first: on file systems that reuse blocks in place the old bytes do not linger.
      const file = openSync(path(round), "r+");
      writeSync(file, new Uint8Array(32));
      fsyncSync(file);
      closeSync(file);
      rmSync(path(round));
    },
  };
}

/** For a simulation: keys that end with the process. */
export function createMemoryRoundKeys(random: RandomSource): RoundKeys {
  const keys = new Map<string, Uint8Array>();
  const existing = (round: Uint8Array) => keys.get(bytesToHex(round)) ?? null;
  return {
    keyOf(round) {
      const key = existing(round) ?? random.bytes(32);
      keys.set(bytesToHex(round), key);
      return key;
    },
    existing,
    destroy(round) {
      existing(round)?.fill(0);
      keys.delete(bytesToHex(round));
    },
  };
}
