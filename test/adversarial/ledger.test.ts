import { describe, expect, it } from "vitest";
import type { Database } from "better-sqlite3";
import { generateSigningKey } from "../../shared/crypto/signature.ts";
import type { StatementSigner } from "../../shared/base/statement.ts";
import { createDelegation, createSigner, statementBody } from "../../shared/protocol/identity.ts";
import { signReceipt } from "../../shared/protocol/notices.ts";
import { openLedger } from "../../node/egress/ledger.ts";
import {
  entryDigest,
  entryToValue,
  LEDGER_HEAD_LABEL,
  LEDGER_LABEL,
  parseEntry,
  type LedgerEntry,
} from "../../node/egress/ledger-entry.ts";
import { verifyLedger } from "../../node/egress/ledger-verify.ts";
import {
  CHARTER_DIGEST,
  countingRandom,
  createCoordinatorDouble,
  createEgressNode,
  JOB_KEY,
  maskedInput,
  present,
  ROUND,
  sealedList,
  type EgressNode,
} from "../helpers/egress-node.ts";

const RESULT = {
  type: "result",
  round: ROUND,
  attempt: 1,
  charterDigest: CHARTER_DIGEST,
  jobKey: JOB_KEY,
  body: new Uint8Array(40).fill(8),
} as const;

/**
 * Somebody with the database in hand, and with everything but the node's key, tries to make the ledger tell
 * another story. Each attack starts from the same ledger, which verifies untouched.
 */
async function createStory(): Promise<EgressNode> {
  const node = createEgressNode();
  const coordinator = createCoordinatorDouble(node.coordinatorSecret);
  node.send(sealedList(node.random, [new Uint8Array(300), new Uint8Array(300)])); // 1
  node.clock.advance(1000);
  node.send(maskedInput()); // 2
  node.send({ ...maskedInput(), type: "unmask" }); // 3
  await node.gate.deliver(coordinator);
  node.db.transaction(() => {
    node.gate.recordInbound(RESULT);
  })(); // 4
  node.send(maskedInput(undefined, 2)); // 5, never delivered
  node.db.transaction(() => {
    node.gate.dropRound(ROUND, 2);
  })(); // 6
  node.send({ ...sealedList(node.random, [new Uint8Array(5)]), attempt: 2 }); // 7
  await node.gate.deliver(coordinator);
  // What an attacker with the file does first.
  node.db.exec("DROP TRIGGER ledger_keeps_entries; DROP TRIGGER ledger_loses_no_entry; PRAGMA foreign_keys = OFF");
  return node;
}

function entryAt(db: Database, sequence: number): { entry: LedgerEntry; statement: Uint8Array; digest: Uint8Array } {
  const select = db.prepare<[number], { statement: Uint8Array; digest: Uint8Array }>(
    "SELECT statement, digest FROM ledger WHERE sequence = ?",
  );
  const row = present(select.get(sequence));
  return { entry: parseEntry(statementBody(row.statement)), ...row };
}

/** A key of the attacker's own, under a delegation of the attacker's own root. */
function attacker(nowMs: number): StatementSigner {
  const random = countingRandom(9000);
  const root = generateSigningKey(random);
  const operational = generateSigningKey(random);
  const delegation = createDelegation(root.secretKey, {
    operationalKey: operational.publicKey,
    serial: 1,
    notAfterMs: nowMs + 1_000_000_000,
  });
  return createSigner({ delegation, operationalSecret: operational.secretKey });
}

function forge(entry: LedgerEntry): { digest: Uint8Array; statement: Uint8Array } {
  return { digest: entryDigest(entry), statement: attacker(entry.timeMs).sign(LEDGER_LABEL, entryToValue(entry)) };
}

function verifyFails(node: EgressNode, message: RegExp): void {
  let caught: unknown;
  try {
    verifyLedger(node.trust);
  } catch (error) {
    caught = error;
  }
  expect(caught).toMatchObject({ code: "integrity", message: expect.stringMatching(message) as string });
}

/** Moves an entry with all that hangs on it. */
function renumber(db: Database, from: number, to: number): void {
  for (const table of ["ledger", "spool"])
    db.prepare(`UPDATE ${table} SET sequence = ? WHERE sequence = ?`).run(to, from);
}

function remove(db: Database, sequence: number): void {
  const id = db.prepare("SELECT message_id FROM spool WHERE sequence = ?").pluck().get(sequence);
  for (const table of ["receipts", "spool_chunks", "spool"])
    db.prepare(`DELETE FROM ${table} WHERE message_id = ?`).run(id);
  db.prepare("DELETE FROM ledger WHERE sequence = ?").run(sequence);
}

