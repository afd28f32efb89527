import type { Database } from "better-sqlite3";
import type { RandomSource } from "../../shared/base/clock.ts";
import { MAX_SMALL_BODY_BYTES } from "../../shared/base/limits.ts";
import { MESSAGES } from "../../shared/protocol/messages.ts";
import { COORDINATOR } from "../../shared/protocol/relay.ts";
import type { Ledger } from "./ledger.ts";
import { createSpool } from "./spool.ts";

/**
 * The one message that leaves before there is an outbox: the enrolment request. Its entry and bytes are committed,
 * and the ledger's head stands behind them, before `node enrol` sends it; without an answer it "may have left".
 */
export function recordEnrolment(
  parts: { db: Database; ledger: Ledger; random: RandomSource },
  body: Uint8Array,
): { answered(): void } {
  const { db, ledger, random } = parts;
  const spool = createSpool(db);
  const messageId = random.bytes(16);
  const route = { type: "enrolment", round: null, attempt: 0, charter: null, recipient: COORDINATOR } as const;
  db.transaction(() => {
    const written = spool.writeBody(messageId, [body], MAX_SMALL_BODY_BYTES);
    const sequence = ledger.append({
      direction: "out",
      ...route,
      ...written,
      messageId,
      pair: null,
      jobKey: null,
      encodes: MESSAGES.enrolment.encodes,
      fields: [],
      protection: MESSAGES.enrolment.protection,
      approval: null,
      dropped: [],
    });
    spool.add({ sequence, messageId, ...route, ...written, pair: "", state: "handed" });
  }).immediate();
  ledger.syncHead();
  return {
    answered() {
      spool.move(messageId, "handed", "answered");
    },
  };
}
