import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { assert } from "../../shared/base/errors.ts";

/** Frames of a list as a file, each behind its length as u32: what the coordinator's mailbox is in a round. */
const LENGTH_BYTES = 4;

/** Takes each frame only when the one before it is written. @returns how many, and their bytes without the lengths */
export function writeFrames(file: string, frames: Iterable<Uint8Array>): { frames: number; bytes: number } {
  const handle = openSync(file, "w", 0o600);
  const length = Buffer.alloc(LENGTH_BYTES);
  const written = { frames: 0, bytes: 0 };
  for (const frame of frames) {
    length.writeUInt32BE(frame.length);
    writeSync(handle, length);
    writeSync(handle, frame);
    written.frames++;
    written.bytes += frame.length;
  }
  closeSync(handle);
  return written;
}

/** One frame in memory at a time. */
export function* readFrames(file: string): Generator<Uint8Array> {
  const handle = openSync(file, "r");
  const length = Buffer.alloc(LENGTH_BYTES);
  while (readSync(handle, length) > 0) {
    const frame = new Uint8Array(length.readUInt32BE());
    assert(readSync(handle, frame) === frame.length, "a frame is there as a whole");
    yield frame;
  }
  closeSync(handle);
}
