import type { Command } from "commander";
import { bytesToHex, isEqualBytes } from "../../shared/base/bytes.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import { readDocument } from "../../shared/host/config.ts";
import { charterDigest, decodeCharter, encodeCharter } from "../../shared/protocol/charter.ts";
import { completeDraft } from "../../shared/protocol/charter-document.ts";
import { DECISION_LABEL, openDecision, type Decision } from "../../shared/protocol/decision.ts";
import { openStatement } from "../../shared/protocol/identity.ts";
import { verifyRoster } from "../../shared/protocol/roster.ts";
import type { CoordinatorContext, WithContext } from "./context.ts";

/** `coordinator charter propose | list`. */
export function addCharterCommands(program: Command, withContext: WithContext): void {
  const charter = program.command("charter").description("charters: propose one, and see what the boroughs decided");

  charter
    .command("propose")
    .argument("<file>", "the charter as YAML; rootKey may be left out everywhere")
    .description("complete a draft from the roster, check it, and put it before its parties")
    .addHelpText("after", "\nExample:\n  portmoot coordinator charter propose double-residence.yaml --home ./desk")
    .action((file: string) =>
      withContext(async ({ store, keys, clock, output }) => {
        const text = readDocument(file);
        const newest = await store.newestRoster();
        if (newest === null) {
          throw new ProtocolError("bad-input", "charter: nobody has enrolled yet", {
            hint: "portmoot coordinator invite NAME",
          });
        }
        const roster = verifyRoster(keys.publicKey, newest.body, newest.version);
        const proposed = completeDraft(text, roster);
        const digest = charterDigest(proposed);
        const recipients = proposed.parties.map(({ id }) => id);
        const row = { digest, id: proposed.id, version: proposed.version, body: encodeCharter(proposed) };
        if (!(await store.addCharter(row, recipients, clock.nowMs()))) {
          throw new ProtocolError(
            "conflict",
            `charter: ${proposed.id} version ${proposed.version} was proposed before with another content`,
            {
              hint: "any edit is a new version: raise `version`",
            },
          );
        }
        output.facts(
          {
            id: proposed.id,
            version: proposed.version,
            digest: bytesToHex(digest),
            parties: recipients,
            charter: proposed,
          },
          `${proposed.id} version ${proposed.version} proposed to ${recipients.join(", ")}\ndigest ${bytesToHex(digest)}`,
        );
      }),
    );

  charter
    .command("list")
    .description("every charter and what each party decided")
    .addHelpText("after", "\nExample:\n  portmoot coordinator charter list --home ./desk")
    .action(() =>
      withContext(async (context) => {
        const decisions = await readDecisions(context);
        const charters = (await context.store.charters()).map(({ digest, id, version, body }) => {
          const { title, parties } = decodeCharter(body);
          const own = decisions.filter((decision) => isEqualBytes(decision.charter, digest));
          // The newest decision of each party counts.
          const newest = new Map(own.map((decision) => [decision.party, decision]));
          return {
            id,
            version,
            title,
            digest: bytesToHex(digest),
            decisions: parties.map(({ id: party }) => {
              const decided = newest.get(party);
              return {
                party,
                decision: decided?.decision ?? "none",
                person: decided?.person ?? null,
                reason: decided?.reason ?? null,
                rehearsal: decided?.rehearsal === undefined ? null : bytesToHex(decided.rehearsal),
              };
            }),
          };
        });
        const lines = charters.flatMap(({ id, version, title, decisions }) => [
          `${id} version ${version}: ${title}`,
          ...decisions.map(
            ({ party, decision, person, reason }) =>
              `  ${party.padEnd(24)} ${decision}${person === null ? "" : ` by ${person}`}${reason === null || reason === "" ? "" : `: ${reason}`}`,
          ),
        ]);
        context.output.facts(charters, lines.length === 0 ? "no charters yet" : lines.join("\n"));
      }),
    );
}

/** Decisions as they came in, oldest first, each by the party whose connection brought it. */
async function readDecisions({ store, io }: CoordinatorContext): Promise<Decision[]> {
  const received = await store.received(null, 0, "decision");
  const roots = new Map((await store.parties()).map(({ name, rootKey }) => [name, rootKey]));
  return received.flatMap(({ from, body, completeMs }) => {
    try {
      // What was under a delegation in force when it came in stays a decision when that delegation has ended.
      const signed = openStatement(roots.get(from) ?? new Uint8Array(), DECISION_LABEL, body, completeMs);
      if (!(signed instanceof Uint8Array)) throw new ProtocolError("malformed", "decision: expected bytes");
      const decision = openDecision(signed);
      return decision.party === from ? [decision] : [];
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      io.stderr.write(`a decision from ${from} does not verify: ${error.message}\n`);
      return [];
    }
  });
}