describe("ledger verify", () => {
  it("passes the untouched ledger and counts what may have left", async () => {
    const node = await createStory();
    expect(verifyLedger(node.trust)).toMatchObject({ entries: 7, receipts: 4, mayHaveLeft: 1 });
  });

  it("passes an empty ledger", () => {
    expect(verifyLedger(createEgressNode().trust)).toMatchObject({ entries: 0, receipts: 0 });
  });

  it("passes after the delegation under which entries were signed has run out", async () => {
    const node = await createStory();
    node.clock.advance(3 * 365 * 86_400_000);
    expect(verifyLedger(node.trust)).toMatchObject({ entries: 7 });
  });

  it("passes while the head lags by entries of which nothing has left", async () => {
    const node = await createStory();
    const head = node.head.read();
    node.send(maskedInput(undefined, 1));
    node.db.transaction(() => {
      node.gate.recordInbound({ ...RESULT, attempt: 2 });
    })();
    expect(node.head.read()).toEqual(head);
    expect(verifyLedger(node.trust)).toMatchObject({ entries: 8 });
    // A restart catches up.
    node.reopen();
    expect(node.head.read()).not.toEqual(head);
    expect(verifyLedger(node.trust)).toMatchObject({ entries: 8 });
  });

  it.each(["sizeBytes", "timeMs", "attempt"] as const)("finds a changed %s", async (field) => {
    const node = await createStory();
    const { entry } = entryAt(node.db, 2);
    const { digest, statement } = forge({ ...entry, [field]: entry[field] + 1 });
    node.db.prepare("UPDATE ledger SET statement = ?, digest = ? WHERE sequence = 2").run(statement, digest);
    verifyFails(node, /entry 2 is not signed by this node/);
  });

  it("finds every single changed byte of a signed entry", async () => {
    const node = await createStory();
    const { statement } = entryAt(node.db, 4);
    const update = node.db.prepare("UPDATE ledger SET statement = ? WHERE sequence = 4");
    for (let at = 0; at < statement.length; at += 7) {
      const changed = Uint8Array.from(statement);
      changed[at] = present(changed[at]) ^ 0x01;
      update.run(changed);
      expect(() => verifyLedger(node.trust), `byte ${at}`).toThrow("entry 4");
    }
    update.run(statement);
    expect(verifyLedger(node.trust)).toMatchObject({ entries: 7 });
  });

  it("finds a changed digest beside an untouched entry", async () => {
    const node = await createStory();
    node.db.prepare("UPDATE ledger SET digest = ? WHERE sequence = 3").run(new Uint8Array(32));
    verifyFails(node, /entry 3 has another digest/);
  });

  it("finds an entry removed from the middle", async () => {
    const node = await createStory();
    remove(node.db, 2);
    verifyFails(node, /entry 2 is missing/);
  });

  it("finds an entry removed from the middle and the gap closed", async () => {
    const node = await createStory();
    remove(node.db, 2);
    for (let sequence = 3; sequence <= 7; sequence++) renumber(node.db, sequence, sequence - 1);
    verifyFails(node, /entry 2 was signed as entry 3/);
  });

  it.each([1, 2, 7])("finds the last %i entries removed", async (count) => {
    const node = await createStory();
    for (let sequence = 7; sequence > 7 - count; sequence--) remove(node.db, sequence);
    verifyFails(node, new RegExp(`entry ${8 - count} is missing: ledger.head names entry 7`));
    expect(() => node.reopen()).toThrow("names entry 7, which the ledger does not have");
  });

  it("finds the last entry removed together with an older head put back", async () => {
    const node = await createStory();
    const older = present(node.head.read());
    node.send(maskedInput(undefined, 1));
    node.send({ ...maskedInput(undefined, 1), type: "shares" });
    await node.gate.deliver(createCoordinatorDouble(node.coordinatorSecret));
    node.head.write(older);
    verifyFails(node, /entry 8 has left, but ledger.head does not reach it/);
  });

  it("finds two entries in each other's place", async () => {
    const node = await createStory();
    renumber(node.db, 1, 100);
    renumber(node.db, 2, 1);
    renumber(node.db, 100, 2);
    verifyFails(node, /entry 1 was signed as entry 2/);
  });

  it("finds an appended entry that the node did not sign", async () => {
    const node = await createStory();
    const { entry, digest } = entryAt(node.db, 7);
    const forged = forge({
      ...entry,
      sequence: 8,
      previous: Uint8Array.from(digest),
      messageId: null,
      direction: "local",
    });
    node.db.prepare("INSERT INTO ledger VALUES (8, ?, ?)").run(forged.digest, forged.statement);
    verifyFails(node, /entry 8 is not signed by this node/);
  });

  it("finds an appended copy of a true entry", async () => {
    const node = await createStory();
    const { statement } = entryAt(node.db, 6);
    node.db.prepare("INSERT INTO ledger VALUES (8, ?, ?)").run(new Uint8Array(32), statement);
    verifyFails(node, /entry 8 was signed as entry 6/);
  });

  it.each(["first", "last"])("finds a changed %s byte of a spooled body", async (place) => {
    const node = await createStory();
    const { entry } = entryAt(node.db, 1);
    const order = place === "first" ? "ASC" : "DESC";
    const select = node.db.prepare<[Uint8Array], { at: number; bytes: Uint8Array }>(
      `SELECT offset_bytes AS at, bytes FROM spool_chunks WHERE message_id = ? ORDER BY offset_bytes ${order} LIMIT 1`,
    );
    const chunk = present(select.get(present(entry.messageId)));
    const at = place === "first" ? 0 : chunk.bytes.length - 1;
    chunk.bytes[at] = present(chunk.bytes[at]) ^ 0x80;
    node.db
      .prepare("UPDATE spool_chunks SET bytes = ? WHERE message_id = ? AND offset_bytes = ?")
      .run(chunk.bytes, entry.messageId, chunk.at);
    verifyFails(node, /entry 1 has other bytes in the spool/);
  });

  it("finds a body that was taken away though it had to stay", async () => {
    const node = await createStory();
    const { entry } = entryAt(node.db, 2);
    node.db.prepare("DELETE FROM spool_chunks WHERE message_id = ?").run(entry.messageId);
    verifyFails(node, /entry 2 has other bytes/);
    node.db.prepare("UPDATE spool SET has_body = 0 WHERE sequence = 2").run();
    verifyFails(node, /entry 2 lost its bytes/);
  });

  it("finds a body and its digest changed in the spool", async () => {
    const node = await createStory();
    node.db.prepare("UPDATE spool SET sha256 = ? WHERE sequence = 2").run(new Uint8Array(32));
    verifyFails(node, /entry 2 and the spooled message differ/);
  });

  it.each(["recipient", "type", "pair"])("finds a changed %s of a spooled message", async (column) => {
    const node = await createStory();
    node.db.prepare(`UPDATE spool SET ${column} = 'other' WHERE sequence = 1`).run();
    verifyFails(node, /entry 1 and the spooled message differ/);
  });

  it("finds a message that was spooled past the ledger", async () => {
    const node = await createStory();
    node.db.exec(
      `INSERT INTO spool SELECT 99, x'00112233445566778899aabbccddeeff', type, x'01', attempt, charter, recipient, pair,
       size_bytes, sha256, state, has_body FROM spool WHERE sequence = 2`,
    );
    verifyFails(node, /entry 99 is missing, but its message is in the spool/);
  });

  it("finds a forged receipt, signed by another key than the coordinator's", async () => {
    const node = await createStory();
    const { entry } = entryAt(node.db, 5);
    const forged = signReceipt(generateSigningKey(countingRandom(9000)).secretKey, "camden", {
      messageId: present(entry.messageId),
      sha256: present(entry.sha256),
      atMs: entry.timeMs,
    });
    node.db
      .prepare("INSERT INTO receipts VALUES (?, ?, ?, ?)")
      .run(forged.messageId, forged.sha256, forged.atMs, forged.signature);
    verifyFails(node, /entry 5 has a receipt that the coordinator did not sign/);
  });

  it("finds a true receipt moved to another message or another time", async () => {
    const node = await createStory();
    node.db
      .prepare("UPDATE receipts SET at_ms = at_ms + 1 WHERE message_id = ?")
      .run(entryAt(node.db, 1).entry.messageId);
    verifyFails(node, /entry 1 has a receipt that the coordinator did not sign/);
    const other = await createStory();
    const [from, to] = [entryAt(other.db, 2).entry.messageId, entryAt(other.db, 5).entry.messageId];
    other.db.prepare("UPDATE receipts SET message_id = ? WHERE message_id = ?").run(to, from);
    verifyFails(other, /entry 2 is marked as received, but its receipt is gone/);
  });

  it("finds a receipt for no entry, and one taken away", async () => {
    const node = await createStory();
    node.db
      .prepare("UPDATE receipts SET message_id = x'00' WHERE message_id = ?")
      .run(entryAt(node.db, 2).entry.messageId);
    verifyFails(node, /entry 2 is marked as received, but its receipt is gone/);
    node.db.prepare("UPDATE spool SET state = 'dropped' WHERE sequence = 2").run();
    verifyFails(node, /a receipt belongs to no entry/);
  });

  it("finds a missing head file, and refuses to go on writing", async () => {
    const node = await createStory();
    node.head.read = () => null;
    verifyFails(node, /ledger.head: missing/);
    expect(() => openLedger({ db: node.db, head: node.head, signer: node.signer, clock: node.clock })).toThrow(
      "ledger.head: missing beside a ledger that has entries",
    );
  });

  it("finds a head file of another key, and one that is no head at all", async () => {
    const node = await createStory();
    const content = statementBody(present(node.head.read()));
    node.head.write(attacker(node.clock.nowMs()).sign(LEDGER_HEAD_LABEL, content));
    verifyFails(node, /ledger.head: not signed by this node/);
    node.head.write(Uint8Array.of(1, 2, 3));
    verifyFails(node, /ledger.head: not signed by this node/);
  });

  it("finds the whole ledger exchanged for one under another root key", async () => {
    const node = await createStory();
    const other = generateSigningKey(countingRandom(9000));
    verifyFails(
      { ...node, trust: { ...node.trust, rootKey: other.publicKey } },
      /ledger.head: not signed by this node/,
    );
  });
});
