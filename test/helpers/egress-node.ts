import type { Database } from "better-sqlite3";
import { concatBytes } from "../../shared/base/bytes.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import type { Clock, RandomSource } from "../../shared/base/clock.ts";
import { createSealer, type Sealer } from "../../shared/crypto/sealing.ts";
import { sha256 } from "../../shared/crypto/hash.ts";
import { generateSigningKey, signingPublicKey } from "../../shared/crypto/signature.ts";
import type { MatchCharter } from "../../shared/protocol/charter.ts";
import { createDelegation, createSigner } from "../../shared/protocol/identity.ts";
import { signReceipt } from "../../shared/protocol/notices.ts";
import { COORDINATOR, type PostHeader, type Receipt, type Relay } from "../../shared/protocol/relay.ts";
import { abortBody } from "../../shared/protocol/round-messages.ts";
import { openNodeDatabase } from "../../node/data/database.ts";
import { createGate, type Gate } from "../../node/egress/gate.ts";
import type { OutgoingMessage } from "../../node/egress/outgoing-message.ts";
import { createMemoryHead, type HeadFile } from "../../node/egress/head-file.ts";
import { openLedger, type Ledger } from "../../node/egress/ledger.ts";
import type { LedgerTrust } from "../../node/egress/ledger-verify.ts";

/** A node's egress side alone: gate, ledger and spool over a database in memory, and a coordinator that receipts. */
export const ROUND = new Uint8Array(16).fill(7);
export const CHARTER_DIGEST = new Uint8Array(32).fill(9);
export const JOB_KEY = new Uint8Array(32).fill(5);
export const APPROVAL = new Uint8Array(32).fill(3);
const NOW_MS = Date.UTC(2026, 5, 1);

/** What egress asks of a charter: parties with roles, and the fields of the operation. */
const CHARTER = {
  parties: [
    { id: "camden", roles: ["owner"] },
    { id: "newham", roles: ["owner", "opener"] },
    { id: "sutton", roles: ["matcher", "opener"] },
  ],
  dataset: { name: "people", attributes: { discount: {}, status: {} } },
  operation: {
    kind: "match",
    protocol: "single-salt",
    cascade: [{ key: "nino", of: [{ field: "nino", as: ["identifier"] }] }],
    population: { where: [{ attribute: "discount", in: ["single"] }] },
    label: { attribute: "status" },
    outputs: ["total", "table"],
  },
} as unknown as MatchCharter;

export function countingRandom(start = 1): RandomSource {
  let number = start;
  return {
    bytes(length) {
      const out = new Uint8Array(length);
      for (let at = 0; at < length; at += 32)
        out.set(sha256(Uint8Array.of(number >> 8, number++)).subarray(0, length - at), at);
      return out;
    },
  };
}

export interface EgressNode {
  readonly db: Database;
  readonly clock: Clock & { advance(ms: number): void };
  readonly random: RandomSource;
  readonly head: HeadFile;
  readonly ledger: Ledger;
  readonly gate: Gate;
  readonly trust: LedgerTrust;
  readonly signer: ReturnType<typeof createSigner>;
  readonly coordinatorSecret: Uint8Array;
  readonly warnings: object[];
  /** Makes the gate refuse, or not. */
  setConsent(given: boolean): void;
  /** Sends in a transaction of its own. */
  send(message: OutgoingMessage): Uint8Array;
  /** A second ledger writer over the same rows and head, as after a restart. */
  reopen(): Ledger;
}

