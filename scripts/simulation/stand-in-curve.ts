import { ELEMENT_BYTES } from "../../shared/crypto/curve-elements.ts";
import { sha256 } from "../../shared/crypto/hash.ts";
import type { CurveWork } from "../../shared/matching/curve-work.ts";

/**
 * In place of double-salt's arithmetic, for simulations of many people on few cores: a "product" is the exclusive or with
 * the scalar's digest. Like products on the curve it can be made in either order, keeps unequal values unequal and has the
 * same length, so that a round sends the same number of bytes and finds the same matches. It protects nothing: two
 * products show their difference. Only for people who do not exist, or in the hands of who has all rows anyway; no program
 * can be given it.
 */
export const standInCurve: CurveWork = {
  map: (seeds) => Promise.resolve(xorEach(seeds, new Uint8Array(ELEMENT_BYTES))),
  multiply: (scalar, elements) => Promise.resolve(xorEach(elements, sha256(scalar))),
};

/** The last byte stays zero: what is under 2^248 is a canonical element. */
function xorEach(input: Uint8Array, mask: Uint8Array): Uint8Array {
  const out = input.slice();
  for (let at = 0; at < out.length; at += ELEMENT_BYTES) {
    for (let index = 0; index < ELEMENT_BYTES - 1; index++) out[at + index]! ^= mask[index]!;
    out[at + ELEMENT_BYTES - 1] = 0;
  }
  return out;
}
