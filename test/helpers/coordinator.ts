import { assembleCoordinator, type Coordinator } from "../../coordinator/assemble.ts";
import { createAuthority, createCertificateRequest, createTlsKey } from "../../shared/crypto/certificates.ts";
import type { Authority } from "../../shared/crypto/certificates.ts";
import { sha256 } from "../../shared/crypto/hash.ts";
import { generateSigningKey } from "../../shared/crypto/signature.ts";
import { createLog } from "../../shared/host/logs.ts";
import { charterDigest, encodeCharter, type Charter } from "../../shared/protocol/charter.ts";
import { decodeEnrolmentReply, encodeEnrolmentRequest } from "../../shared/protocol/enrolment.ts";
import { createDelegation, createSigner } from "../../shared/protocol/identity.ts";
import { decodeInvitation } from "../../shared/protocol/invitation.ts";
import type { MessageType } from "../../shared/protocol/messages.ts";
import { COORDINATOR, type PostHeader } from "../../shared/protocol/relay.ts";
import { countingRandom } from "./egress-node.ts";
import { exampleCharter, keyOf } from "./example-charter.ts";

/** A coordinator of real parts over a real database, with the example charter's parties enrolled by their own keys. */
export const ADDRESS = "127.0.0.1:7001";
export const RELAY_PORT = 7002;

export interface TestParty {
  readonly name: string;
  readonly certificateDer: Uint8Array;
  readonly tlsKeyPkcs8Der: Uint8Array;
  readonly delegation: Uint8Array;
}

export interface TestCoordinator extends Coordinator {
  readonly authority: Authority;
  readonly clock: { nowMs(): number; advance(ms: number): void };
  readonly log: { readonly text: () => string; readonly log: ReturnType<typeof createLog> };
  readonly charter: Charter;
  /** Enrols with a request as a node makes it, and gets a certificate. */
  enrol(name: string): Promise<TestParty>;
  /** Enters a party without a certificate: for what lies behind the wire. */
  enter(name: string): Promise<void>;
  /** Proposes a round under the example charter. */
  launch(): Promise<Uint8Array>;
}

export async function startCoordinator(database = ":memory:"): Promise<TestCoordinator> {
  let nowMs = Date.now();
  const clock = { nowMs: () => nowMs, advance: (ms: number) => void (nowMs += ms) };
  const lines: string[] = [];
  const log = createLog("coordinator", { write: (line) => void lines.push(line) }, "debug");
  const authority = await createAuthority({ name: "desk", nowMs, days: 3650 });
  const keys = { ...keyOf("coordinator"), authority };
  const random = countingRandom();
  const parts = assembleCoordinator({ database, name: "desk", keys, clock, random, log });
  const charter = exampleCharter();
  return {
    ...parts,
    authority,
    clock,
    log: { log, text: () => lines.join("") },
    charter,
    async enrol(name) {
      const invitation = await parts.enrolment.invite(name, { address: ADDRESS });
      const { body, ...party } = await enrolmentRequest(invitation, { nowMs });
      const reply = decodeEnrolmentReply(await parts.enrolment.enrol(body, RELAY_PORT));
      return { ...party, name, certificateDer: reply.certificateDer };
    },
    async enter(name) {
      const [secretSha256, certificateSha256] = [random.bytes(32), random.bytes(32)];
      await parts.store.addInvitation({ secretSha256, name, expiresMs: nowMs });
      await parts.store.enrol({ secretSha256, name, rootKey: keyOf(name).publicKey, certificateSha256, nowMs });
    },
    async launch() {
      const digest = charterDigest(charter);
      const row = { digest, id: charter.id, version: charter.version, body: encodeCharter(charter) };
      await parts.store.addCharter(
        row,
        charter.parties.map(({ id }) => id),
        nowMs,
      );
      const id = random.bytes(16);
      await parts.store.rounds.propose({ id, charter: digest, nowMs });
      return id;
    },
  };
}

/** The request that a borough of the invitation's name would send; its root key follows from `keyName`. */
export async function enrolmentRequest(
  invitation: string,
  { nowMs, keyName, name }: { nowMs: number; keyName?: string; name?: string },
) {
  const invited = decodeInvitation(invitation);
  const claimed = name ?? invited.name;
  const root = keyOf(keyName ?? claimed);
  const operational = generateSigningKey({ bytes: (length) => sha256(root.publicKey).slice(0, length) });
  const delegation = createDelegation(root.secretKey, {
    operationalKey: operational.publicKey,
    serial: 1,
    notAfterMs: nowMs + 365 * 86_400_000,
  });
  const signer = createSigner({ delegation, operationalSecret: operational.secretKey });
  const { keyPkcs8Der } = await createTlsKey();
  const csrDer = await createCertificateRequest({ name: claimed, keyPkcs8Der });
  const body = encodeEnrolmentRequest(
    { name: claimed, secret: invited.secret, csrDer, rootKey: root.publicKey },
    signer,
  );
  return { body, delegation, tlsKeyPkcs8Der: keyPkcs8Der };
}

let messages = 0;

/** The header of `body` from nobody in particular: to the coordinator, unless `change` says otherwise. */
export function headerOf(type: MessageType, body: Uint8Array, change: Partial<PostHeader> = {}): PostHeader {
  return {
    messageId: countingRandom(20_000 + messages++).bytes(16),
    type,
    round: null,
    attempt: 1,
    to: COORDINATOR,
    pair: null,
    sizeBytes: body.length,
    sha256: sha256(body),
    ...change,
  };
}

export function bytesOf(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + seed * 17) & 0xff);
}

export function chunksOf(body: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(body.length / size) }, (_, at) => body.subarray(at * size, (at + 1) * size));
}

export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return new Uint8Array(Buffer.concat(all));
}