export function createEgressNode(
  parts: {
    db?: Database;
    head?: HeadFile;
    name?: string;
    protocol?: "single-salt" | "double-salt";
    outputs?: string[];
  } = {},
): EgressNode {
  const { db = openNodeDatabase(":memory:"), head = createMemoryHead(), name = "camden" } = parts;
  const { protocol = "single-salt", outputs = CHARTER.operation.outputs } = parts;
  const operation = { ...CHARTER.operation, protocol, outputs } as MatchCharter["operation"];
  let nowMs = NOW_MS;
  const clock = { nowMs: () => nowMs, advance: (ms: number) => void (nowMs += ms) };
  const random = countingRandom();
  const root = generateSigningKey(random);
  const operational = generateSigningKey(random);
  const coordinator = generateSigningKey(random);
  const delegation = createDelegation(root.secretKey, {
    operationalKey: operational.publicKey,
    serial: 1,
    notAfterMs: NOW_MS + 365 * 86_400_000,
  });
  const signer = createSigner({ delegation, operationalSecret: operational.secretKey });
  const reopen = () => openLedger({ db, head, signer, clock });
  const ledger = reopen();
  const warnings: object[] = [];
  let given = true;
  const gate = createGate({
    db,
    name,
    ledger,
    random,
    coordinatorKey: coordinator.publicKey,
    log: { warn: (fields) => void warnings.push(fields) },
    consent() {
      if (!given) throw new ProtocolError("refused", "charter.not-approved: nobody here approved this charter");
      return { charter: { ...CHARTER, operation }, approval: APPROVAL };
    },
  });
  return {
    db,
    clock,
    random,
    head,
    ledger,
    gate,
    signer,
    warnings,
    coordinatorSecret: coordinator.secretKey,
    trust: { db, head, rootKey: root.publicKey, name, coordinatorKey: signingPublicKey(coordinator.secretKey) },
    setConsent: (value) => void (given = value),
    send: (message) => db.transaction(() => gate.send(message).messageId).immediate(),
    reopen,
  };
}

/** A small final message to the coordinator. */
export function maskedInput(body: Uint8Array = new Uint8Array(24).fill(1), attempt = 1): OutgoingMessage {
  return {
    type: "masked-input",
    to: COORDINATOR,
    round: ROUND,
    attempt,
    pair: null,
    charterDigest: CHARTER_DIGEST,
    jobKey: JOB_KEY,
    content: { kind: "final", body },
  };
}

export function abortMessage(): OutgoingMessage {
  const body = abortBody.encode({ reason: "a check failed at a borough" });
  return { ...maskedInput(body), type: "abort", jobKey: null };
}

/** A list of frames, sealed to the matcher of a pair. */
export function sealedList(random: RandomSource, frames: Iterable<Uint8Array>): OutgoingMessage {
  const sealer: Sealer = createSealer(new Uint8Array(32).fill(4), "list", random);
  return { ...maskedInput(), type: "list", to: "sutton", pair: [0, 1], content: { kind: "sealed", sealer, frames } };
}

export interface CoordinatorDouble extends Pick<Relay, "held" | "post"> {
  /** Whole bodies by message identifier in hexadecimal, and what arrived of the others. */
  readonly bodies: Map<string, Uint8Array>;
  readonly headers: PostHeader[];
  /** Called after every chunk; may throw to cut the connection. */
  onChunk: (received: number) => void;
  /** What to change of an honest receipt. */
  onReceipt: (receipt: Receipt) => Receipt;
}

/** The coordinator's end of the relay: keeps chunks, goes on where it was cut, signs receipts. */
export function createCoordinatorDouble(secret: Uint8Array, from = "camden"): CoordinatorDouble {
  const bodies = new Map<string, Uint8Array>();
  const double: CoordinatorDouble = {
    bodies,
    headers: [],
    onChunk: () => undefined,
    onReceipt: (receipt) => receipt,
    held: (messageId) => Promise.resolve(bodies.get(idText(messageId))?.length ?? 0),
    async post(header, offset, chunks) {
      await Promise.resolve();
      const id = idText(header.messageId);
      const before = bodies.get(id) ?? new Uint8Array(0);
      if (before.length !== offset) throw new ProtocolError("conflict", "post: offset is not what is held");
      let body = before;
      for (const chunk of chunks) {
        body = concatBytes(body, chunk);
        bodies.set(id, body);
        double.onChunk(body.length);
        await Promise.resolve();
      }
      double.headers.push(header);
      const { messageId } = header;
      const facts = { messageId, sha256: sha256(body), atMs: NOW_MS + 1 };
      return double.onReceipt(signReceipt(secret, from, facts));
    },
  };
  return double;
}

/** A value that the test knows to be there. */
export function present<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error("expected a value");
  return value;
}

function idText(messageId: Uint8Array): string {
  return Buffer.from(messageId).toString("hex");
}
