import { ProtocolError } from "../../shared/base/errors.ts";
import { isEqualBytes } from "../../shared/base/bytes.ts";
import { createSha256 } from "../../shared/crypto/hash.ts";
import type { createOpener } from "../../shared/crypto/sealing.ts";
import type { Relay } from "../../shared/protocol/relay.ts";

/**
 * Fetches a sealed body and opens it frame by frame. The stream is the coordinator's, so attacker-controlled: its
 * length and digest must be those of the notice, and every frame must open in its place.
 * @throws ProtocolError "integrity" when anything is missing, moved, repeated or added.
 */
export async function fetchFrames(
  relay: Pick<Relay, "fetch">,
  waiting: { messageId: Uint8Array; sizeBytes: number; sha256: Uint8Array },
  opener: ReturnType<typeof createOpener>,
): Promise<Uint8Array[]> {
  const frames: Uint8Array[] = [];
  const hash = createSha256();
  let size = 0;
  let ended = false;
  for await (const sealed of relay.fetch(waiting.messageId, 0)) {
    size += sealed.length;
    if (size > waiting.sizeBytes || ended) throw new ProtocolError("integrity", "sealed body: longer than announced");
    hash.update(sealed);
    const { plaintext, last } = opener.open(sealed);
    frames.push(plaintext);
    ended = last;
  }
  opener.end();
  if (!ended || size !== waiting.sizeBytes || !isEqualBytes(hash.digest(), waiting.sha256)) {
    throw new ProtocolError("integrity", "sealed body: not the one announced");
  }
  return frames;
}
