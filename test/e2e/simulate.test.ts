import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { afterAll, describe, expect, it } from "vitest";
import { runCommand } from "../../scripts/network/processes.ts";
import { createSimulateProgram } from "../../scripts/simulate.ts";
import { runProgram } from "../../shared/host/cli.ts";
import { valuesOfDatabase } from "../helpers/stored-values.ts";

/** `portmoot simulate` as a shell runs it: real programs, exit codes, and what people are told. */
const folder = mkdtempSync(join(tmpdir(), "portmoot-simulate-"));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const NAMES = ["alpha", "beta", "gamma"];
/** In all three files, but misspelt in the last one, and in one file only. */
const [COMMON, MISSPELT, OWN] = [30, 4, 12];
const TRUTH = "truly-";

function writeFiles(): void {
  for (const name of NAMES) {
    const row = (id: string, surname: string) => `${name}-${id},Ann,${surname},1980-01-02,${TRUTH}${id}`;
    const common = Array.from({ length: COMMON }, (_, index) =>
      row(`c${index}`, `Surname${name === "gamma" && index < MISSPELT ? "x" : ""}${index}`),
    );
    const own = Array.from({ length: OWN }, (_, index) => row(`${name}${index}`, `Only${name}${index}`));
    writeFileSync(join(folder, `${name}.csv`), `ref,first,last,dob,who\n${[...common, ...own].join("\n")}\n`);
  }
}

interface Told {
  readonly outcome: string;
  readonly overall: Record<string, number>;
  readonly pairs: readonly Record<string, unknown>[];
  readonly keys: readonly Record<string, unknown>[];
  readonly quality: unknown;
  readonly qualityFrom: string;
  readonly release: { readonly total: number; readonly pairMatrix: readonly Record<string, unknown>[] };
  readonly faults: readonly { readonly fired: boolean }[];
  readonly parties: readonly (Record<string, number> & { readonly id: string })[];
  readonly phases: readonly { readonly name: string; readonly bytes: number }[];
}

function scenario(change: Record<string, unknown> = {}): string {
  writeFiles();
  const mapping = { reference: "ref", forename: "first", surname: "last", date_of_birth: "dob" };
  const [first, ...others] = NAMES.map((id) => ({ id, file: `${id}.csv` }));
  const whole = {
    format: "portmoot/scenario/v1",
    seed: 5,
    charter: { operation: { cascade: ["names-dob"], outputs: ["total", "pair-matrix"] } },
    boroughs: [
      { ...first, dateFormat: "ymd", mapping, truth: "who" },
      ...others.map((other) => ({ ...other, like: "alpha" })),
    ],
    ...change,
  };
  const file = join(folder, "scenario.yaml");
  writeFileSync(file, JSON.stringify(whole));
  return file;
}

describe("simulate --processes", () => {
  const keep = join(folder, "kept");
  const [first, second] = [join(folder, "processes.json"), join(folder, "one-process.json")];
  const read = (file: string) => JSON.parse(readFileSync(file, "utf8")) as Told;
  const homes = ["coordinator/coordinator.db", ...NAMES.map((name) => `${name}/node.db`)].map((db) => join(keep, db));

  it("releases among real programs what one process finds, also where one is killed on the way", async () => {
    const faults = [{ party: "beta", at: "masked-input", do: "restart", afterMs: 100 }];
    const options = ["--processes", "--keep", keep, "--json", first];
    const { code, stderr } = await runCommand(["simulate", scenario({ faults }), ...options]);
    expect(stderr).toContain("round: released");
    expect(code).toBe(0);
    await runCommand(["simulate", scenario(), "--json", second]);
    const [told, inOne] = [read(first), read(second)];
    expect(told).toMatchObject({ outcome: "released", qualityFrom: "open-join", faults: [{ fired: true }] });
    expect(told.quality).toEqual(inOne.quality);
    expect(told.release).toEqual(inOne.release);
    const found = 3 * COMMON - 2 * MISSPELT;
    expect(told.overall).toMatchObject({ truth: 3 * COMMON, found, correct: found, missed: 2 * MISSPELT, false: 0 });
    expect(told.release.pairMatrix).toContainEqual({ a: "alpha", b: "beta", figure: COMMON });
  }, 180_000);

  it("tells memory, bytes and time of each party", () => {
    const { parties, phases } = read(first);
    expect(parties.map(({ id, rows }) => [id, rows])).toEqual(NAMES.map((name) => [name, COMMON + OWN]));
    for (const { id, ...party } of parties) {
      // Node alone is more than thirty megabytes.
      expect(party["peakRssBytes"], id).toBeGreaterThan(30e6);
      for (const figure of ["ms", "bytesSent", "bytesReceived"]) expect(party[figure], figure).toBeGreaterThan(0);
    }
    expect(phases.map(({ name }) => name)).toContain("match");
    expect(phases.reduce((sum, { bytes }) => sum + bytes, 0)).toBeGreaterThan(0);
  });

  it("keeps every folder where asked, and the truth in none of its databases", () => {
    for (const database of homes) {
      expect(existsSync(database), database).toBe(true);
      const values = valuesOfDatabase(database).map((value) =>
        typeof value === "number" ? "" : Buffer.from(value).toString("latin1"),
      );
      // Positive control: what the mapping names is there.
      if (database.endsWith("node.db")) expect(values.some((value) => value.includes("-c1"))).toBe(true);
      expect(values.some((value) => value.includes(TRUTH))).toBe(false);
    }
  });
});

/** The command as the launcher runs it, without a process of its own. */
async function simulate(...args: readonly string[]): Promise<{ code: number; stderr: string }> {
  let stderr = "";
  const sink = (take: (text: string) => void) =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        take(chunk.toString());
        done();
      },
    });
  const io = { stdout: sink(() => undefined), stderr: sink((text) => (stderr += text)), isTty: false };
  return { code: await runProgram(createSimulateProgram(io), args, io), stderr };
}

describe("simulate", () => {
  it("ends with 20 where the outcome is not the expected one, and says which it was", async () => {
    const { code, stderr } = await simulate(scenario({ expect: "aborted" }));
    expect(stderr).toContain("expected aborted, the round was released");
    expect(code).toBe(20);
  });

  const second = (change: Record<string, unknown>) => ({
    boroughs: [
      { id: "alpha", file: "alpha.csv", mapping: { reference: "ref", forename: "first" } },
      { id: "beta", file: "beta.csv", like: "alpha", ...change },
      { id: "gamma", file: "gamma.csv", like: "alpha" },
    ],
  });
  const fault = (what: string) => ({ faults: [{ party: "beta", at: "agree", do: what }] });

  it.each<[string, Record<string, unknown>, string[], string]>([
    ["an unknown key", { borough: [] }, [], "borough"],
    ["a missing file", second({ file: "delta.csv" }), [], "boroughs.1.file: delta.csv does not exist"],
    ["a wrong mapping", second({ mapping: { forename: "vorname" } }), [], "vorname"],
    ["a wrong mapping among processes", second({ mapping: { forename: "vorname" } }), ["--processes"], "vorname"],
    ["a fault that programs cannot be given", fault("corrupt"), ["--processes"], "faults.0.do: corrupt"],
    ["a stand-in for real programs", {}, ["--processes", "--stand-in"], "--stand-in"],
  ])(
    "ends with 2 for %s, and names it",
    async (_, change, options, message) => {
      const { code, stderr } = await simulate(scenario(change), ...options);
      expect(stderr).toContain(message);
      expect(code).toBe(2);
    },
    120_000,
  );
});
