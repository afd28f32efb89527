import "reflect-metadata";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  PemConverter,
  Pkcs10CertificateRequest,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
  type Extension,
} from "@peculiar/x509";
import { createPrivateKey, createPublicKey, webcrypto } from "node:crypto";
import { ProtocolError } from "../base/errors.ts";
import { MAX_CLOCK_SKEW_MS } from "../base/limits.ts";
import { sha256 } from "./hash.ts";

/**
 * The coordinator's small certificate authority (X.509, RFC 5280; requests RFC 2986), for mutual TLS 1.3 on the
 * relay. ECDSA on P-256 with SHA-256, nothing else. A certificate says only that a TLS connection belongs to
 * an enrolled name: what a party says is signed under its root key, which no authority can replace. Requests
 * are attacker-controlled: of a request only the public key is taken, after its self-signature held; names,
 * extensions and lifetimes are the authority's. Keys are drawn by webcrypto itself, which takes no other source.
 */

const { subtle } = webcrypto;
const KEY_ALGORITHM = { name: "ECDSA", namedCurve: "P-256" };
const SIGNING_ALGORITHM = { name: "ECDSA", hash: "SHA-256" };
const DAY_MS = 24 * 60 * 60 * 1000;
const MAX_REQUEST_BYTES = 4096;

export interface Authority {
  readonly certificateDer: Uint8Array;
  readonly keyPkcs8Der: Uint8Array;
}

export interface TlsKey {
  /** SubjectPublicKeyInfo. */
  readonly publicKeyDer: Uint8Array;
  readonly keyPkcs8Der: Uint8Array;
}

export interface CertificateFacts {
  /** Of the whole certificate: what the relay looks a caller up by. */
  readonly sha256: Uint8Array;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** The common name. */
  readonly name: string;
}

/** A new root that signs leaves only. */
export async function createAuthority(options: { name: string; nowMs: number; days: number }): Promise<Authority> {
  const keys = await generateKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      name: distinguishedName(options.name),
      keys,
      ...lifetime(options.nowMs, options.days),
      signingAlgorithm: SIGNING_ALGORITHM,
      extensions: [
        // RFC 5280 §4.2.1.9: path length 0, no authority below this one.
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      ],
    },
    webcrypto,
  );
  return { certificateDer: new Uint8Array(certificate.rawData), keyPkcs8Der: await pkcs8(keys.privateKey) };
}

/**
 * A key and a certificate for the coordinator's listeners.
 * @param options.addresses host names and IP addresses that nodes dial, at least one
 */
export async function issueServerCertificate(
  authority: Authority,
  options: { addresses: readonly string[]; nowMs: number; days: number },
): Promise<{ certificateDer: Uint8Array; keyPkcs8Der: Uint8Array }> {
  const [first] = options.addresses;
  if (first === undefined) throw new ProtocolError("bad-input", "addresses: at least one is needed");
  const keys = await generateKeys();
  const alternativeNames = options.addresses.map(
    (value) => ({ type: isIpAddress(value) ? "ip" : "dns", value }) as const,
  );
  const certificateDer = await issue(authority, {
    publicKey: keys.publicKey,
    name: first,
    nowMs: options.nowMs,
    days: options.days,
    usage: ExtendedKeyUsage.serverAuth,
    extensions: [new SubjectAlternativeNameExtension(alternativeNames)],
  });
  return { certificateDer, keyPkcs8Der: await pkcs8(keys.privateKey) };
}

/** A node's TLS key, made where it stays. */
export async function createTlsKey(): Promise<TlsKey> {
  const keys = await generateKeys();
  const publicKeyDer = new Uint8Array(await subtle.exportKey("spki", keys.publicKey));
  return { publicKeyDer, keyPkcs8Der: await pkcs8(keys.privateKey) };
}

/** A signed request for a certificate of this key. @param options.name a wish; the authority writes its own */
export async function createCertificateRequest(options: {
  name: string;
  keyPkcs8Der: Uint8Array;
}): Promise<Uint8Array> {
  const request = await Pkcs10CertificateRequestGenerator.create(
    {
      name: distinguishedName(options.name),
      keys: await importKeys(options.keyPkcs8Der),
      signingAlgorithm: SIGNING_ALGORITHM,
    },
    webcrypto,
  );
  return new Uint8Array(request.rawData);
}

/**
 * A client certificate for the key of the request, under the name the caller has established.
 * @throws ProtocolError "malformed" for bytes that are no request or whose key is not on P-256, "integrity"
 * for a request that was not signed with the key it asks for
 */
export async function issueClientCertificate(
  authority: Authority,
  options: { csrDer: Uint8Array; name: string; nowMs: number; days: number },
): Promise<Uint8Array> {
  return issue(authority, {
    publicKey: await openRequest(options.csrDer),
    name: options.name,
    nowMs: options.nowMs,
    days: options.days,
    usage: ExtendedKeyUsage.clientAuth,
    extensions: [],
  });
}

