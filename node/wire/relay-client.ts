import { once } from "node:events";
import type { ClientReadableStream, ClientWritableStream } from "@grpc/grpc-js";
import { loadProto } from "../../proto/loader.ts";
import type { Data__Output } from "../../proto/generated/portmoot/v1/Data.ts";
import type { Notice__Output } from "../../proto/generated/portmoot/v1/Notice.ts";
import type { PostFrame } from "../../proto/generated/portmoot/v1/PostFrame.ts";
import type { Receipt__Output } from "../../proto/generated/portmoot/v1/Receipt.ts";
import type { RelayClient as GrpcRelay } from "../../proto/generated/portmoot/v1/Relay.ts";
import type { Clock } from "../../shared/base/clock.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import { MAX_CHUNK_BYTES } from "../../shared/base/limits.ts";
import { isNoticeType } from "../../shared/protocol/messages.ts";
import type { Notice, PostHeader, Receipt, Relay } from "../../shared/protocol/relay.ts";
import { isCancelled, pinnedChannel, SHORT_CALL_MS, wireError, type ClientIdentity } from "./channel.ts";

/**
 * The relay over gRPC: mutual TLS 1.3, the coordinator's authority pinned, dialled by the node and never by the
 * coordinator. It turns calls into protobuf and back and checks the shape of what comes in; what the bytes mean,
 * and whether a signature holds, is for its callers. gRPC types end here.
 */
export interface RelayClient extends Relay {
  close(): void;
}

export interface RelayClientParts extends ClientIdentity {
  /** host:port of the relay listener. */
  readonly address: string;
  readonly caDer: Uint8Array;
  readonly clock: Clock;
}

/** The slowest line that a body may take: beyond it the post is cut, and resumed. */
const LEAST_BYTES_PER_SECOND = 32 * 1024;

export function openRelayClient({ address, caDer, clock, ...own }: RelayClientParts): RelayClient {
  const client: GrpcRelay = new (loadProto().Relay)(...pinnedChannel(address, caDer, own));
  const deadline = (sizeBytes = 0) => ({
    deadline: clock.nowMs() + SHORT_CALL_MS + (sizeBytes / LEAST_BYTES_PER_SECOND) * 1000,
  });
  /** One answer to one request. */
  const call = <T>(name: string, start: (done: (error: unknown, value?: T) => void) => void) =>
    new Promise<T>((resolve, reject) => {
      start((error, value) => {
        if (error !== null) reject(wireError(name, error));
        else resolve(value as T);
      });
    });

  return {
    follow: (after, signal) => followNotices(client.follow({ after }), signal),

    held: async (messageId) => {
      const reply = await call<{ sizeBytes: number }>("held", (done) => client.held({ messageId }, deadline(), done));
      return reply.sizeBytes;
    },

    async post(header, offset, chunks) {
      let stream: ClientWritableStream<PostFrame> | undefined;
      const answer = call<Receipt__Output>("post", (done) => {
        stream = client.post(deadline(header.sizeBytes - offset), done);
      });
      if (stream === undefined) throw new ProtocolError("unavailable", "coordinator: post: could not begin");
      return toReceipt(await pour(stream, answer, framesOf(header, offset, chunks)));
    },

    fetch: (messageId, offset) => fetchChunks(client.fetch({ messageId, offset })),

    acknowledge: async (messageId, sha256) => {
      await call("acknowledge", (done) => client.acknowledge({ messageId, sha256 }, deadline(), done));
    },

    renew: async ({ csrDer, delegation }) => {
      const reply = await call<{ certificateDer: Buffer }>("renew", (done) =>
        client.renew({ csrDer, delegation }, deadline(), done),
      );
      return copyOf(reply.certificateDer);
    },

    close: () => {
      client.close();
    },
  };
}

async function* followNotices(
  stream: ClientReadableStream<Notice__Output>,
  signal: AbortSignal,
): AsyncGenerator<Notice> {
  const cancel = () => {
    stream.cancel();
  };
  signal.addEventListener("abort", cancel, { once: true });
  if (signal.aborted) cancel();
  try {
    for await (const notice of stream) yield toNotice(notice as Notice__Output);
  } catch (error) {
    if (signal.aborted && isCancelled(error)) return;
    throw wireError("follow", error);
  } finally {
    signal.removeEventListener("abort", cancel);
    stream.cancel();
  }
}

async function* fetchChunks(stream: ClientReadableStream<Data__Output>): AsyncGenerator<Uint8Array> {
  try {
    for await (const data of stream) {
      const { bytes } = data as Data__Output;
      if (bytes.length > MAX_CHUNK_BYTES) throw new ProtocolError("too-large", "fetch: a chunk is larger than allowed");
      yield copyOf(bytes);
    }
  } catch (error) {
    throw wireError("fetch", error);
  } finally {
    stream.cancel();
  }
}

/** Writes as fast as the line takes it, and no further once the coordinator has answered, be it yes or no. */
async function pour<T>(stream: ClientWritableStream<PostFrame>, answer: Promise<T>, frames: Iterable<PostFrame>) {
  const over = new AbortController();
  const end = () => {
    over.abort();
  };
  const settled = answer.then(end, end);
  // The answer carries the error; the stream's own copy of it has nobody else to tell.
  stream.on("error", () => undefined);
  try {
    for (const frame of frames) {
      if (over.signal.aborted) break;
      if (!stream.write(frame)) await once(stream, "drain", { signal: over.signal }).catch(() => undefined);
    }
    stream.end();
  } catch (error) {
    // The message was dropped in the middle: the coordinator must not take the rest for the whole.
    stream.cancel();
    await settled;
    throw error;
  }
  return answer;
}

function* framesOf(header: PostHeader, offset: number, chunks: Iterable<Uint8Array>): Generator<PostFrame> {
  const { messageId, type, round, attempt, to, pair, sizeBytes, sha256 } = header;
  const place = pair === null ? null : { left: pair[0], right: pair[1] };
  yield {
    header: { messageId, type, round: round ?? new Uint8Array(0), attempt, to, pair: place, sizeBytes, sha256, offset },
  };
  for (const data of chunks) yield { data };
}

/** Attacker-controlled. @throws ProtocolError "malformed" */
function toNotice({ number, type, round, attempt, body, signature }: Notice__Output): Notice {
  if (!isNoticeType(type)) throw new ProtocolError("malformed", "notice: type: not one of the list");
  if (round.length !== 0 && round.length !== 16)
    throw new ProtocolError("malformed", "notice: round: expected 16 bytes");
  return {
    number,
    type,
    round: round.length === 0 ? null : copyOf(round),
    attempt,
    body: copyOf(body),
    signature: copyOf(signature),
  };
}

function toReceipt({ messageId, sha256, atMs, signature }: Receipt__Output): Receipt {
  return { messageId: copyOf(messageId), sha256: copyOf(sha256), atMs, signature: copyOf(signature) };
}

/** Out of the buffer of the whole gRPC message. */
function copyOf(bytes: Buffer): Uint8Array {
  return new Uint8Array(bytes);
}
