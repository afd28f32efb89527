import { Command } from "commander";
import { processIo, runProgram } from "../shared/host/cli.ts";

/** `portmoot coordinator | node | demo | demo-hmo | simulate | rehearse | bench | generate`: loads only the program asked for. */
const [name = "--help", ...rest] = process.argv.slice(2);

async function createProgram(): Promise<Command> {
  switch (name) {
    case "coordinator":
      return (await import("../coordinator/main.ts")).createCoordinatorProgram(processIo);
    case "node":
      return (await import("../node/main.ts")).createNodeProgram(processIo);
    case "demo":
      return (await import("./demo.ts")).createDemoProgram();
    case "demo-hmo":
      return (await import("./demo-hmo.ts")).createHmoDemoProgram(processIo);
    case "simulate":
      return (await import("./simulate.ts")).createSimulateProgram(processIo);
    case "rehearse":
      return (await import("./rehearse.ts")).createRehearseProgram(processIo);
    case "bench":
      return (await import("./bench.ts")).createBenchProgram(processIo);
    case "generate":
      return (await import("./generate.ts")).createGenerateProgram(processIo);
    default:
      return createOverview();
  }
}

function createOverview(): Command {
  return new Command("portmoot")
    .description("Boroughs count together while every record stays at home.")
    .addCommand(new Command("coordinator").description("relay messages, add masked inputs, release protected results"))
    .addCommand(new Command("node").description("keep a borough's rows, approve charters, take part in rounds"))
    .addCommand(new Command("demo").description("a whole network on this machine"))
    .addCommand(new Command("demo-hmo").description("a model learned by 33 boroughs, beside each of them alone"))
    .addCommand(new Command("simulate").description("many boroughs in one process, with a known answer"))
    .addCommand(new Command("rehearse").description("whom a charter's match keys find and mistake, on made-up people"))
    .addCommand(new Command("bench").description("how fast, beside a peer measured in the same run"))
    .addCommand(new Command("generate").description("synthetic rows as boroughs' extracts"))
    .addHelpText("after", "\nExample:\n  portmoot demo --boroughs 5");
}

// Whoever reads along may stop reading: `portmoot node ledger list | head` is no fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

const program = await createProgram();
const isKnown = ["coordinator", "node", "demo", "demo-hmo", "simulate", "rehearse", "bench", "generate"].includes(name);
if (isKnown) program.name(`portmoot ${name}`);
process.exitCode = await runProgram(program, isKnown ? rest : [name, ...rest], processIo);
