import "reflect-metadata";
import { BasicConstraintsExtension, Pkcs10CertificateRequestGenerator } from "@peculiar/x509";
import { createPrivateKey, webcrypto, X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { ProtocolError } from "../../../../shared/base/errors.ts";
import { MAX_CLOCK_SKEW_MS } from "../../../../shared/base/limits.ts";
import {
  certificateFacts,
  createAuthority,
  createCertificateRequest,
  createTlsKey,
  derToPem,
  issueClientCertificate,
  issueServerCertificate,
} from "../../../../shared/crypto/certificates.ts";
import { sha256 } from "../../../../shared/crypto/hash.ts";
import { codeOf, flipBit, present } from "./support.ts";

const NOW_MS = Date.UTC(2026, 0, 1);
const DAY_MS = 24 * 60 * 60 * 1000;
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

const authority = await createAuthority({ name: "portmoot test", nowMs: NOW_MS, days: 3650 });
const authorityCertificate = new X509Certificate(authority.certificateDer);
const key = await createTlsKey();
const csrDer = await createCertificateRequest({ name: "camden", keyPkcs8Der: key.keyPkcs8Der });
const issued = { name: "camden", nowMs: NOW_MS, days: 90 };

describe("the authority", () => {
  it("signs itself and may sign leaves", () => {
    expect(authorityCertificate.ca).toBe(true);
    expect(authorityCertificate.verify(authorityCertificate.publicKey)).toBe(true);
  });

  it("takes a name as one name, whatever signs it holds", async () => {
    const name = 'a, CN=b + O="c" \\ #30';
    const odd = await createAuthority({ name, nowMs: NOW_MS, days: 1 });
    expect(certificateFacts(odd.certificateDer).name).toBe(name);
  });
});

describe("a server certificate", () => {
  it("holds for the addresses it was issued for and no other", async () => {
    const addresses = ["mailbox.example.org", "192.0.2.7", "2001:db8::7"];
    const server = await issueServerCertificate(authority, { addresses, nowMs: NOW_MS, days: 90 });
    const certificate = new X509Certificate(server.certificateDer);
    expect(certificate.checkIssued(authorityCertificate)).toBe(true);
    expect(certificate.verify(authorityCertificate.publicKey)).toBe(true);
    expect(certificate.checkPrivateKey(privateKey(server.keyPkcs8Der))).toBe(true);
    expect(certificate.checkHost("mailbox.example.org")).toBe("mailbox.example.org");
    expect(certificate.checkIP("192.0.2.7")).toBe("192.0.2.7");
    expect(certificate.checkIP("2001:db8::7")).toBe("2001:db8::7");
    expect(certificate.checkHost("other.example.org")).toBeUndefined();
    expect(certificate.checkIP("192.0.2.8")).toBeUndefined();
    expect(certificate.keyUsage).toEqual([SERVER_AUTH]);
    expect(certificate.ca).toBe(false);
  });

  it("is refused without an address", async () => {
    const options = { addresses: [], nowMs: NOW_MS, days: 90 };
    await expect(issueServerCertificate(authority, options)).rejects.toThrow("addresses: at least one");
  });
});

describe("a client certificate", () => {
  it("binds the key of the request to the name the authority gives", async () => {
    const certificateDer = await issueClientCertificate(authority, { ...issued, csrDer, name: "brent" });
    const certificate = new X509Certificate(certificateDer);
    expect(certificate.subject).toBe("CN=brent");
    expect(certificate.checkIssued(authorityCertificate)).toBe(true);
    expect(certificate.verify(authorityCertificate.publicKey)).toBe(true);
    expect(certificate.checkPrivateKey(privateKey(key.keyPkcs8Der))).toBe(true);
    expect(certificate.publicKey.export({ format: "der", type: "spki" }).equals(key.publicKeyDer)).toBe(true);
    expect(certificate.keyUsage).toEqual([CLIENT_AUTH]);
    expect(certificate.ca).toBe(false);
  });

  it("lasts the days asked for, begins early by the clocks' tolerance, and has a serial number of its own", async () => {
    const first = await issueClientCertificate(authority, { ...issued, csrDer });
    const second = await issueClientCertificate(authority, { ...issued, csrDer });
    expect(certificateFacts(first)).toEqual({
      sha256: sha256(first),
      notBeforeMs: NOW_MS - MAX_CLOCK_SKEW_MS,
      notAfterMs: NOW_MS + 90 * DAY_MS,
      name: "camden",
    });
    expect(new X509Certificate(first).serialNumber).not.toBe(new X509Certificate(second).serialNumber);
  });

  it("does not outlive its authority", async () => {
    const certificateDer = await issueClientCertificate(authority, { ...issued, csrDer, days: 4000 });
    expect(certificateFacts(certificateDer).notAfterMs).toBe(NOW_MS + 3650 * DAY_MS);
  });

  it("has none of the extensions that a request asks for", async () => {
    const keys = await ecKeys("P-256");
    const greedy = await requestFor(keys, [new BasicConstraintsExtension(true, 3, true)]);
    const certificate = new X509Certificate(await issueClientCertificate(authority, { ...issued, csrDer: greedy }));
    expect(certificate.ca).toBe(false);
    expect(certificate.subjectAltName).toBeUndefined();
  });

  it("is refused for a request with any signed byte changed, or cut off", async () => {
    // The signed part is the first element of the outer sequence, whose header is three bytes here.
    const signedEnd = 3 + 2 + present(csrDer[4]);
    for (let at = 3; at < signedEnd; at++) {
      expect(["malformed", "integrity"]).toContain(await refusal(flipBit(csrDer, at, at % 8)));
    }
    for (let length = 0; length < csrDer.length; length++) {
      expect(["malformed", "integrity"]).toContain(await refusal(csrDer.subarray(0, length)));
    }
  });

  it("never binds another key than the signed one, whatever is changed around the signed part", async () => {
    const signedEnd = 3 + 2 + present(csrDer[4]);
    const around = [0, 1, 2, ...Array.from({ length: csrDer.length - signedEnd }, (_, i) => signedEnd + i)];
    let refused = 0;
    for (const at of around) {
      const changed = flipBit(csrDer, at, 1);
      if ((await refusal(changed)) !== "no error") {
        refused += 1;
        continue;
      }
      const certificate = new X509Certificate(await issueClientCertificate(authority, { ...issued, csrDer: changed }));
      expect(certificate.publicKey.export({ format: "der", type: "spki" }).equals(key.publicKeyDer)).toBe(true);
    }
    // Its reader of DER is lenient about a few lengths; every byte of the signature counts.
    expect(refused).toBeGreaterThan(64);
  });

  it("is refused for a request signed by another key than the one it names", async () => {
    const [own, others] = [await ecKeys("P-256"), await ecKeys("P-256")];
    const forged = await requestFor({ privateKey: own.privateKey, publicKey: others.publicKey });
    expect(await refusal(forged)).toBe("integrity");
  });

  it("is refused for a key that is not on P-256", async () => {
    expect(await refusal(await requestFor(await ecKeys("P-384")))).toBe("malformed");
    const ed25519 = (await webcrypto.subtle.generateKey("Ed25519", true, [
      "sign",
      "verify",
    ])) as webcrypto.CryptoKeyPair;
    expect(await refusal(await requestFor(ed25519))).toBe("malformed");
  });

  it("is refused for a request that is too large to be one", async () => {
    expect(await refusal(new Uint8Array(5000))).toBe("too-large");
  });
});

describe("certificateFacts", () => {
  it("refuses bytes that are no certificate", () => {
    expect(codeOf(() => certificateFacts(csrDer))).toBe("malformed");
    expect(codeOf(() => certificateFacts(new Uint8Array(0)))).toBe("malformed");
    expect(codeOf(() => certificateFacts(authority.certificateDer.subarray(1)))).toBe("malformed");
  });
});

describe("derToPem", () => {
  it("writes what TLS reads back", () => {
    const certificate = new X509Certificate(derToPem("CERTIFICATE", authority.certificateDer));
    expect(certificate.raw.equals(authority.certificateDer)).toBe(true);
    const read = createPrivateKey(derToPem("PRIVATE KEY", key.keyPkcs8Der));
    expect(read.export({ format: "der", type: "pkcs8" }).equals(key.keyPkcs8Der)).toBe(true);
  });
});

function privateKey(pkcs8Der: Uint8Array) {
  return createPrivateKey({ key: Buffer.from(pkcs8Der), format: "der", type: "pkcs8" });
}

async function refusal(request: Uint8Array): Promise<string> {
  try {
    await issueClientCertificate(authority, { ...issued, csrDer: request });
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
  return "no error";
}

function ecKeys(namedCurve: string): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey({ name: "ECDSA", namedCurve }, true, ["sign", "verify"]);
}

async function requestFor(
  keys: webcrypto.CryptoKeyPair,
  extensions: BasicConstraintsExtension[] = [],
): Promise<Uint8Array> {
  const signingAlgorithm = { name: keys.privateKey.algorithm.name, hash: "SHA-256" };
  const request = await Pkcs10CertificateRequestGenerator.create(
    { name: "CN=mallory", keys, signingAlgorithm, extensions },
    webcrypto,
  );
  return new Uint8Array(request.rawData);
}
