import type { Command } from "commander";
import { parseShape } from "../../shared/base/shape.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import { INVITATION_HOURS } from "../../shared/base/limits.ts";
import { fingerprintWords } from "../../shared/protocol/fingerprint-words.ts";
import { rootKeyText } from "../../shared/protocol/identity.ts";
import { partyName } from "../../shared/protocol/roster.ts";
import { readPorts } from "../home.ts";
import type { WithContext } from "./context.ts";

/** A node that said nothing for longer is late. */
const LATE_AFTER_MS = 60_000;

/** `coordinator invite | nodes | revoke`. */
export function addPartyCommands(program: Command, withContext: WithContext): void {
  program
    .command("invite")
    .argument("<name>", "the borough's name in charters: a-z, 0-9 and -")
    .option("--hours <number>", "how long the invitation holds", String(INVITATION_HOURS))
    .description("print a single-use invitation, to be handed over by another road than the network")
    .addHelpText("after", "\nExample:\n  portmoot coordinator invite camden --home ./desk")
    .action((name: string, options: { hours: string }) =>
      withContext(async ({ home, config, enrolment, output }) => {
        parseShape(partyName, name, "name", "bad-input");
        const hours = Number(options.hours);
        if (!(hours > 0 && hours <= 24 * 30))
          throw new ProtocolError("bad-input", "--hours: expected more than 0, at most 720");
        const port = config.listen.enrolPort || readPorts(home)?.enrol;
        if (port === undefined) {
          throw new ProtocolError("bad-input", "the enrolment port is not known before the first start", {
            hint: "portmoot coordinator serve",
          });
        }
        const invitation = await enrolment.invite(name, { address: `${config.address}:${port}`, hours });
        output.facts({ name, invitation, hours }, invitation);
      }),
    );

  program
    .command("nodes")
    .description("who has enrolled, with which key, and when each was last heard")
    .addHelpText("after", "\nExample:\n  portmoot coordinator nodes --home ./desk")
    .action(() =>
      withContext(async ({ config, keys, store, clock, output }) => {
        const nodes = (await store.parties()).map((party) => ({
          name: party.name,
          rootKey: rootKeyText(party.rootKey),
          fingerprint: fingerprintWords(party.rootKey),
          joinedAt: new Date(party.joinedMs).toISOString(),
          seenAt: party.seenMs === null ? null : new Date(party.seenMs).toISOString(),
          state:
            party.revokedMs !== null
              ? "revoked"
              : party.seenMs !== null && clock.nowMs() - party.seenMs <= LATE_AFTER_MS
                ? "heard"
                : "late",
        }));
        const lines = nodes.map(
          ({ name, state, seenAt, fingerprint }) =>
            `${name.padEnd(24)} ${state.padEnd(8)} ${(seenAt ?? "never").padEnd(24)} ${fingerprint}`,
        );
        const facts = { coordinator: config.name, coordinatorKey: rootKeyText(keys.publicKey), nodes };
        output.facts(facts, lines.length === 0 ? "nobody has enrolled yet" : lines.join("\n"));
      }),
    );

  program
    .command("revoke")
    .argument("<name>")
    .description("shut a party out from its next message on")
    .addHelpText("after", "\nExample:\n  portmoot coordinator revoke camden --home ./desk")
    .action((name: string) =>
      withContext(async ({ store, clock, output }) => {
        if (!(await store.revoke(name, clock.nowMs()))) {
          throw new ProtocolError("not-found", `${name}: is no party, or was revoked before`, {
            hint: "portmoot coordinator nodes",
          });
        }
        output.facts({ name, revoked: true }, `${name} is revoked`);
      }),
    );
}
