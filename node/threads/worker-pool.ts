import { Piscina } from "piscina";
import { ProtocolError } from "../../shared/base/errors.ts";

/** Threads go when nothing was asked of them for so long; starting one takes a third of a second. */
const IDLE_MS = 10_000;

/** An error keeps its code only as a value: between threads it loses its class. */
export type Refusal = { readonly kind: "refused" } & Readonly<Pick<ProtocolError, "code" | "message" | "hint">>;

export interface WorkerPool<Task, Result> {
  /**
   * @param handedOver buffers of the task that move to the thread: they are empty here afterwards
   * @throws ProtocolError as the worker refused, and "unavailable" where its thread ended first: the next has one anew
   */
  run(task: Task, handedOver?: ArrayBuffer[]): Promise<Result>;
  close(): Promise<void>;
}

/**
 * Worker threads that begin when there is work. One that dies fails what it had; the last one also what waited.
 * @param area whose they are, as messages begin
 * @param filename a module whose default export does a task
 */
export function createWorkerPool<Task, Result extends object & { readonly kind?: never }>(
  area: string,
  filename: string,
  maxThreads: number,
): WorkerPool<Task, Result> {
  const pool = new Piscina<Task, Result | Refusal>({ filename, minThreads: 0, maxThreads, idleTimeout: IDLE_MS });
  // No thread is begun for work that waits already: with none left it would wait for ever.
  const failWaiting = () => void (pool.threads.length === 0 && pool.destroy());
  // A thread that cannot start, or answers when nobody waits any more: unheard, either would end the process.
  pool.on("error", failWaiting);
  return {
    async run(task, handedOver = []) {
      const outcome = await pool.run(task, { transferList: handedOver }).catch((cause: unknown) => {
        failWaiting();
        throw new ProtocolError("unavailable", `${area}: a worker thread ended before its work`, { cause });
      });
      if (outcome.kind !== "refused") return outcome;
      const { code, message, hint } = outcome;
      throw new ProtocolError(code, message, hint === null ? {} : { hint });
    },
    close: () => pool.destroy(),
  };
}
