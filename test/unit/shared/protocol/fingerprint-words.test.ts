import { describe, expect, it } from "vitest";
import { digest } from "../../../../shared/crypto/hash.ts";
import { fingerprintWords, verifyFingerprint } from "../../../../shared/protocol/fingerprint-words.ts";
import { keyOf, refusal } from "../../../helpers/example-charter.ts";

const KEY = keyOf("camden").publicKey;
const WORDS = fingerprintWords(KEY).split(" ");

describe("fingerprint words", () => {
  it("are twelve, the same each time, others for another key", () => {
    expect(WORDS).toHaveLength(12);
    expect(fingerprintWords(KEY)).toBe(WORDS.join(" "));
    expect(fingerprintWords(keyOf("newham").publicKey)).not.toBe(WORDS.join(" "));
  });

  it("carry 96 bits: one word for each byte, no word for two", () => {
    const wordOf = new Map<number, string>();
    for (let key = 0; wordOf.size < 256 && key < 5000; key++) {
      const publicKey = new Uint8Array(32).fill(key & 0xff, 0, 16).fill(key >> 8, 16);
      const bytes = digest("portmoot/fingerprint/v1", publicKey);
      for (const [index, word] of fingerprintWords(publicKey).split(" ").entries()) {
        expect(wordOf.get(bytes[index]!) ?? word).toBe(word);
        wordOf.set(bytes[index]!, word);
      }
    }
    expect(new Set(wordOf.values()).size).toBe(256);
  });

  it.each([
    ["as printed", WORDS.join(" ")],
    ["in capitals, over two lines", `  ${WORDS.join("\n").toUpperCase()} `],
    ["with commas", WORDS.join(", ")],
  ])("confirm the key when heard %s", (_, spoken) => {
    expect(() => {
      verifyFingerprint(KEY, spoken);
    }).not.toThrow();
  });

  it.each(WORDS.map((_, index) => index))("refuse the key when word %i differs", (index) => {
    const spoken = WORDS.with(index, WORDS[index] === "baba" ? "bado" : "baba").join(" ");
    const error = refusal(() => {
      verifyFingerprint(KEY, spoken);
    });
    expect(error.code).toBe("refused");
    expect(error.message).toContain(`word ${index + 1} is not the one`);
    expect(error.hint).toContain("do not trust this key");
  });

  it.each([
    ["", 1],
    [WORDS.slice(1).join(" "), 11],
    [`${WORDS.join(" ")} baba`, 13],
  ])("ask again for %j", (spoken, found) => {
    const error = refusal(() => {
      verifyFingerprint(KEY, spoken);
    });
    expect(error.code).toBe("bad-input");
    expect(error.message).toContain(`expected 12 words, found ${found}`);
  });
});
