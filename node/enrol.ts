import { existsSync } from "node:fs";
import { isEqualBytes, textToBytes } from "../shared/base/bytes.ts";
import type { Clock, RandomSource } from "../shared/base/clock.ts";
import { ProtocolError } from "../shared/base/errors.ts";
import { DELEGATION_DAYS } from "../shared/base/limits.ts";
import { parseShape } from "../shared/base/shape.ts";
import { certificateFacts, createCertificateRequest, createTlsKey } from "../shared/crypto/certificates.ts";
import { encodeKeyFile } from "../shared/crypto/person-key.ts";
import { generateSigningKey } from "../shared/crypto/signature.ts";
import { decodeEnrolmentReply, encodeEnrolmentRequest, type EnrolmentReply } from "../shared/protocol/enrolment.ts";
import { fingerprintWords } from "../shared/protocol/fingerprint-words.ts";
import { createDelegation, createSigner, rootKeyText } from "../shared/protocol/identity.ts";
import { decodeInvitation, type Invitation } from "../shared/protocol/invitation.ts";
import type { Relay } from "../shared/protocol/relay.ts";
import { partyName, verifyRoster, type Roster } from "../shared/protocol/roster.ts";
import { recordEnrolment } from "./egress/enrolment-entry.ts";
import { openHeadFile } from "./egress/head-file.ts";
import { openLedger, type LedgerParts } from "./egress/ledger.ts";
import {
  createFile,
  homeFiles,
  makeHome,
  readEnrolment,
  readNodeKeys,
  writeEnrolment,
  type Enrolment,
} from "./home.ts";
import { configText, emptyPolicyText, nameCoordinator } from "./new-documents.ts";
import { readAuthority } from "./wire/authority.ts";
import { checkClientIdentity } from "./wire/channel.ts";
import { requestEnrolment } from "./wire/enrol-client.ts";

/**
 * How a node comes to be, and to belong to a network (protocol.md, "Identity, enrolment, roster"). All keys are made
 * here and stay here. Before the authority's fingerprint was found to be the invitation's, nothing is sent; before
 * the request is sent, the ledger has it.
 */
const DAY_MS = 86_400_000;

export interface NewNode {
  readonly home: string;
  /** The borough's name in charters. */
  readonly name: string;
  /** Encrypts the root key's file; null leaves it readable to this account. */
  readonly passphrase: string | null;
  readonly clock: Clock;
  readonly random: RandomSource;
}

/**
 * Makes the folder: root key, operational key and its delegation, configuration, and a policy that permits nothing.
 * @throws ProtocolError "conflict" where a node lives there already, and nothing of it is touched
 */
export function initNode({ home, name, passphrase, clock, random }: NewNode): { rootKey: string; fingerprint: string } {
  parseShape(partyName, name, "name", "bad-input");
  const files = homeFiles(home);
  for (const path of [files.rootPublicKey, files.rootKey, files.config]) {
    if (existsSync(path))
      throw new ProtocolError("conflict", `${path}: exists already`, { hint: "choose another --home" });
  }
  makeHome(home);
  const root = generateSigningKey(random);
  const operational = generateSigningKey(random);
  const delegation = createDelegation(root.secretKey, {
    operationalKey: operational.publicKey,
    serial: 1,
    notAfterMs: clock.nowMs() + DELEGATION_DAYS * DAY_MS,
  });
  createFile(files.rootKey, encodeKeyFile(root.secretKey, passphrase, random));
  createFile(files.rootPublicKey, textToBytes(`${rootKeyText(root.publicKey)}\n`));
  createFile(files.operationalKey, encodeKeyFile(operational.secretKey, null, random));
  createFile(files.delegation, delegation);
  createFile(files.policy, textToBytes(emptyPolicyText()));
  // Last: with it the folder counts as a node's.
  createFile(files.config, textToBytes(configText(name)));
  root.secretKey.fill(0);
  return { rootKey: rootKeyText(root.publicKey), fingerprint: fingerprintWords(root.publicKey) };
}

export interface EnrolmentParts {
  readonly home: string;
  /** As in the node's configuration. */
  readonly name: string;
  /** The text that the coordinator's operator handed over. */
  readonly invitation: string;
  readonly db: LedgerParts["db"];
  readonly clock: Clock;
  readonly random: RandomSource;
  /** Keeps the signed roster, verified here, for people to look at. */
  keepRoster(version: number, signed: Uint8Array): void;
}

/**
 * Enrols with the coordinator of an invitation.
 * @throws ProtocolError "bad-input", "expired" or "refused" for an invitation that is not for this node now,
 * "integrity" where the coordinator that answers is not the invitation's, "not-allowed" where it declines,
 * "unavailable" where it cannot be reached
 */
