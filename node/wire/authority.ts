import { connect, type DetailedPeerCertificate, type TLSSocket } from "node:tls";
import { isEqualBytes } from "../../shared/base/bytes.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import { sha256 } from "../../shared/crypto/hash.ts";
import { parseAddress } from "./channel.ts";

/**
 * Reads the coordinator's certificate authority from a TLS 1.3 handshake and checks it against the fingerprint that
 * came with the invitation, by another road than this network. Nothing is sent but the handshake; the connection is
 * closed again. Whoever answers is believed only in the connection after this one, which pins what is returned here.
 */
const HANDSHAKE_MS = 15_000;
/** A leaf and its authority; anything much longer is no chain of ours. */
const MAX_CHAIN = 5;

/**
 * @param address host:port
 * @param caSha256 of the authority's certificate, DER
 * @returns that certificate, DER
 * @throws ProtocolError "unavailable" where nobody answers in TLS 1.3, "integrity" where the chain has no such authority
 */
export async function readAuthority(address: string, caSha256: Uint8Array): Promise<Uint8Array> {
  const socket = await shakeHands(address);
  try {
    const found = chainOf(socket).find((certificate) => isEqualBytes(sha256(certificate), caSha256));
    if (found === undefined) {
      throw new ProtocolError(
        "integrity",
        `coordinator ${address}: its certificate authority is not the invitation's`,
        {
          hint: "nothing was sent; ask the coordinator's operator whether the invitation is theirs",
        },
      );
    }
    return found;
  } finally {
    socket.destroy();
  }
}

function shakeHands(address: string): Promise<TLSSocket> {
  const { host, port } = parseAddress(address);
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => {
      socket.destroy();
      reject(
        new ProtocolError("unavailable", `coordinator ${address}: no TLS 1.3 connection`, {
          cause,
          hint: "check the address and the firewall; the node only dials out",
        }),
      );
    };
    // Not verified here: there is no authority yet that could be trusted. The caller's fingerprint is the check.
    const socket = connect({
      host,
      port,
      minVersion: "TLSv1.3",
      rejectUnauthorized: false,
      ALPNProtocols: ["h2"],
      timeout: HANDSHAKE_MS,
    });
    socket.once("secureConnect", () => {
      resolve(socket);
    });
    socket.once("error", fail);
    socket.once("timeout", fail);
    socket.once("close", fail);
  });
}

/** Attacker-controlled: certificates that claim to be each other's issuer. */
function chainOf(socket: TLSSocket): Uint8Array[] {
  const chain: Uint8Array[] = [];
  // An empty object where there is none, whatever the types say.
  let certificate: Partial<DetailedPeerCertificate> | undefined = socket.getPeerCertificate(true);
  while (certificate?.raw !== undefined && chain.length < MAX_CHAIN) {
    chain.push(new Uint8Array(certificate.raw));
    certificate = certificate.issuerCertificate === certificate ? undefined : certificate.issuerCertificate;
  }
  return chain;
}
