import type { Clock } from "../../shared/base/clock.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import { isEqualBytes } from "../../shared/base/bytes.ts";
import { charterDigest, decodeCharter } from "../../shared/protocol/charter.ts";
import { parseRootKey } from "../../shared/protocol/identity.ts";
import type { Notice } from "../../shared/protocol/relay.ts";
import { rosterDigest, verifyRoster } from "../../shared/protocol/roster.ts";
import type { ConsentStore } from "../data/consent-store.ts";

/** Rosters and charters as they come in: checked, kept, and decided on by people. */
export function keepDocument(
  { store, coordinatorKey, clock }: { store: ConsentStore; coordinatorKey: Uint8Array; clock: Clock },
  notice: Notice,
): void {
  if (notice.type === "roster") {
    const { version } = verifyRoster(coordinatorKey, notice.body, store.roster()?.version ?? 1);
    store.setRoster(version, notice.body);
    return;
  }
  if (notice.type !== "charter") throw new ProtocolError("malformed", `notice: ${notice.type} needs a round`);
  const charter = decodeCharter(notice.body);
  if (!isEqualBytes(parseRootKey(charter.coordinator.rootKey), coordinatorKey)) {
    throw new ProtocolError("integrity", "charter: names another coordinator than the one this node enrolled with");
  }
  store.addCharter(
    {
      digest: charterDigest(charter),
      id: charter.id,
      version: charter.version,
      body: notice.body,
      notice: notice.number,
      signature: notice.signature,
    },
    clock.nowMs(),
  );
}

/** Digest of the newest roster seen here; zeros before the first. */
export function newestRosterDigest(store: ConsentStore): Uint8Array {
  const newest = store.roster();
  return newest === null ? new Uint8Array(32) : rosterDigest(newest.body);
}
