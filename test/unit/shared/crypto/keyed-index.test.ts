import { describe, expect, it } from "vitest";
import { createTagKeying } from "../../../../shared/crypto/keyed-index.ts";
import { fixedRandom, fromHex, seededRandom, toHex } from "./support.ts";

describe("createTagKeying", () => {
  it("is AES-256 on each tag: FIPS 197 C.3", () => {
    const key = Uint8Array.from({ length: 32 }, (_, i) => i);
    const keying = createTagKeying(fixedRandom(key));
    const tag = fromHex("00112233445566778899aabbccddeeff");
    const keyed = "8ea2b7ca516745bfeafc49904b496089";
    expect(toHex(keying(Uint8Array.of(...tag, ...tag)))).toBe(keyed + keyed);
  });

  it("keeps equal tags equal and different ones different, also across two calls and many batches", () => {
    const keying = createTagKeying(seededRandom("keying"));
    const count = 70_000;
    const tags = new Uint8Array(count * 16);
    const view = new DataView(tags.buffer);
    for (let i = 0; i < count; i++) view.setUint32(16 * i, i);
    const keyed = Buffer.from(keying(tags));
    const blocks = new Set(Array.from({ length: count }, (_, i) => keyed.toString("latin1", 16 * i, 16 * i + 16)));
    expect(blocks.size).toBe(count);
    const single = keying(tags.subarray(16 * 69_999));
    expect(toHex(single)).toBe(keyed.toString("hex", 16 * 69_999));
    // The tags themselves stay as they came.
    expect(view.getUint32(16 * 69_999)).toBe(69_999);
  });

  it("gives every table another order, so that crafted tags cannot aim at a slot", () => {
    const tags = seededRandom("tags").bytes(160);
    expect(createTagKeying(seededRandom(1))(tags)).not.toEqual(createTagKeying(seededRandom(2))(tags));
  });

  it("takes whole tags only, and none", () => {
    const keying = createTagKeying(seededRandom("whole"));
    expect(keying(new Uint8Array(0))).toEqual(new Uint8Array(0));
    expect(() => keying(new Uint8Array(15))).toThrow("assertion failed");
  });
});
