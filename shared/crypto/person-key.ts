import { scryptSync } from "node:crypto";
import { base64UrlToBytes, bytesToBase64Url, isEqualBytes, textToBytes } from "../base/bytes.ts";
import type { RandomSource } from "../base/clock.ts";
import { decodeValue, encodeValue, type Value } from "../base/encoding.ts";
import { assert, ProtocolError } from "../base/errors.ts";
import { SECRET_KEY_BYTES, signingPublicKey } from "./signature.ts";
import { unwrapSecret, wrapSecret } from "./wrapping.ts";

/**
 * What stands in the file of a signing seed: a person's key, with which approvals are signed, or a party's root
 * key, which is offline after use. Two lines of text, so that it survives being copied: a title, then base64url
 * of the canonical encoding of {publicKey, salt, secret}. With a passphrase the secret is wrapped under scrypt
 * (RFC 7914) of it; the cost is fixed by the version, so that a file cannot ask for memory. The public key
 * stands beside the secret and is checked against it: a damaged file never signs. Reading and writing the file,
 * with mode 0600, is the caller's.
 */

const TITLE = "portmoot signing key v1";
const SALT_BYTES = 16;
/** 128 MiB and about half a second. */
const COST = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 1024 * 1024 };
const MAX_FILE_BYTES = 1024;

/**
 * @param secretKey a 32-byte signing seed
 * @param passphrase any non-empty text, or null to leave the seed readable to whoever can read the file
 */
export function encodeKeyFile(secretKey: Uint8Array, passphrase: string | null, random: RandomSource): Uint8Array {
  assert(secretKey.length === SECRET_KEY_BYTES, "a signing seed is 32 bytes");
  const publicKey = signingPublicKey(secretKey);
  let content: Value;
  if (passphrase === null) {
    content = { publicKey, salt: null, secret: secretKey };
  } else {
    if (passphrase === "") throw new ProtocolError("bad-input", "passphrase: empty");
    const salt = random.bytes(SALT_BYTES);
    const secret = wrapSecret(passphraseKey(passphrase, salt), [TITLE, publicKey], secretKey, random);
    content = { publicKey, salt, secret };
  }
  return textToBytes(`${TITLE}\n${bytesToBase64Url(encodeValue(content))}\n`);
}

/**
 * The 32-byte signing seed.
 * @throws ProtocolError "bad-input" for a file of another kind or damaged, for a wrong passphrase, for one that is
 * missing, and for one given where the file is not encrypted (somebody believes it is)
 */
export function decodeKeyFile(bytes: Uint8Array, passphrase: string | null): Uint8Array {
  const { publicKey, salt, secret } = readContent(bytes);
  let secretKey: Uint8Array;
  if (salt === null) {
    if (passphrase !== null)
      throw new ProtocolError("bad-input", "key file: not encrypted, yet a passphrase was given");
    secretKey = secret;
  } else {
    if (passphrase === null) throw new ProtocolError("bad-input", "key file: encrypted, a passphrase is needed");
    try {
      secretKey = unwrapSecret(passphraseKey(passphrase, salt), [TITLE, publicKey], secret);
    } catch (cause) {
      throw new ProtocolError("bad-input", "key file: wrong passphrase, or the file is damaged", { cause });
    }
  }
  if (secretKey.length !== SECRET_KEY_BYTES || !isEqualBytes(signingPublicKey(secretKey), publicKey)) {
    throw new ProtocolError("bad-input", "key file: damaged, the secret does not belong to the public key");
  }
  return secretKey;
}

interface KeyFileContent {
  readonly publicKey: Uint8Array;
  readonly salt: Uint8Array | null;
  readonly secret: Uint8Array;
}

function readContent(bytes: Uint8Array): KeyFileContent {
  const damaged = (cause?: unknown) => new ProtocolError("bad-input", `key file: not a "${TITLE}"`, { cause });
  if (bytes.length > MAX_FILE_BYTES) throw damaged();
  const [title, line, ...rest] = Buffer.from(bytes).toString("latin1").trimEnd().split(/\r?\n/);
  const encoded = base64UrlToBytes(line ?? "");
  if (title !== TITLE || encoded === null || rest.length > 0) throw damaged();
  let content: Value;
  try {
    content = decodeValue(encoded);
  } catch (cause) {
    throw damaged(cause);
  }
  if (typeof content !== "object" || content === null || content instanceof Uint8Array || !("secret" in content)) {
    throw damaged();
  }
  const { publicKey, salt, secret } = content;
  const isSalt = salt === null || (salt instanceof Uint8Array && salt.length === SALT_BYTES);
  if (!isSalt || !(publicKey instanceof Uint8Array) || !(secret instanceof Uint8Array)) throw damaged();
  return { publicKey, salt, secret };
}

function passphraseKey(passphrase: string, salt: Uint8Array): Uint8Array {
  // NFKC: the same keys pressed on two keyboards give the same text.
  return scryptSync(passphrase.normalize("NFKC"), salt, 32, COST);
}
