import tls from "node:tls";
import {
  Server,
  ServerCredentials,
  type sendUnaryData,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import type { Clock } from "../../shared/base/clock.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import { MAX_WIRE_MESSAGE_BYTES } from "../../shared/base/limits.ts";
import { derToPem, type Authority, issueServerCertificate } from "../../shared/crypto/certificates.ts";
import { sha256 } from "../../shared/crypto/hash.ts";
import type { Log } from "../../shared/host/logs.ts";
import { loadProto } from "../../proto/loader.ts";
import type { Data } from "../../proto/generated/portmoot/v1/Data.ts";
import type { Notice as WireNotice } from "../../proto/generated/portmoot/v1/Notice.ts";
import type { PostFrame__Output } from "../../proto/generated/portmoot/v1/PostFrame.ts";
import type { Receipt as WireReceipt } from "../../proto/generated/portmoot/v1/Receipt.ts";
import type { Enrolment } from "../enrolment/enrolment.ts";
import { isReceipt, type Mailbox } from "../mailbox/mailbox.ts";
import type { Store } from "../store/store.ts";
import { errorToStatus } from "./errors.ts";
import { headerFromWire } from "./header.ts";

/** Days of the coordinator's own server certificate: made anew at every start. */
const SERVER_CERTIFICATE_DAYS = 90;
const KEEPALIVE_MS = 30_000;
/** Calls of one connection at a time: one stream of notices, a few bodies, small ones. */
const MAX_CALLS_PER_CONNECTION = 100;
/** How often a party that only listens is seen. */
const SEEN_EVERY_MS = 10_000;

export interface Servers {
  readonly enrolPort: number;
  readonly relayPort: number;
  close(): Promise<void>;
}

export interface ServerParts {
  readonly store: Store;
  readonly mailbox: Mailbox;
  readonly enrolment: Enrolment;
  readonly authority: Authority;
  readonly clock: Clock;
  readonly log: Log;
  readonly listen: { readonly host: string; readonly enrolPort: number; readonly relayPort: number };
  /** Names and addresses that nodes dial. */
  readonly addresses: readonly string[];
}

/**
 * Two listeners: `enrol` with a server certificate only, `relay` with mutual TLS 1.3. Who calls is looked up by the
 * certificate's fingerprint at every message, so that a revocation takes effect on the next one.
 */
export async function startServers(parts: ServerParts): Promise<Servers> {
  // grpc-js would accept TLS 1.2 otherwise.
  tls.DEFAULT_MIN_VERSION = "TLSv1.3";
  const { authority, clock, listen } = parts;
  const own = await issueServerCertificate(authority, {
    addresses: [...parts.addresses],
    nowMs: clock.nowMs(),
    days: SERVER_CERTIFICATE_DAYS,
  });
  const ca = Buffer.from(derToPem("CERTIFICATE", authority.certificateDer));
  const pair = {
    private_key: Buffer.from(derToPem("PRIVATE KEY", own.keyPkcs8Der)),
    // With the authority's certificate behind it: a node that enrols checks its fingerprint first.
    cert_chain: Buffer.from(
      derToPem("CERTIFICATE", own.certificateDer) + derToPem("CERTIFICATE", authority.certificateDer),
    ),
  };
  const closing = new AbortController();
  const proto = loadProto();

  const relay = createServer();
  relay.addService(proto.Relay.service, relayService(parts, closing.signal));
  const relayPort = await bind(
    relay,
    `${listen.host}:${listen.relayPort}`,
    ServerCredentials.createSsl(ca, [pair], true),
  );
  const enrol = createServer();
  enrol.addService(proto.Enrolment.service, enrolmentService(parts, relayPort));
  const enrolPort = await bind(
    enrol,
    `${listen.host}:${listen.enrolPort}`,
    ServerCredentials.createSsl(null, [pair], false),
  ).catch((error: unknown) => {
    // A listener left behind would keep the process alive without a coordinator in it.
    relay.forceShutdown();
    throw error;
  });
  return {
    enrolPort,
    relayPort,
    close() {
      closing.abort();
      enrol.forceShutdown();
      relay.forceShutdown();
      return Promise.resolve();
    },
  };
}

function createServer(): Server {
  return new Server({
    "grpc.max_receive_message_length": MAX_WIRE_MESSAGE_BYTES,
    "grpc.max_send_message_length": 16 * MAX_WIRE_MESSAGE_BYTES,
    "grpc.max_concurrent_streams": MAX_CALLS_PER_CONNECTION,
    "grpc.keepalive_time_ms": KEEPALIVE_MS,
    "grpc.keepalive_timeout_ms": KEEPALIVE_MS / 3,
  });
}

function bind(server: Server, address: string, credentials: ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => {
      if (error === null) resolve(port);
      else
        reject(
          new ProtocolError("unavailable", `cannot listen on ${address}`, {
            cause: error,
            hint: "is another coordinator serving there?",
          }),
        );
    });
  });
}

function enrolmentService({ enrolment, log }: ServerParts, relayPort: number): UntypedServiceImplementation {
  return {
    Enrol: unary(log, async (call: ServerUnaryCall<{ body: Buffer }, { body: Uint8Array }>) => ({
      body: await enrolment.enrol(call.request.body, relayPort),
    })),
  };
}

interface AnyCall {
  getAuthContext(): { sslPeerCertificate?: tls.PeerCertificate };
}

