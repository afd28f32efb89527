import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Piscina } from "piscina";
import { ProtocolError } from "../../shared/base/errors.ts";
import { ELEMENT_BYTES } from "../../shared/crypto/curve-elements.ts";
import type { CurveWork } from "../../shared/matching/curve-work.ts";
import work, { type CurveTask } from "./curve-worker.ts";

/** Elements a thread gets at once, at most: a fifth of a second's work, an eighth of a megabyte. */
const PIECE_ELEMENTS = 4096;
/** Threads go when nothing was asked of them for so long; starting one takes a third of a second. */
const IDLE_MS = 10_000;

/**
 * Curve work over worker threads, one a core; a single piece is done in place, sooner than a thread would start. A
 * thread that dies fails the piece it had with "unavailable": the round step is tried again, on a new thread, until the
 * round's deadline.
 * @param threads at most; by default one a core
 */
export function createCurveWorkers({
  threads = availableParallelism(),
  pieceElements = PIECE_ELEMENTS,
  filename = join(import.meta.dirname, "curve-boot.js"),
} = {}): CurveWork & { close(): Promise<void> } {
  let pool: Piscina<CurveTask, Uint8Array | { small: number }> | null = null;

  async function run(task: CurveTask) {
    pool ??= new Piscina({ filename, minThreads: 0, maxThreads: threads, idleTimeout: IDLE_MS });
    try {
      return await pool.run(task);
    } catch (cause) {
      throw new ProtocolError("unavailable", "matching: a worker thread ended before its work", { cause });
    }
  }

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
        const outcome = await run(taskOf(input.slice(start, start + size)));
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
    async close() {
      await pool?.destroy();
      pool = null;
    },
  };
}
