import { hmac } from "@noble/hashes/hmac.js";
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import { describe, expect, it } from "vitest";
import { isEqualBytes } from "../../../../shared/base/bytes.ts";
import { hmacSha256 } from "../../../../shared/crypto/hash.ts";
import { createTagLanes } from "../../../../shared/crypto/tag-lanes.ts";
import { createTagger, TAG_BYTES } from "../../../../shared/crypto/tags.ts";
import { laneKernel, LAYOUT } from "../../../../shared/crypto/wasm-sha256.ts";
import { flipBit, fromHex, seededRandom, toHex } from "./support.ts";

const DIGEST_BYTES = 32;

interface Batch {
  readonly columns: Uint8Array;
  readonly digests: Uint8Array;
}

function randomBatch(seed: string, count: number): Batch & { salt: Uint8Array } {
  const random = seededRandom(seed);
  return { salt: random.bytes(32), columns: random.bytes(count), digests: random.bytes(count * DIGEST_BYTES) };
}

function tagsOf(salt: Uint8Array, { columns, digests }: Batch): Uint8Array {
  const out = new Uint8Array(columns.length * TAG_BYTES);
  createTagLanes(salt).tagAll(columns, digests, out);
  return out;
}

/** The same by any function of salt and message that gives at least 16 bytes. */
function oneByOne(salt: Uint8Array, batch: Batch, mac: (salt: Uint8Array, message: Uint8Array) => Uint8Array) {
  const out = new Uint8Array(batch.columns.length * TAG_BYTES);
  for (const [i, column] of batch.columns.entries()) {
    const value = batch.digests.subarray(i * DIGEST_BYTES, (i + 1) * DIGEST_BYTES);
    out.set(mac(salt, Uint8Array.of(column, ...value)).subarray(0, TAG_BYTES), i * TAG_BYTES);
  }
  return out;
}

function plainly(salt: Uint8Array, { columns, digests }: Batch): Uint8Array {
  const out = new Uint8Array(columns.length * TAG_BYTES);
  const tagger = createTagger(salt);
  for (const [i, column] of columns.entries())
    tagger.tag(column, digests.subarray(i * DIGEST_BYTES, (i + 1) * DIGEST_BYTES), out, i * TAG_BYTES);
  return out;
}

/** All that a salt or a value may pass through. */
const secretMemory = () => laneKernel().memory.subarray(LAYOUT.states);

