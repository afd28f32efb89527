import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { combineShares, splitSecret } from "../../../../shared/crypto/shamir.ts";
import { codeOf, fixedRandom, flipBit, fromHex, present, seededRandom, toHex, xorBytes } from "./support.ts";

// draft-mcgrew-tss-03 §9, five bytes long; here the rest of the 32 is zero.
const KNOWN_SECRET = padded("7465737400");
const KNOWN_SHARES = new Map([
  [1, padded("b9fa07e185")],
  [2, padded("f5409b4511")],
]);

/** A scheme t of n with n distinct x-coordinates, and a secret. */
const schemes = fc.uniqueArray(fc.integer({ min: 1, max: 255 }), { minLength: 1, maxLength: 12 }).chain((xs) =>
  fc.record({
    xs: fc.constant(xs),
    threshold: fc.integer({ min: 1, max: xs.length }),
    secret: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    seed: fc.nat(),
    order: fc.shuffledSubarray(xs, { minLength: xs.length }),
  }),
);

describe("Shamir's secret sharing", () => {
  it("combines the shares of draft-mcgrew-tss-03 to its secret", () => {
    expect(toHex(combineShares(KNOWN_SHARES, 2))).toBe(toHex(KNOWN_SECRET));
  });

  it("splits that secret into those shares, given the coefficient between them", () => {
    // share(1) = secret + c1 · 1.
    const coefficient = xorBytes(KNOWN_SECRET, present(KNOWN_SHARES.get(1)));
    expect(splitSecret(KNOWN_SECRET, [1, 2], 2, fixedRandom(coefficient))).toEqual(KNOWN_SHARES);
  });

  it("multiplies as FIPS 197 §4.2 does: {57} · {83} = {c1} and {57} · {13} = {fe}", () => {
    const shares = splitSecret(new Uint8Array(32), [0x83, 0x13], 2, fixedRandom(new Uint8Array(32).fill(0x57)));
    expect(shares.get(0x83)).toEqual(new Uint8Array(32).fill(0xc1));
    expect(shares.get(0x13)).toEqual(new Uint8Array(32).fill(0xfe));
  });

  it("gives the secret back from any t shares", () => {
    fc.assert(
      fc.property(schemes, ({ xs, threshold, secret, seed, order }) => {
        const shares = splitSecret(secret, xs, threshold, seededRandom(seed));
        const some = new Map(order.slice(0, threshold).map((x) => [x, present(shares.get(x))]));
        expect(combineShares(some, threshold)).toEqual(secret);
        expect(combineShares(shares, threshold)).toEqual(secret);
      }),
    );
  });

  it("gives something else from t-1 shares", () => {
    fc.assert(
      fc.property(schemes, ({ xs, threshold, secret, seed, order }) => {
        fc.pre(threshold > 1);
        const shares = splitSecret(secret, xs, threshold, seededRandom(seed));
        const tooFew = new Map(order.slice(0, threshold - 1).map((x) => [x, present(shares.get(x))]));
        expect(combineShares(tooFew, threshold - 1)).not.toEqual(secret);
      }),
    );
  });

  it("leaves every secret possible to the holder of t-1 shares", () => {
    // One share of a 2-of-n scheme: for each secret there is a second share that explains it.
    const share = present(splitSecret(new Uint8Array(32).fill(7), [3, 9], 2, seededRandom("possible")).get(3));
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (secret) => {
        // The line through (0, secret) and (3, share) at 9: moved by 9, so that 9 lies at 0.
        const moved = new Map([
          [0 ^ 9, secret],
          [3 ^ 9, share],
        ]);
        const explaining = combineShares(moved, 2);
        const both = new Map([
          [3, share],
          [9, explaining],
        ]);
        expect(combineShares(both, 2)).toEqual(secret);
      }),
    );
  });

  it("adds: the shares of two secrets sum to shares of their sum", () => {
    const a = seededRandom("a").bytes(32);
    const b = seededRandom("b").bytes(32);
    const xs = [1, 2, 3, 4, 5];
    const left = splitSecret(a, xs, 3, seededRandom(1));
    const right = splitSecret(b, xs, 3, seededRandom(2));
    const sum = new Map(xs.map((x) => [x, xorBytes(present(left.get(x)), present(right.get(x)))]));
    expect(combineShares(sum, 3)).toEqual(xorBytes(a, b));
  });

  it("gives another secret, not an error, where a share was falsified", () => {
    const secret = seededRandom("secret").bytes(32);
    const shares = splitSecret(secret, [1, 2, 3], 2, seededRandom("falsified"));
    shares.set(2, flipBit(present(shares.get(2)), 0));
    expect(combineShares(shares, 2)).not.toEqual(secret);
  });

  it("refuses too few shares, a share of another length and an x that is none", () => {
    const shares = splitSecret(new Uint8Array(32), [1, 2, 3], 3, seededRandom("refused"));
    const share = present(shares.get(3));
    expect(codeOf(() => combineShares(new Map([...shares].slice(1)), 3))).toBe("integrity");
    expect(codeOf(() => combineShares(new Map([...shares, [3, share.subarray(1)]]), 3))).toBe("integrity");
    for (const x of [0, 256, -1, 1.5]) {
      expect(codeOf(() => combineShares(new Map([...shares, [x, share]]), 3))).toBe("integrity");
    }
  });

  it("never hands out the share at 0, which is the secret, nor two at one x", () => {
    for (const xs of [[0, 1], [1, 1], [256]]) {
      expect(() => splitSecret(new Uint8Array(32), xs, 1, seededRandom("x"))).toThrow("assertion failed");
    }
  });
});

function padded(hex: string): Uint8Array {
  return fromHex(hex.padEnd(64, "0"));
}
