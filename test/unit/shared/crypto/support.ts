import { createCipheriv, createHash } from "node:crypto";
import { ProtocolError, type ErrorCode } from "../../../../shared/base/errors.ts";
import type { RandomSource } from "../../../../shared/base/clock.ts";

/** The same bytes for the same seed, so that a failing run fails again. */
export function seededRandom(seed: string | number): RandomSource {
  const key = createHash("sha256").update(String(seed)).digest();
  const stream = createCipheriv("aes-256-ctr", key, new Uint8Array(16));
  return { bytes: (length) => new Uint8Array(stream.update(new Uint8Array(length))) };
}

/** A source that gives exactly these bytes, for vectors that fix a nonce or a coefficient. */
export function fixedRandom(bytes: Uint8Array): RandomSource {
  let next = 0;
  return {
    bytes(length) {
      if (next + length > bytes.length) throw new Error("more randomness drawn than the vector gives");
      next += length;
      return bytes.slice(next - length, next);
    },
  };
}

export function fromHex(...lines: readonly string[]): Uint8Array {
  return new Uint8Array(Buffer.from(lines.join("").replaceAll(" ", ""), "hex"));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** The code of the ProtocolError that `action` throws; any other error passes through. */
export function codeOf(action: () => unknown): ErrorCode | "no error" {
  try {
    action();
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
  return "no error";
}

/** The value, where a test knows that it is there. */
export function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("a value that the test counts on is missing");
  return value;
}

/** A copy with one bit changed. @param at any index, taken modulo the length */
export function flipBit(bytes: Uint8Array, at: number, bit = 0): Uint8Array {
  const changed = bytes.slice();
  const index = at % bytes.length;
  changed[index] = present(changed[index]) ^ (1 << bit);
  return changed;
}

export function xorBytes(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, i) => byte ^ present(b[i]));
}
