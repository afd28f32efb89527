import type { Database } from "better-sqlite3";
import { isEqualBytes } from "../../shared/base/bytes.ts";
import { ProtocolError } from "../../shared/base/errors.ts";

/**
 * What people at this borough know and decided, as rows: who may decide here, whose keys were compared, which charters
 * came in, and every decision for good. Rows are no proof: whoever acts on one checks the signature in it
 * (node/policy/consent.ts).
 */
export interface StoredCharter {
  readonly digest: Uint8Array;
  readonly id: string;
  readonly version: number;
  readonly body: Uint8Array;
  /** Number and signature of the coordinator's notice that brought it. */
  readonly notice: number;
  readonly signature: Uint8Array;
}

export interface StoredDecision {
  readonly decision: "approve" | "refuse";
  readonly person: string;
  /** The person's signed decision. */
  readonly statement: Uint8Array;
  readonly decidedMs: number;
}

export interface Peer {
  readonly name: string;
  readonly rootKey: Uint8Array;
  readonly confirmedMs: number;
  /** A person known here, or null where nobody gave a name. */
  readonly confirmedBy: string | null;
}

export interface Person {
  readonly name: string;
  readonly role: string;
  readonly publicKey: Uint8Array;
}

export type ConsentStore = ReturnType<typeof createConsentStore>;

export function createConsentStore(db: Database) {
  const addPerson = db.prepare("INSERT OR IGNORE INTO people (name, role, public_key, added_ms) VALUES (?, ?, ?, ?)");
  const people = db.prepare<[], Person>("SELECT name, role, public_key AS publicKey FROM people ORDER BY name");
  const addPeer = db.prepare(
    `INSERT INTO peers (name, root_key, confirmed_ms, confirmed_by) VALUES (?, ?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET
       root_key = excluded.root_key, confirmed_ms = excluded.confirmed_ms, confirmed_by = excluded.confirmed_by`,
  );
  const nameOfKey = db.prepare<[Uint8Array], string>("SELECT name FROM peers WHERE root_key = ?").pluck();
  const peers = db.prepare<[], Peer>(
    `SELECT name, root_key AS rootKey, confirmed_ms AS confirmedMs, confirmed_by AS confirmedBy
     FROM peers ORDER BY name`,
  );
  const addCharter = db.prepare(
    `INSERT INTO charters (digest, id, version, body, notice, signature, received_ms) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (digest) DO NOTHING`,
  );
  const digestOf = db
    .prepare<[string, number], Buffer>("SELECT digest FROM charters WHERE id = ? AND version = ?")
    .pluck();
  const charterColumns = "SELECT digest, id, version, body, notice, signature FROM charters";
  const charter = db.prepare<[Uint8Array], StoredCharter>(`${charterColumns} WHERE digest = ?`);
  const charters = db.prepare<[], StoredCharter>(`${charterColumns} ORDER BY id, version`);
  const addDecision = db.prepare(
    "INSERT INTO decisions (charter, decision, person, statement, decided_ms) VALUES (?, ?, ?, ?, ?)",
  );
  const serial = db.prepare<[Uint8Array], number>("SELECT serial FROM serials WHERE root_key = ?").pluck();
  const noteSerial = db.prepare(
    `INSERT INTO serials (root_key, serial) VALUES (?, ?)
     ON CONFLICT (root_key) DO UPDATE SET serial = excluded.serial WHERE excluded.serial > serials.serial`,
  );
  const decision = db.prepare<[Uint8Array], StoredDecision>(
    `SELECT decision, person, statement, decided_ms AS decidedMs FROM decisions WHERE charter = ?
     ORDER BY number DESC LIMIT 1`,
  );
  const roster = db.prepare<[], { version: number; body: Buffer }>("SELECT version, body FROM roster");
  const setRoster = db.prepare(
    `INSERT INTO roster (one, version, body) VALUES (1, ?, ?)
     ON CONFLICT (one) DO UPDATE SET version = excluded.version, body = excluded.body WHERE excluded.version > roster.version`,
  );
  return {
    addPerson({ name, role, publicKey }: Person, nowMs: number): void {
      if (addPerson.run(name, role, publicKey, nowMs).changes !== 1) {
        throw new ProtocolError("conflict", `person ${name} is known here already`, { hint: "choose another name" });
      }
    },
    people: (): Person[] => people.all(),
    person: (name: string): Person | null => people.all().find((person) => person.name === name) ?? null,

    /**
     * The key that counts for a name from now on; one that counted before no longer does.
     * @throws ProtocolError "conflict" where the key is confirmed under another name
     */
    confirmPeer(name: string, rootKey: Uint8Array, nowMs: number, by: string | null = null): void {
      const other = nameOfKey.get(rootKey);
      if (other !== undefined && other !== name) {
        throw new ProtocolError("conflict", `peer ${name}: its key is confirmed here as ${other}'s`);
      }
      addPeer.run(name, rootKey, nowMs, by);
    },
    peers: (): Peer[] => peers.all(),

    /** Keeps it once. @throws ProtocolError "conflict" for other content under the same id and version */
    addCharter(stored: StoredCharter, nowMs: number): void {
      const { digest, id, version, body, notice, signature } = stored;
      const known = digestOf.get(id, version);
      if (known !== undefined && !isEqualBytes(known, digest)) {
        throw new ProtocolError("conflict", `charter ${id} version ${version}: came before with other content`);
      }
      addCharter.run(digest, id, version, body, notice, signature, nowMs);
    },
    charter: (digest: Uint8Array): StoredCharter | null => charter.get(digest) ?? null,
    charters: (): StoredCharter[] => charters.all(),

    addDecision: (digest: Uint8Array, stored: StoredDecision) =>
      addDecision.run(digest, stored.decision, stored.person, stored.statement, stored.decidedMs),
    /** The newest. */
    decision: (digest: Uint8Array): StoredDecision | null => decision.get(digest) ?? null,

    /** For `createVerifier`: the highest serial wins, for good. */
    serials: {
      least: (rootKey: Uint8Array): number => serial.get(rootKey) ?? 1,
      note(rootKey: Uint8Array, newest: number): void {
        noteSerial.run(rootKey, newest);
      },
    },

    roster: (): { version: number; body: Uint8Array } | null => roster.get() ?? null,
    /** Keeps it if it is newer than what is there. */
    setRoster: (version: number, body: Uint8Array) => setRoster.run(version, body),
  };
}
