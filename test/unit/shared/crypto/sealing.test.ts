import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_CHUNK_BYTES } from "../../../../shared/base/limits.ts";
import {
  createOpener,
  createSealer,
  FRAME_OVERHEAD_BYTES,
  MAX_FRAME_BYTES,
  openSmall,
  sealKey,
  sealSmall,
  SMALL_OVERHEAD_BYTES,
} from "../../../../shared/crypto/sealing.ts";
import { codeOf, flipBit, present, seededRandom, toHex } from "./support.ts";

const random = seededRandom("sealing");
const KEY = random.bytes(32);
const CONTEXT = { job: random.bytes(32), type: "list", from: 0, to: 2, pair: [0, 1] };
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

function sealAll(frames: readonly Uint8Array[], context: typeof CONTEXT = CONTEXT, key = KEY): Uint8Array[] {
  const sealer = createSealer(key, context, random);
  return frames.map((frame, i) => sealer.seal(frame, i === frames.length - 1));
}

function openAll(sealed: readonly Uint8Array[], context: typeof CONTEXT = CONTEXT, key = KEY): Uint8Array[] {
  const opener = createOpener(key, context);
  const opened = sealed.map((frame) => opener.open(frame).plaintext);
  opener.end();
  return opened;
}

describe("sealKey", () => {
  it("differs with the shared secret, the job key and the direction", () => {
    const shared = new Uint8Array(32).fill(1);
    const job = new Uint8Array(32).fill(2);
    const keys = [
      sealKey(shared, job, ["list", 0, 1]),
      sealKey(shared, job, ["list", 1, 0]),
      sealKey(shared, job, ["shares", 0, 1]),
      sealKey(job, shared, ["list", 0, 1]),
      sealKey(shared, shared, ["list", 0, 1]),
    ];
    expect(keys.every((key) => key.length === 32)).toBe(true);
    expect(new Set(keys.map(toHex)).size).toBe(keys.length);
    expect(sealKey(shared, job, ["list", 0, 1])).toEqual(keys[0]);
  });
});

describe("a small sealed secret", () => {
  it("opens with its key and context, and is longer by a constant", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (plaintext) => {
        const sealed = sealSmall(KEY, CONTEXT, plaintext, random);
        expect(sealed.length).toBe(plaintext.length + SMALL_OVERHEAD_BYTES);
        expect(openSmall(KEY, CONTEXT, sealed)).toEqual(plaintext);
      }),
    );
  });

  it("looks different each time", () => {
    const plaintext = text("a share");
    expect(sealSmall(KEY, CONTEXT, plaintext, random)).not.toEqual(sealSmall(KEY, CONTEXT, plaintext, random));
  });

  it("does not open under another key, in another context, changed or cut", () => {
    const sealed = sealSmall(KEY, CONTEXT, text("a share"), random);
    expect(codeOf(() => openSmall(random.bytes(32), CONTEXT, sealed))).toBe("integrity");
    for (const moved of [{ ...CONTEXT, to: 3 }, { ...CONTEXT, pair: [1, 0] }, { ...CONTEXT, type: "shares" }, null]) {
      expect(codeOf(() => openSmall(KEY, moved, sealed))).toBe("integrity");
    }
    for (let length = 0; length < sealed.length; length++) {
      expect(codeOf(() => openSmall(KEY, CONTEXT, sealed.subarray(0, length)))).toBe("integrity");
    }
    for (let at = 0; at < sealed.length; at++) {
      expect(codeOf(() => openSmall(KEY, CONTEXT, flipBit(sealed, at)))).toBe("integrity");
    }
  });
});

