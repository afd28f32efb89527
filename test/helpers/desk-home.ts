import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { assembleCoordinator, type Coordinator } from "../../coordinator/assemble.ts";
import { coordinatorFiles, readCoordinatorConfig, readCoordinatorKeys } from "../../coordinator/home.ts";
import { createCoordinatorProgram } from "../../coordinator/main.ts";
import { runProgram } from "../../shared/host/cli.ts";
import { createLog } from "../../shared/host/logs.ts";
import { systemRandom } from "../../shared/host/random.ts";
import { keyOf } from "./example-charter.ts";

/** A coordinator's folder on disk, and its commands as an operator types them. */
export interface DeskHome {
  readonly home: string;
  run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }>;
  /** The facts that a command prints. */
  facts(...args: string[]): Promise<unknown>;
  /** The coordinator's own parts over the folder's database, as `serve` opens them. */
  withParts<T>(use: (parts: Coordinator) => Promise<T>): Promise<T>;
  /** Enters parties as enrolment would. */
  enter(...names: string[]): Promise<void>;
  remove(): void;
}

export function createDeskHome(): DeskHome {
  const folder = mkdtempSync(join(tmpdir(), "portmoot-desk-"));
  const home = join(folder, "desk");
  const desk: DeskHome = {
    home,
    async run(...args) {
      const io = { stdout: new PassThrough(), stderr: new PassThrough(), isTty: false };
      const code = await runProgram(createCoordinatorProgram(io), ["--home", home, ...args], io);
      const text = (stream: PassThrough) => ((stream.read() as Buffer | null) ?? Buffer.alloc(0)).toString("utf8");
      return { code, stdout: text(io.stdout), stderr: text(io.stderr) };
    },
    async facts(...args) {
      const { code, stdout, stderr } = await desk.run("--json", ...args);
      if (code !== 0) throw new Error(`exit ${code}: ${stdout}${stderr}`);
      return JSON.parse(stdout) as unknown;
    },
    async withParts(use) {
      const parts = assembleCoordinator({
        database: coordinatorFiles(home).database,
        name: readCoordinatorConfig(home).name,
        keys: readCoordinatorKeys(home),
        clock: { nowMs: () => Date.now() },
        random: systemRandom,
        log: createLog("coordinator", { write: () => undefined }),
      });
      try {
        return await use(parts);
      } finally {
        parts.store.close();
      }
    },
    enter: (...names) =>
      desk.withParts(async ({ store }) => {
        for (const name of names) {
          const [secretSha256, certificateSha256] = [systemRandom.bytes(32), systemRandom.bytes(32)];
          const nowMs = Date.now();
          await store.addInvitation({ secretSha256, name, expiresMs: nowMs + 1000 });
          await store.enrol({ secretSha256, name, rootKey: keyOf(name).publicKey, certificateSha256, nowMs });
        }
      }),
    remove: () => {
      rmSync(folder, { recursive: true });
    },
  };
  return desk;
}
