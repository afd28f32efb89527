import { existsSync } from "node:fs";
import { Command } from "commander";
import { z } from "zod";
import { ProtocolError } from "../shared/base/errors.ts";
import { createOutput, stopSignal, type CommandIo } from "../shared/host/cli.ts";
import { systemClock } from "../shared/host/clock.ts";
import { readConfig, secretFromEnvironment } from "../shared/host/config.ts";
import { createLog, type Log } from "../shared/host/logs.ts";
import { systemRandom } from "../shared/host/random.ts";
import { partyName } from "../shared/protocol/roster.ts";
import { assembleNode, type NodeCore } from "./assemble.ts";
import { addCharterCheckCommand } from "./cli/charter-check.ts";
import { addCharterCommands } from "./cli/charter.ts";
import type { NodeContext } from "./cli/context.ts";
import { addDatasetCommands } from "./cli/datasets.ts";
import { addKeyCommands } from "./cli/keys.ts";
import { addLedgerCommands } from "./cli/ledger.ts";
import { addMatchesCommands } from "./cli/matches.ts";
import { addModelCommands } from "./cli/models.ts";
import { addPeerCommands } from "./cli/peers.ts";
import { addPeopleCommands } from "./cli/people.ts";
import { addReadinessCommand } from "./cli/readiness.ts";
import { addRoundCommands } from "./cli/round.ts";
import { addScoreCommand } from "./cli/score.ts";
import { createConsentStore } from "./data/consent-store.ts";
import { openNodeDatabase } from "./data/database.ts";
import { openHeadFile } from "./egress/head-file.ts";
import { enrolNode, initNode } from "./enrol.ts";
import { homeFiles, readEnrolment, readNodeKeys } from "./home.ts";
import { createRowWorkers } from "./learning/row-workers.ts";
import { createCurveWorkers } from "./matching/curve-workers.ts";
import { openWorkspace } from "./matching/scratch-files.ts";
import { readPolicyFile } from "./policy/policy-file.ts";
import { openRoundKeys } from "./round/round-keys.ts";
import { serveNode } from "./serve.ts";

const config = z.strictObject({
  name: partyName,
  logLevel: z.enum(["debug", "info", "warn", "error"]).default("info"),
});

/** `portmoot node …`: the one place where its commands meet the machine. */
export function createNodeProgram(io: CommandIo): Command {
  const program = new Command("node").description("keeps a borough's rows, decides on charters, takes part in rounds");
  program.option("--home <folder>", "the node's folder", "./portmoot-node").option("--json", "facts as JSON");
  const clock = systemClock;
  const random = systemRandom;
  const home = () => program.opts<{ home: string }>().home;
  const output = () => createOutput(io, program.opts<{ json?: boolean }>().json === true);
  const workspace = () => openWorkspace(homeFiles(home()).scratch, random);
  const quiet = createLog("node", { write: () => undefined }, "error");
  // Starts no thread before a round needs one.
  const curve = createCurveWorkers();
  const rows = createRowWorkers();
  let opened: NodeContext | null = null;

  /** Opened by the first command that needs it, closed after the command whatever happens. */
  const context = (): NodeContext => (opened ??= openContext(quiet));
  program.hook("postAction", () => {
    opened?.db.close();
    opened = null;
  });

  function openContext(log: Log): NodeContext {
    const files = homeFiles(home());
    const { name } = readNodeConfig(home());
    const db = openNodeDatabase(files.database);
    return {
      home: home(),
      name,
      db,
      clock,
      random,
      output: output(),
      ask: io.ask ?? null,
      workspace,
      personPassphrase: secretFromEnvironment("PORTMOOT_PERSON_PASSPHRASE"),
      ledgerTrust: () => ({
        head: openHeadFile(files.ledgerHead),
        rootKey: readNodeKeys(home()).rootKey,
        name,
        coordinatorKey: readEnrolment(home())?.coordinatorKey ?? null,
      }),
      core: () => openCore(db, name, log),
    };
  }

  function openCore(db: NodeContext["db"], name: string, log: Log): NodeCore {
    const files = homeFiles(home());
    const enrolment = readEnrolment(home());
    if (enrolment === null) {
      throw new ProtocolError("bad-input", "this node has not enrolled yet", {
        hint: "portmoot node enrol INVITATION",
      });
    }
    return assembleNode({
      db,
      identity: { name, ...readNodeKeys(home()), coordinatorKey: enrolment.coordinatorKey },
      head: openHeadFile(files.ledgerHead),
      policy: () => readPolicyFile(files.policy),
      roundKeys: openRoundKeys(files.roundKeys, random),
      clock,
      random,
      log,
      curve,
      rows,
      workspace: workspace(),
    });
  }

  program
    .command("init")
    .requiredOption("--name <name>", "the borough's name in charters: a-z, 0-9 and -")
    .description("make the node's folder: keys, configuration, and a policy that permits nothing")
    .addHelpText("after", "\nExample:\n  portmoot node init --name camden --home ./camden")
    .action(({ name }: { name: string }) => {
      const passphrase = secretFromEnvironment("PORTMOOT_ROOT_PASSPHRASE");
      const made = initNode({ home: home(), name, passphrase, clock, random });
      output().facts(
        { home: home(), name, ...made },
        `made ${home()}\nroot key ${made.rootKey}\nin words  ${made.fingerprint}\nroot.key can be taken offline once the node has enrolled\nnext: portmoot node enrol INVITATION --home ${home()}`,
      );
    });

  program
    .command("enrol")
    .argument("<invitation>", "the text that the coordinator's operator handed over")
    .description("join the coordinator's network: checks who answers before anything is sent")
    .addHelpText("after", "\nExample:\n  portmoot node enrol portmoot-invitation:… --home ./camden")
    .action(async (invitation: string) => {
      const { name, db } = context();
      const store = createConsentStore(db);
      const { relayAddress } = await enrolNode({
        home: home(),
        name,
        invitation,
        db,
        clock,
        random,
        keepRoster: (version, signed) => {
          store.setRoster(version, signed);
        },
      });
      output().facts(
        { name, coordinator: relayAddress },
        `${name} has enrolled with ${relayAddress}\nnext: portmoot node serve --home ${home()}`,
      );
    });

  program
    .command("serve")
    .description("dial the coordinator and take part in rounds until interrupted; opens no port")
    .addHelpText("after", "\nExample:\n  portmoot node serve --home ./camden")
    .action(async () => {
      const { name, logLevel } = readNodeConfig(home());
      const log = createLog("node", io.stdout, logLevel);
      opened = openContext(log);
      const core = openCore(opened.db, name, log);
      const enrolment = readEnrolment(home())!;
      await serveNode({ home: home(), db: opened.db, core, enrolment, clock, random, log, signal: stopSignal() });
      await curve.close();
      await rows.close();
    });

  addDatasetCommands(program, context);
  addReadinessCommand(program, context);
  addPeopleCommands(program, context);
  addPeerCommands(program, context);
  addCharterCheckCommand(addCharterCommands(program, context), context);
  addRoundCommands(program, context);
  addMatchesCommands(program, context);
  addModelCommands(program, context);
  addScoreCommand(program, context);
  addLedgerCommands(program, context);
  addKeyCommands(program, context);
  return program;
}

function readNodeConfig(home: string): z.infer<typeof config> {
  const file = homeFiles(home).config;
  if (!existsSync(file)) {
    throw new ProtocolError("bad-input", `${home}: is not a node's folder`, {
      hint: "portmoot node init --name NAME --home DIR",
    });
  }
  return readConfig(file, config);
}
