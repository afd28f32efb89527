import { isIP } from "node:net";
import { checkServerIdentity, createSecureContext, type PeerCertificate } from "node:tls";
import { credentials, status, type ChannelCredentials, type ChannelOptions, type ServiceError } from "@grpc/grpc-js";
import { ProtocolError, type ErrorCode } from "../../shared/base/errors.ts";
import { MAX_SMALL_BODY_BYTES, MAX_WIRE_MESSAGE_BYTES } from "../../shared/base/limits.ts";
import { derToPem } from "../../shared/crypto/certificates.ts";

/**
 * What the node's two gRPC clients share: TLS 1.3 with the coordinator's authority as the only one believed, options
 * that leave nothing to the surroundings, and the one place where a gRPC status becomes one of our errors.
 */

/** A call that is answered at once takes no longer, whatever the line. */
export const SHORT_CALL_MS = 30_000;
const MAX_DETAIL_CHARACTERS = 200;

const CHANNEL_OPTIONS: ChannelOptions = {
  // A notice comes whole, a body in chunks.
  "grpc.max_receive_message_length": MAX_SMALL_BODY_BYTES + MAX_WIRE_MESSAGE_BYTES,
  "grpc.max_send_message_length": MAX_WIRE_MESSAGE_BYTES,
  // A line that died without a word is noticed in 40 seconds.
  "grpc.keepalive_time_ms": 30_000,
  "grpc.keepalive_timeout_ms": 10_000,
  "grpc.initial_reconnect_backoff_ms": 250,
  "grpc.max_reconnect_backoff_ms": 2_000,
  // Waiting and trying again is the outbox's business: it knows what was held.
  "grpc.enable_retries": 0,
  // No question to the DNS but for the address.
  "grpc.service_config_disable_resolution": 1,
  "grpc.use_local_subchannel_pool": 1,
};

export interface ClientIdentity {
  readonly certificateDer: Uint8Array;
  readonly tlsKeyPkcs8Der: Uint8Array;
}

/**
 * @param address host:port; the certificate that answers must name this host
 * @param own this node's certificate, or null where there is none yet
 */
export function pinnedChannel(
  address: string,
  caDer: Uint8Array,
  own: ClientIdentity | null,
): [address: string, credentials: ChannelCredentials, options: ChannelOptions] {
  const { host } = parseAddress(address);
  const context = createSecureContext({
    ca: derToPem("CERTIFICATE", caDer),
    minVersion: "TLSv1.3",
    ...(own === null
      ? {}
      : { cert: derToPem("CERTIFICATE", own.certificateDer), key: derToPem("PRIVATE KEY", own.tlsKeyPkcs8Der) }),
  });
  const verify = {
    checkServerIdentity: (_: string, certificate: PeerCertificate) => checkServerIdentity(host, certificate),
  };
  // RFC 6066 §3: an IP address is no server name; the check above goes by the address all the same.
  const name = isIP(host) === 0 ? {} : { "grpc.ssl_target_name_override": "coordinator" };
  return [address, credentials.createFromSecureContext(context, verify), { ...CHANNEL_OPTIONS, ...name }];
}

/** @throws ProtocolError "integrity" unless certificate and key belong together */
export function checkClientIdentity({ certificateDer, tlsKeyPkcs8Der }: ClientIdentity): void {
  try {
    createSecureContext({
      cert: derToPem("CERTIFICATE", certificateDer),
      key: derToPem("PRIVATE KEY", tlsKeyPkcs8Der),
    });
  } catch (cause) {
    throw new ProtocolError("integrity", "certificate: not for the key that was made here", { cause });
  }
}

/** @throws ProtocolError "bad-input" */
export function parseAddress(address: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-f:]+)\]|([^:[\]]+)):(\d{1,5})$/i.exec(address);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || port < 1 || port > 65_535) {
    throw new ProtocolError("bad-input", "address: expected host:port");
  }
  return { host, port };
}

/** What a status says where the coordinator does not name one of our codes; and the codes it may name with it. */
const CODES: ReadonlyMap<status, readonly [ErrorCode, ...ErrorCode[]]> = new Map<status, [ErrorCode, ...ErrorCode[]]>([
  [status.INVALID_ARGUMENT, ["malformed", "too-large"]],
  [status.NOT_FOUND, ["not-found"]],
  [status.PERMISSION_DENIED, ["not-allowed", "expired"]],
  [status.UNAUTHENTICATED, ["not-allowed"]],
  [status.FAILED_PRECONDITION, ["wrong-phase", "refused"]],
  [status.ABORTED, ["conflict"]],
]);

/**
 * Anything a call may throw, as a ProtocolError. What the coordinator says of it ("code: message") is
 * attacker-controlled text; it can never claim an integrity failure of this node's.
 */
export function wireError(call: string, error: unknown): ProtocolError {
  if (error instanceof ProtocolError) return error;
  if (!isServiceError(error)) throw error;
  const named = /^([a-z-]+): /.exec(error.details)?.[1];
  const codes = CODES.get(error.code);
  const details = error.details.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, MAX_DETAIL_CHARACTERS);
  const message = `coordinator: ${call}: ${details}`;
  // Bytes that were spoilt on their way are sent again.
  if (codes === undefined || named === "integrity") {
    const hint = "check that the coordinator runs and that this machine can dial its address";
    return new ProtocolError("unavailable", message, { cause: error, hint });
  }
  return new ProtocolError(codes.find((code) => code === named) ?? codes[0], message, { cause: error });
}

export function isCancelled(error: unknown): boolean {
  return isServiceError(error) && error.code === status.CANCELLED;
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && "code" in error && typeof error.code === "number" && "details" in error;
}
