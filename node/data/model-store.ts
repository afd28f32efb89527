import type { Database } from "better-sqlite3";
import { bytesToHex, isEqualBytes } from "../../shared/base/bytes.ts";
import { decodeValue, encodeValue } from "../../shared/base/encoding.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import { modelDigest, parsePublishedModel, type PublishedModel } from "../../shared/learning/published-model.ts";

/**
 * Released models as rows, by digest. `round`: this node took part and verified the openers' signatures before it came
 * here. `file`: somebody handed it over; a person here compared its digest.
 */
export interface StoredModel {
  readonly digest: Uint8Array;
  readonly model: PublishedModel;
  readonly origin: "round" | "file";
  readonly addedMs: number;
}

interface Stored extends Omit<StoredModel, "model"> {
  readonly body: Uint8Array;
}

export type ModelStore = ReturnType<typeof createModelStore>;

export function createModelStore(db: Database) {
  const add = db.prepare("INSERT OR IGNORE INTO models (digest, body, origin, added_ms) VALUES (?, ?, ?, ?)");
  const columns = "digest, body, origin, added_ms AS addedMs";
  const all = db.prepare<[], Stored>(`SELECT ${columns} FROM models ORDER BY added_ms, digest`);
  const one = db.prepare<[Uint8Array], Stored>(`SELECT ${columns} FROM models WHERE digest = ?`);
  const store = {
    /** Once; the first origin stays. Belongs into the caller's transaction. @returns its digest */
    add(model: PublishedModel, { origin, atMs }: { origin: StoredModel["origin"]; atMs: number }): Uint8Array {
      const digest = modelDigest(model);
      add.run(digest, encodeValue(model), origin, atMs);
      return digest;
    },
    /** Null where it is not here. @throws ProtocolError "integrity" where its row is not what its digest says */
    find(digest: Uint8Array): StoredModel | null {
      const found = one.get(digest);
      return found === undefined ? null : toModel(found);
    },
    /** The oldest first. @throws ProtocolError "integrity" where a row is not what its digest says */
    models: (): StoredModel[] => all.all().map(toModel),
    /**
     * The one whose digest begins so, in hexadecimal.
     * @throws ProtocolError "not-found" where none or several do
     */
    require(prefix: string): StoredModel {
      const [found, ...others] = store.models().filter(({ digest }) => bytesToHex(digest).startsWith(prefix));
      if (found === undefined || others.length > 0) {
        throw new ProtocolError("not-found", found === undefined ? "model: is not here" : "model: is not unique", {
          hint: "portmoot node models list",
        });
      }
      return found;
    },
  };
  return store;
}

function toModel({ body, ...stored }: Stored): StoredModel {
  const model = parsePublishedModel(decodeValue(body));
  if (!isEqualBytes(modelDigest(model), stored.digest)) {
    throw new ProtocolError("integrity", "model: what is stored here is not what its digest says");
  }
  return { ...stored, model };
}
