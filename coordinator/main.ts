import { Command } from "commander";
import { ProtocolError } from "../shared/base/errors.ts";
import { createOutput, stopSignal, type CommandIo } from "../shared/host/cli.ts";
import { systemClock } from "../shared/host/clock.ts";
import { createLog } from "../shared/host/logs.ts";
import { systemRandom } from "../shared/host/random.ts";
import { assembleCoordinator } from "./assemble.ts";
import { addCharterCommands } from "./cli/charter.ts";
import type { WithContext } from "./cli/context.ts";
import { addPartyCommands } from "./cli/parties.ts";
import { addRoundCommands } from "./cli/round.ts";
import { coordinatorFiles, initCoordinator, readCoordinatorConfig, readCoordinatorKeys } from "./home.ts";
import { serveCoordinator } from "./serve.ts";

/** `portmoot coordinator …`: the one place where its commands meet the machine. */
export function createCoordinatorProgram(io: CommandIo): Command {
  const program = new Command("coordinator").description(
    "relays sealed messages, adds up masked inputs, releases protected results",
  );
  program
    .option("--home <folder>", "the coordinator's folder", "./portmoot-coordinator")
    .option("--json", "facts as JSON");
  const options = () => program.optsWithGlobals<{ home: string; json?: boolean }>();
  const clock = systemClock;
  const random = systemRandom;

  const withContext: WithContext = async (run) => {
    const { home, json } = options();
    const config = readCoordinatorConfig(home);
    const keys = readCoordinatorKeys(home);
    const log = createLog("coordinator", { write: () => undefined }, "error");
    const coordinator = assembleCoordinator({
      database: coordinatorFiles(home).database,
      name: config.name,
      keys,
      clock,
      random,
      log,
    });
    try {
      return await run({
        ...coordinator,
        home,
        config,
        keys,
        clock,
        random,
        output: createOutput(io, json === true),
        io,
      });
    } finally {
      coordinator.store.close();
    }
  };

  program
    .command("init")
    .requiredOption("--name <text>", "what nodes and charters call this coordinator")
    .requiredOption("--address <host>", "the name or address that nodes dial")
    .description("make the coordinator's folder: configuration, signing key, certificate authority")
    .addHelpText(
      "after",
      '\nExample:\n  portmoot coordinator init --name "London desk" --address desk.example --home ./desk',
    )
    .action(async ({ name, address }: { name: string; address: string }) => {
      const { home, json } = options();
      await initCoordinator(home, { name, address, nowMs: clock.nowMs(), random });
      createOutput(io, json === true).facts(
        { home, name },
        `made ${home}\nnext: portmoot coordinator serve --home ${home}`,
      );
    });

  program
    .command("serve")
    .option("--driver <kind>", "auto, or manual: rounds move only by `round step`", "auto")
    .description("serve nodes and drive rounds until interrupted")
    .addHelpText("after", "\nExample:\n  portmoot coordinator serve --home ./desk")
    .action(async ({ driver }: { driver: string }) => {
      if (driver !== "auto" && driver !== "manual")
        throw new ProtocolError("bad-input", "--driver: expected auto or manual");
      const { home } = options();
      const config = readCoordinatorConfig(home);
      const log = createLog("coordinator", io.stdout, config.logLevel);
      const keys = readCoordinatorKeys(home);
      await serveCoordinator({ home, config, keys, driver, clock, random, log, signal: stopSignal() });
    });

  addPartyCommands(program, withContext);
  addCharterCommands(program, withContext);
  addRoundCommands(program, withContext);
  return program;
}
