import { afterEach, describe, expect, it } from "vitest";
import type { ProtocolError } from "../../shared/base/errors.ts";
import { createRowWorkers } from "../../node/learning/row-workers.ts";
import type { FinalExtra } from "../../shared/learning/learner.ts";
import { createNewtonLearner } from "../../shared/learning/newton.ts";
import { withDyingWorker } from "../helpers/dying-worker.ts";
import { dealt, learnInTheOpen } from "../helpers/learn-in-the-open.ts";
import { mixedRows, mixedTask } from "../helpers/learning-data.ts";

/** Passes over rows on real threads: the same words as in place, whatever the number of threads and the size of a run. */
const rows = mixedRows("row workers", 900);
const heldOut = mixedRows("held out", 50);
const task = mixedTask({ outputs: ["coefficients", "cluster-robust"] });
const extra: FinalExtra = {
  parts: [{ name: "scored", length: 1, fractionBits: 0 }],
  words: (scores) => BigUint64Array.of(BigInt(scores.filter((score) => score > 0).length)),
  read: (words) => ({ published: null, exact: Number(words[0]) }),
};
const { states } = learnInTheOpen(createNewtonLearner(task, extra), dealt(rows), [heldOut]);
let workers: ReturnType<typeof createRowWorkers> | null = null;
afterEach(async () => {
  await workers?.close();
  workers = null;
});

describe("row workers", () => {
  it.each([
    [1, 500],
    [2, 100],
    [3, 71],
  ])("on %i threads in runs of %i give what the caller's thread gives, at every step", async (threads, pieceRows) => {
    workers = createRowWorkers({ threads, pieceRows });
    const learner = createNewtonLearner(task, extra);
    expect(states.map(({ stage }) => stage)).toContain("final");
    for (const state of states) {
      expect(await workers.contribute(task, state, rows, { heldOut, extra })).toEqual(
        learner.contribute(state, rows, heldOut),
      );
    }
  });

  it("do few rows in place, and leave the caller's rows as they were", async () => {
    workers = createRowWorkers({ pieceRows: rows.count, filename: "/nowhere.js" });
    await workers.contribute(task, states[0]!, rows);
    await workers.close();
    workers = createRowWorkers({ threads: 2, pieceRows: 100 });
    await workers.contribute(task, states[0]!, rows);
    expect(rows).toEqual(mixedRows("row workers", 900));
  });

  it("refuse what the caller's thread refuses, with its code", async () => {
    workers = createRowWorkers({ threads: 2, pieceRows: 100 });
    const features = rows.features.map((column) => column.slice());
    features[0]![850] = Infinity;
    await expect(workers.contribute(task, states[0]!, { ...rows, features })).rejects.toMatchObject({
      code: "bad-input",
      message: expect.stringContaining("feature size") as unknown,
    });
  });

  it("that die fail what they had, by a name that lets it be tried again", async () => {
    const refusal = `return { kind: "refused", code: "disclosure", message: "", hint: null };`;
    await withDyingWorker(refusal, async (filename) => {
      const own = (workers = createRowWorkers({ threads: 1, pieceRows: 500, filename }));
      await expect(own.contribute(task, states[0]!, rows)).rejects.toMatchObject({ code: "unavailable" });
      // A thread that is still ending may take the next try's work down with it; then it is tried once more.
      let code = "unavailable";
      for (let tries = 0; tries < 20 && code === "unavailable"; tries++) {
        code = await own.contribute(task, states[0]!, rows).then(
          () => "done",
          (error: unknown) => (error as ProtocolError).code,
        );
      }
      expect(code).toBe("disclosure");
    });
  });
});
