import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createRehearseProgram } from "../../scripts/rehearse.ts";
import { runScenario } from "../../scripts/simulation/run-scenario.ts";
import { readScenario } from "../../scripts/simulation/scenario.ts";
import { runProgram } from "../../shared/host/cli.ts";
import { encodeCharter, parseCharter, charterDigest } from "../../shared/protocol/charter.ts";
import { parseRehearsalText } from "../../shared/protocol/rehearsal.ts";
import { createConsentStore } from "../../node/data/consent-store.ts";
import { openNodeDatabase } from "../../node/data/database.ts";
import { homeFiles } from "../../node/home.ts";
import { exampleDocument, NOW_MS, type Json } from "../helpers/example-charter.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portmoot-rehearsal-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const KEYS = ["nino-year", "names-dob-postcode", "starts-postcode"];
const FIELDS = ["reference", "forename", "surname", "date_of_birth", "postcode", "nino", "no_match"];

/** The example's draft with these keys, without any key of a party. */
function draft(change: { dataset?: object; controls?: object; cascade?: Json } = {}): Record<string, unknown> {
  const document = exampleDocument();
  const { dataset, operation, controls, parties } = document as unknown as Record<string, Record<string, Json>>;
  return {
    ...document,
    coordinator: undefined,
    parties: Object.values(parties!).map((party) => ({ ...(party as object), rootKey: undefined })),
    dataset: { ...dataset, fields: FIELDS, ...change.dataset },
    operation: { ...operation, cascade: change.cascade ?? KEYS },
    controls: { ...controls, ...change.controls },
  };
}

const SMALL = ["--boroughs", "3", "--residents", "1500", "--overlap", "0.3", "--dirt", "0.5", "--seed", "3"];

async function rehearse(charter: Record<string, unknown> | string, ...args: string[]) {
  const file = join(folder, "draft.yaml");
  if (typeof charter !== "string") writeFileSync(file, JSON.stringify(charter));
  const io = { stdout: new PassThrough(), stderr: new PassThrough(), isTty: false };
  const all = [typeof charter === "string" ? charter : file, ...SMALL, ...args];
  const code = await runProgram(createRehearseProgram(io), all, io);
  const text = (stream: PassThrough) => ((stream.read() as Buffer | null) ?? Buffer.alloc(0)).toString("utf8");
  return { code, stdout: text(io.stdout), stderr: text(io.stderr) };
}

describe("portmoot rehearse", () => {
  it("finds and mistakes exactly whom a real round of the same boroughs finds and mistakes", async () => {
    const scenario = join(folder, "scenario.yaml");
    writeFileSync(
      scenario,
      JSON.stringify({
        format: "portmoot/scenario/v1",
        seed: 3,
        charter: { dataset: { fields: FIELDS }, operation: { protocol: "single-salt", cascade: KEYS } },
        boroughs: { generate: 3, residents: 1500, overlap: 0.3, dirt: 0.5 },
      }),
    );
    const watcher = { note: () => undefined, progress: () => undefined };
    const { quality } = await runScenario(readScenario(scenario), mkdtempSync(join(folder, "scratch-")), watcher);
    const { code, stdout } = await rehearse(draft(), "--json");
    expect(code).toBe(0);
    const { overall, groups } = parseRehearsalText(stdout);
    const counts = (of: { truth: number; found: number; matched: number }) => [of.truth, of.found, of.matched];
    expect(counts(overall)).toEqual(counts(quality!.overall));
    expect(overall.matched).toBeGreaterThan(100);
    for (const { trait, group, ...own } of groups) {
      const simulated = quality!.groups.find((each) => each.trait === trait && each.group === group)!;
      expect([trait, group, ...counts(own)]).toEqual([trait, group, ...counts(simulated)]);
    }
    expect(groups).toHaveLength(quality!.groups.length);
  });

  it("writes the same file for the same seed, and another for another", async () => {
    const out = join(folder, "rehearsal.json");
    await rehearse(draft(), "--out", out);
    const first = readFileSync(out, "utf8");
    await rehearse(draft(), "--out", out);
    expect(readFileSync(out, "utf8")).toBe(first);
    await rehearse(draft(), "--out", out, "--seed", "4");
    expect(readFileSync(out, "utf8")).not.toBe(first);
  });

  it("tells a reader figures by group, what was left out, and whether an approval would pass", async () => {
    const fairness = { largestRecallGap: 0.05, largestFalseMatchGap: 0.05 };
    const { stdout } = await rehearse(draft({ controls: { fairness } }));
    expect(stdout).toMatch(/^rehearsal of council-tax-double-residence version 1, seed 3: 1,500 made-up residents/);
    expect(stdout).toMatch(/by tradition +true pairs +found +wrong/);
    expect(stdout).toMatch(/ {2}Turkish +\d+ +[\d.]+ % +[\d.]+ % \*/);
    expect(stdout).toContain("rows were not chosen by discount, status");
    expect(stdout).toContain("An approval would be refused: rehearsal.people");
  });

  it("names keys that made-up people cannot have", async () => {
    const dataset = { fields: [...FIELDS, "household_key"] };
    const of = ["forename", "household_key"].map((field) => ({ field, as: ["fold"] }));
    const cascade = [...KEYS, { key: "forename-household", of }];
    const { stdout } = await rehearse(draft({ dataset, cascade }), "--json");
    expect(parseRehearsalText(stdout).notRehearsed.keys).toEqual(["forename-household"]);
  });

  it("takes a charter that came in at a node, by its id, and reads nothing else there", async () => {
    const charter = parseCharter({
      ...exampleDocument(),
      dataset: draft()["dataset"],
      operation: draft()["operation"],
    });
    const db = openNodeDatabase(homeFiles(folder).database);
    const [digest, body] = [charterDigest(charter), encodeCharter(charter)];
    const { id, version } = charter;
    createConsentStore(db).addCharter({ digest, id, version, body, notice: 1, signature: new Uint8Array(64) }, NOW_MS);
    db.close();
    const atNode = await rehearse(id, "--home", folder, "--json");
    expect(atNode.code).toBe(0);
    expect(atNode.stdout).toBe((await rehearse(draft(), "--json")).stdout);
  });

  it.each([
    ["another charter", ["nowhere", "--home", "HOME"], "is not a node's folder"],
    ["a share beyond 1", ["DRAFT", "--dirt", "25"], "--dirt: expected a share from 0 to 1"],
    ["too few boroughs", ["DRAFT", "--boroughs", "2"], "--boroughs: expected a whole number from 3 to 33"],
  ])("refuses %s with exit 2, saying why", async (_, [charter, ...args], message) => {
    const given = args.map((arg) => (arg === "HOME" ? join(folder, "nowhere") : arg));
    const { code, stderr } = await rehearse(charter === "DRAFT" ? draft() : charter!, ...given);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});
