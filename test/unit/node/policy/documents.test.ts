import { describe, expect, it } from "vitest";
import { charterDigest, encodeCharter, parseCharter } from "../../../../shared/protocol/charter.ts";
import { signNotice, verifyNotice } from "../../../../shared/protocol/notices.ts";
import type { NoticeType } from "../../../../shared/protocol/messages.ts";
import { rootKeyText } from "../../../../shared/protocol/identity.ts";
import { rosterDigest, signRoster } from "../../../../shared/protocol/roster.ts";
import { createConsentStore } from "../../../../node/data/consent-store.ts";
import { openNodeDatabase } from "../../../../node/data/database.ts";
import { keepDocument, newestRosterDigest } from "../../../../node/policy/documents.ts";
import { changed, CLOCK, exampleCharter, keyOf, refusal, type Json } from "../../../helpers/example-charter.ts";

const DESK = keyOf("coordinator");

function createNode() {
  const store = createConsentStore(openNodeDatabase(":memory:"));
  let number = 0;
  const keep = (type: NoticeType, body: Uint8Array) => {
    const unsigned = { number: ++number, type, round: null, attempt: 0, body };
    keepDocument(
      { store, coordinatorKey: DESK.publicKey, clock: CLOCK },
      signNotice(DESK.secretKey, "camden", unsigned),
    );
  };
  const charter = (path: string, value: Json) => {
    keep("charter", encodeCharter(parseCharter(changed(path, value))));
  };
  return { store, keep, charter };
}

function roster(version: number, secretKey = DESK.secretKey) {
  return signRoster(secretKey, { version, coordinator: { name: "desk", rootKey: DESK.publicKey }, parties: [] });
}

describe("a charter that comes in", () => {
  it("is kept under its digest, with the coordinator's word for it", () => {
    const { store, charter } = createNode();
    charter("version", 1);
    const stored = store.charter(charterDigest(exampleCharter()))!;
    expect(stored).toMatchObject({ id: "council-tax-double-residence", version: 1, notice: 1 });
    const { notice: number, signature } = stored;
    const notice = { number, type: "charter" as const, round: null, attempt: 0, body: stored.body, signature };
    expect(() => {
      verifyNotice(DESK.publicKey, "camden", notice);
    }).not.toThrow();
  });

  it("is kept once, however often it comes", () => {
    const { store, charter } = createNode();
    charter("version", 1);
    charter("version", 1);
    expect(store.charters()).toHaveLength(1);
  });

  it("is refused with other content under an id and version that came before", () => {
    const { store, charter } = createNode();
    charter("version", 1);
    const error = refusal(() => {
      charter("controls.listCap", 20_000_000);
    });
    expect(error.code).toBe("conflict");
    expect(store.charters()).toHaveLength(1);
    charter("version", 2);
    expect(store.charters().map(({ version }) => version)).toEqual([1, 2]);
  });

  it("is refused where it names another coordinator", () => {
    const { store, charter } = createNode();
    const error = refusal(() => {
      charter("coordinator.rootKey", rootKeyText(keyOf("other desk").publicKey));
    });
    expect(error.code).toBe("integrity");
    expect(store.charters()).toEqual([]);
  });
});

describe("a roster that comes in", () => {
  it("is kept if it is newer", () => {
    const { store, keep } = createNode();
    expect(newestRosterDigest(store)).toEqual(new Uint8Array(32));
    keep("roster", roster(2));
    keep("roster", roster(3));
    expect(store.roster()?.version).toBe(3);
    expect(newestRosterDigest(store)).toEqual(rosterDigest(roster(3)));
  });

  it("is refused if it is older, and if somebody else signed it", () => {
    const { store, keep } = createNode();
    keep("roster", roster(2));
    for (const bad of [roster(1), roster(3, keyOf("thief").secretKey)]) {
      expect(
        refusal(() => {
          keep("roster", bad);
        }).code,
      ).toBe("integrity");
    }
    expect(store.roster()?.version).toBe(2);
  });
});

it("refuses a notice that belongs to a round", () => {
  const { keep } = createNode();
  expect(
    refusal(() => {
      keep("job", new Uint8Array());
    }).code,
  ).toBe("malformed");
});
