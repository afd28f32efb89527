import { ProtocolError } from "../../shared/base/errors.ts";
import { createSha256 } from "../../shared/crypto/hash.ts";
import { createOpener } from "../../shared/crypto/sealing.ts";
import { bytesToHex, isEqualBytes } from "../../shared/base/bytes.ts";
import type { Relay } from "../../shared/protocol/relay.ts";
import type { WaitingRow } from "../data/round-store.ts";
import { envelopeKey, sealContext } from "./pair-secrets.ts";
import { partyName, type Attempt, type RoundNode } from "./round-node.ts";

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

/**
 * Fetches what another node sealed to this one, and reads it.
 * @throws ProtocolError "integrity" naming message and sender where it does not open or `read` refuses it
 */
export async function fetchSealed<T>(
  node: RoundNode,
  attempt: Attempt,
  waiting: WaitingRow,
  read: (frames: readonly Uint8Array[]) => T,
): Promise<T> {
  const route = { type: waiting.type, from: waiting.sender, to: attempt.self, pair: waiting.pair };
  const opener = createOpener(envelopeKey(node, attempt, route), sealContext(attempt, route));
  try {
    return read(await fetchFrames(node.relay, waiting, opener));
  } catch (cause) {
    if (!(cause instanceof ProtocolError) || cause.code === "unavailable" || cause.code === "not-found") throw cause;
    const name = partyName(attempt.charter, waiting.sender);
    throw new ProtocolError(
      "integrity",
      `${waiting.type} ${bytesToHex(waiting.messageId)} of ${name}: ${cause.message}`,
      {
        cause,
      },
    );
  }
}
