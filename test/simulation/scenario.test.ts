import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { reportPage } from "../../scripts/simulation/report.ts";
import { runScenario } from "../../scripts/simulation/run-scenario.ts";
import { scenarioJson, type ScenarioFacts } from "../../scripts/simulation/scenario-facts.ts";
import { createSimulation } from "../../scripts/simulation/network.ts";
import { readBoroughs } from "../../scripts/simulation/scenario-boroughs.ts";
import { scenarioDocuments } from "../../scripts/simulation/scenario-charter.ts";
import { SIMULATED_DAYS } from "../../scripts/simulation/scenario-parts.ts";
import { readScenario } from "../../scripts/simulation/scenario.ts";
import { scenarioText } from "../../scripts/simulation/scenario-text.ts";
import { scoreMatches } from "../../scripts/simulation/quality.ts";
import { codeOf } from "../unit/shared/crypto/support.ts";

/** `portmoot simulate` on scenarios as researchers write them, and on those that they get wrong. */
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portmoot-scenario-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const NAMES_DOB = {
  key: "names-dob",
  of: [
    { field: "forename", as: ["fold"] },
    { field: "surname", as: ["fold"] },
    { field: "date_of_birth", as: ["day", "month", "year"] },
  ],
};
const SINGLE = { protocol: "single-salt", outputs: ["total"], cascade: [NAMES_DOB] };

function write(scenario: Record<string, unknown>): string {
  const file = join(folder, "scenario.yaml");
  const whole = { format: "portmoot/scenario/v1", seed: 3, charter: { operation: SINGLE }, ...scenario };
  writeFileSync(file, JSON.stringify(whole));
  return file;
}

async function run(scenario: Record<string, unknown>): Promise<ScenarioFacts> {
  const scratch = mkdtempSync(join(folder, "scratch-"));
  return runScenario(readScenario(write(scenario)), scratch, { note: () => undefined, progress: () => undefined });
}

/** Two files of three people each: two in both, one of them with a typing error; and a third party without rows. */
function twoFiles(change: Record<string, unknown> = {}) {
  const people = (side: string, rows: string[]) => {
    const others = Array.from(
      { length: 30 },
      (_, row) => `${side}${row},Only${side}${row},Here,1970-01-01,x-${side}${row}`,
    );
    writeFileSync(join(folder, `${side}.csv`), `ref,first,last,dob,who\n${[...rows, ...others].join("\n")}\n`);
  };
  people("a", ["a-ann,Ann,Lee,1980-01-02,p-1-x", "a-bob,Bob,Ray,1975-03-04,p-2-x"]);
  people("b", ["b-ann,ann,LEE,1980-01-02,p-1-y", "b-bob,Bop,Ray,1975-03-04,p-2-y"]);
  const mapping = { reference: "ref", forename: "first", surname: "last", date_of_birth: "dob" };
  return {
    charter: { operation: { outputs: ["pair-matrix", "own-side-list"], cascade: [NAMES_DOB] } },
    boroughs: [
      { id: "alpha", file: "a.csv", dateFormat: "ymd", mapping, truth: { column: "who", pattern: "p-(\\d+)-" } },
      { id: "beta", file: "b.csv", like: "alpha" },
      { id: "gla", roles: ["matcher", "opener"] },
    ],
    ...change,
  };
}

const FOUR = { generate: 4, residents: 1200, overlap: 0.3, dirt: 0.2 };

/** The bytes of `--json --no-times`. */
function bytesOf(facts: ScenarioFacts): string {
  return JSON.stringify(scenarioJson(facts, { times: false }), null, 2);
}

