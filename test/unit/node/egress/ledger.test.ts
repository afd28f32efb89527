import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { statementBody } from "../../../../shared/protocol/identity.ts";
import { openHeadFile } from "../../../../node/egress/head-file.ts";
import { entryDigest, entryToValue, NO_ENTRY, parseEntry, parseHead } from "../../../../node/egress/ledger-entry.ts";
import { readLedger, readLedgerBody, readLedgerLine } from "../../../../node/egress/ledger-view.ts";
import { createEgressNode, maskedInput, present, ROUND } from "../../../helpers/egress-node.ts";

describe("the ledger", () => {
  it("chains entries by the digest that is signed", () => {
    const node = createEgressNode();
    expect(node.ledger.digest()).toEqual(NO_ENTRY);
    node.send(maskedInput());
    node.send(maskedInput(undefined, 2));
    const [first, second] = [...readLedger(node.db)].map(({ entry }) => entry);
    expect(first?.previous).toEqual(NO_ENTRY);
    expect(Buffer.from(present(second).previous)).toEqual(Buffer.from(entryDigest(present(first))));
    expect(Buffer.from(node.ledger.digest())).toEqual(Buffer.from(entryDigest(present(second))));
  });

  it("reads an entry back as it was written", () => {
    const node = createEgressNode();
    node.send(maskedInput());
    const { entry } = readLedgerLine(node.db, 1);
    expect(parseEntry(entryToValue(entry))).toEqual(entry);
    expect(readLedgerBody(node.db, { entry, fate: "", receiptMs: null })).toEqual(new Uint8Array(24).fill(1));
  });

  it("keeps entries in the order of time though the clock is set back", () => {
    const node = createEgressNode();
    node.send(maskedInput());
    node.clock.advance(-3_600_000);
    node.send(maskedInput(undefined, 2));
    const [first, second] = [...readLedger(node.db)].map(({ entry }) => entry.timeMs);
    expect(second).toBe(first);
  });

  it("lets no entry be changed or deleted by a slip of this program", () => {
    const node = createEgressNode();
    node.send(maskedInput());
    expect(() => node.db.exec("UPDATE ledger SET digest = x'00'")).toThrow("only appended to");
    expect(() => node.db.exec("DELETE FROM ledger")).toThrow("only appended to");
  });

  it("appends only inside a transaction, and moves the head only outside one", () => {
    const node = createEgressNode();
    expect(() => {
      node.gate.recordInbound(inbound());
    }).toThrow("assertion failed");
    expect(() => {
      node.db.transaction(() => {
        node.ledger.syncHead();
      })();
    }).toThrow("assertion failed");
  });

  it("names an entry that is not there", () => {
    const node = createEgressNode();
    expect(() => readLedgerLine(node.db, 1)).toThrow("ledger: no entry 1");
  });

  it("tells where only digest and length are kept", () => {
    const node = createEgressNode();
    node.send({ ...maskedInput(), type: "unmask" });
    node.db.transaction(() => {
      node.gate.dropRound(ROUND, 1);
    })();
    expect(() => readLedgerBody(node.db, readLedgerLine(node.db, 1))).toThrow("only digest and length");
    expect(() => readLedgerBody(node.db, readLedgerLine(node.db, 2))).toThrow("about no message");
  });
});

describe("the head file", () => {
  const folder = mkdtempSync(join(tmpdir(), "portmoot-head-"));
  const path = join(folder, "ledger.head");
  afterEach(() => {
    rmSync(path, { force: true });
  });

  it("begins with the ledger and then names the last committed entry", () => {
    const node = createEgressNode({ head: openHeadFile(path) });
    const number = () => parseHead(statementBody(new Uint8Array(readFileSync(path)))).sequence;
    expect(number()).toBe(0);
    node.send(maskedInput());
    expect(number()).toBe(0);
    node.ledger.syncHead();
    expect(number()).toBe(1);
  });

  it("is readable by its owner alone", () => {
    createEgressNode({ head: openHeadFile(path) });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("says so where it cannot be written", () => {
    const head = openHeadFile(join(folder, "no such folder", "ledger.head"));
    expect(() => {
      head.write(new Uint8Array(1));
    }).toThrow("ledger.head: cannot be written");
  });
});

function inbound() {
  const bytes = new Uint8Array(32);
  return { type: "result", round: ROUND, attempt: 1, charterDigest: bytes, jobKey: bytes, body: bytes } as const;
}
