import { availableParallelism } from "node:os";
import { join } from "node:path";
import { ELEMENT_BYTES } from "../../shared/crypto/curve-elements.ts";
import type { CurveWork } from "../../shared/matching/curve-work.ts";
import { createWorkerPool } from "../threads/worker-pool.ts";
import work, { type CurveTask } from "./curve-worker.ts";

/** Elements a thread gets at once, at most: a fifth of a second's work, an eighth of a megabyte. */
const PIECE_ELEMENTS = 4096;

/**
 * Curve work over worker threads, one a core; a single piece is done in place, sooner than a thread would start. Where a
 * thread dies ("unavailable"), the round step is tried again until the round's deadline.
 * @param threads at most; by default one a core
 */
export function createCurveWorkers({
  threads = availableParallelism(),
  pieceElements = PIECE_ELEMENTS,
  filename = join(import.meta.dirname, "curve-boot.js"),
} = {}): CurveWork & { close(): Promise<void> } {
  const pool = createWorkerPool<CurveTask, Uint8Array | { small: number }>("matching", filename, threads);

  /** Cuts the input evenly, so that no thread works alone at the end; keeps the order; the first piece with an element of small order decides. */
  async function inPieces(input: Uint8Array, taskOf: (piece: Uint8Array) => CurveTask) {
    const out = new Uint8Array(input.length);
    const elements = input.length / ELEMENT_BYTES;
    if (elements <= pieceElements) return work(taskOf(input));
    const pieces = threads * Math.ceil(elements / (threads * pieceElements));
    const size = Math.ceil(elements / pieces) * ELEMENT_BYTES;
    const starts = Array.from({ length: Math.ceil(input.length / size) }, (_, piece) => piece * size);
    const outcomes = await Promise.all(
      starts.map(async (start) => {
        const outcome = await pool.run(taskOf(input.slice(start, start + size)));
        if (!("small" in outcome)) out.set(outcome, start);
        return "small" in outcome ? start / ELEMENT_BYTES + outcome.small : null;
      }),
    );
    const small = outcomes.find((position) => position !== null);
    return small === undefined ? out : { small };
  }

  return {
    async map(seeds) {
      return (await inPieces(seeds, (piece) => ({ kind: "map", seeds: piece }))) as Uint8Array;
    },
    async multiply(scalar, elements) {
      const own = scalar.slice();
      try {
        return await inPieces(elements, (piece) => ({ kind: "multiply", scalar: own, elements: piece }));
      } finally {
        own.fill(0);
      }
    },
    close: () => pool.close(),
  };
}