describe("a scenario of two files and a third party", () => {
  it("keeps its truth column out of every node's database", async () => {
    const scenario = readScenario(write(twoFiles()));
    const parties = await readBoroughs(scenario, folder);
    const documents = scenarioDocuments(scenario, parties, SIMULATED_DAYS);
    const network = await createSimulation({ seed: 1, boroughs: parties, documents, coordinatorDb: ":memory:" });
    await network.finish(await network.launch());
    const [alpha] = network.nodes.map(({ db }) => db.serialize());
    // Positive control: what the mapping names is there.
    expect(alpha?.includes("a-ann")).toBe(true);
    for (const bytes of network.nodes.map(({ db }) => db.serialize())) expect(bytes.includes("p-1-")).toBe(false);
    network.close();
  });

  it("is scored by its truth column", async () => {
    const facts = await run(twoFiles());
    expect(facts).toMatchObject({ outcome: "released", release: { total: null, pairs: [{ figure: "c" }] } });
    expect(facts.quality?.overall).toMatchObject({ truth: 2, found: 1, matched: 1, missed: 1, false: 0 });
    expect(facts.quality?.overall).toMatchObject({ precision: 1, recall: 0.5, f1: 2 / 3 });
    expect(facts.quality?.keys).toEqual([{ key: "names-dob", correct: 1, false: 0 }]);
    expect(facts.parties.map(({ rows }) => rows)).toEqual([32, 32, 0]);
    const text = scenarioText(facts);
    expect(text).toContain("matched 1, missed 1, false 0: precision 1.0000, recall 0.5000");
    expect(text).toContain("alpha and beta");
  });

  it("leaves keys out that no borough has the fields for, and says which", async () => {
    const nino = { key: "nino", of: [{ field: "nino", as: ["identifier"] }] };
    const scenario = twoFiles({
      charter: { operation: { outputs: ["pair-matrix"], cascade: [nino, NAMES_DOB] } },
    });
    const facts = await run(scenario);
    expect(facts).toMatchObject({ outcome: "released", keysLeftOut: ["nino"] });
    expect(scenarioText(facts)).toContain("keys that no borough has the fields for: nino");
  });

  it("is refused by the nodes where their policy is the careful one", async () => {
    const facts = await run(twoFiles({ policy: "default" }));
    expect(facts).toMatchObject({ outcome: "refused", release: null });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["an unknown key", { borough: [] }, "borough"],
    ["a seed that is no number", { seed: "seven" }, "seed"],
    ["a transform that there is not", transform("sounds-like-magic"), "no transform"],
    ["a fault of somebody else", { faults: [{ party: "delta", at: "keys", do: "drop" }] }, "faults.0.party"],
    ["a fault at no message", { faults: [{ party: "beta", at: "greeting", do: "drop" }] }, "faults.0.at"],
    ["a missing file", borough({ file: "c.csv" }), "boroughs.1.file: c.csv does not exist"],
    ["a column that the file has not", borough({ like: "alpha", mapping: { forename: "vorname" } }), "vorname"],
    ["a field that is none", borough({ like: "alpha", mapping: { shoe_size: "ref" } }), "shoe_size"],
    ["a truth column that the file has not", borough({ like: "alpha", truth: "whom" }), "boroughs.1.truth"],
    ["a truth pattern that is none", borough({ like: "alpha", truth: { column: "who", pattern: "(" } }), "pattern"],
    ["a model that comes later", borough({ like: "gla" }), "boroughs.1.like"],
    ["a file and residents", borough({ generate: { residents: 300, overlap: 0, dirt: 0 } }), "choose one"],
    ["a name twice", borough({ id: "alpha", like: "alpha" }), "alpha stands twice"],
    [
      "a charter's control under the floor",
      { charter: { operation: SINGLE, controls: { minimumCount: 3 } } },
      "controls.minimumCount",
    ],
  ])("names what is wrong with %s", async (_, change, message) => {
    const error: unknown = await run(twoFiles(change)).catch((cause: unknown) => cause);
    expect(codeOf(() => throwIt(error))).toBe("bad-input");
    expect((error as Error).message).toContain(message);
  });

  function borough(change: Record<string, unknown>) {
    return {
      get boroughs() {
        const [alpha, beta, gla] = twoFiles().boroughs;
        return [alpha, { ...beta, ...change }, gla];
      },
    };
  }

  function transform(name: string) {
    const key = { key: "strange", of: [{ field: "surname", as: [name] }] };
    return { charter: { operation: { outputs: ["pair-matrix"], cascade: [key] } } };
  }
});

function throwIt(error: unknown): never {
  throw error;
}