export async function enrolNode(parts: EnrolmentParts): Promise<Enrolment> {
  const { home, name, db, clock, random } = parts;
  const invitation = decodeInvitation(parts.invitation);
  const { address, secret, coordinatorKey } = invitation;
  checkInvitation(invitation, name, readEnrolment(home), clock.nowMs());
  const keys = readNodeKeys(home);
  const signer = createSigner(keys);

  const caDer = await readAuthority(address, invitation.caSha256);
  const { keyPkcs8Der: tlsKeyPkcs8Der } = await createTlsKey();
  const csrDer = await createCertificateRequest({ name, keyPkcs8Der: tlsKeyPkcs8Der });
  const body = encodeEnrolmentRequest({ name, secret, csrDer, rootKey: keys.rootKey }, signer);
  const ledger = openLedger({ db, head: openHeadFile(homeFiles(home).ledgerHead), signer, clock });
  const entry = recordEnrolment({ db, ledger, random }, body);

  const reply = decodeEnrolmentReply(await requestEnrolment({ address, caDer, body, clock }));
  const relayAddress = withPort(address, reply.relayPort);
  const enrolment = { name, relayAddress, coordinatorKey, caDer, certificateDer: reply.certificateDer, tlsKeyPkcs8Der };
  const roster = verifyReply(reply, enrolment, keys.rootKey);
  writeEnrolment(home, enrolment);
  nameCoordinator(homeFiles(home).policy, rootKeyText(coordinatorKey));
  parts.keepRoster(roster.version, reply.roster);
  entry.answered();
  return enrolment;
}

function checkInvitation(invitation: Invitation, name: string, present: Enrolment | null, nowMs: number): void {
  const hint = "ask the coordinator's operator for a new invitation: portmoot coordinator invite NAME";
  if (nowMs > invitation.expiresMs) throw new ProtocolError("expired", "invitation: has expired", { hint });
  if (invitation.name !== name) {
    throw new ProtocolError("refused", `invitation: is for ${invitation.name}, this node is ${name}`, { hint });
  }
  if (present !== null && !isEqualBytes(present.coordinatorKey, invitation.coordinatorKey)) {
    throw new ProtocolError("conflict", "enrolment: this node belongs to another coordinator", {
      hint: "portmoot node init --home ANOTHER-FOLDER",
    });
  }
}

/** What came back is for this node and from the invitation's coordinator, or it is not kept. */
function verifyReply(reply: EnrolmentReply, enrolment: Enrolment, rootKey: Uint8Array): Roster {
  const { name, caDer, coordinatorKey, certificateDer } = enrolment;
  if (!isEqualBytes(reply.caDer, caDer)) {
    throw new ProtocolError("integrity", "enrolment reply: names another certificate authority");
  }
  verifyCertificate(certificateDer, enrolment);
  const roster = verifyRoster(coordinatorKey, reply.roster, 1);
  if (!roster.parties.some((party) => party.name === name && isEqualBytes(party.rootKey, rootKey))) {
    throw new ProtocolError("integrity", "enrolment reply: the roster does not have this node under its own key");
  }
  return roster;
}

function verifyCertificate(certificateDer: Uint8Array, { name, tlsKeyPkcs8Der }: Enrolment): void {
  if (certificateFacts(certificateDer).name !== name) {
    throw new ProtocolError("integrity", "certificate: for another name");
  }
  checkClientIdentity({ certificateDer, tlsKeyPkcs8Der });
}

/**
 * Renews the certificate once a third of its life or less is left: a fresh key, a new certificate, both kept in one step.
 * @param relay counted by node/egress/control-messages.ts
 * @returns the new enrolment, with which the relay is to be dialled anew, or null where nothing was due
 */
export async function renewIfDue(parts: {
  home: string;
  relay: Pick<Relay, "renew">;
  clock: Clock;
}): Promise<Enrolment | null> {
  const { home, relay, clock } = parts;
  const present = readEnrolment(home);
  if (present === null) return null;
  const { notBeforeMs, notAfterMs } = certificateFacts(present.certificateDer);
  if (notAfterMs - clock.nowMs() > (notAfterMs - notBeforeMs) / 3) return null;
  const { keyPkcs8Der: tlsKeyPkcs8Der } = await createTlsKey();
  const csrDer = await createCertificateRequest({ name: present.name, keyPkcs8Der: tlsKeyPkcs8Der });
  const certificateDer = await relay.renew({ csrDer, delegation: readNodeKeys(home).delegation });
  const renewed = { ...present, certificateDer, tlsKeyPkcs8Der };
  verifyCertificate(certificateDer, renewed);
  writeEnrolment(home, renewed);
  return renewed;
}

/** The relay stands on the host that the invitation names; only the port is the reply's to say. */
function withPort(address: string, port: number): string {
  return `${address.slice(0, address.lastIndexOf(":"))}:${port}`;
}
