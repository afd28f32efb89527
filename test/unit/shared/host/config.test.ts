import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { ProtocolError } from "../../../../shared/base/errors.ts";
import { MAX_DOCUMENT_BYTES } from "../../../../shared/base/limits.ts";
import { readConfig, readDocument, secretFromEnvironment } from "../../../../shared/host/config.ts";

const schema = z.strictObject({ port: z.number().int(), listen: z.string() });
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "portmoot-config-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function file(content: string | Uint8Array): string {
  const path = join(folder, "config.yaml");
  writeFileSync(path, content);
  return path;
}

function errorOf(run: () => unknown): ProtocolError {
  try {
    run();
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
  throw new Error("expected an error");
}

describe("configuration", () => {
  it("is read from YAML", () => {
    expect(readConfig(file("port: 7401\nlisten: 127.0.0.1\n"), schema)).toEqual({ port: 7401, listen: "127.0.0.1" });
  });

  it.each([
    ["a wrong type", "port: many\nlisten: x\n", /config\.yaml: port: /],
    ["a missing key", "port: 1\n", /config\.yaml: listen: /],
    ["an unknown key", "port: 1\nlisten: x\nlissten: y\n", /config\.yaml: .*lissten/],
    ["a key twice", "port: 1\nport: 2\nlisten: x\n", /config\.yaml: not valid YAML at line 2/],
    ["an unclosed bracket", "port: 1\nlisten: [x\n", /config\.yaml: not valid YAML at line \d/],
    ["a tag", "port: 1\nlisten: !secret x\n", /config\.yaml: not valid YAML at line 2/],
    ["nothing", "", /config\.yaml: /],
  ])("with %s is refused, naming file and key", (_, content, message) => {
    const error = errorOf(() => readConfig(file(content), schema));
    expect(error.code).toBe("bad-input");
    expect(error.message).toMatch(message);
  });

  it("refuses an alias, which could expand without end", () => {
    const error = errorOf(() => readConfig(file("port: &a 1\nlisten: *a\n"), schema));
    expect(error.code).toBe("bad-input");
  });

  it("never repeats the content of a wrong value", () => {
    const error = errorOf(() => readConfig(file("port: hunter2\nlisten: x\n"), schema));
    expect(error.message).not.toContain("hunter2");
  });

  it("refuses a missing file, a folder, a file that is not text and one that is too large", () => {
    expect(errorOf(() => readDocument(join(folder, "none.yaml"))).hint).toContain("check the path");
    expect(errorOf(() => readDocument(folder)).message).toContain("expected a file");
    expect(errorOf(() => readDocument(file(Uint8Array.of(0x70, 0xff, 0xfe)))).message).toContain("not UTF-8");
    expect(errorOf(() => readDocument(file("#".repeat(MAX_DOCUMENT_BYTES + 1)))).code).toBe("too-large");
    expect(readDocument(file("#".repeat(MAX_DOCUMENT_BYTES)))).toHaveLength(MAX_DOCUMENT_BYTES);
  });
});

describe("secrets", () => {
  it("come from the environment, and an empty one is none", () => {
    process.env["PORTMOOT_TEST_PASSPHRASE"] = "open sesame";
    expect(secretFromEnvironment("PORTMOOT_TEST_PASSPHRASE")).toBe("open sesame");
    process.env["PORTMOOT_TEST_PASSPHRASE"] = "";
    expect(secretFromEnvironment("PORTMOOT_TEST_PASSPHRASE")).toBeNull();
    delete process.env["PORTMOOT_TEST_PASSPHRASE"];
    expect(secretFromEnvironment("PORTMOOT_TEST_PASSPHRASE")).toBeNull();
  });
});
