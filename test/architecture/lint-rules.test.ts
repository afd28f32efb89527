import { join } from "node:path";
import { ESLint } from "eslint";
import { beforeAll, describe, expect, it } from "vitest";

/** What the import rules cannot see: globals that reach the network, the clock, the dice or the environment. */
const ROOT = join(import.meta.dirname, "../..");
/** An existing file, so that its types are known; its content is never used. */
const PLACE = "shared/base/bytes.ts";

const PLANTS: readonly (readonly [what: string, code: string, rule: string])[] = [
  ["fetch", `export const sent = fetch("x");`, "no-restricted-globals"],
  ["a WebSocket", `export const socket = new WebSocket("x");`, "no-restricted-globals"],
  ["fetch by another name", `export const sent = globalThis.fetch("x");`, "no-restricted-properties"],
  ["a module past the import rules", `export const net = process.getBuiltinModule("net");`, "no-restricted-properties"],
  ["the environment", `export const home = process.env["HOME"];`, "no-restricted-properties"],
  [
    "the environment by import",
    `import { env } from "node:process"; export const home = env["HOME"];`,
    "no-restricted-imports",
  ],
  ["the time", `export const now = Date.now();`, "no-restricted-properties"],
  ["the time as a date", `export const now = new Date();`, "no-restricted-syntax"],
  ["the dice", `export const die = Math.random();`, "no-restricted-properties"],
  ["the console", `console.log("a row");`, "no-console"],
  [
    "a promise nobody waits for",
    `async function send() { await Promise.resolve(); } send();`,
    "@typescript-eslint/no-floating-promises",
  ],
];

describe("the linter's rules", () => {
  let eslint: ESLint;
  const rulesIn = async (code: string, place = PLACE): Promise<(string | null)[]> => {
    const [result] = await eslint.lintText(code, { filePath: join(ROOT, place) });
    return result?.messages.map(({ ruleId }) => ruleId) ?? [];
  };
  beforeAll(() => {
    eslint = new ESLint({ cwd: ROOT });
  });

  it("find nothing in lawful code", async () => {
    expect(await rulesIn(`export const one = 1;\n`)).toEqual([]);
  });

  it.each(PLANTS)("report %s", async (_, code, rule) => {
    expect(await rulesIn(code)).toContain(rule);
  });

  it("let only shared/host have what the rest takes as arguments", async () => {
    expect(await rulesIn(`export const now = Date.now();\n`, "shared/host/clock.ts")).toEqual([]);
    expect(await rulesIn(`export const now = Date.now();\n`, "node/egress/gate.ts")).toContain(
      "no-restricted-properties",
    );
    expect(await rulesIn(`export const now = Date.now();\n`, "coordinator/mailbox/mailbox.ts")).toContain(
      "no-restricted-properties",
    );
  });
});
