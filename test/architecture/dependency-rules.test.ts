import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LAWFUL_TREE, MORE_PLANTS, PLANTS, STAND_IN_PACKAGES, type Plant } from "./planted-violations.ts";

/**
 * The architecture is what these rules say and a machine checks: they hold on this tree, and each of them reports a
 * violation that is planted for it in a tree of its own.
 */
const ROOT = join(import.meta.dirname, "../..");
const CONFIG = ".dependency-cruiser.cjs";
const FOLDERS = ["node", "coordinator", "shared", "scripts", "test", "proto"];

interface Violation {
  readonly from: string;
  readonly rule: { readonly name: string };
}

/** Runs the tool as `npm run check` does, and reads its findings. */
async function violationsIn(folder: string, folders: readonly string[]): Promise<Violation[]> {
  const tool = join(ROOT, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs");
  const args = [tool, "--config", CONFIG, "--output-type", "json", ...folders];
  const output = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 2 ** 28 }, (error, stdout, stderr) => {
      // The tool ends with the number of errors.
      if (stdout === "") reject(new Error(stderr, { cause: error }));
      else resolve(stdout);
    });
  });
  return (JSON.parse(output) as { summary: { violations: Violation[] } }).summary.violations;
}

function writeTree(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), `${content}\n`);
  }
}

const plants = [...Object.entries(PLANTS).map(([rule, plant]) => ({ rule, plant })), ...MORE_PLANTS] satisfies {
  rule: string;
  plant: Plant;
}[];

describe("the architecture's rules", () => {
  let folder: string;
  let lawful: Violation[];
  let planted: Violation[];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "portmoot-architecture-"));
    for (const file of [CONFIG, "tsconfig.json"]) copyFileSync(join(ROOT, file), join(folder, file));
    for (const name of STAND_IN_PACKAGES) {
      writeTree(join(folder, "node_modules", name), {
        "package.json": JSON.stringify({ name, version: "1.0.0", main: "index.js" }),
        "index.js": "module.exports = {};",
      });
    }
    const folders = ["node", "coordinator", "shared", "scripts"];
    writeTree(folder, LAWFUL_TREE);
    lawful = await violationsIn(folder, folders);
    for (const { plant } of plants) writeTree(folder, plant.files);
    planted = await violationsIn(folder, folders);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it("hold on this tree", async () => {
    const found = await violationsIn(ROOT, FOLDERS);
    expect(found.map(({ rule, from }) => `${rule.name}: ${from}`)).toEqual([]);
  });

  it("find nothing in a lawful tree", () => {
    expect(lawful).toEqual([]);
  });

  it("have each a planted violation", () => {
    const load = createRequire(import.meta.url);
    const { forbidden } = load(join(ROOT, CONFIG)) as { forbidden: { name: string; severity: string }[] };
    expect(Object.keys(PLANTS).sort()).toEqual(forbidden.map(({ name }) => name).sort());
    expect(new Set(forbidden.map(({ severity }) => severity))).toEqual(new Set(["error"]));
  });

  it.each(plants)("report $rule in $plant.from", ({ rule, plant }) => {
    const rules = planted.filter(({ from }) => from === plant.from).map((violation) => violation.rule.name);
    expect(rules).toContain(rule);
  });
});
