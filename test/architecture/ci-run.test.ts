import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

/** .ci/run with an `npm` of our own in front: what it prints last and how it ends, whatever happens inside. */
const ROOT = join(import.meta.dirname, "../..");

interface Stage {
  readonly ci?: number;
  readonly check?: number;
  readonly test?: number;
  /** The report that the test run leaves; null for none. */
  readonly report?: unknown;
}

const suite = (...results: string[]) => ({
  status: results.includes("failed") ? "failed" : "passed",
  assertionResults: results.map((status) => ({ status })),
});
const GREEN = { testResults: [suite("passed", "passed"), suite("passed", "skipped")] };

describe(".ci/run", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "portmoot-ci-"));
    cpSync(join(ROOT, ".ci"), join(folder, ".ci"), { recursive: true });
    mkdirSync(join(folder, "bin"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function run({ ci = 0, check = 0, test = 0, report = GREEN }: Stage) {
    const text = report === null ? "" : JSON.stringify(report);
    const npm = [
      "#!/usr/bin/env bash",
      'echo "npm $*" >> calls',
      'if read -r line; then echo "read: $line"; fi',
      `case "$1" in ci) exit ${ci};; run) exit ${check};; esac`,
      `for word in "$@"; do case "$word" in --outputFile.json=*) printf '%s' '${text}' > "\${word#*=}";; esac; done`,
      `exit ${test}`,
    ];
    writeFileSync(join(folder, "bin/npm"), npm.join("\n"));
    chmodSync(join(folder, "bin/npm"), 0o755);
    const { stdout, status } = spawnSync("bash", [join(folder, ".ci/run")], {
      encoding: "utf8",
      input: "typed\n".repeat(10),
      env: { ...process.env, CI: "true", PATH: `${join(folder, "bin")}:${process.env["PATH"] ?? ""}` },
    });
    return { last: stdout.trimEnd().split("\n").at(-1), status, stdout };
  }

  it("counts the installation, the check and every test that passed", () => {
    expect(run({})).toMatchObject({ last: "5 passed, 0 failed", status: 0 });
  });

  it("fails when a test fails", () => {
    const report = { testResults: [suite("passed", "failed", "failed")] };
    expect(run({ test: 1, report })).toMatchObject({ last: "3 passed, 2 failed", status: 1 });
  });

  it("fails when a file of tests does not load", () => {
    const report = { testResults: [suite("passed"), { status: "failed", assertionResults: [] }] };
    expect(run({ test: 1, report })).toMatchObject({ last: "3 passed, 1 failed", status: 1 });
  });

  it("fails when the run ends badly with every test passed", () => {
    expect(run({ test: 1 })).toMatchObject({ last: "5 passed, 1 failed", status: 1 });
  });

  it("fails when there is no report, or no test in it", () => {
    expect(run({ report: null })).toMatchObject({ last: "2 passed, 1 failed", status: 1 });
    expect(run({ report: { testResults: [] } })).toMatchObject({ last: "2 passed, 1 failed", status: 1 });
  });

  it("runs the tests even when the check fails, and fails", () => {
    expect(run({ check: 1 })).toMatchObject({ last: "4 passed, 1 failed", status: 1 });
  });

  it("stops when the packages cannot be installed", () => {
    const { last, status, stdout } = run({ ci: 1 });
    expect({ last, status }).toEqual({ last: "0 passed, 1 failed", status: 1 });
    expect(stdout).not.toContain("npm test");
  });

  it("gives nobody its standard input", () => {
    expect(run({}).stdout).not.toContain("read:");
  });
});
