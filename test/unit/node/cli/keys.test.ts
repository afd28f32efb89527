import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { Command } from "commander";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { IN_MEMORY } from "../../../../shared/base/scratch.ts";
import { createOutput, runProgram } from "../../../../shared/host/cli.ts";
import { systemRandom } from "../../../../shared/host/random.ts";
import { charterDigest, encodeCharter, parseCharter } from "../../../../shared/protocol/charter.ts";
import type { NodeContext } from "../../../../node/cli/context.ts";
import { addDatasetCommands } from "../../../../node/cli/datasets.ts";
import { addKeyCommands } from "../../../../node/cli/keys.ts";
import { createConsentStore } from "../../../../node/data/consent-store.ts";
import { openNodeDatabase } from "../../../../node/data/database.ts";
import { changed, NOW_MS } from "../../../helpers/example-charter.ts";

const ID = "council-tax-double-residence";
/** Two share all they have, one has no National Insurance number. */
const ROWS = `ref,forename,surname,dob,postcode,nino,discount,status
1,Ann,Lee,1980-01-02,NW1 1AA,QQ123456A,none,open
2,Ann,Lee,1980-01-02,NW1 1AA,QQ123456A,none,open
3,Bob,Ray,1975-03-04,NW1 2AB,QQ123457B,none,open
4,Cat,Fox,1990-05-06,NW1 3AB,,none,open
`;
const MAPPING = `dateFormat: ymd
mapping:
  { reference: ref, forename: forename, surname: surname, date_of_birth: dob, postcode: postcode, nino: nino }
attributes:
  discount: { column: discount, codes: { none: none }, otherwise: other }
  status: { column: status, codes: { open: open }, otherwise: closed }
`;

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "portmoot-keys-"));
});
afterEach(() => {
  rmSync(home, { recursive: true });
});

/** A node with the example's charter, on a clock that goes on 10 ms whenever somebody looks. */
function createNode() {
  const db = openNodeDatabase(":memory:");
  let nowMs = NOW_MS;
  const clock = { nowMs: () => (nowMs += 10) };
  const receive = (version: number, protocol = "single-salt", diminutives: string[][] | null = null) => {
    const draft: Record<string, unknown> = { ...changed("operation.protocol", protocol), version };
    if (diminutives !== null) {
      Object.assign(draft["dataset"] as object, { diminutives });
      Object.assign(draft["operation"] as object, { cascade: ["diminutive-dob-postcode"] });
    }
    const charter = parseCharter(draft);
    const digest = charterDigest(charter);
    const body = encodeCharter(charter);
    createConsentStore(db).addCharter(
      { digest, id: ID, version, body, notice: version, signature: new Uint8Array(64) },
      NOW_MS,
    );
  };
  async function run(args: string[], json = false) {
    const io = { stdout: new PassThrough(), stderr: new PassThrough(), isTty: false };
    const output = createOutput(io, json);
    const around = { home, name: "camden", db, clock, random: systemRandom, output, workspace: () => IN_MEMORY };
    const context = around as unknown as NodeContext;
    const program = new Command("node");
    for (const add of [addKeyCommands, addDatasetCommands]) add(program, () => context);
    const code = await runProgram(program, args, io);
    const text = (stream: PassThrough) => ((stream.read() as Buffer | null) ?? Buffer.alloc(0)).toString("utf8");
    return { code, stdout: text(io.stdout), stderr: text(io.stderr) };
  }
  const importRows = () => {
    writeFileSync(join(home, "rows.csv"), ROWS);
    writeFileSync(join(home, "mapping.yaml"), MAPPING);
    const mapping = join(home, "mapping.yaml");
    return run(["import", join(home, "rows.csv"), "--dataset", "council-tax", "--mapping", mapping]);
  };
  return { run, receive, importRows };
}