describe("a scenario of generated boroughs", () => {
  it("gives the same bytes of JSON for the same seed, and others for another", async () => {
    const first = await run({ boroughs: FOUR });
    expect(bytesOf(await run({ boroughs: FOUR }))).toBe(bytesOf(first));
    expect(bytesOf(await run({ boroughs: FOUR, seed: 4 }))).not.toBe(bytesOf(first));
    expect(first.quality?.overall.precision).toBe(1);
    expect(first.quality?.overall.recall).toBeGreaterThan(0.5);
    expect(first.quality?.pairs).toHaveLength(6);
    const traits = new Set(first.quality?.groups.map(({ trait }) => trait));
    expect(traits).toEqual(new Set(["tradition", "age", "deprivation", "error"]));
  });

  it("finds and sends with the stand-in for the curve what it does with the curve", async () => {
    const scenario = { boroughs: FOUR, charter: { operation: { ...SINGLE, protocol: "double-salt" } } };
    const read = readScenario(write(scenario));
    const silent = { note: () => undefined, progress: () => undefined };
    const [real, standIn] = await Promise.all(
      [false, true].map((each) => runScenario(read, mkdtempSync(join(folder, "scratch-")), silent, { standIn: each })),
    );
    expect(standIn!.quality!.overall.matched).toBeGreaterThan(0);
    expect(bytesOf({ ...standIn!, standIn: false })).toBe(bytesOf(real!));
  });

  it.each([
    ["restart", "masked-input", "released"],
    ["delay", "agree", "released"],
    ["duplicate", "list", "released"],
    ["corrupt", "shares", "released"],
    // Of four owners three are enough; the one that is gone is left out.
    ["drop", "keys", "released"],
  ] as const)("comes through a %s at %s", async (what, at, outcome) => {
    const facts = await run({ boroughs: FOUR, faults: [{ party: "newham", at, do: what }] });
    expect(facts.outcome).toBe(outcome);
    expect(facts.faults).toEqual([{ party: "newham", at, do: what, fired: true }]);
    expect(facts.quality?.pairs).toHaveLength(what === "drop" ? 3 : 6);
  });

  it("ends where too few are left", async () => {
    const facts = await run({
      boroughs: { ...FOUR, generate: 3 },
      faults: [{ party: "newham", at: "list", do: "drop" }],
    });
    expect(facts).toMatchObject({ outcome: "aborted", release: null });
  });
});

describe("the report", () => {
  const facts: ScenarioFacts = {
    seed: 3,
    expected: "released",
    outcome: "aborted",
    reason: "a step's deadline passed",
    quality: scoreMatches(
      [{ left: 0, right: 1, leftRow: 1, rightRow: 1, key: 0 }],
      [
        { name: "a<script>", persons: new Map([[1, "p"]]) },
        { name: "b", persons: new Map([[1, "p"]]) },
      ],
      [[0, 1]],
      ["names & dob"],
    ),
    release: null,
    names: { labels: null, parties: ["a", "b"], ordered: false, controls: { minimumCount: 10, roundTo: 5 } },
    keysLeftOut: ["nino"],
    faults: [{ party: "b", at: "keys", do: "drop", fired: false }],
    processes: false,
    standIn: false,
    parties: [{ id: "b", rows: 1, rejects: 0, ms: 1, bytesSent: 2, bytesReceived: 3, peakRssBytes: null }],
    phases: [{ name: "match", ms: 10, bytes: 2 }],
    peakRssBytes: 1e8,
  };

  it("is one page with three plots, readable without script, whatever the names hold", async () => {
    const page = await reportPage(facts);
    expect(page.match(/<svg [^>]*role="img"/g)).toHaveLength(3);
    expect(page).not.toMatch(/<script|javascript:|https?:(?!\/\/www\.w3\.org)/);
    for (const told of ["aborted", "that it never sent", "Match keys that no borough", "names &#38; dob", "1.0000"]) {
      expect(page, told).toContain(told);
    }
  });

  it("shows the spread of recall where there are too many pairs for a bar each", async () => {
    const persons = Array.from({ length: 12 }, (_, index) => ({ name: `b${index}`, persons: new Map([[1, "p"]]) }));
    const pairs = persons.flatMap((_, left) =>
      persons.slice(left + 1).map((__, index) => [left, left + 1 + index] as const),
    );
    const quality = scoreMatches([], persons, pairs, ["k"]);
    expect(pairs).toHaveLength(66);
    expect(await reportPage({ ...facts, quality })).toContain("Recall over all pairs of boroughs");
  });
});

