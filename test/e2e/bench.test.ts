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
    expect(svg).toMatch(/^<svg [^>]*role="img"><title>How time and memory grow/);
    expect(svg).toMatch(/<desc>More rows .* 300: \d/);
    rmSync(dirname(out), { recursive: true });
  });

  it("does a pair's curve work on threads and finds what the sets share", async () => {
    const { code, stdout, stderr } = await bench("double-salt", "--json", "--runs", "1", "--count", "40");
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const { suites } = JSON.parse(stdout) as { suites: unknown[] };
    expect(suites).toMatchObject([{ suite: "double-salt", count: 40, rows: 1024, equal: true }]);
  });

  it("measures a pass, a secure sum and a step of learning, and draws how a step grows", async () => {
    const out = join(mkdtempSync(join(tmpdir(), "portmoot-bench-test-")), "learning.svg");
    const { code, stdout, stderr } = await bench(
      ...["learning-speed", "--json", "--quick", "--runs", "1", "--out", out],
    );
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const { suites } = JSON.parse(stdout) as { suites: { step: Record<string, number>; growth: unknown }[] };
    const [{ step, growth }] = suites as [(typeof suites)[number]];
    const contestants = ["in place", "one worker thread", "2 worker threads", "plain float64 loop"];
    expect(suites).toMatchObject([
      {
        suite: "learning-speed",
        runs: 1,
        pass: { rows: 300, parameters: 5, mixed: true, contestants: contestants.map((name) => ({ name })) },
        // Of six a quorum is five.
        sum: { nodes: 6, words: 50, sums: [{ dropOuts: 0 }, { dropOuts: 1 }] },
        // 15 products, 5 scores, the likelihood, 3 counts.
        step: { nodes: 6, rows: 300, parameters: 5, words: 24 },
        growth: {
          rows: [{ rows: 100 }, { rows: 200 }],
          parameters: [{ parameters: 3 }, { parameters: 5 }],
          nodes: [{ nodes: 3 }, { nodes: 5 }],
        },
      },
    ]);
    expect(growth).toMatchObject({ otherwise: { rows: 100, features: 3, nodes: 3 } });
    // Its masked words at the least; and of everybody's agreements, a digest from each.
    expect(step["sentBytes"]).toBeGreaterThan(24 * 8);
    expect(step["receivedBytes"]).toBeGreaterThan(6 * 6 * 32);
    expect(readFileSync(out, "utf8")).toMatch(/<desc>More rows .* 200: \d/);
    rmSync(dirname(out), { recursive: true });
  });

  it("measures only the parts of learning that are named", async () => {
    const { code, stdout } = await bench("learning-speed", "sum", "--json", "--quick", "--runs", "1");
    expect(code).toBe(0);
    const { suites } = JSON.parse(stdout) as { suites: [object] };
    expect(Object.keys(suites[0])).toEqual(["suite", "runs", "sum"]);
    expect((await bench("learning-speed", "speed", "--quick")).code).toBe(2);
  });

  it("tells its suites and an example, and ends wrong use with 2", async () => {
    const { code, stdout } = await bench("--help");
    expect(code).toBe(0);
    for (const text of ["tags", "pair", "london", "growth", "double-salt", "psi", "learning-speed", "Example:"])
      expect(stdout).toContain(text);
    expect((await bench("tags", "--runs", "0")).code).toBe(2);
    expect((await bench("pair", "--keys", "21")).code).toBe(2);
    expect((await bench("speed")).code).toBe(2);
  });
});
