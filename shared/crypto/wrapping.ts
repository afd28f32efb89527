import type { RandomSource } from "../base/clock.ts";
import type { Value } from "../base/encoding.ts";
import { openSmall, sealSmall } from "./sealing.ts";

/**
 * Secrets at rest: a node keeps the secrets of a round in its database wrapped under a key in a file outside
 * the database and its backups (protocol.md, "Round"), so that unlinking the file erases them all. The same
 * cipher as a sealed envelope, under a context of its own, so that neither can stand for the other.
 */

/**
 * @param key 32 bytes, the round's own
 * @param context what the secret is and where it belongs; must be given again to unwrap
 */
export function wrapSecret(key: Uint8Array, context: Value, secret: Uint8Array, random: RandomSource): Uint8Array {
  return sealSmall(key, wrapped(context), secret, random);
}

/** @throws ProtocolError "integrity" unless wrapped with exactly this key and context. */
export function unwrapSecret(key: Uint8Array, context: Value, bytes: Uint8Array): Uint8Array {
  return openSmall(key, wrapped(context), bytes);
}

function wrapped(context: Value): Value {
  return ["portmoot/wrapped/v1", context];
}
