import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { decodeValue, encodeValue } from "../shared/base/encoding.ts";
import { ProtocolError } from "../shared/base/errors.ts";
import { parseShape } from "../shared/base/shape.ts";
import { decodeKeyFile } from "../shared/crypto/person-key.ts";
import { parseRootKey } from "../shared/protocol/identity.ts";

/**
 * A node's folder: which file is what, each readable by its owner alone (folder 0700, files 0600). The root key is
 * needed to enrol and to renew a delegation; between the two it can be taken away and kept offline.
 */
export function homeFiles(home: string) {
  const file = (name: string) => join(home, name);
  return {
    config: file("config.yaml"),
    policy: file("policy.yaml"),
    rootKey: file("root.key"),
    rootPublicKey: file("root.pub"),
    operationalKey: file("operational.key"),
    delegation: file("delegation"),
    database: file("node.db"),
    importLock: file("import.lock"),
    ledgerHead: file("ledger.head"),
    enrolment: file("enrolment"),
    /** One key file a round, outside the database and its backups. */
    roundKeys: file("round-keys"),
    /** What a large match does not keep in memory. */
    scratch: file("scratch"),
  };
}

export interface NodeKeys {
  /** The public half, which stays when the secret half is taken away. */
  readonly rootKey: Uint8Array;
  readonly operationalSecret: Uint8Array;
  /** The root key's signed delegation of the operational key. */
  readonly delegation: Uint8Array;
}

/** @throws ProtocolError "bad-input" where the folder was never made by `node init`, or a file is damaged */
export function readNodeKeys(home: string): NodeKeys {
  const files = homeFiles(home);
  return {
    rootKey: parseRootKey(new TextDecoder().decode(readHomeFile(files.rootPublicKey)).trim()),
    operationalSecret: decodeKeyFile(readHomeFile(files.operationalKey), null),
    delegation: readHomeFile(files.delegation),
  };
}

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, "expected bytes");
const enrolment = z.strictObject({
  name: z.string(),
  /** host:port of the coordinator's relay listener. */
  relayAddress: z.string(),
  coordinatorKey: bytes,
  caDer: bytes,
  certificateDer: bytes,
  tlsKeyPkcs8Der: bytes,
});
/** What `node enrol` brought home: one file, so that a certificate and its key are never of two minds. */
export type Enrolment = z.infer<typeof enrolment>;

export function writeEnrolment(home: string, value: Enrolment): void {
  replaceFile(homeFiles(home).enrolment, encodeValue({ ...value }));
}

/** Null before `node enrol`. @throws ProtocolError "integrity" for a damaged file */
export function readEnrolment(home: string): Enrolment | null {
  const path = homeFiles(home).enrolment;
  if (!existsSync(path)) return null;
  try {
    return parseShape(enrolment, decodeValue(readHomeFile(path)), path);
  } catch (cause) {
    throw new ProtocolError("integrity", `${path}: damaged`, {
      cause,
      hint: "put it back from the backup, or enrol anew",
    });
  }
}

/** Makes the folder, closed to everybody else. */
export function makeHome(home: string): void {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  chmodSync(home, 0o700);
}

/** Writes a file that must not exist yet. @throws ProtocolError "conflict" where it does */
export function createFile(path: string, content: Uint8Array): void {
  if (existsSync(path)) {
    throw new ProtocolError("conflict", `${path}: exists already`, { hint: "use another folder: --home DIR" });
  }
  writeWhole(path, "wx", content);
}

/** Puts new content in a file's place in one step. */
export function replaceFile(path: string, content: Uint8Array): void {
  const draft = `${path}.new`;
  writeWhole(draft, "w", content);
  renameSync(draft, path);
  const folder = openSync(dirname(path), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function writeWhole(path: string, flags: "w" | "wx", content: Uint8Array): void {
  const file = openSync(path, flags, 0o600);
  try {
    writeSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function readHomeFile(path: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (cause) {
    throw new ProtocolError("bad-input", `${path}: cannot be read`, {
      cause,
      hint: "portmoot node init --home DIR --name NAME",
    });
  }
}