describe("the score", () => {
  it("counts each true pair once, and takes no share of nothing", () => {
    const parties = [
      {
        name: "a",
        persons: new Map([
          [1, "p"],
          [2, "p"],
          [3, "q"],
        ]),
      },
      {
        name: "b",
        persons: new Map([
          [1, "p"],
          [2, "r"],
        ]),
      },
      null,
    ];
    const pairs = [
      [0, 1],
      [0, 2],
    ] as const;
    const match = { left: 0, right: 1, key: 0 };
    const found = [
      { ...match, leftRow: 2, rightRow: 1 },
      { ...match, leftRow: 3, rightRow: 2 },
    ];
    const { overall, pairs: scored, keys } = scoreMatches(found, parties, pairs, ["k"]);
    expect(overall).toEqual({
      truth: 2,
      found: 2,
      matched: 1,
      missed: 1,
      false: 1,
      precision: 0.5,
      recall: 0.5,
      f1: 0.5,
    });
    expect(scored).toHaveLength(1);
    expect(keys).toEqual([{ key: "k", correct: 1, false: 1 }]);
    const nobody = scoreMatches(
      [],
      [
        { name: "a", persons: new Map() },
        { name: "b", persons: new Map() },
      ],
      [[0, 1]],
      [],
    );
    expect(nobody.overall).toMatchObject({ precision: null, recall: null, f1: null });
    expect(nobody.groups).toEqual([]);
  });

  it("tells each group's recall and false matches, the largest gap first", () => {
    const traits = new Map([1, 2, 3].map((row) => [row, { tradition: row === 3 ? "Polish" : "British" }]));
    const a = { name: "a", persons: new Map([1, 2, 3].map((row) => [row, `p${row}`])), traits };
    const b = { name: "b", persons: new Map([1, 2, 3].map((row) => [row, `p${row}`])) };
    const match = { left: 0, right: 1, key: 0 };
    const found = [
      { ...match, leftRow: 1, rightRow: 1 },
      { ...match, leftRow: 2, rightRow: 2 },
      { ...match, leftRow: 3, rightRow: 1 },
    ];
    const { groups } = scoreMatches(found, [a, b], [[0, 1]], ["k"]);
    expect(groups).toMatchObject([
      {
        trait: "tradition",
        group: "Polish",
        truth: 1,
        matched: 0,
        missed: 1,
        false: 1,
        recall: 0,
        gap: 1,
        falseRate: 1,
      },
      {
        trait: "tradition",
        group: "British",
        truth: 2,
        matched: 2,
        missed: 0,
        false: 0,
        recall: 1,
        gap: 0,
        falseRate: 0,
      },
    ]);
  });

  it("tells a pair by what is wrong with either row", () => {
    const rows = [1, 2, 3, 4, 5];
    const persons = new Map(rows.map((row) => [row, `p${row}`]));
    const a = {
      name: "a",
      persons,
      errors: new Map([
        [2, ["typo"]],
        [3, ["moved"]],
        [4, ["typo"]],
        [5, ["typo"]],
      ]),
    };
    const b = {
      name: "b",
      persons,
      errors: new Map([
        [2, ["typo"]],
        [4, ["moved"]],
        [5, ["nickname"]],
      ]),
    };
    const { groups } = scoreMatches([], [a, b], [[0, 1]], ["k"]);
    expect(Object.fromEntries(groups.map(({ group, truth }) => [group, truth]))).toEqual({
      none: 1,
      typo: 1,
      moved: 1,
      several: 1,
      "several, with a move": 1,
    });
    expect(scoreMatches([], [a, { name: "b", persons }], [[0, 1]], ["k"]).groups).toEqual([]);
  });
});
