import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * A worker that ends its thread at the first call ever.
 * @param later the body of its function at every other call, as JavaScript; it may name `task`
 */
export async function withDyingWorker(later: string, use: (filename: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "portmoot-worker-"));
  try {
    const filename = join(folder, "dies-once.mjs");
    const mark = JSON.stringify(join(folder, "died"));
    writeFileSync(
      filename,
      `import { existsSync, writeFileSync } from "node:fs";
       export default (task) => {
         if (existsSync(${mark})) { ${later} }
         writeFileSync(${mark}, "");
         process.exit(1);
       };`,
    );
    await use(filename);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
