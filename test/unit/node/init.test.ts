import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decodeKeyFile } from "../../../shared/crypto/person-key.ts";
import { signingPublicKey } from "../../../shared/crypto/signature.ts";
import { parseRootKey, verifyDelegation } from "../../../shared/protocol/identity.ts";
import { verifyFingerprint } from "../../../shared/protocol/fingerprint-words.ts";
import { parsePolicyText } from "../../../shared/protocol/policy.ts";
import { initNode } from "../../../node/enrol.ts";
import { homeFiles, readEnrolment, readNodeKeys, writeEnrolment } from "../../../node/home.ts";
import { nameCoordinator } from "../../../node/new-documents.ts";
import { countingRandom } from "../../helpers/egress-node.ts";

const NOW_MS = Date.UTC(2026, 5, 1);
const KEY = "ed25519:NvNLzRvbT9vAy8TpdyCIR7eojvU16QrvKm58zAxZq5I";

let home: string;
beforeEach(() => {
  home = join(mkdtempSync(join(tmpdir(), "portmoot-init-")), "camden");
});
afterEach(() => {
  rmSync(join(home, ".."), { recursive: true });
});

function init(passphrase: string | null = null) {
  return initNode({ home, name: "camden", passphrase, clock: { nowMs: () => NOW_MS }, random: countingRandom() });
}

describe("node init", () => {
  it("makes keys that belong together, readable by this account alone", () => {
    const { rootKey, fingerprint } = init();
    const files = homeFiles(home);
    expect(statSync(home).mode & 0o777).toBe(0o700);
    for (const file of [
      files.rootKey,
      files.rootPublicKey,
      files.operationalKey,
      files.delegation,
      files.config,
      files.policy,
    ]) {
      expect(statSync(file).mode & 0o777, file).toBe(0o600);
    }
    const root = parseRootKey(rootKey);
    expect(signingPublicKey(decodeKeyFile(new Uint8Array(readFileSync(files.rootKey)), null))).toEqual(root);
    const keys = readNodeKeys(home);
    expect(keys.rootKey).toEqual(root);
    const delegation = verifyDelegation(root, keys.delegation, NOW_MS);
    expect(delegation).toMatchObject({ serial: 1, notAfterMs: NOW_MS + 365 * 86_400_000 });
    expect(delegation.operationalKey).toEqual(signingPublicKey(keys.operationalSecret));
    expect(() => {
      verifyFingerprint(root, fingerprint);
    }).not.toThrow();
  });

  it("encrypts the root key under a passphrase", () => {
    init("correct horse");
    const bytes = new Uint8Array(readFileSync(homeFiles(home).rootKey));
    expect(() => decodeKeyFile(bytes, null)).toThrow("a passphrase is needed");
    expect(decodeKeyFile(bytes, "correct horse")).toHaveLength(32);
  });

  it("writes a policy that is valid and permits nothing", () => {
    init();
    const policy = parsePolicyText(readFileSync(homeFiles(home).policy, "utf8"));
    expect(policy).toMatchObject({ coordinators: [], allow: [] });
  });

  it("leaves a node that is there already as it is", () => {
    init();
    const before = readFileSync(homeFiles(home).rootKey);
    expect(() => init()).toThrow("exists already");
    expect(readFileSync(homeFiles(home).rootKey)).toEqual(before);
  });

  it.each(["Camden", "", "a", "../x", "cam den"])("refuses the name %j and makes nothing", (name) => {
    const clock = { nowMs: () => NOW_MS };
    expect(() => initNode({ home, name, passphrase: null, clock, random: countingRandom() })).toThrow("name:");
    expect(existsSync(home)).toBe(false);
  });

  it("says what to do where there is no node", () => {
    expect(() => readNodeKeys(home)).toThrow("root.pub: cannot be read");
  });
});

describe("the policy's coordinators", () => {
  it("are filled in once, and comments stay", () => {
    init();
    const { policy } = homeFiles(home);
    nameCoordinator(policy, KEY);
    nameCoordinator(policy, KEY);
    const text = readFileSync(policy, "utf8");
    expect(parsePolicyText(text)).toMatchObject({ coordinators: [KEY], allow: [] });
    expect(text).toContain("# Filled in by `portmoot node enrol`.");
  });

  it("stay missing where the policy is missing", () => {
    init();
    const { policy } = homeFiles(home);
    rmSync(policy);
    nameCoordinator(policy, KEY);
    expect(existsSync(policy)).toBe(false);
  });
});

describe("the kept enrolment", () => {
  const enrolment = {
    name: "camden",
    relayAddress: "127.0.0.1:7001",
    coordinatorKey: new Uint8Array(32),
    caDer: Uint8Array.of(1),
    certificateDer: Uint8Array.of(2),
    tlsKeyPkcs8Der: Uint8Array.of(3),
  };

  it("reads back as written, and is null before", () => {
    init();
    expect(readEnrolment(home)).toBeNull();
    writeEnrolment(home, enrolment);
    expect(readEnrolment(home)).toEqual(enrolment);
    expect(statSync(homeFiles(home).enrolment).mode & 0o777).toBe(0o600);
  });

  it("is refused when damaged", () => {
    init();
    writeEnrolment(home, enrolment);
    writeFileSync(homeFiles(home).enrolment, "not what was written");
    expect(() => readEnrolment(home)).toThrow(expect.objectContaining({ code: "integrity" }) as Error);
  });
});
