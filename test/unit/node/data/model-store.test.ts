import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bytesToHex } from "../../../../shared/base/bytes.ts";
import { encodeValue } from "../../../../shared/base/encoding.ts";
import { modelDigest } from "../../../../shared/learning/published-model.ts";
import { openNodeDatabase, type Database } from "../../../../node/data/database.ts";
import { createModelStore, type ModelStore } from "../../../../node/data/model-store.ts";
import { refusal } from "../../../helpers/example-charter.ts";
import { homesModel } from "../../../helpers/learning-homes.ts";

let db: Database;
let store: ModelStore;
beforeEach(() => {
  db = openNodeDatabase(":memory:");
  store = createModelStore(db);
});
afterEach(() => {
  db.close();
});

describe("the model store", () => {
  it("keeps a model under its digest, once, as it first came", () => {
    const model = homesModel();
    const digest = store.add(model, { origin: "round", atMs: 5 });
    expect(digest).toEqual(modelDigest(model));
    store.add(model, { origin: "file", atMs: 9 });
    expect(store.models()).toEqual([{ digest: Buffer.from(digest), model, origin: "round", addedMs: 5 }]);
  });

  it("finds one by the beginning of its digest, if it is the only one", () => {
    const first = bytesToHex(store.add(homesModel(), { origin: "round", atMs: 1 }));
    expect(store.require(first.slice(0, 6)).model).toEqual(homesModel());
    store.add(homesModel({ version: 2 }), { origin: "round", atMs: 2 });
    expect(store.require(first).model.version).toBe(1);
    expect(refusal(() => store.require(""))).toMatchObject({ code: "not-found", message: "model: is not unique" });
    expect(refusal(() => store.require("zz"))).toMatchObject({ code: "not-found", message: "model: is not here" });
  });

  it("gives out no model that is not what its digest says", () => {
    store.add(homesModel(), { origin: "round", atMs: 1 });
    db.prepare("UPDATE models SET body = ?").run(encodeValue(homesModel({ version: 2 })));
    expect(refusal(() => store.models())).toMatchObject({ code: "integrity" });
    expect(refusal(() => store.find(modelDigest(homesModel())))).toMatchObject({ code: "integrity" });
  });

  it("finds one by its digest, whatever became of another", () => {
    const damaged = store.add(homesModel(), { origin: "round", atMs: 1 });
    db.prepare("UPDATE models SET body = x'00'").run();
    const digest = store.add(homesModel({ version: 2 }), { origin: "file", atMs: 2 });
    expect(store.find(digest)?.model.version).toBe(2);
    expect(refusal(() => store.find(damaged))).toMatchObject({ code: "malformed" });
    expect(store.find(new Uint8Array(32))).toBeNull();
  });
});