describe("sealed frames", () => {
  it("open in order to what was sealed, each longer by a constant", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 8 }), (frames) => {
        const sealed = sealAll(frames);
        expect(sealed.map((frame) => frame.length)).toEqual(frames.map((frame) => frame.length + FRAME_OVERHEAD_BYTES));
        expect(openAll(sealed)).toEqual(frames);
      }),
    );
  });

  it("fit one chunk of the wire at their longest", () => {
    const frame = random.bytes(MAX_FRAME_BYTES);
    const [sealed] = sealAll([frame]) as [Uint8Array];
    expect(sealed.length).toBeLessThanOrEqual(MAX_CHUNK_BYTES);
    expect(Buffer.concat(openAll([sealed])).equals(frame)).toBe(true);
  });

  it("are not sealed or opened beyond the longest", () => {
    const tooLong = new Uint8Array(MAX_FRAME_BYTES + 1);
    expect(() => sealAll([tooLong])).toThrow("assertion failed");
    expect(codeOf(() => openAll([new Uint8Array(tooLong.length + FRAME_OVERHEAD_BYTES)]))).toBe("too-large");
  });

  it("fail where one is left out, repeated, swapped or added after the last", () => {
    const sealed = sealAll([text("one"), text("two"), text("three")]);
    const [one, two, three] = sealed as [Uint8Array, Uint8Array, Uint8Array];
    const again = sealAll([text("one"), text("two"), text("three")]);
    for (const wrong of [
      [],
      [one],
      [one, two],
      [one, three],
      [two, three],
      [one, one, two, three],
      [two, one, three],
      [one, two, three, three],
      [one, two, three, present(again[2])],
    ]) {
      expect(codeOf(() => openAll(wrong))).toBe("integrity");
    }
    expect(openAll(sealed)).toHaveLength(3);
  });

  it("fail where the mark of the last frame is changed, so that a list cannot be cut short", () => {
    const [one, two] = sealAll([text("one"), text("two")]) as [Uint8Array, Uint8Array];
    const endsEarly = one.slice();
    endsEarly[0] = 1;
    const goesOn = two.slice();
    goesOn[0] = 0;
    const neither = two.slice();
    neither[0] = 2;
    expect(codeOf(() => openAll([endsEarly]))).toBe("integrity");
    expect(codeOf(() => openAll([one, goesOn]))).toBe("integrity");
    expect(codeOf(() => openAll([one, neither]))).toBe("integrity");
  });

  it("fail where they are reflected to their sender or moved to another pair, type or job", () => {
    const sealed = sealAll([text("tags")]);
    for (const moved of [
      { ...CONTEXT, from: 2, to: 0 },
      { ...CONTEXT, pair: [1, 0] },
      { ...CONTEXT, type: "pair-result" },
      { ...CONTEXT, job: new Uint8Array(32) },
    ]) {
      expect(codeOf(() => openAll(sealed, moved))).toBe("integrity");
    }
    const shared = random.bytes(32);
    const there = sealKey(shared, CONTEXT.job, ["list", 0, 2]);
    const back = sealKey(shared, CONTEXT.job, ["list", 2, 0]);
    expect(codeOf(() => openAll(sealAll([text("tags")], CONTEXT, there), CONTEXT, back))).toBe("integrity");
  });

  it("fail where any one byte is changed or the end is cut", () => {
    const [sealed] = sealAll([text("sixteen and more bytes")]) as [Uint8Array];
    for (let at = 0; at < sealed.length; at++) {
      expect(codeOf(() => openAll([flipBit(sealed, at, 7)]))).toBe("integrity");
      expect(codeOf(() => openAll([sealed.subarray(0, at)]))).toBe("integrity");
    }
  });

  it("can go on after a frame that failed", () => {
    const [one, two] = sealAll([text("one"), text("two")]) as [Uint8Array, Uint8Array];
    const opener = createOpener(KEY, CONTEXT);
    expect(codeOf(() => opener.open(two))).toBe("integrity");
    expect(opener.open(one)).toEqual({ plaintext: text("one"), last: false });
    expect(opener.open(two)).toEqual({ plaintext: text("two"), last: true });
  });

  it("do not open as a small secret, nor the other way round", () => {
    const [sealed] = sealAll([text("secret")]) as [Uint8Array];
    expect(codeOf(() => openSmall(KEY, CONTEXT, sealed.subarray(1)))).toBe("integrity");
    const small = sealSmall(KEY, CONTEXT, text("secret"), random);
    expect(codeOf(() => openAll([Uint8Array.of(1, ...small)]))).toBe("integrity");
  });
});
