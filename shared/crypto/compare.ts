import { timingSafeEqual } from "node:crypto";

/**
 * Comparing what must stay secret: invitation secrets, commitments to nonces before they are revealed, tokens.
 * Public bytes are compared by `isEqualBytes` in shared/base.
 */

/** Whether the bytes are equal, in a time that depends on their lengths only. */
export function isEqualSecret(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
