import { Server, ServerCredentials } from "@grpc/grpc-js";
import { loadProto } from "../../proto/loader.ts";
import type { RelayHandlers } from "../../proto/generated/portmoot/v1/Relay.ts";
import type { EnrolmentHandlers } from "../../proto/generated/portmoot/v1/Enrolment.ts";
import {
  createAuthority,
  createCertificateRequest,
  createTlsKey,
  derToPem,
  issueClientCertificate,
  issueServerCertificate,
  type Authority,
} from "../../shared/crypto/certificates.ts";

/** gRPC listeners with certificates of a throw-away authority, whose answers a test gives. */
export const NOW_MS = Date.now();

export interface Certificates {
  readonly authority: Authority;
  readonly server: { certificateDer: Uint8Array; keyPkcs8Der: Uint8Array };
  readonly client: { certificateDer: Uint8Array; tlsKeyPkcs8Der: Uint8Array };
}

export async function createCertificates(name = "Portmoot test"): Promise<Certificates> {
  const authority = await createAuthority({ name, nowMs: NOW_MS, days: 3650 });
  const server = await issueServerCertificate(authority, {
    addresses: ["127.0.0.1", "localhost"],
    nowMs: NOW_MS,
    days: 5,
  });
  const key = await createTlsKey();
  const csrDer = await createCertificateRequest({ name: "camden", keyPkcs8Der: key.keyPkcs8Der });
  const certificateDer = await issueClientCertificate(authority, { csrDer, name: "camden", nowMs: NOW_MS, days: 5 });
  return { authority, server, client: { certificateDer, tlsKeyPkcs8Der: key.keyPkcs8Der } };
}

export interface Listener {
  readonly address: string;
  close(): void;
}

/** A relay listener: only callers with a certificate of the same authority. */
export function listen(certificates: Certificates, handlers: Partial<RelayHandlers>): Promise<Listener> {
  const server = new Server();
  server.addService(loadProto().Relay.service, handlers as RelayHandlers);
  return bind(server, certificates, true);
}

/** An enrolment listener: anybody may call. */
export function listenForEnrolment(certificates: Certificates, handlers: EnrolmentHandlers): Promise<Listener> {
  const server = new Server();
  server.addService(loadProto().Enrolment.service, handlers);
  return bind(server, certificates, false);
}

async function bind(server: Server, certificates: Certificates, mutual: boolean): Promise<Listener> {
  const { authority, server: own } = certificates;
  const ca = Buffer.from(derToPem("CERTIFICATE", authority.certificateDer));
  const chain = Buffer.concat([Buffer.from(derToPem("CERTIFICATE", own.certificateDer)), ca]);
  const key = Buffer.from(derToPem("PRIVATE KEY", own.keyPkcs8Der));
  const credentials = ServerCredentials.createSsl(ca, [{ private_key: key, cert_chain: chain }], mutual);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", credentials, (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  return {
    address: `127.0.0.1:${port}`,
    close: () => {
      server.forceShutdown();
    },
  };
}
