import { ProtocolError } from "../../shared/base/errors.ts";
import { createSha256 } from "../../shared/crypto/hash.ts";
import { createOpener } from "../../shared/crypto/sealing.ts";
import { bytesToHex, isEqualBytes } from "../../shared/base/bytes.ts";
import type { Relay } from "../../shared/protocol/relay.ts";
import type { WaitingRow } from "../data/round-store.ts";
import { envelopeKey, sealContext } from "./pair-secrets.ts";
import { partyName, type Attempt, type RoundNode } from "./round-node.ts";

/** Takes opened frames as they come. */
export interface FrameSink<T> {
  push(frame: Uint8Array): void;
  /** After the last, when the whole body was found to be the announced one. */
  end(): T;
}

/**
 * Fetches a sealed body and opens it frame by frame. The stream is the coordinator's, so attacker-controlled: its
 * length and digest must be those of the notice, and every frame must open in its place.
 * @throws ProtocolError "integrity" when anything is missing, moved, repeated or added.
 */
async function* openFrames(
  relay: Pick<Relay, "fetch">,
  waiting: Announced,
  opener: ReturnType<typeof createOpener>,
): AsyncGenerator<Uint8Array> {
  const hash = createSha256();
  let size = 0;
  let ended = false;
  for await (const sealed of relay.fetch(waiting.messageId, 0)) {
    size += sealed.length;
    if (size > waiting.sizeBytes || ended) throw new ProtocolError("integrity", "sealed body: longer than announced");
    hash.update(sealed);
    const { plaintext, last } = opener.open(sealed);
    ended = last;
    yield plaintext;
  }
  opener.end();
  if (!ended || size !== waiting.sizeBytes || !isEqualBytes(hash.digest(), waiting.sha256)) {
    throw new ProtocolError("integrity", "sealed body: not the one announced");
  }
}

type Announced = Pick<WaitingRow, "messageId" | "sizeBytes" | "sha256">;

/** All frames of a small body. @throws ProtocolError as above */
export async function fetchFrames(
  relay: Pick<Relay, "fetch">,
  waiting: Announced,
  opener: ReturnType<typeof createOpener>,
): Promise<Uint8Array[]> {
  const frames: Uint8Array[] = [];
  for await (const frame of openFrames(relay, waiting, opener)) frames.push(frame);
  return frames;
}

/** Fetches a small body that another node sealed to this one, and reads it. @throws ProtocolError as fetchInto */
export async function fetchSealed<T>(
  node: RoundNode,
  attempt: Attempt,
  waiting: WaitingRow,
  read: (frames: readonly Uint8Array[]) => T,
): Promise<T> {
  const frames: Uint8Array[] = [];
  return fetchInto(node, attempt, waiting, { push: (frame) => void frames.push(frame), end: () => read(frames) });
}

/**
 * Fetches what another node sealed to this one, a frame in memory at a time.
 * @throws ProtocolError "integrity" naming message and sender where it does not open or `sink` refuses it
 */
export async function fetchInto<T>(
  node: RoundNode,
  attempt: Attempt,
  waiting: WaitingRow,
  sink: FrameSink<T>,
): Promise<T> {
  const route = { type: waiting.type, from: waiting.sender, to: attempt.self, pair: waiting.pair };
  const opener = createOpener(envelopeKey(node, attempt, route), sealContext(attempt, route));
  try {
    for await (const frame of openFrames(node.relay, waiting, opener)) sink.push(frame);
    return sink.end();
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
