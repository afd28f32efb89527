import { z } from "zod";
import type { Value } from "../base/encoding.ts";
import { parseShape } from "../base/shape.ts";

/**
 * What an opener keeps between the steps of a Newton fit, wrapped: every figure of all boroughs that a later step
 * needs. It never becomes public.
 */
const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length % 8 === 0, "expected words");
const run = z.strictObject({
  /** The sum at the first coefficients, where every row has one weight; and those. */
  first: bytes,
  start: z.array(z.number()),
  /** The best coefficients so far, their objective, and where the step goes from them. */
  base: z.array(z.number()),
  objective: z.number(),
  deviance: z.number(),
  direction: z.array(z.number()),
  halvings: z.number(),
  iterations: z.number(),
  ridge: z.number(),
  separated: z.boolean(),
});
const memoryShape = z.strictObject({
  survey: bytes,
  /** Columns left out because others hold them already. */
  collinear: z.array(z.string()),
  /** Null before the first fitting sum of a design. */
  run: run.nullable(),
});

export type NewtonMemory = z.infer<typeof memoryShape>;
export type NewtonRun = z.infer<typeof run>;

/** @throws ProtocolError "integrity" where it is not what the step before wrote */
export function readMemory(memory: Value): NewtonMemory {
  return parseShape(memoryShape, memory, "opener's memory", "integrity");
}

export function wordsToBytes(words: BigUint64Array): Uint8Array {
  return new Uint8Array(words.slice().buffer);
}

export function bytesToWords(encoded: Uint8Array): BigUint64Array {
  return new BigUint64Array(encoded.slice().buffer);
}

/** A value has no −0. */
export function canonical(figures: Iterable<number>): number[] {
  return Array.from(figures, (figure) => figure + 0);
}
