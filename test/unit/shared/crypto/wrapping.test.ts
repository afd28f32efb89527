import { describe, expect, it } from "vitest";
import { openSmall, sealSmall } from "../../../../shared/crypto/sealing.ts";
import { unwrapSecret, wrapSecret } from "../../../../shared/crypto/wrapping.ts";
import { codeOf, flipBit, seededRandom } from "./support.ts";

const random = seededRandom("wrapping");
const KEY = random.bytes(32);
const SECRET = random.bytes(96);
const CONTEXT = ["round", random.bytes(16), 1];

describe("a wrapped secret", () => {
  it("comes back under its key and context", () => {
    expect(unwrapSecret(KEY, CONTEXT, wrapSecret(KEY, CONTEXT, SECRET, random))).toEqual(SECRET);
  });

  it("does not come back under another key or context, nor changed", () => {
    const wrapped = wrapSecret(KEY, CONTEXT, SECRET, random);
    expect(codeOf(() => unwrapSecret(random.bytes(32), CONTEXT, wrapped))).toBe("integrity");
    expect(codeOf(() => unwrapSecret(KEY, [...CONTEXT.slice(0, 2), 2], wrapped))).toBe("integrity");
    expect(codeOf(() => unwrapSecret(KEY, CONTEXT, flipBit(wrapped, wrapped.length - 1)))).toBe("integrity");
  });

  it("cannot stand for a sealed envelope, nor the other way round", () => {
    expect(codeOf(() => openSmall(KEY, CONTEXT, wrapSecret(KEY, CONTEXT, SECRET, random)))).toBe("integrity");
    expect(codeOf(() => unwrapSecret(KEY, CONTEXT, sealSmall(KEY, CONTEXT, SECRET, random)))).toBe("integrity");
  });
});
