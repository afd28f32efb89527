import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { z } from "zod";
import type { RandomSource } from "../shared/base/clock.ts";
import { decodeValue, encodeValue } from "../shared/base/encoding.ts";
import { ProtocolError } from "../shared/base/errors.ts";
import { parseShape } from "../shared/base/shape.ts";
import { createAuthority, type Authority } from "../shared/crypto/certificates.ts";
import { decodeKeyFile, encodeKeyFile } from "../shared/crypto/person-key.ts";
import { generateSigningKey, signingPublicKey } from "../shared/crypto/signature.ts";
import { readConfig } from "../shared/host/config.ts";

/** The coordinator's folder: configuration, signing key, certificate authority, database; 0700, its files 0600. */
const port = z.number().int().min(0).max(65_535);

const config = z.strictObject({
  name: z.string().min(1).max(200),
  /** The address nodes dial, without a port. */
  address: z.string().min(1).max(253),
  listen: z.strictObject({
    host: z.string().min(1),
    /** 0 takes a free port at the first start and keeps to it; the ports in use stand in ports.json. */
    enrolPort: port,
    relayPort: port,
  }),
  logLevel: z.enum(["debug", "info", "warn", "error"]),
});
export type CoordinatorConfig = z.infer<typeof config>;

export function coordinatorFiles(home: string) {
  const file = (name: string) => join(home, name);
  return {
    config: file("config.yaml"),
    signingKey: file("coordinator.key"),
    authority: file("authority"),
    database: file("coordinator.db"),
    ports: file("ports.json"),
  };
}

/** @throws ProtocolError "conflict" where the folder is a coordinator's already */
export async function initCoordinator(
  home: string,
  options: { name: string; address: string; nowMs: number; random: RandomSource },
): Promise<void> {
  const files = coordinatorFiles(home);
  if (existsSync(files.config)) {
    throw new ProtocolError("conflict", `${home}: is a coordinator's folder already`, { hint: "use another --home" });
  }
  const authority = await createAuthority({ name: options.name, nowMs: options.nowMs, days: AUTHORITY_DAYS });
  const settings: CoordinatorConfig = {
    name: options.name,
    address: options.address,
    listen: { host: "127.0.0.1", enrolPort: 0, relayPort: 0 },
    logLevel: "info",
  };
  parseShape(config, settings, "init", "bad-input");
  const written: string[] = [];
  const write = (file: string, content: Uint8Array | string) => {
    writeFileSync(file, content, { mode: 0o600, flag: "wx" });
    written.push(file);
  };
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    chmodSync(home, 0o700);
    write(files.signingKey, encodeKeyFile(generateSigningKey(options.random).secretKey, null, options.random));
    write(files.authority, encodeValue({ ...authority }));
    write(files.config, stringify(settings));
  } catch (cause) {
    // All of it or nothing: half a folder would be refused as somebody's.
    for (const file of written) rmSync(file, { force: true });
    throw new ProtocolError("bad-input", `${home}: a new coordinator's folder cannot be written there`, {
      cause,
      hint: "use an empty folder on a disk with room, with --home",
    });
  }
}

const ports = z.strictObject({ enrol: port, relay: port });

/** The ports in use; null before the first start. */
export function readPorts(home: string): z.infer<typeof ports> | null {
  const { ports: file } = coordinatorFiles(home);
  if (!existsSync(file)) return null;
  try {
    return parseShape(ports, JSON.parse(readFileSync(file, "utf8")), file, "integrity");
  } catch (cause) {
    if (cause instanceof ProtocolError) throw cause;
    throw new ProtocolError("integrity", `${file}: is not JSON`, { cause, hint: "remove it, and start `serve` again" });
  }
}

/** Ten years: the authority outlives every certificate it issues. */
const AUTHORITY_DAYS = 3650;

export interface CoordinatorKeys {
  readonly secretKey: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly authority: Authority;
}

export function readCoordinatorConfig(home: string): CoordinatorConfig {
  const { config: file } = coordinatorFiles(home);
  if (!existsSync(file)) {
    throw new ProtocolError("bad-input", `${home}: is not a coordinator's folder`, {
      hint: "portmoot coordinator init --home DIR --name NAME --address HOST",
    });
  }
  return readConfig(file, config);
}

export function readCoordinatorKeys(home: string): CoordinatorKeys {
  const files = coordinatorFiles(home);
  for (const file of [files.signingKey, files.authority]) {
    if (!existsSync(file)) {
      throw new ProtocolError("integrity", `${file}: is missing`, { hint: "restore it from the backup" });
    }
  }
  const secretKey = decodeKeyFile(readFileSync(files.signingKey), null);
  const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, "expected bytes");
  const authority = parseShape(
    z.strictObject({ certificateDer: bytes, keyPkcs8Der: bytes }),
    decodeValue(readFileSync(files.authority)),
    files.authority,
    "integrity",
  );
  return { secretKey, publicKey: signingPublicKey(secretKey), authority };
}
