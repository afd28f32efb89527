import { fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readlinkSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openScratch, openWorkspace } from "../../../../node/matching/scratch-files.ts";
import { ProtocolError } from "../../../../shared/base/errors.ts";
import { MAX_MATCH_MEMORY_BYTES } from "../../../../shared/base/limits.ts";
import { systemRandom } from "../../../../shared/host/random.ts";

let home: string;
let folder: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "portmoot-home-"));
  folder = join(home, "scratch");
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

/** Files of the folder that this process holds open, by what the system says of them. */
function openFiles(): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder) ? [`/proc/self/fd/${fd}`] : [];
    } catch {
      return [];
    }
  });
}

function errorOf(action: () => unknown): ProtocolError | null {
  try {
    action();
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
  return null;
}

describe("a scratch file", () => {
  it("gives back what was written, from any place", () => {
    const file = openScratch(folder, systemRandom).open();
    const bytes = systemRandom.bytes(64 * 1024);
    file.append(bytes.subarray(0, 16_000));
    file.append(bytes.subarray(16_000));
    for (const [from, to] of [
      [0, 65_536],
      [15_984, 16_032],
      [65_520, 65_536],
    ] as const) {
      const part = new Uint8Array(to - from);
      file.read(from, part);
      expect(part).toEqual(bytes.subarray(from, to));
    }
    file.close();
  });

  it.runIf(process.platform === "linux")("is its owner's alone, has no name, and is gone when it is closed", () => {
    const file = openScratch(folder, systemRandom).open();
    file.append(new Uint8Array(4096));
    const [held] = openFiles();
    expect(statSync(held ?? "").mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(readdirSync(folder)).toEqual([]);
    file.close();
    file.close();
    expect(openFiles()).toEqual([]);
  });

  it.runIf(process.platform === "linux")("holds noise, and no two alike", () => {
    const scratch = openScratch(folder, systemRandom);
    const [one, other] = [scratch.open(), scratch.open()];
    const zeros = new Uint8Array(4096);
    for (const file of [one, other]) file.append(zeros);
    const held = openFiles().map((path) => spawnSync("cat", [path.replace("self", String(process.pid))]).stdout);
    expect(held.map(({ length }) => length)).toEqual([4096, 4096]);
    expect(new Set(held.flatMap((bytes) => bytes.toString("hex").match(/.{32}/g) ?? [])).size).toBe(512);
    one.close();
    other.close();
  });

  it("leaves nothing behind a process that is killed", async () => {
    const child = fork(join(import.meta.dirname, "scratch-boot.js"), [folder], { execArgv: [] });
    await once(child, "message");
    expect(readdirSync(folder)).toEqual([]);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(readdirSync(folder)).toEqual([]);
  });

  it("that lost its process before its name is removed at the next start", () => {
    openScratch(folder, systemRandom);
    writeFileSync(join(folder, "left-over"), "x");
    openScratch(folder, systemRandom);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("without room", () => {
  it("a folder that cannot be made is a typed error that names what to do", () => {
    writeFileSync(join(home, "file"), "");
    const error = errorOf(() => openScratch(join(home, "file"), systemRandom));
    expect(error?.code).toBe("unavailable");
    expect(error?.message).toMatch(/scratch folder.*EEXIST/);
    expect(error?.hint).toContain("free disk space under");
  });

  it("a folder that went away is one too", () => {
    const scratch = openScratch(folder, systemRandom);
    rmSync(folder, { recursive: true });
    const error = errorOf(() => scratch.open());
    expect(error?.code).toBe("unavailable");
    expect(error?.hint).toContain(folder);
  });

  it.runIf(process.platform === "linux")("a write beyond what the system allows is one too", () => {
    const script = join(import.meta.dirname, "scratch-boot.js");
    // A file of at most 64 blocks of 1,024 bytes: the same path as on a full disk, another code.
    const command = `ulimit -f 64; exec "${process.execPath}" "${script}" "${folder}" 200000`;
    const { stdout } = spawnSync("bash", ["-c", command], { encoding: "utf8" });
    expect(stdout).toMatch(/"code":"unavailable","hint":"free disk space/);
    expect(readdirSync(folder)).toEqual([]);
  });
});

it("is used beyond the named limit", () => {
  expect(openWorkspace(folder, systemRandom).memoryBytes).toBe(MAX_MATCH_MEMORY_BYTES);
});
