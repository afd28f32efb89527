import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { runCommand } from "../../scripts/network/processes.ts";

/** The benchmark at tiny sizes: that it runs and checks its answers. How fast anything is, no test asserts. */
async function bench(...args: string[]) {
  const { code, stdout, stderr } = await runCommand(["bench", ...args]);
  return { code, stdout, stderr };
}

describe("portmoot bench", () => {
  it("measures tags beside their peer", async () => {
    const { code, stdout } = await bench("tags", "--json", "--runs", "1", "--count", "100");
    expect(code).toBe(0);
    const positive = expect.toSatisfy((value: number) => value > 0 && Number.isFinite(value)) as number;
    expect(JSON.parse(stdout)).toEqual({
      machine: { node: process.version, cores: positive, processor: expect.any(String) as string },
      suites: [
        {
          suite: "tags",
          count: 100,
          runs: 1,
          equal: true,
          contestants: [
            { name: "four lanes", tagsPerSecond: positive, timesAsFast: positive },
            { name: "plain twin", tagsPerSecond: positive, timesAsFast: positive },
            { name: "createHmac loop", tagsPerSecond: positive, timesAsFast: 1 },
          ],
        },
      ],
    });
  });

  it("matches a pair in processes of their own and finds what was planted", async () => {
    const { code, stdout, stderr } = await bench("pair", "--json", "--runs", "1", "--rows", "51", "--keys", "20");
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const { suites } = JSON.parse(stdout) as { suites: unknown[] };
    expect(suites).toMatchObject([{ suite: "pair", rows: 51, keys: 20, runs: 1, matched: 25, asPlanted: true }]);
  });

  it("matches every pair of a network and finds what was planted in each", async () => {
    const { code, stdout, stderr } = await bench("london", "--json", "--boroughs", "4", "--rows", "200");
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const { suites } = JSON.parse(stdout) as { suites: unknown[] };
    // Four pairs of neighbours share 20 each, two others 2.
    const expected = { suite: "london", boroughs: 4, rows: 200, runs: 1, pairs: 6, matched: 84, asPlanted: true };
    expect(suites).toMatchObject([expected]);
  });

  it("draws how cost grows as a picture that tells its title and its figures in words", async () => {
    const out = join(mkdtempSync(join(tmpdir(), "portmoot-bench-test-")), "growth.svg");
    const { code, stdout, stderr } = await bench("growth", "--json", "--quick", "--out", out);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const { suites } = JSON.parse(stdout) as { suites: [Record<string, { size: number; peakBytes: number }[]>] };
    const sizes = (what: string) => suites[0][what]!.map(({ size }) => size);
    expect([sizes("rows"), sizes("boroughs"), sizes("keys")]).toEqual([[100, 300], [3], [20]]);
    const svg = readFileSync(out, "utf8");
    expect(svg).toMatch(/^<svg [^>]*role="img" aria-labelledby="growth-title growth-description"/);
    expect(svg).toContain('<title id="growth-title">How time and memory grow');
    expect(svg).toMatch(/<desc id="growth-description">More rows .* 300: \d/);
    rmSync(dirname(out), { recursive: true });
  });

  it("does a pair's curve work on threads and finds what the sets share", async () => {
    const { code, stdout, stderr } = await bench("double-salt", "--json", "--runs", "1", "--count", "40");
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const { suites } = JSON.parse(stdout) as { suites: unknown[] };
    expect(suites).toMatchObject([{ suite: "double-salt", count: 40, rows: 1024, equal: true }]);
  });

  it("tells its suites and an example, and ends wrong use with 2", async () => {
    const { code, stdout } = await bench("--help");
    expect(code).toBe(0);
    for (const text of ["tags", "pair", "london", "growth", "double-salt", "psi", "Example:"])
      expect(stdout).toContain(text);
    expect((await bench("tags", "--runs", "0")).code).toBe(2);
    expect((await bench("pair", "--keys", "21")).code).toBe(2);
    expect((await bench("speed")).code).toBe(2);
  });
});
