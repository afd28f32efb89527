import type { Command } from "commander";
import { bytesToHex } from "../../shared/base/bytes.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import { releaseBody, protectedResultBody } from "../../shared/protocol/round-messages.ts";
import { decodeCharter } from "../../shared/protocol/charter.ts";
import { releaseFacts, releaseText } from "../../shared/protocol/release-text.ts";
import { statementBody } from "../../shared/protocol/identity.ts";
import { createConsentStore } from "../data/consent-store.ts";
import { createRoundStore } from "../data/round-store.ts";
import type { NodeContext } from "./context.ts";

/** `node round list | result ROUND`: the rounds this node took part in, and what was released. */
export function addRoundCommands(node: Command, context: () => NodeContext): void {
  const round = node.command("round").description("rounds this node took part in");

  round
    .command("list")
    .description("every attempt, its state and reason")
    .addHelpText("after", "\nExample:\n  portmoot node round list --home ./camden")
    .action(() => {
      const { db, output } = context();
      const attempts = createRoundStore(db)
        .attempts()
        .map((row) => ({
          round: bytesToHex(row.round),
          attempt: row.attempt,
          charter: bytesToHex(row.charter),
          state: row.state,
          reason: row.reason,
          startedAt: new Date(row.startedMs).toISOString(),
        }));
      const lines = attempts.map(
        (row) =>
          `${row.round}  attempt ${row.attempt}  ${row.state}${row.reason === null ? "" : `: ${row.reason}`}  ${row.startedAt}`,
      );
      output.facts(attempts, lines.length === 0 ? "no rounds yet" : lines.join("\n"));
    });

  round
    .command("result")
    .argument("<round>", "round number as printed by `round list`, or its first characters")
    .description("the released result, as received and verified")
    .addHelpText("after", "\nExample:\n  portmoot node round result 3f2a --home ./camden")
    .action((prefix: string) => {
      const { db, output } = context();
      const store = createRoundStore(db);
      const found = store.attempts().find((row) => bytesToHex(row.round).startsWith(prefix));
      if (found === undefined) {
        throw new ProtocolError("not-found", `round ${prefix} is not known here`, { hint: "portmoot node round list" });
      }
      const body = store.result(found.round);
      if (body === null) {
        throw new ProtocolError("not-found", `round ${prefix} has no released result: it is ${found.state}`, {
          hint: "portmoot node round list",
        });
      }
      const { statements } = releaseBody.decode(body);
      const signed = protectedResultBody.parse(statementBody(statements[0]!.statement));
      const charter = decodeCharter(createConsentStore(db).charter(found.charter)!.body);
      output.facts(releaseFacts(charter, found.round, signed), releaseText(charter, signed));
    });
}