describe("createTagLanes", () => {
  const { batch } = LAYOUT;
  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 100, batch - 1, batch, batch + 1, 4096, 4099])(
    "writes the tags of node:crypto, and of the plain tagger, for %i messages",
    (count) => {
      const { salt, ...messages } = randomBatch(`batch ${count}`, count);
      const tags = tagsOf(salt, messages);
      expect(isEqualBytes(tags, plainly(salt, messages))).toBe(true);
      expect(isEqualBytes(tags, oneByOne(salt, messages, hmacSha256))).toBe(true);
    },
  );

  it("writes the tags of an independent implementation", () => {
    const { salt, ...messages } = randomBatch("noble", 100);
    const noble = oneByOne(salt, messages, (key, message) => hmac(nobleSha256, key, message));
    expect(toHex(tagsOf(salt, messages))).toBe(toHex(noble));
  });

  it("takes every column, and values and salts of all bits and of none", () => {
    const columns = Uint8Array.from({ length: 256 }, (_, column) => column);
    for (const byte of [0x00, 0x80, 0xff]) {
      const salt = new Uint8Array(32).fill(~byte);
      const messages = { columns, digests: new Uint8Array(256 * DIGEST_BYTES).fill(byte) };
      expect(toHex(tagsOf(salt, messages))).toBe(toHex(oneByOne(salt, messages, hmacSha256)));
    }
  });

  it("gives a tag that was written down", () => {
    // Python 3: hmac.new(bytes(range(32)), b"\x05" + bytes(range(32, 64)), "sha256").hexdigest()[:32]
    const salt = Uint8Array.from({ length: 32 }, (_, i) => i);
    const value = Uint8Array.from({ length: 32 }, (_, i) => 32 + i);
    const tags = tagsOf(salt, { columns: Uint8Array.of(5), digests: value });
    expect(tags).toEqual(fromHex("a1d0604ce10ea6fdcd6524d686f2b551"));
  });

  it("changes one tag, and that wholly, with any bit of its message", () => {
    const { salt, ...messages } = randomBatch("bits", 7);
    const before = tagsOf(salt, messages);
    for (let bit = 0; bit < 256; bit++) {
      const digests = flipBit(messages.digests, 3 * DIGEST_BYTES + (bit >> 3), bit & 7);
      const changed = tagsOf(salt, { ...messages, digests }).map((byte, i) => byte ^ before[i]!);
      const places = [...changed.entries()].filter(([, byte]) => byte !== 0).map(([i]) => i);
      expect(places.every((i) => i >= 3 * TAG_BYTES && i < 4 * TAG_BYTES)).toBe(true);
      expect(places.length).toBeGreaterThan(TAG_BYTES / 2);
    }
  });

  it("keeps salts apart that are used by turns", () => {
    const [one, other] = [randomBatch("one", 10), randomBatch("other", 10)];
    const lanes = [one, other].map(({ salt }) => createTagLanes(salt));
    for (let turn = 0; turn < 3; turn++) {
      for (const [i, { salt, ...messages }] of [one, other].entries()) {
        const out = new Uint8Array(10 * TAG_BYTES);
        lanes[i]!.tagAll(messages.columns, messages.digests, out);
        expect(toHex(out)).toBe(toHex(oneByOne(salt, messages, hmacSha256)));
      }
    }
  });

  it("reads and writes views into larger buffers, and nothing beside them", () => {
    const { salt, ...messages } = randomBatch("views", 6);
    const inside = (bytes: Uint8Array, offset: number) => {
      const larger = new Uint8Array(bytes.length + 2 * offset).fill(0xee);
      larger.set(bytes, offset);
      return larger.subarray(offset, offset + bytes.length);
    };
    const out = inside(new Uint8Array(6 * TAG_BYTES), 5);
    createTagLanes(salt).tagAll(inside(messages.columns, 1), inside(messages.digests, 3), out);
    const expected = inside(oneByOne(salt, messages, hmacSha256), 5);
    expect(toHex(new Uint8Array(out.buffer))).toBe(toHex(new Uint8Array(expected.buffer)));
  });

  it.each([
    ["a salt of another length", 31, 4, 128, 64],
    ["half a digest", 32, 4, 112, 64],
    ["a digest too many", 32, 4, 160, 64],
    ["no room for a tag", 32, 4, 128, 48],
    ["room for a tag too many", 32, 4, 128, 80],
    ["digests without columns", 32, 0, 32, 0],
  ] as const)("refuses %s", (_, salt, columns, digests, out) => {
    expect(() => {
      const bytes = (length: number) => new Uint8Array(length).fill(1);
      createTagLanes(bytes(salt)).tagAll(bytes(columns), bytes(digests), bytes(out));
    }).toThrow("assertion failed");
  });

  it("leaves nothing of the salt or the values in the memory that it worked in", () => {
    const { memory } = laneKernel();
    const { salt, ...messages } = randomBatch("traces", 2000);
    memory.fill(0xee, LAYOUT.states);
    tagsOf(salt, messages);
    expect(secretMemory().every((byte) => byte === 0)).toBe(true);
    expect(memory.subarray(0, 4)).toEqual(fromHex("982f8a42"));
  });

  it("forgets the salt when it is erased, and refuses to go on", () => {
    const { salt, ...messages } = randomBatch("erased", 5);
    const [kept, erased] = [createTagLanes(salt), createTagLanes(salt)];
    const out = new Uint8Array(5 * TAG_BYTES);
    erased.tagAll(messages.columns, messages.digests, out);
    erased.erase();
    // The assertion looks at the words themselves: it holds only when they are all zero.
    expect(() => {
      erased.tagAll(messages.columns, messages.digests, out);
    }).toThrow("the salt was erased");
    kept.tagAll(messages.columns, messages.digests, out);
    expect(toHex(out)).toBe(toHex(oneByOne(salt, messages, hmacSha256)));
  });
});
