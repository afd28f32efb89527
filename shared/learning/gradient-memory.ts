import { z } from "zod";
import type { Value } from "../base/encoding.ts";
import { parseShape } from "../base/shape.ts";

/** What an opener keeps between the rounds, wrapped. It never becomes public. */
const memoryShape = z.strictObject({
  survey: z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length % 8 === 0, "expected words"),
  /** fedadam's running means of the update and of its square; empty before the first round. */
  mean: z.array(z.number()),
  square: z.array(z.number()),
});

export type GradientMemory = z.infer<typeof memoryShape>;

/** @throws ProtocolError "integrity" where it is not what the step before wrote */
export function readGradientMemory(memory: Value): GradientMemory {
  return parseShape(memoryShape, memory, "opener's memory", "integrity");
}
