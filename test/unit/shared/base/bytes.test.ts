import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  base64UrlToBytes,
  bytesToBase64Url,
  bytesToHex,
  compareBytes,
  concatBytes,
  hexToBytes,
  isEqualBytes,
  textToBytes,
  u32ToBytes,
} from "../../../../shared/base/bytes.ts";

describe("concatBytes", () => {
  it("puts the parts one after another, in memory of its own", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (parts) => {
        expect([...concatBytes(...parts)]).toEqual(parts.flatMap((part) => [...part]));
      }),
    );
    const part = Uint8Array.of(1);
    const whole = concatBytes(part);
    part[0] = 2;
    expect(whole).toEqual(Uint8Array.of(1));
  });
});

describe("compareBytes", () => {
  it("orders by unsigned byte, a prefix before what it begins", () => {
    const ordered = [[], [0], [0, 0], [0, 255], [1], [127], [128], [255], [255, 0]].map((bytes) =>
      Uint8Array.from(bytes),
    );
    for (const [i, a] of ordered.entries()) {
      for (const [j, b] of ordered.entries()) expect(Math.sign(compareBytes(a, b))).toBe(Math.sign(i - j));
    }
  });

  it("calls equal exactly what has the same bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        expect(isEqualBytes(a, a.slice())).toBe(true);
        expect(isEqualBytes(a, b)).toBe([...a].join() === [...b].join());
      }),
    );
  });

  it("compares the bytes of a view, not of the memory under it", () => {
    const memory = Uint8Array.of(9, 1, 2, 9);
    expect(isEqualBytes(memory.subarray(1, 3), Uint8Array.of(1, 2))).toBe(true);
  });
});

describe("text forms of bytes", () => {
  it("come back as the same bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(hexToBytes(bytesToHex(bytes))).toEqual(bytes);
        expect(base64UrlToBytes(bytesToBase64Url(bytes))).toEqual(bytes);
      }),
    );
  });

  it("write the bytes of a view, not of the memory under it", () => {
    const view = Uint8Array.of(9, 0xab, 0xff, 9).subarray(1, 3);
    expect(bytesToHex(view)).toBe("abff");
    expect(bytesToBase64Url(view)).toBe("q_8");
  });

  it("are read only where they are written so: one text for the same bytes", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 8 }), (text) => {
        const hex = hexToBytes(text);
        if (hex !== null) expect(bytesToHex(hex)).toBe(text);
        const base64 = base64UrlToBytes(text);
        if (base64 !== null) expect(bytesToBase64Url(base64)).toBe(text);
      }),
    );
    for (const text of ["a", "AB", "abc", "zz", "ab ", "0xab"]) expect(hexToBytes(text)).toBeNull();
    // Padding, the other alphabet, white space, bits beyond the last byte.
    for (const text of ["q_8=", "q/8", "q_8 ", "q_9", "q"]) expect(base64UrlToBytes(text)).toBeNull();
  });
});

describe("textToBytes", () => {
  it("writes UTF-8", () => {
    expect(textToBytes("aé€😀")).toEqual(Uint8Array.of(0x61, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80));
  });
});

describe("u32ToBytes", () => {
  it("writes four bytes, the highest first", () => {
    expect(u32ToBytes(0)).toEqual(new Uint8Array(4));
    expect(u32ToBytes(0x01020304)).toEqual(Uint8Array.of(1, 2, 3, 4));
    expect(u32ToBytes(0xffffffff)).toEqual(new Uint8Array(4).fill(0xff));
  });
});