/** What a certificate says; not whether it is to be believed. @throws ProtocolError "malformed" */
export function certificateFacts(certificateDer: Uint8Array): CertificateFacts {
  try {
    const certificate = new X509Certificate(der(certificateDer));
    return {
      sha256: sha256(certificateDer),
      notBeforeMs: certificate.notBefore.getTime(),
      notAfterMs: certificate.notAfter.getTime(),
      name: certificate.subjectName.getField("CN")[0] ?? "",
    };
  } catch (cause) {
    throw new ProtocolError("malformed", "certificate: not X.509", { cause });
  }
}

/** RFC 7468. @param kind such as CERTIFICATE or PRIVATE KEY */
export function derToPem(kind: "CERTIFICATE" | "PRIVATE KEY", bytes: Uint8Array): string {
  return `${PemConverter.encode(der(bytes), kind)}\n`;
}

async function openRequest(csrDer: Uint8Array): Promise<webcrypto.CryptoKey> {
  if (csrDer.length > MAX_REQUEST_BYTES) {
    throw new ProtocolError("too-large", `certificate request: more than ${MAX_REQUEST_BYTES} bytes`);
  }
  let request: Pkcs10CertificateRequest;
  let publicKey: webcrypto.CryptoKey;
  try {
    request = new Pkcs10CertificateRequest(der(csrDer));
    // Refuses another algorithm, another curve and a point that is not on it.
    publicKey = await subtle.importKey("spki", request.publicKey.rawData, KEY_ALGORITHM, true, ["verify"]);
  } catch (cause) {
    throw new ProtocolError("malformed", "certificate request: not a request for a key on P-256", { cause });
  }
  let holds: boolean;
  try {
    holds = await request.verify(webcrypto);
  } catch (cause) {
    throw new ProtocolError("integrity", "certificate request: signature cannot be checked", { cause });
  }
  if (!holds) throw new ProtocolError("integrity", "certificate request: not signed with the key it asks for");
  return publicKey;
}

interface Leaf {
  readonly publicKey: webcrypto.CryptoKey;
  readonly name: string;
  readonly nowMs: number;
  readonly days: number;
  readonly usage: ExtendedKeyUsage;
  readonly extensions: readonly Extension[];
}

async function issue(authority: Authority, leaf: Leaf): Promise<Uint8Array> {
  const issuer = new X509Certificate(der(authority.certificateDer));
  const { notBefore, notAfter } = lifetime(leaf.nowMs, leaf.days);
  const certificate = await X509CertificateGenerator.create(
    {
      subject: distinguishedName(leaf.name),
      issuer: issuer.subjectName,
      publicKey: leaf.publicKey,
      signingKey: (await importKeys(authority.keyPkcs8Der)).privateKey,
      signingAlgorithm: SIGNING_ALGORITHM,
      notBefore,
      // No leaf outlives its authority.
      notAfter: notAfter < issuer.notAfter ? notAfter : issuer.notAfter,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([leaf.usage], false),
        ...leaf.extensions,
      ],
    },
    webcrypto,
  );
  return new Uint8Array(certificate.rawData);
}

/** Begins a little early, for clocks that are behind. */
function lifetime(nowMs: number, days: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(nowMs - MAX_CLOCK_SKEW_MS), notAfter: new Date(nowMs + days * DAY_MS) };
}

/** One common name, given as a value: text would be parsed, and "a, CN=b" would be two names. */
function distinguishedName(name: string): Name {
  return new Name([{ CN: [{ utf8String: name }] }]);
}

function isIpAddress(address: string): boolean {
  return address.includes(":") || /^\d{1,3}(\.\d{1,3}){3}$/.test(address);
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return subtle.generateKey(KEY_ALGORITHM, true, ["sign", "verify"]);
}

async function importKeys(keyPkcs8Der: Uint8Array): Promise<webcrypto.CryptoKeyPair> {
  const privateObject = createPrivateKey({ key: Buffer.from(keyPkcs8Der), format: "der", type: "pkcs8" });
  const spki = createPublicKey(privateObject).export({ format: "der", type: "spki" });
  return {
    privateKey: await subtle.importKey("pkcs8", keyPkcs8Der, KEY_ALGORITHM, true, ["sign"]),
    publicKey: await subtle.importKey("spki", spki, KEY_ALGORITHM, true, ["verify"]),
  };
}

async function pkcs8(privateKey: webcrypto.CryptoKey): Promise<Uint8Array> {
  return new Uint8Array(await subtle.exportKey("pkcs8", privateKey));
}

/** A copy that the library may keep: Buffers share memory. */
function der(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
