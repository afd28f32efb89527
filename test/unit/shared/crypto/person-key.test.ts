import { describe, expect, it } from "vitest";
import { decodeKeyFile, encodeKeyFile } from "../../../../shared/crypto/person-key.ts";
import { codeOf, flipBit, present, seededRandom, toHex } from "./support.ts";

const random = seededRandom("person");
const SEED = random.bytes(32);
const ENCRYPTED = encodeKeyFile(SEED, "café au lait", random);
const PLAIN = encodeKeyFile(SEED, null, random);

describe("a key file", () => {
  it("gives the seed back under its passphrase, however the passphrase's accents are typed", () => {
    expect(decodeKeyFile(ENCRYPTED, "cafe\u0301 au lait")).toEqual(SEED);
  });

  it("does not hold the seed readable where there is a passphrase", () => {
    expect(bodyOf(ENCRYPTED)).not.toContain(toHex(SEED));
    expect(bodyOf(PLAIN)).toContain(toHex(SEED));
  });

  it("refuses a wrong passphrase and a missing one", () => {
    expect(() => decodeKeyFile(ENCRYPTED, "cafe au lait")).toThrow("wrong passphrase");
    expect(() => decodeKeyFile(ENCRYPTED, null)).toThrow("a passphrase is needed");
    expect(codeOf(() => encodeKeyFile(SEED, "", random))).toBe("bad-input");
  });

  it("gives the seed back without a passphrase, and refuses one that protects nothing", () => {
    expect(decodeKeyFile(PLAIN, null)).toEqual(SEED);
    expect(() => decodeKeyFile(PLAIN, "café au lait")).toThrow("not encrypted");
  });

  it("survives the line ends of another system and a missing last one", () => {
    const text = Buffer.from(PLAIN).toString("latin1");
    expect(decodeKeyFile(Buffer.from(text.replaceAll("\n", "\r\n")), null)).toEqual(SEED);
    expect(decodeKeyFile(Buffer.from(text.trimEnd()), null)).toEqual(SEED);
  });

  it("refuses a file with any one byte changed, or cut, or of another kind", () => {
    for (let at = 0; at < PLAIN.length - 1; at++) {
      expect(codeOf(() => decodeKeyFile(flipBit(PLAIN, at), null))).toBe("bad-input");
      expect(codeOf(() => decodeKeyFile(PLAIN.subarray(0, at), null))).toBe("bad-input");
    }
    const other = Buffer.from("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n");
    expect(codeOf(() => decodeKeyFile(other, null))).toBe("bad-input");
    expect(codeOf(() => decodeKeyFile(new Uint8Array(2000), null))).toBe("bad-input");
  });
});

/** What the second line holds, as hex. */
function bodyOf(file: Uint8Array): string {
  const line = present(Buffer.from(file).toString("latin1").split("\n")[1]);
  return toHex(Buffer.from(line, "base64url"));
}
