import {
  connect,
  createSecureServer,
  type IncomingHttpHeaders,
  type Http2SecureServer,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo } from "node:net";

/**
 * A man in the middle that only a test can be: it holds a certificate of the coordinator's authority and the node's
 * own key, ends the node's TLS, writes down every application byte the node sends, by gRPC call, and passes it on.
 */
export interface RecordedCall {
  readonly path: string;
  /** Every byte of the call's request stream: gRPC frames as sent. */
  readonly sent: Buffer[];
}

export interface RecordingProxy {
  readonly port: number;
  readonly calls: RecordedCall[];
  close(): Promise<void>;
}

export interface ProxyKeys {
  /** PEM. */
  readonly ca: string;
  readonly serverCertificate: string;
  readonly serverKey: string;
  readonly clientCertificate: string;
  readonly clientKey: string;
}

export async function startRecordingProxy(keys: ProxyKeys, target: string): Promise<RecordingProxy> {
  const calls: RecordedCall[] = [];
  const dial = () =>
    connect(target, { ca: keys.ca, cert: keys.clientCertificate, key: keys.clientKey, minVersion: "TLSv1.3" });
  let session = dial();
  const upstream = () => {
    if (session.destroyed || session.closed) session = dial();
    return session;
  };
  const server: Http2SecureServer = createSecureServer({
    ca: keys.ca,
    cert: keys.serverCertificate,
    key: keys.serverKey,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: "TLSv1.3",
  });
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (each) => {
    sessions.add(each);
    each.on("close", () => sessions.delete(each));
  });
  server.on("stream", (stream: ServerHttp2Stream, headers) => {
    const call: RecordedCall = { path: String(headers[":path"]), sent: [] };
    calls.push(call);
    const forward = upstream().request({
      ":method": "POST",
      ":path": call.path,
      "content-type": String(headers["content-type"]),
      te: "trailers",
    });
    stream.on("data", (chunk: Buffer) => {
      call.sent.push(chunk);
      if (!forward.write(chunk)) {
        stream.pause();
        forward.once("drain", () => stream.resume());
      }
    });
    stream.on("end", () => forward.end());
    forward.on("response", (answer) => {
      stream.respond(
        { ":status": Number(answer[":status"]), "content-type": String(answer["content-type"]), ...grpcStatus(answer) },
        { waitForTrailers: true },
      );
    });
    let trailers: Record<string, string> = {};
    forward.on("trailers", (given: IncomingHttpHeaders) => {
      trailers = grpcStatus(given);
    });
    stream.on("wantTrailers", () => {
      stream.sendTrailers(trailers);
    });
    forward.on("data", (chunk: Buffer) => stream.write(chunk));
    forward.on("end", () => stream.end());
    const quietly = () => undefined;
    stream.on("error", quietly);
    forward.on("error", () => {
      if (!stream.destroyed) stream.close();
    });
    stream.on("close", () => {
      if (!forward.destroyed) forward.close();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    calls,
    async close() {
      session.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
        for (const each of sessions) each.destroy();
      });
    },
  };
}

function grpcStatus(headers: IncomingHttpHeaders): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of ["grpc-status", "grpc-message"]) {
    const value = headers[name];
    if (typeof value === "string") kept[name] = value;
  }
  return kept;
}

/** The gRPC messages in a request stream: u8 compressed ‖ u32 length ‖ message. */
export function grpcMessages({ sent }: RecordedCall): Buffer[] {
  const bytes = Buffer.concat(sent);
  const messages: Buffer[] = [];
  let offset = 0;
  while (offset + 5 <= bytes.length) {
    const length = bytes.readUInt32BE(offset + 1);
    messages.push(bytes.subarray(offset + 5, offset + 5 + length));
    offset += 5 + length;
  }
  return messages;
}
