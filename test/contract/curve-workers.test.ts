import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import { createCurveWorkers } from "../../node/matching/curve-workers.ts";
import { inlineCurveWork } from "../../shared/matching/curve-work.ts";
import { withDyingWorker, withLateWorker } from "../helpers/dying-worker.ts";
import { seededRandom } from "../unit/shared/crypto/support.ts";

/** Curve work on real threads: the same values as in place, whatever the number of threads and the size of a piece. */
const random = seededRandom("curve workers");
const seeds = random.bytes(333 * 32);
const scalar = random.bytes(32);
let workers: ReturnType<typeof createCurveWorkers> | null = null;
afterEach(async () => {
  await workers?.close();
  workers = null;
});

describe("curve workers", () => {
  it.each([
    [1, 1000],
    [2, 100],
    [3, 7],
  ])("on %i threads in pieces of %i give what the caller's thread gives", async (threads, pieceElements) => {
    workers = createCurveWorkers({ threads, pieceElements });
    const elements = await workers.map(seeds);
    expect(elements).toEqual(await inlineCurveWork.map(seeds));
    expect(await workers.multiply(scalar, elements)).toEqual(await inlineCurveWork.multiply(scalar, elements));
  });

  it("name the place of an element of small order in the whole, not in its piece", async () => {
    workers = createCurveWorkers({ threads: 2, pieceElements: 10 });
    const elements = (await inlineCurveWork.map(seeds)).slice();
    elements.fill(0, 57 * 32, 58 * 32);
    elements.fill(0, 99 * 32, 100 * 32);
    expect(await workers.multiply(scalar, elements)).toEqual({ small: 57 });
  });

  it("leave the caller's scalar and elements as they were", async () => {
    workers = createCurveWorkers({ threads: 1, pieceElements: 300 });
    const elements = await inlineCurveWork.map(seeds);
    const [scalarBefore, elementsBefore] = [scalar.slice(), elements.slice()];
    await workers.multiply(scalar, elements);
    expect(scalar).toEqual(scalarBefore);
    expect(elements).toEqual(elementsBefore);
  });

  it("do a single piece in place, with the same values", async () => {
    workers = createCurveWorkers({ pieceElements: 333, filename: "/nowhere.js" });
    expect(await workers.map(seeds)).toEqual(await inlineCurveWork.map(seeds));
    const before = scalar.slice();
    await workers.multiply(scalar, await inlineCurveWork.map(seeds));
    expect(scalar).toEqual(before);
  });

  it("take nothing and start no thread for it", async () => {
    workers = createCurveWorkers({ filename: "/nowhere.js" });
    expect(await workers.map(new Uint8Array())).toEqual(new Uint8Array());
  });

  it("that die fail what they had, by a name that lets it be tried again; the next try has threads anew", async () => {
    await withDyingWorker("return task.seeds;", async (filename) => {
      workers = createCurveWorkers({ threads: 1, pieceElements: 200, filename });
      await expect(workers.map(seeds)).rejects.toMatchObject({ code: "unavailable" });
      expect(await workers.map(seeds)).toEqual(seeds);
    });
  });

  it("that cannot start fail what waits for them, by the same name, and do not end the process", async () => {
    workers = createCurveWorkers({ threads: 2, pieceElements: 100, filename: "/nowhere.js" });
    await expect(workers.map(seeds)).rejects.toMatchObject({ code: "unavailable" });
  });

  it("that answer when nobody waits any more do not end the process", async () => {
    const raised: Error[] = [];
    const raise = (error: Error) => void raised.push(error);
    process.prependListener("uncaughtException", raise);
    onTestFinished(() => void process.off("uncaughtException", raise));
    await withLateWorker("return task.seeds;", async (filename) => {
      workers = createCurveWorkers({ threads: 2, pieceElements: 20, filename });
      expect(await workers.map(seeds)).toEqual(seeds);
      expect(await workers.map(seeds)).toEqual(seeds);
    });
    expect(raised).toEqual([]);
  });
});
