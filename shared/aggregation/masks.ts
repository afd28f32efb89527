import { encodeValue } from "../base/encoding.ts";
import { digest, hkdfSha256 } from "../crypto/hash.ts";
import { sharedSecret } from "../crypto/key-agreement.ts";
import { addMaskStream } from "../crypto/mask-stream.ts";
import { sealKey } from "../crypto/sealing.ts";
import type { SumContext } from "./context.ts";

/** The seeds and keys that both ends of a mask derive alike: every one bound to J* and its use. */

/** k_uv, the seed of the pairwise mask of two owners: the same whichever of the two derives it. */
function pairMaskSeed({ jobKey }: SumContext, secret: Uint8Array, publicKey: Uint8Array, u: number, v: number) {
  const shared = sharedSecret(secret, publicKey);
  const info = encodeValue(["portmoot/pair-mask/v1", Math.min(u, v), Math.max(u, v)]);
  const seed = hkdfSha256(shared, jobKey, info, 32);
  shared.fill(0);
  return seed;
}

/**
 * Adds (or takes off) the pairwise masks of `self` with each of `peers`: + towards later positions, − towards earlier
 * ones, so that the two of a pair cancel in the sum.
 */
export function addPairMasks(
  context: SumContext,
  target: BigUint64Array,
  { self, maskSecret }: { self: number; maskSecret: Uint8Array },
  peers: readonly number[],
  sign: 1 | -1,
): void {
  for (const peer of peers) {
    if (peer === self) continue;
    const seed = pairMaskSeed(context, maskSecret, context.maskKeys.get(peer)!, self, peer);
    addMaskStream(target, seed, self < peer ? sign : (-sign as 1 | -1));
    seed.fill(0);
  }
}

/** H(b), which an owner signs before anybody may ask for b. */
export function selfMaskHash({ jobKey }: SumContext, party: number, selfMask: Uint8Array): Uint8Array {
  return digest("portmoot/self-mask/v1", [jobKey, party, selfMask]);
}

/** What an envelope is for: key shares from owner to owner, or a result seed from owner to opener. */
export type EnvelopeUse = "mask-shares" | "result-seed";

export function envelopeSealKey(
  context: SumContext,
  envelopeSecret: Uint8Array,
  peer: number,
  route: { use: EnvelopeUse; from: number; to: number },
): Uint8Array {
  const shared = sharedSecret(envelopeSecret, context.envelopeKeys.get(peer)!);
  const key = sealKey(shared, context.jobKey, [route.use, route.from, route.to]);
  shared.fill(0);
  return key;
}

/** Associated data of an envelope: J* ‖ use ‖ from ‖ to. */
export function envelopeContext({ jobKey }: SumContext, route: { use: EnvelopeUse; from: number; to: number }) {
  return [jobKey, route.use, route.from, route.to];
}
