import { z } from "zod";
import { decodeValue, encodeValue } from "../base/encoding.ts";
import { MAX_PARTIES } from "../base/limits.ts";
import { parseShape } from "../base/shape.ts";
import type { Pair } from "./job.ts";
import { pairKey } from "./round-context.ts";

const position = z
  .number()
  .int()
  .min(0)
  .max(MAX_PARTIES - 1);
const heldPairs = z.array(z.tuple([position, position])).max(MAX_PARTIES * MAX_PARTIES);

/** Which pairs' result halves an owner holds: signed with its shares, so that U2 can be chosen (protocol.md, "Drop-outs"). */
export function encodeHeldPairs(pairs: readonly Pair[]): Uint8Array {
  return encodeValue(pairs.map(([left, right]) => [left, right]));
}

/** The pairs as `pairKey`s. @throws ProtocolError "malformed" */
export function decodeHeldPairs(encoded: Uint8Array): Set<string> {
  return new Set(parseShape(heldPairs, decodeValue(encoded), "held pairs").map(pairKey));
}