function relayService(parts: ServerParts, closing: AbortSignal): UntypedServiceImplementation {
  const { store, mailbox, enrolment, clock, log } = parts;
  const following = new Map<string, AbortController>();

  async function caller(call: AnyCall): Promise<string> {
    const raw = call.getAuthContext().sslPeerCertificate?.raw;
    const party = raw === undefined ? null : await store.partyOfCertificate(sha256(raw), clock.nowMs());
    if (party === null)
      throw new ProtocolError("not-allowed", "certificate: not of a party of this network, or revoked");
    return party.name;
  }

  return {
    Follow: streaming(log, async (call: ServerWritableStream<{ after: number }, WireNotice>, signal) => {
      const name = await caller(call);
      // One stream a party: after a cut the node is back before the old line is known to be dead.
      const replaced = new AbortController();
      following.get(name)?.abort();
      following.set(name, replaced);
      const either = AbortSignal.any([signal, closing, replaced.signal]);
      const seen = setInterval(() => {
        caller(call).catch(() => {
          replaced.abort();
        });
      }, SEEN_EVERY_MS);
      try {
        for await (const notice of mailbox.follow(name, call.request.after, either)) {
          // Revocation takes effect on the next message, in a stream too.
          await caller(call);
          await write(call, { ...notice, round: notice.round ?? new Uint8Array() }, either);
        }
      } finally {
        clearInterval(seen);
        if (following.get(name) === replaced) following.delete(name);
      }
    }),
    Held: unary(log, async (call: ServerUnaryCall<{ messageId: Buffer }, { sizeBytes: number }>) => ({
      sizeBytes: await mailbox.held(await caller(call), call.request.messageId),
    })),
    Post: (call: ServerReadableStream<PostFrame__Output, WireReceipt>, done: sendUnaryData<WireReceipt>) => {
      receive(call, mailbox, () => caller(call)).then(
        (receipt) => {
          done(null, receipt);
        },
        (error: unknown) => {
          done(errorToStatus(error, log));
          call.resume(); // what still comes is thrown away
        },
      );
    },
    Fetch: streaming(log, async (call: ServerWritableStream<{ messageId: Buffer; offset: number }, Data>, signal) => {
      const name = await caller(call);
      const { messageId, offset } = call.request;
      for await (const bytes of mailbox.fetch(name, messageId, offset)) {
        if (signal.aborted) return;
        await write(call, { bytes }, signal);
      }
    }),
    Acknowledge: unary(log, async (call: ServerUnaryCall<{ messageId: Buffer; sha256: Buffer }, object>) => {
      await mailbox.acknowledge(await caller(call), call.request.messageId, call.request.sha256);
      return {};
    }),
    Renew: unary(
      log,
      async (call: ServerUnaryCall<{ csrDer: Buffer; delegation: Buffer }, { certificateDer: Uint8Array }>) => ({
        certificateDer: await enrolment.renew(await caller(call), call.request),
      }),
    ),
  };
}

/** One message up: a header, then its chunks, each stored before the next is read. */
async function receive(
  call: ServerReadableStream<PostFrame__Output, WireReceipt>,
  mailbox: Mailbox,
  caller: () => Promise<string>,
): Promise<WireReceipt> {
  let posting: Awaited<ReturnType<Mailbox["post"]>> | null = null;
  for await (const frame of framesOf(call)) {
    const name = await caller();
    if (posting === null) {
      if (frame.part !== "header" || frame.header === null || frame.header === undefined)
        throw new ProtocolError("malformed", "post: expected a header first");
      posting = await mailbox.post(name, headerFromWire(frame.header), frame.header.offset);
    } else {
      if (frame.part !== "data" || frame.data === undefined)
        throw new ProtocolError("malformed", "post: expected data after the header");
      if (!isReceipt(posting)) await posting.append(frame.data);
    }
  }
  if (posting === null) throw new ProtocolError("malformed", "post: expected a header, found nothing");
  const receipt = isReceipt(posting) ? posting : await posting.finish();
  return { ...receipt };
}

/** Turns a line that broke into an error of ours: what came before it is kept, and the sender goes on from there. */
async function* framesOf(call: AsyncIterable<unknown>): AsyncGenerator<PostFrame__Output> {
  try {
    for await (const frame of call) yield frame as PostFrame__Output;
  } catch (cause) {
    throw new ProtocolError("unavailable", "post: the line broke", { cause });
  }
}

function unary<Request, Reply>(log: Log, answer: (call: ServerUnaryCall<Request, Reply>) => Promise<Reply>) {
  return (call: ServerUnaryCall<Request, Reply>, done: sendUnaryData<Reply>) => {
    answer(call).then(
      (reply) => {
        done(null, reply);
      },
      (error: unknown) => {
        done(errorToStatus(error, log));
      },
    );
  };
}

function streaming<Request, Reply>(
  log: Log,
  answer: (call: ServerWritableStream<Request, Reply>, signal: AbortSignal) => Promise<void>,
) {
  return (call: ServerWritableStream<Request, Reply>) => {
    const gone = new AbortController();
    call.on("cancelled", () => {
      gone.abort();
    });
    answer(call, gone.signal).then(
      () => call.end(),
      (error: unknown) => {
        if (!gone.signal.aborted) call.emit("error", errorToStatus(error, log));
      },
    );
  };
}

/** Waits for `drain`: a slow reader holds up its own stream, not the coordinator's memory. */
async function write<Reply>(
  call: Pick<ServerWritableStream<unknown, Reply> | ServerDuplexStream<unknown, Reply>, "write" | "once" | "off">,
  reply: Reply,
  signal: AbortSignal,
): Promise<void> {
  if (call.write(reply) || signal.aborted) return;
  await new Promise<void>((resolve) => {
    const go = () => {
      call.off("drain", go);
      signal.removeEventListener("abort", go);
      resolve();
    };
    call.once("drain", go);
    signal.addEventListener("abort", go);
  });
}
