import type { Command } from "commander";
import { bytesToHex } from "../../shared/base/bytes.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import { decodeCharter } from "../../shared/protocol/charter.ts";
import { releaseFacts, releaseText } from "../../shared/protocol/release-text.ts";
import { statementBody } from "../../shared/protocol/identity.ts";
import { protectedResultBody, releaseBody } from "../../shared/protocol/round-messages.ts";
import { isFinal, type RoundRow } from "../rounds/round-row.ts";
import type { CoordinatorContext, WithContext } from "./context.ts";

/** How long `round step` waits for the serving process. */
const STEP_WAIT_MS = 30_000;

/** `coordinator round launch | list | status | step | result`. */
export function addRoundCommands(program: Command, withContext: WithContext): void {
  const round = program.command("round").description("matching rounds: launch, watch, and read the released result");

  round
    .command("launch")
    .argument("<charter>", "charter id")
    .description("propose a round under the newest version of a charter")
    .addHelpText("after", "\nExample:\n  portmoot coordinator round launch council-tax-double-residence --home ./desk")
    .action((charterId: string) =>
      withContext(async ({ store, clock, random, output }) => {
        const charter = (await store.charters())
          .filter(({ id }) => id === charterId)
          .sort((a, b) => b.version - a.version)[0];
        if (charter === undefined) {
          throw new ProtocolError("not-found", `charter ${charterId} is not known`, {
            hint: "portmoot coordinator charter list",
          });
        }
        const id = random.bytes(16);
        await store.rounds.propose({ id, charter: charter.digest, nowMs: clock.nowMs() });
        output.facts(
          { round: bytesToHex(id), charter: charterId, version: charter.version },
          `round ${bytesToHex(id)} launched`,
        );
      }),
    );

  round
    .command("list")
    .description("every round, its state and reason")
    .addHelpText("after", "\nExample:\n  portmoot coordinator round list --home ./desk")
    .action(() =>
      withContext(async ({ store, output }) => {
        const rows = await store.rounds.all();
        const lines = rows.map((row) => `${bytesToHex(row.id)}  ${describe(row)}`);
        output.facts(rows.map(facts), lines.length === 0 ? "no rounds yet" : lines.join("\n"));
      }),
    );

  round
    .command("status")
    .argument("<round>", "round number, or its first characters")
    .description("where a round stands, and how it came there")
    .addHelpText("after", "\nExample:\n  portmoot coordinator round status 3f2a --home ./desk")
    .action((prefix: string) =>
      withContext(async (context) => {
        const { store, output } = context;
        const row = await findRound(context, prefix);
        const events = await store.rounds.events(row.id);
        const lines = events.map(
          ({ atMs, state, detail }) => `${new Date(atMs).toISOString()}  ${state.padEnd(9)} ${detail}`,
        );
        output.facts({ ...facts(row), events }, [`round ${bytesToHex(row.id)}: ${describe(row)}`, ...lines].join("\n"));
      }),
    );

  round
    .command("step")
    .description("one step of every open round, by the process that serves with --driver manual")
    .addHelpText("after", "\nExample:\n  portmoot coordinator round step --home ./desk")
    .action(() =>
      withContext(async ({ store, clock, output }) => {
        const number = await store.rounds.requestStep();
        const untilMs = clock.nowMs() + STEP_WAIT_MS;
        for (;;) {
          const done = await store.rounds.stepDone(number);
          if (done !== null) {
            const rounds = (await store.rounds.all()).map(facts);
            output.facts({ ...done, rounds }, done.moved ? "moved one step" : "nothing was due");
            return;
          }
          if (clock.nowMs() > untilMs) {
            throw new ProtocolError("unavailable", "no serving process took the step", {
              hint: "portmoot coordinator serve --driver manual",
            });
          }
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }),
    );

  round
    .command("result")
    .argument("<round>", "round number, or its first characters")
    .description("the released result, with the openers who signed it")
    .addHelpText("after", "\nExample:\n  portmoot coordinator round result 3f2a --home ./desk")
    .action((prefix: string) =>
      withContext(async (context) => {
        const row = await findRound(context, prefix);
        if (row.release === null) {
          throw new ProtocolError("not-found", `round ${prefix} has no released result: it is ${describe(row)}`, {
            hint: `portmoot coordinator round status ${prefix}`,
          });
        }
        const { statements } = releaseBody.decode(row.release);
        const signed = protectedResultBody.parse(statementBody(statements[0]!.statement));
        const charter = decodeCharter((await context.store.charter(row.charter))!.body);
        context.output.facts({ ...facts(row), ...releaseFacts(charter, row.id, signed) }, releaseText(charter, signed));
      }),
    );
}

async function findRound({ store }: CoordinatorContext, prefix: string): Promise<RoundRow> {
  const found = (await store.rounds.all()).filter(({ id }) => bytesToHex(id).startsWith(prefix));
  if (found.length === 1) return found[0]!;
  throw new ProtocolError(
    "not-found",
    found.length === 0 ? `round ${prefix} is not known` : `round ${prefix} is not unique`,
    {
      hint: "portmoot coordinator round list",
    },
  );
}

function facts(row: RoundRow) {
  return {
    round: bytesToHex(row.id),
    state: row.state,
    reason: row.reason,
    attempt: row.attempt,
    over: isFinal(row.state),
    startedMs: row.startedMs,
    deadlineMs: row.deadlineMs,
  };
}

function describe(row: RoundRow): string {
  return `${row.state}${row.reason === null ? "" : `: ${row.reason}`}${row.attempt > 1 ? ` (attempt ${row.attempt})` : ""}`;
}
