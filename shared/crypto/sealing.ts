import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { concatBytes } from "../base/bytes.ts";
import type { RandomSource } from "../base/clock.ts";
import { encodeValue, type Value } from "../base/encoding.ts";
import { assert, ProtocolError } from "../base/errors.ts";
import { MAX_CHUNK_BYTES } from "../base/limits.ts";
import { hkdfSha256, prefixedLabel } from "./hash.ts";
import { decryptXChaCha, encryptXChaCha, NONCE_BYTES, TAG_BYTES } from "./xchacha.ts";

/**
 * Seal(from → to), protocol.md "Charter and job": XChaCha20-Poly1305 (RFC 8439, draft-irtf-cfrg-xchacha-03)
 * under a key of one direction of one job. The context (job key, type, from, to, ordered pair) is associated
 * data, so that nothing opens elsewhere. Two forms:
 *
 *   small    nonce 24 ‖ ciphertext ‖ tag 16                    associated data [context]
 *   frame    u8 last ‖ nonce 24 ‖ ciphertext ‖ tag 16          associated data [context, frame number, last]
 *
 * Frames of a list are sealed and opened in order, so a truncated, repeated, reordered, reflected or moved
 * one fails. Nonces are random and a key is fresh per attempt. Plaintext leaves only after its tag held.
 * Small envelopes go through noble, frames through its ten times faster twin in xchacha.ts.
 */

const KEY_BYTES = 32;
/** What `sealSmall` adds. */
export const SMALL_OVERHEAD_BYTES = NONCE_BYTES + TAG_BYTES;
/** What sealing adds to one frame. */
export const FRAME_OVERHEAD_BYTES = 1 + NONCE_BYTES + TAG_BYTES;
/** The longest plaintext of a frame: sealed, it still fits one chunk of the wire. */
export const MAX_FRAME_BYTES = MAX_CHUNK_BYTES - 64;

/**
 * The key of one direction: HKDF(shared, salt = job key, info = label ‖ direction), 32 bytes.
 * @param shared what X25519 gave the two parties
 * @param direction what the key is for: type, from, to; A → B and B → A must differ in it
 */
export function sealKey(shared: Uint8Array, jobKey: Uint8Array, direction: Value): Uint8Array {
  const info = concatBytes(prefixedLabel("portmoot/seal/v1"), encodeValue(direction));
  return hkdfSha256(shared, jobKey, info, KEY_BYTES);
}

/** Seals a short secret in one piece. */
export function sealSmall(key: Uint8Array, context: Value, plaintext: Uint8Array, random: RandomSource): Uint8Array {
  const nonce = random.bytes(NONCE_BYTES);
  return concatBytes(nonce, xchacha20poly1305(key, nonce, encodeValue([context])).encrypt(plaintext));
}

/** @throws ProtocolError "integrity" unless sealed with exactly this key and context. */
export function openSmall(key: Uint8Array, context: Value, sealed: Uint8Array): Uint8Array {
  if (sealed.length < SMALL_OVERHEAD_BYTES) throw new ProtocolError("integrity", "sealed bytes: too short");
  const cipher = xchacha20poly1305(key, sealed.subarray(0, NONCE_BYTES), encodeValue([context]));
  try {
    return cipher.decrypt(sealed.subarray(NONCE_BYTES));
  } catch (cause) {
    throw new ProtocolError("integrity", "sealed bytes: do not open", { cause });
  }
}

export interface Sealer {
  /**
   * The next frame, FRAME_OVERHEAD_BYTES longer than the plaintext. Nothing may follow the last one.
   * @param frame at most MAX_FRAME_BYTES, may be empty
   */
  seal(frame: Uint8Array, last: boolean): Uint8Array;
}

export interface Opener {
  /** @throws ProtocolError "integrity" unless it is the next frame of this stream. A frame that fails changes nothing. */
  open(sealedFrame: Uint8Array): { plaintext: Uint8Array; last: boolean };
  /** To be called where the bytes end. @throws ProtocolError "integrity" where the last frame has not come. */
  end(): void;
}

export function createSealer(key: Uint8Array, context: Value, random: RandomSource): Sealer {
  let number = 0;
  let ended = false;
  return {
    seal(frame, last) {
      assert(!ended, "nothing is sealed after the last frame");
      assert(frame.length <= MAX_FRAME_BYTES, "a frame fits one chunk");
      const nonce = random.bytes(NONCE_BYTES);
      const body = encryptXChaCha(key, nonce, encodeValue([context, number, last]), frame);
      number += 1;
      ended = last;
      return concatBytes(Uint8Array.of(last ? 1 : 0), nonce, body);
    },
  };
}

export function createOpener(key: Uint8Array, context: Value): Opener {
  let number = 0;
  let ended = false;
  return {
    open(sealedFrame) {
      if (ended) throw new ProtocolError("integrity", "sealed frame: comes after the last");
      if (sealedFrame.length < FRAME_OVERHEAD_BYTES) throw new ProtocolError("integrity", "sealed frame: too short");
      if (sealedFrame.length > MAX_FRAME_BYTES + FRAME_OVERHEAD_BYTES) {
        throw new ProtocolError("too-large", `sealed frame: more than ${MAX_FRAME_BYTES} bytes inside`);
      }
      const mark = sealedFrame[0]!;
      if (mark > 1) throw new ProtocolError("integrity", "sealed frame: the last-frame mark is neither 0 nor 1");
      const last = mark === 1;
      const nonce = sealedFrame.subarray(1, 1 + NONCE_BYTES);
      const body = sealedFrame.subarray(1 + NONCE_BYTES);
      const plaintext = decryptXChaCha(key, nonce, encodeValue([context, number, last]), body);
      if (plaintext === null) throw new ProtocolError("integrity", `sealed frame ${number}: does not open`);
      number += 1;
      ended = last;
      return { plaintext, last };
    },
    end() {
      if (!ended) throw new ProtocolError("integrity", "sealed frames: the last one is missing");
    },
  };
}
