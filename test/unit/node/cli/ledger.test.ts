import { PassThrough } from "node:stream";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { createOutput, runProgram } from "../../../../shared/host/cli.ts";
import { addLedgerCommands } from "../../../../node/cli/ledger.ts";
import {
  createCoordinatorDouble,
  createEgressNode,
  maskedInput,
  sealedList,
  type EgressNode,
} from "../../../helpers/egress-node.ts";

async function run(node: EgressNode, json: boolean, ...args: string[]) {
  const io = { stdout: new PassThrough(), stderr: new PassThrough(), isTty: false };
  const program = new Command("portmoot").option("--json");
  addLedgerCommands(program, () => ({
    db: node.db,
    output: createOutput(io, json),
    ledgerTrust: () => node.trust,
  }));
  const code = await runProgram(program, json ? ["--json", "ledger", ...args] : ["ledger", ...args], io);
  const text = (stream: PassThrough) => ((stream.read() as Buffer | null) ?? Buffer.alloc(0)).toString("utf8");
  return { code, stdout: text(io.stdout), stderr: text(io.stderr) };
}

async function createStory(): Promise<EgressNode> {
  const node = createEgressNode();
  node.send(sealedList(node.random, [new Uint8Array(20)]));
  await node.gate.deliver(createCoordinatorDouble(node.coordinatorSecret));
  node.send(maskedInput(new TextEncoder().encode("0123456789abcdefXYZ")));
  return node;
}

describe("node ledger list", () => {
  it("prints every entry with what became of it, and the counted control messages", async () => {
    const { code, stdout } = await run(await createStory(), false, "list");
    expect(code).toBe(0);
    const lines = stdout.split("\n");
    expect(lines[0]).toContain(
      "1  2026-06-01T00:00:00.000Z  out    list to sutton, 61 bytes: left, received by the coordinator",
    );
    expect(lines[1]).toContain("masked-input to coordinator, 19 bytes: may have left");
    expect(stdout).toContain("held 0: Asks how many bytes of a message have arrived.");
  });

  it("says so while there is none", async () => {
    expect((await run(createEgressNode(), false, "list")).stdout).toContain("no entries yet");
  });

  it("prints facts for programs", async () => {
    const { stdout } = await run(await createStory(), true, "list");
    const facts = JSON.parse(stdout) as { entries: Record<string, unknown>[] };
    expect(facts.entries.map(({ sequence, type, fate }) => [sequence, type, fate])).toEqual([
      [1, "list", "left, received by the coordinator"],
      [2, "masked-input", "may have left"],
    ]);
    expect(facts.entries[0]?.["sha256"]).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe("node ledger show", () => {
  it("prints one entry in plain words", async () => {
    const { code, stdout } = await run(await createStory(), false, "show", "1");
    expect(code).toBe(0);
    expect(stdout).toContain("encodes            One keyed tag per row and match key");
    expect(stdout).toContain("derives from       nino, discount, status");
    expect(stdout).toContain("pair               0-1");
    expect(stdout).not.toContain("00000000  ");
  });

  it("prints the very bytes with --raw", async () => {
    const { stdout } = await run(await createStory(), false, "show", "2", "--raw");
    expect(stdout).toContain("00000000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef");
    expect(stdout).toContain("00000010  58 59 5a                                         XYZ");
  });

  it.each([
    ["9", "no entry 9"],
    ["0", "expected a number"],
    ["first", "expected a number"],
  ])("refuses entry %s", async (number, message) => {
    const { code, stderr } = await run(await createStory(), false, "show", number);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe("node ledger verify", () => {
  it("passes and prints the head", async () => {
    const node = await createStory();
    const { code, stdout } = await run(node, true, "verify");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      verified: true,
      entries: 2,
      receipts: 1,
      mayHaveLeft: 1,
      head: Buffer.from(node.ledger.digest()).toString("hex"),
    });
  });

  it("ends with exit code 40 and names the first bad entry", async () => {
    const node = await createStory();
    node.db.exec("DROP TRIGGER ledger_keeps_entries; UPDATE ledger SET digest = x'00' WHERE sequence = 2");
    const { code, stderr } = await run(node, false, "verify");
    expect(code).toBe(40);
    expect(stderr).toContain("ledger: entry 2");
  });
});
