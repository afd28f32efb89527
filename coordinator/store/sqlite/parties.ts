import type { Database } from "better-sqlite3";
import { isEqualBytes } from "../../../shared/base/bytes.ts";
import { rosterDigest } from "../../../shared/protocol/roster.ts";
import type { CharterRow, InvitationState, NoticeDraftRow, PartyRow, Store, StoreSigner } from "../store.ts";

type PartyOperations = Pick<
  Store,
  | "addInvitation"
  | "invitationState"
  | "enrol"
  | "party"
  | "parties"
  | "partyOfCertificate"
  | "renewCertificate"
  | "revoke"
  | "newestRoster"
  | "addCharter"
  | "charter"
  | "charters"
>;

const PARTY_COLUMNS = `name, root_key AS rootKey, certificate_sha256 AS certificateSha256, joined_ms AS joinedMs,
  seen_ms AS seenMs, revoked_ms AS revokedMs`;
/** How stale "last seen" may be: not every message is worth a write. */
const SEEN_GRAIN_MS = 10_000;

/** Invitations, parties, rosters and charters in SQLite. */
export function createParties(
  db: Database,
  signer: StoreSigner,
  appendNotice: (notice: NoticeDraftRow) => void,
): PartyOperations {
  const addInvitation = db.prepare("INSERT INTO invitations (secret_sha256, name, expires_ms) VALUES (?, ?, ?)");
  const invitation = db.prepare<[Uint8Array], { name: string; expiresMs: number; usedMs: number | null }>(
    "SELECT name, expires_ms AS expiresMs, used_ms AS usedMs FROM invitations WHERE secret_sha256 = ?",
  );
  const useInvitation = db.prepare("UPDATE invitations SET used_ms = ? WHERE secret_sha256 = ?");
  const party = db.prepare<[string], PartyRow>(`SELECT ${PARTY_COLUMNS} FROM parties WHERE name = ?`);
  const parties = db.prepare<[], PartyRow>(`SELECT ${PARTY_COLUMNS} FROM parties ORDER BY name`);
  const byKey = db.prepare<[Uint8Array], PartyRow>(`SELECT ${PARTY_COLUMNS} FROM parties WHERE root_key = ?`);
  const byCertificate = db.prepare<[Uint8Array, Uint8Array], PartyRow>(
    `SELECT ${PARTY_COLUMNS} FROM parties
     WHERE (certificate_sha256 = ? OR previous_certificate_sha256 = ?) AND revoked_ms IS NULL`,
  );
  const insertParty = db.prepare(
    "INSERT INTO parties (name, root_key, certificate_sha256, joined_ms) VALUES (?, ?, ?, ?)",
  );
  const setCertificate = db.prepare(
    // Where there is a previous one, the present one was never used: its reply was lost.
    `UPDATE parties SET previous_certificate_sha256 = coalesce(previous_certificate_sha256, certificate_sha256),
       certificate_sha256 = ? WHERE name = ?`,
  );
  const replaceCertificate = db.prepare(
    `UPDATE parties SET previous_certificate_sha256 = NULL, certificate_sha256 = ?, revoked_ms = NULL WHERE name = ?`,
  );
  const dropPrevious = db.prepare(
    "UPDATE parties SET previous_certificate_sha256 = NULL WHERE name = ? AND certificate_sha256 = ? AND previous_certificate_sha256 IS NOT NULL",
  );
  const seen = db.prepare("UPDATE parties SET seen_ms = ? WHERE name = ? AND coalesce(seen_ms, 0) < ?");
  const setRevoked = db.prepare("UPDATE parties SET revoked_ms = ? WHERE name = ? AND revoked_ms IS NULL");
  const newestRoster = db.prepare<[], { version: number; body: Buffer }>(
    "SELECT version, body FROM rosters ORDER BY version DESC LIMIT 1",
  );
  const insertRoster = db.prepare("INSERT INTO rosters (version, body) VALUES (?, ?)");
  const insertCharter = db.prepare(
    "INSERT OR IGNORE INTO charters (digest, id, version, body, proposed_ms) VALUES (?, ?, ?, ?, ?)",
  );
  const charter = db.prepare<[Uint8Array], CharterRow>(
    "SELECT digest, id, version, body FROM charters WHERE digest = ?",
  );
  const charters = db.prepare<[], CharterRow>("SELECT digest, id, version, body FROM charters ORDER BY id, version");

  function publishRoster(): void {
    const members = parties.all().filter(({ revokedMs }) => revokedMs === null);
    const version = (newestRoster.get()?.version ?? 0) + 1;
    const body = signer.roster(
      version,
      members.map(({ name, rootKey }) => ({ name, rootKey })),
    );
    insertRoster.run(version, body);
    for (const { name } of members) appendNotice({ to: name, type: "roster", round: null, attempt: 0, body });
  }

  function invitationState(secretSha256: Uint8Array, nowMs: number): InvitationState {
    const invited = invitation.get(secretSha256);
    if (invited === undefined) return "unknown-invitation";
    if (invited.usedMs !== null) return "used";
    return invited.expiresMs < nowMs ? "expired" : "open";
  }

  const enrol = db.transaction((request: Parameters<Store["enrol"]>[0]): Awaited<ReturnType<Store["enrol"]>> => {
    const state = invitationState(request.secretSha256, request.nowMs);
    if (state !== "open") return state;
    if (invitation.get(request.secretSha256)?.name !== request.name) return "other-name";
    const known = party.get(request.name);
    const sameKey = byKey.get(request.rootKey);
    if (
      (known !== undefined && !isEqualBytes(known.rootKey, request.rootKey)) ||
      (known === undefined && sameKey !== undefined)
    ) {
      return "other-key";
    }
    useInvitation.run(request.nowMs, request.secretSha256);
    if (known === undefined) {
      insertParty.run(request.name, request.rootKey, request.certificateSha256, request.nowMs);
    } else {
      replaceCertificate.run(request.certificateSha256, request.name);
    }
    publishRoster();
    return "enrolled";
  });

  const revoke = db.transaction((name: string, nowMs: number): boolean => {
    if (setRevoked.run(nowMs, name).changes !== 1) return false;
    publishRoster();
    return true;
  });

  const addCharter = db.transaction((row: CharterRow, recipients: readonly string[], nowMs: number): boolean => {
    if (insertCharter.run(row.digest, row.id, row.version, row.body, nowMs).changes === 1) {
      for (const to of recipients) appendNotice({ to, type: "charter", round: null, attempt: 0, body: row.body });
      return true;
    }
    return charter.get(row.digest) !== undefined;
  });

  /* eslint-disable @typescript-eslint/require-await -- SQLite answers at once; the interface allows a store that does not */
  return {
    async addInvitation({ secretSha256, name, expiresMs }) {
      addInvitation.run(secretSha256, name, expiresMs);
    },
    async invitationState(secretSha256, nowMs) {
      return invitationState(secretSha256, nowMs);
    },
    async enrol(request) {
      // An immediate transaction: of two racing requests the second finds the invitation used.
      return enrol.immediate(request);
    },
    async party(name) {
      return party.get(name) ?? null;
    },
    async parties() {
      return parties.all();
    },
    async partyOfCertificate(sha256, nowMs) {
      const found = byCertificate.get(sha256, sha256);
      if (found === undefined) return null;
      // The renewed certificate is in use: the old one ends.
      dropPrevious.run(found.name, sha256);
      seen.run(nowMs, found.name, nowMs - SEEN_GRAIN_MS);
      return found;
    },
    async renewCertificate(name, sha256) {
      setCertificate.run(sha256, name);
    },
    async revoke(name, nowMs) {
      return revoke.immediate(name, nowMs);
    },
    async newestRoster() {
      const newest = newestRoster.get();
      return newest === undefined ? null : { ...newest, digest: rosterDigest(newest.body) };
    },
    async addCharter(row, recipients, nowMs) {
      return addCharter.immediate(row, recipients, nowMs);
    },
    async charter(digest) {
      return charter.get(digest) ?? null;
    },
    async charters() {
      return charters.all();
    },
  };
}
