import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { ProtocolError } from "../../shared/base/errors.ts";
import { parseShape } from "../../shared/base/shape.ts";
import { decodeKeyFile, encodeKeyFile } from "../../shared/crypto/person-key.ts";
import { generateSigningKey, signingPublicKey } from "../../shared/crypto/signature.ts";
import { plainText } from "../../shared/protocol/plain-text.ts";
import { createConsentStore, type ConsentStore, type Person } from "../data/consent-store.ts";
import type { NodeContext } from "./context.ts";

/** `node people add | list`: who may decide here, each with a key of their own. */
export function addPeopleCommands(node: Command, context: () => NodeContext): void {
  const people = node.command("people").description("who may approve or refuse charters here");

  people
    .command("add")
    .argument("<name>", "a short name: a-z, 0-9 and -")
    .requiredOption("--role <text>", "for example: information governance lead")
    .description("make a person's signing key; PORTMOOT_PERSON_PASSPHRASE encrypts its file")
    .addHelpText(
      "after",
      '\nExample:\n  portmoot node people add jane-smith --role "information governance lead" --home ./camden',
    )
    .action((name: string, { role }: { role: string }) => {
      const { home, db, clock, random, output, personPassphrase } = context();
      const store = createConsentStore(db);
      if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(name))
        throw new ProtocolError("bad-input", "name: expected a-z, 0-9 and -");
      const person = { name, role: parseShape(plainText(200), role, "role", "bad-input") };
      // Before the key is made: a file that belongs to nobody would be in the way of the next try.
      if (store.person(name) !== null)
        throw new ProtocolError("conflict", `person ${name} is known here already`, { hint: "choose another name" });
      const file = personKeyFile(home, name);
      if (existsSync(file))
        throw new ProtocolError("conflict", `${file}: exists already`, { hint: "choose another name" });
      const { publicKey, secretKey } = generateSigningKey(random);
      mkdirSync(join(home, "people"), { recursive: true, mode: 0o700 });
      writeFileSync(file, encodeKeyFile(secretKey, personPassphrase, random), { mode: 0o600, flag: "wx" });
      secretKey.fill(0);
      store.addPerson({ ...person, publicKey }, clock.nowMs());
      output.facts(
        { ...person, keyFile: file, encrypted: personPassphrase !== null },
        `${name} may decide here; key in ${file}, to be kept by ${name} alone`,
      );
    });

  people
    .command("list")
    .description("who may decide here")
    .addHelpText("after", "\nExample:\n  portmoot node people list --home ./camden")
    .action(() => {
      const { db, output } = context();
      const all = createConsentStore(db)
        .people()
        .map(({ name, role }) => ({ name, role }));
      output.facts(all, all.map(({ name, role }) => `${name.padEnd(24)} ${role}`).join("\n") || "nobody yet");
    });
}

export function personKeyFile(home: string, name: string): string {
  return join(home, "people", `${name}.key`);
}

/** @throws ProtocolError "not-found" */
export function requirePerson(store: ConsentStore, name: string): Person {
  const person = store.person(name);
  if (person !== null) return person;
  throw new ProtocolError("not-found", `${name} is not known here`, {
    hint: "portmoot node people add NAME --role ROLE",
  });
}

/** The person's secret key, checked against the public key that is known here. @throws ProtocolError "bad-input" */
export function readPersonKey(file: string, expected: Uint8Array, passphrase: string | null): Uint8Array {
  let content: Uint8Array;
  try {
    content = new Uint8Array(readFileSync(file));
  } catch (cause) {
    throw new ProtocolError("bad-input", `${file}: no key file that can be read`, {
      cause,
      hint: "name it with --key",
    });
  }
  const secretKey = decodeKeyFile(content, passphrase);
  if (!Buffer.from(signingPublicKey(secretKey)).equals(expected)) {
    throw new ProtocolError("refused", `${file}: is not the key that is known here for this person`);
  }
  return secretKey;
}