describe("keys exposure", () => {
  it("prints for each key its size, this node's figures, the time at the measured pace, and a verdict", async () => {
    const { run, receive, importRows } = createNode();
    receive(1);
    expect(await importRows()).toMatchObject({ code: 0 });
    const { code, stdout, stderr } = await run(["keys", "exposure", ID]);
    expect([code, stderr]).toEqual([0, ""]);
    // Five batches of 4096 tags in 50 ms.
    expect(stdout).toContain("410,000 guesses a second on one core, measured here just now");
    expect(stdout).toContain("nino-year\n  values there are:  about 164 billion");
    expect(stdout).toContain("3 of 4 units have it; distinct values: 2; units that stand alone: 1");
    expect(stdout).toContain("5 days on one core; 16 seconds on a graphics card (assumed: 10 billion");
    expect(stdout).toContain("initial-surname-dob-sector\n  values there are:  about 10^15");
    expect(stdout).toContain("4 of 4 units have it; distinct values: 3; units that stand alone: 2");
    expect(stdout.match(/verdict: /g)).toHaveLength(2);
  });

  it("prints the same as facts for programs", async () => {
    const { run, receive, importRows } = createNode();
    receive(1);
    await importRows();
    const { stdout } = await run(["keys", "exposure", ID], true);
    expect(JSON.parse(stdout)).toMatchObject({
      charter: ID,
      version: 1,
      protocol: "single-salt",
      guessesPerSecond: 409_600,
      weakestKey: "nino-year",
      keys: [
        {
          key: "nino-year",
          values: 164_120_000_000,
          own: { units: 4, present: 3, distinct: 2, unique: 1 },
          verdict: "within-reach",
        },
        { key: "initial-surname-dob-sector", own: { units: 4, present: 4, distinct: 3, unique: 2 } },
      ],
    });
  });

  it("does without the dataset, and says how to bring it", async () => {
    const { run, receive } = createNode();
    receive(1);
    const { code, stdout, stderr } = await run(["keys", "exposure", ID]);
    expect(code).toBe(0);
    expect(stdout).toContain("the dataset council-tax is not loaded here");
    expect(stderr).toContain("portmoot node import FILE --dataset council-tax --mapping FILE");
    const facts = JSON.parse((await run(["keys", "exposure", ID], true)).stdout) as { keys: { own: unknown }[] };
    expect(facts.keys.map(({ own }) => own)).toEqual([null, null]);
  });

  it("says of a double-salt charter that nobody can guess offline", async () => {
    const { run, receive } = createNode();
    receive(1, "double-salt");
    const { code, stdout } = await run(["keys", "exposure", ID]);
    expect(code).toBe(0);
    expect(stdout).toContain("could try guesses: nobody offline");
    expect(stdout).not.toContain("measured here just now");
  });

  it("refuses a charter that is not here with the command that lists them, and asks which version", async () => {
    const { run, receive } = createNode();
    const unknown = await run(["keys", "exposure", "another"]);
    expect(unknown).toMatchObject({ code: 2, stdout: "" });
    expect(unknown.stderr).toBe("error: charter another is not here\nnext: portmoot node charter list\n");
    receive(1);
    receive(2);
    expect((await run(["keys", "exposure", ID])).stderr).toContain(`next: ${ID}@1 or ${ID}@2`);
    expect((await run(["keys", "exposure", `${ID}@2`])).stdout).toContain("version 2");
  });
});

describe("keys diminutives", () => {
  it("says which names are compared as one, in the program's own table", async () => {
    const { run } = createNode();
    const { code, stdout } = await run(["keys", "diminutives", "les", "Divya"]);
    expect(code).toBe(0);
    expect(stdout).toBe("LES: one with LES, LESLEY, LESLIE\nDIVYA: in no group, compared as it stands\n");
  });

  it("says it with a charter's groups", async () => {
    const { run, receive } = createNode();
    receive(1, "double-salt", [["DIVYA", "DIVY"]]);
    const { stdout } = await run(["keys", "diminutives", "divy", "--charter", ID], true);
    expect(JSON.parse(stdout)).toEqual([{ name: "DIVY", same: ["DIVY", "DIVYA"] }]);
  });

  it("writes a file's groups as a draft takes them, and changes nothing here", async () => {
    const { run } = createNode();
    writeFileSync(join(home, "ours.txt"), "# ours\ndivya, divy\n");
    const { code, stdout } = await run(["keys", "diminutives", "--add", join(home, "ours.txt")]);
    expect(code).toBe(0);
    expect(stdout).toContain("dataset:\n  diminutives:\n    - [DIVYA, DIVY]\n");
    expect((await run(["keys", "diminutives", "divy"])).stdout).toContain("in no group");
  });

  it.each([
    ["bob molly", "would make one of the names of ROBERT and MARY"],
    ["alone", "line 1: expected two or more names"],
    ["# nothing", "no group stands in it"],
  ])("refuses %j, saying why", async (text, message) => {
    const { run } = createNode();
    writeFileSync(join(home, "ours.txt"), text);
    const { code, stderr } = await run(["keys", "diminutives", "--add", join(home, "ours.txt")]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it("asks for names where none are given", async () => {
    expect((await createNode().run(["keys", "diminutives"])).stderr).toContain("names: say which");
  });
});
