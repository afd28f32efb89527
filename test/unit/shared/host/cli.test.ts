import { Writable } from "node:stream";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { ProtocolError, type ErrorCode } from "../../../../shared/base/errors.ts";
import { createOutput, runProgram, type CommandIo } from "../../../../shared/host/cli.ts";

function collect() {
  let text = "";
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  return { stream, text: () => text };
}

function openIo(isTty = false) {
  const stdout = collect();
  const stderr = collect();
  const io: CommandIo = { stdout: stdout.stream, stderr: stderr.stream, isTty };
  return { io, stdout: stdout.text, stderr: stderr.text };
}

function programThat(action: () => unknown): Command {
  const program = new Command("portmoot");
  program
    .command("round")
    .option("--json")
    .requiredOption("--home <folder>")
    .action(async () => {
      await action();
    });
  return program;
}

const EXPECTED: Readonly<Record<ErrorCode, number>> = {
  "bad-input": 2,
  malformed: 2,
  "too-large": 2,
  "not-found": 2,
  unavailable: 10,
  refused: 20,
  "not-allowed": 20,
  expired: 20,
  "wrong-phase": 20,
  conflict: 20,
  disclosure: 30,
  integrity: 40,
};

describe("runProgram", () => {
  it("ends with 0 when the command is done", async () => {
    const { io } = openIo();
    expect(
      await runProgram(
        programThat(() => undefined),
        ["round", "--home", "h"],
        io,
      ),
    ).toBe(0);
  });

  it.each(Object.entries(EXPECTED) as [ErrorCode, number][])("ends a %s with %i", async (code, exit) => {
    const { io } = openIo();
    const program = programThat(() => {
      throw new ProtocolError(code, "charter: version: expected a number");
    });
    expect(await runProgram(program, ["round", "--home", "h"], io)).toBe(exit);
  });

  it("says what is wrong and what to do next, on stderr", async () => {
    const { io, stdout, stderr } = openIo();
    const program = programThat(() => {
      throw new ProtocolError("refused", "policy.missing: no policy file", { hint: "write policy.yaml" });
    });
    expect(await runProgram(program, ["round", "--home", "h"], io)).toBe(20);
    expect(stderr()).toBe("error: policy.missing: no policy file\nnext: write policy.yaml\n");
    expect(stdout()).toBe("");
  });

  it("says the same as JSON on stdout where JSON was asked for", async () => {
    const { io, stdout } = openIo();
    const program = programThat(() => {
      throw new ProtocolError("integrity", "ledger: entry 4: signature", { cause: new Error("QQ123456C") });
    });
    expect(await runProgram(program, ["round", "--home", "h", "--json"], io)).toBe(40);
    expect(JSON.parse(stdout())).toEqual({
      error: { code: "integrity", message: "ledger: entry 4: signature", hint: null },
    });
  });

  it("ends wrong use with 2 and a message", async () => {
    for (const args of [["round"], ["rund"], ["round", "--home", "h", "--jason"], ["round", "--home"]]) {
      const { io, stderr } = openIo();
      expect(
        await runProgram(
          programThat(() => undefined),
          args,
          io,
        ),
      ).toBe(2);
      expect(stderr()).toMatch(/^error: /);
    }
  });

  it("ends with 0 after help", async () => {
    const { io, stdout } = openIo();
    expect(
      await runProgram(
        programThat(() => undefined),
        ["round", "--help"],
        io,
      ),
    ).toBe(0);
    expect(stdout()).toContain("--home <folder>");
  });

  it("ends a bug with 70 and its stack", async () => {
    const { io, stderr } = openIo();
    const program = programThat(() => {
      throw new TypeError("undefined is not a function");
    });
    expect(await runProgram(program, ["round", "--home", "h"], io)).toBe(70);
    expect(stderr()).toMatch(/bug in portmoot[\s\S]*TypeError[\s\S]*cli\.test\.ts/);
  });
});

describe("output", () => {
  it("prints facts or text, never both", () => {
    const asText = openIo();
    createOutput(asText.io, false).facts({ rows: 3 }, "3 rows");
    expect(asText.stdout()).toBe("3 rows\n");
    const asJson = openIo();
    createOutput(asJson.io, true).facts({ rows: 3 }, "3 rows");
    expect(JSON.parse(asJson.stdout())).toEqual({ rows: 3 });
    expect(asJson.stderr()).toBe("");
  });

  it("keeps notes and progress off stdout", () => {
    const { io, stdout, stderr } = openIo();
    const output = createOutput(io, true);
    output.note("imported");
    const progress = output.progress("rows", 100, "MB");
    for (let done = 10; done <= 100; done += 10) progress.update(done);
    progress.stop();
    expect(stdout()).toBe("");
    expect(stderr()).toContain("imported\n");
    expect(stderr()).toMatch(/rows: 50 % \([\d.]+ MB\/s, \d+ s left\)\n/);
  });

  it("writes at most one plain line a tenth where nobody watches", () => {
    const { io, stderr } = openIo();
    const progress = createOutput(io, false).progress("rows", 10_000);
    for (let done = 1; done <= 10_000; done++) progress.update(done);
    progress.stop();
    const lines = stderr().trimEnd().split("\n");
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.length).toBeLessThanOrEqual(10);
    expect(stderr()).not.toContain("\r");
  });

  it("rewrites one line on a terminal and clears it at the end", () => {
    const { io, stderr } = openIo(true);
    const progress = createOutput(io, false).progress("rows", null);
    progress.update(1);
    progress.stop();
    expect(stderr()).not.toContain("\n");
    expect(stderr().endsWith("\r\u001b[K")).toBe(true);
  });
});
