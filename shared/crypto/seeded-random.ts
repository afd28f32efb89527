import type { RandomSource } from "../base/clock.ts";
import { hkdfSha256 } from "./hash.ts";
import { addMaskStream } from "./mask-stream.ts";

/**
 * Dice that fall the same way for the same secret and use: AES-256-CTR under keys derived by HKDF (RFC 5869), one for
 * each draw. For what must come out the same when it is computed again, such as a contribution after a kill.
 * @param secret 32 bytes, known to nobody else @param use what it is for, so that no two uses share a stream
 */
export function createSecretRandom(secret: Uint8Array, use: Uint8Array): RandomSource {
  let draws = 0;
  return {
    bytes(length) {
      const draw = new Uint8Array(4);
      new DataView(draw.buffer).setUint32(0, draws++);
      const words = new BigUint64Array(Math.ceil(length / 8));
      const key = hkdfSha256(secret, use, draw, 32);
      addMaskStream(words, key, 1);
      key.fill(0);
      return new Uint8Array(words.buffer, 0, length);
    },
  };
}
