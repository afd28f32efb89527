import type { NoticeType } from "../../shared/protocol/messages.ts";
import type { SimulatedNode } from "../../scripts/simulation/network.ts";

/** Says something to a node that its coordinator never said; the next honest notice has the same number. */
export function tell(
  node: SimulatedNode,
  round: Uint8Array,
  type: NoticeType,
  attempt: number,
  body: Uint8Array,
): void {
  const { rounds, engine } = node.parts();
  const number = rounds.cursor() + 1;
  engine.receive({ number, type, round, attempt, body, signature: new Uint8Array(64) });
  node.db.prepare("UPDATE notice_cursor SET number = ?").run(number - 1);
}

/** Everything at a node that a notice could change. */
export function factsOf({ db }: SimulatedNode): unknown {
  const count = (table: string) => db.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
  const attempts = db.prepare("SELECT attempt, state, version FROM attempts ORDER BY attempt").all();
  return { attempts, sent: count("spool"), entries: count("ledger"), secrets: count("round_secrets") };
}
