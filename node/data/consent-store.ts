import type { Database } from "better-sqlite3";
import { ProtocolError } from "../../shared/base/errors.ts";

/** What people at this borough know and decided, as rows. */
export interface StoredCharter {
  readonly digest: Uint8Array;
  readonly id: string;
  readonly version: number;
  readonly body: Uint8Array;
}

export interface StoredDecision {
  readonly decision: "approve" | "refuse";
  readonly person: string;
  /** The person's signed decision. */
  readonly statement: Uint8Array;
  readonly decidedMs: number;
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
  const addPeer = db.prepare("INSERT OR IGNORE INTO peers (root_key, name, confirmed_ms) VALUES (?, ?, ?)");
  const peers = db.prepare<[], { rootKey: Buffer; name: string; confirmedMs: number }>(
    "SELECT root_key AS rootKey, name, confirmed_ms AS confirmedMs FROM peers ORDER BY name",
  );
  const addCharter = db.prepare(
    "INSERT OR IGNORE INTO charters (digest, id, version, body, received_ms) VALUES (?, ?, ?, ?, ?)",
  );
  const charter = db.prepare<[Uint8Array], StoredCharter>(
    "SELECT digest, id, version, body FROM charters WHERE digest = ?",
  );
  const charters = db.prepare<[], StoredCharter>("SELECT digest, id, version, body FROM charters ORDER BY id, version");
  const addDecision = db.prepare(
    "INSERT INTO decisions (charter, decision, person, statement, decided_ms) VALUES (?, ?, ?, ?, ?)",
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

    confirmPeer: (name: string, rootKey: Uint8Array, nowMs: number) => addPeer.run(rootKey, name, nowMs),
    peers: () => peers.all(),

    addCharter: (stored: StoredCharter, nowMs: number) =>
      addCharter.run(stored.digest, stored.id, stored.version, stored.body, nowMs),
    charter: (digest: Uint8Array): StoredCharter | null => charter.get(digest) ?? null,
    charters: (): StoredCharter[] => charters.all(),

    addDecision: (digest: Uint8Array, stored: StoredDecision) =>
      addDecision.run(digest, stored.decision, stored.person, stored.statement, stored.decidedMs),
    /** The newest. */
    decision: (digest: Uint8Array): StoredDecision | null => decision.get(digest) ?? null,

    roster: (): { version: number; body: Uint8Array } | null => roster.get() ?? null,
    /** Keeps it if it is newer than what is there. */
    setRoster: (version: number, body: Uint8Array) => setRoster.run(version, body),
  };
}
