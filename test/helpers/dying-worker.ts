import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

type Use = (filename: string) => Promise<void>;

/**
 * A worker that ends its thread at the first call ever.
 * @param later the body of its function at every other call, as JavaScript; it may name `task`
 */
export async function withDyingWorker(later: string, use: Use): Promise<void> {
  await withWorker(
    `import { existsSync, writeFileSync } from "node:fs";
     const mark = new URL("died", import.meta.url);
     export default (task) => {
       if (existsSync(mark)) { ${later} }
       writeFileSync(mark, "");
       process.exit(1);
     };`,
    use,
  );
}

/**
 * A worker whose every answer comes a second time, when nobody waits for it any more: every time what happens now and
 * then where a pool is closed at work.
 * @param answer the body of its function, as JavaScript; it may name `task`
 */
export async function withLateWorker(answer: string, use: Use): Promise<void> {
  await withWorker(
    `import { MessagePort } from "node:worker_threads";
     const post = MessagePort.prototype.postMessage;
     MessagePort.prototype.postMessage = function (message, ...rest) {
       post.call(this, message, ...rest);
       if ("taskId" in message) post.call(this, message);
     };
     export default (task) => { ${answer} };`,
    use,
  );
}

async function withWorker(source: string, use: Use): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "portmoot-worker-"));
  try {
    const filename = join(folder, "worker.mjs");
    writeFileSync(filename, source);
    await use(filename);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
