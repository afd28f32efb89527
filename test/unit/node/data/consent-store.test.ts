import { describe, expect, it } from "vitest";
import { createVerifier, createDelegation, createSigner } from "../../../../shared/protocol/identity.ts";
import { createConsentStore } from "../../../../node/data/consent-store.ts";
import { openNodeDatabase } from "../../../../node/data/database.ts";
import { CLOCK, keyOf, NOW_MS, refusal } from "../../../helpers/example-charter.ts";

const createStore = () => createConsentStore(openNodeDatabase(":memory:"));
const jane = { name: "jane", role: "lead", publicKey: keyOf("jane").publicKey };

describe("people", () => {
  it("are known by name, each once and with a key of their own", () => {
    const store = createStore();
    store.addPerson(jane, NOW_MS);
    expect(store.person("jane")).toMatchObject({ name: "jane", role: "lead" });
    expect(store.person("john")).toBeNull();
    for (const again of [
      { ...jane, publicKey: keyOf("x").publicKey },
      { ...jane, name: "john" },
    ]) {
      expect(
        refusal(() => {
          store.addPerson(again, NOW_MS);
        }).code,
      ).toBe("conflict");
    }
    expect(store.people()).toHaveLength(1);
  });
});

describe("peers", () => {
  it("have the key that was compared last, when and by whom", () => {
    const store = createStore();
    store.addPerson(jane, NOW_MS);
    store.confirmPeer("newham", keyOf("old").publicKey, NOW_MS);
    store.confirmPeer("newham", keyOf("new").publicKey, NOW_MS + 1, "jane");
    expect(store.peers()).toEqual([
      { name: "newham", rootKey: Buffer.from(keyOf("new").publicKey), confirmedMs: NOW_MS + 1, confirmedBy: "jane" },
    ]);
  });

  it("never share a key", () => {
    const store = createStore();
    store.confirmPeer("newham", keyOf("newham").publicKey, NOW_MS);
    const error = refusal(() => {
      store.confirmPeer("hackney", keyOf("newham").publicKey, NOW_MS);
    });
    expect(error).toMatchObject({ code: "conflict", message: "peer hackney: its key is confirmed here as newham's" });
  });
});

describe("decisions", () => {
  it("stay, and the newest counts", () => {
    const store = createStore();
    const digest = new Uint8Array(32).fill(1);
    const decided = { person: "jane", statement: new Uint8Array(1), decidedMs: NOW_MS };
    expect(store.decision(digest)).toBeNull();
    store.addDecision(digest, { ...decided, decision: "approve" });
    store.addDecision(digest, { ...decided, decision: "refuse" });
    expect(store.decision(digest)?.decision).toBe("refuse");
    expect(store.decision(new Uint8Array(32))).toBeNull();
  });
});

describe("the roster", () => {
  it("is never replaced by an older one", () => {
    const store = createStore();
    store.setRoster(3, Uint8Array.of(3));
    store.setRoster(2, Uint8Array.of(2));
    expect(store.roster()).toMatchObject({ version: 3 });
  });
});

describe("delegation serials", () => {
  it("only rise, for each root key apart", () => {
    const { serials } = createStore();
    const [camden, newham] = [keyOf("camden").publicKey, keyOf("newham").publicKey];
    expect(serials.least(camden)).toBe(1);
    serials.note(camden, 5);
    serials.note(camden, 4);
    expect([serials.least(camden), serials.least(newham)]).toEqual([5, 1]);
  });

  it("shut out a replaced operational key through a verifier, after a restart too", () => {
    const db = openNodeDatabase(":memory:");
    const root = keyOf("camden");
    const said = (serial: number) => {
      const operational = keyOf(`operational ${serial}`);
      const body = { operationalKey: operational.publicKey, serial, notAfterMs: NOW_MS };
      const delegation = createDelegation(root.secretKey, body);
      return createSigner({ delegation, operationalSecret: operational.secretKey }).sign("portmoot/test/v1", serial);
    };
    const open = (serial: number) =>
      createVerifier({ roots: [root.publicKey], clock: CLOCK, serials: createConsentStore(db).serials }).open(
        0,
        "portmoot/test/v1",
        said(serial),
      );
    expect([open(1), open(2)]).toEqual([1, 2]);
    expect(refusal(() => open(1)).message).toContain("its delegation was replaced");
  });
});
