import { afterEach, describe, expect, it } from "vitest";
import { createWorkerPool, type WorkerPool } from "../../node/threads/worker-pool.ts";
import { withDyingWorker } from "../helpers/dying-worker.ts";

/** What curve and row workers share beneath: what becomes of work whose thread dies, and of what it refuses. */
let pool: WorkerPool<object, object> | null = null;
afterEach(async () => {
  await pool?.close();
  pool = null;
});

describe("a pool of worker threads", () => {
  it("fails what waits for a thread where the last one died, and has one anew for the next", async () => {
    await withDyingWorker("return task;", async (filename) => {
      const own = (pool = createWorkerPool("area", filename, 1));
      const failed = await Promise.allSettled([own.run({}), own.run({}), own.run({})]);
      const error = { code: "unavailable", message: "area: a worker thread ended before its work" };
      for (const outcome of failed) expect(outcome).toMatchObject({ status: "rejected", reason: error });
      expect(await own.run({ next: 1 })).toEqual({ next: 1 });
    });
  });

  it("works on after it was closed, with threads anew", async () => {
    await withDyingWorker("return task;", async (filename) => {
      const own = (pool = createWorkerPool("area", filename, 1));
      await expect(own.run({})).rejects.toMatchObject({ code: "unavailable" });
      await own.close();
      expect(await own.run({ next: 1 })).toEqual({ next: 1 });
    });
  });

  it("raises what a thread refused, with its code, message and hint", async () => {
    await withDyingWorker("return task;", async (filename) => {
      const own = (pool = createWorkerPool("area", filename, 1));
      await expect(own.run({})).rejects.toMatchObject({ code: "unavailable" });
      const refusal = { code: "bad-input", message: "area: no such field", hint: "name another" };
      await expect(own.run({ kind: "refused", ...refusal })).rejects.toMatchObject({
        name: "ProtocolError",
        ...refusal,
      });
    });
  });
});
