import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { draftCharter, demoPolicy, type DemoCharter } from "../demo-charter.ts";
import { runInProcess } from "./commands.ts";
import { startProgram, waitFor, type Program } from "./processes.ts";

/**
 * A whole network on this machine's loopback address: a coordinator and one node a borough, each a process of its
 * own with its own home folder, set up by the very commands an operator would type. For the demonstration and the
 * end-to-end tests.
 */
export interface BoroughFiles {
  readonly name: string;
  /** CSV file, null for a party without rows, and its mapping (YAML text). */
  readonly csv: string | null;
  readonly mapping: string;
  /** A second dataset by the same mapping: rows that a model is evaluated on. */
  readonly heldOut?: { readonly dataset: string; readonly csv: string };
}

export interface LocalNetwork {
  readonly folder: string;
  readonly coordinator: LocalProgram;
  readonly nodes: readonly LocalNode[];
  /** A command of the coordinator; its `--json` facts. */
  desk<T>(...args: readonly string[]): Promise<T>;
  close(): Promise<void>;
}

export interface LocalProgram {
  readonly home: string;
  readonly logFile: string;
  readonly program: Program;
  start(): void;
}

export interface LocalNode extends LocalProgram {
  readonly name: string;
  /** What its import said; null without rows. */
  readonly imported: { readonly rowsIn: number; readonly rowsReadable: number } | null;
  command<T>(...args: readonly string[]): Promise<T>;
}

export interface NetworkOptions {
  readonly folder: string;
  readonly boroughs: readonly BoroughFiles[];
  readonly driver: "auto" | "manual";
  /** What the rows are called at each node; "residents" unless told otherwise. */
  readonly dataset?: string;
  /** Told each step in words. */
  readonly say: (line: string) => void;
}

/** Initialises, enrols and starts everything; no charter yet. Nothing is left running where that fails. */
export async function startLocalNetwork(options: NetworkOptions): Promise<LocalNetwork> {
  const started: LocalProgram[] = [];
  try {
    return await startAll(options, started);
  } catch (error) {
    await Promise.all(started.map(({ program }) => program.kill()));
    throw error;
  }
}

async function startAll(
  { folder, boroughs, driver, dataset = "residents", say }: NetworkOptions,
  started: LocalProgram[],
): Promise<LocalNetwork> {
  const deskHome = join(folder, "coordinator");
  await runInProcess(
    "coordinator",
    "init",
    "--home",
    deskHome,
    "--name",
    "demonstration desk",
    "--address",
    "127.0.0.1",
  );
  const coordinator = supervise(deskHome, ["coordinator", "serve", "--home", deskHome, "--driver", driver]);
  coordinator.start();
  started.push(coordinator);
  await waitForPorts(deskHome);
  say("coordinator serves");

  const nodes: LocalNode[] = [];
  for (const { name } of boroughs) {
    const home = join(folder, name);
    const { invitation } = await runInProcess<{ invitation: string }>(
      "coordinator",
      "invite",
      name,
      "--home",
      deskHome,
    );
    await runInProcess("node", "init", "--home", home, "--name", name);
    await runInProcess("node", "enrol", invitation, "--home", home);
    await runInProcess("node", "people", "add", "demo-lead", "--role", "information governance lead", "--home", home);
  }
  for (const { name, csv, mapping, heldOut } of boroughs) {
    const home = join(folder, name);
    const command: LocalNode["command"] = (...args) => runInProcess("node", ...args, "--home", home);
    let imported: LocalNode["imported"] = null;
    if (csv !== null) {
      const mappingFile = join(home, "import.mapping.yaml");
      writeFileSync(mappingFile, mapping, { mode: 0o600 });
      imported = await command("import", csv, "--dataset", dataset, "--mapping", mappingFile);
      if (heldOut !== undefined) {
        await command("import", heldOut.csv, "--dataset", heldOut.dataset, "--mapping", mappingFile);
      }
    }
    nodes.push(Object.assign(supervise(home, ["node", "serve", "--home", home]), { name, imported, command }));
  }
  say(`${boroughs.length} boroughs enrolled, each with its own rows`);
  for (const node of nodes) {
    node.start();
    started.push(node);
  }
  return {
    folder,
    coordinator,
    nodes,
    desk: (...args) => runInProcess("coordinator", ...args, "--home", deskHome),
    async close() {
      await Promise.all([coordinator, ...nodes].map((each) => each.program.stop()));
    },
  };
}

/** What people write before they can agree: the operator's draft without keys, and every borough's policy. */
export interface DraftDocuments {
  /** Of the charter. */
  readonly id: string;
  readonly draft: string;
  policy(coordinatorKey: string): string;
}

/** As `agreeOn`, for the demonstration's charter. */
export async function agreeOnCharter(
  network: LocalNetwork,
  charter: DemoCharter,
  say: (line: string) => void,
): Promise<void> {
  await agreeOn(
    network,
    { id: charter.id, draft: draftCharter(charter), policy: (key) => demoPolicy(charter, key) },
    say,
  );
}

/** Proposes the charter, lets every borough trust its peers' keys and a named person approve, and waits until the desk knows. */
export async function agreeOn(
  network: LocalNetwork,
  charter: DraftDocuments,
  say: (line: string) => void,
): Promise<void> {
  const { coordinatorKey } = await network.desk<{ coordinatorKey: string }>("nodes");
  for (const node of network.nodes) {
    writeFileSync(join(node.home, "policy.yaml"), charter.policy(coordinatorKey), { mode: 0o600 });
  }
  const draft = join(network.folder, `${charter.id}.yaml`);
  writeFileSync(draft, charter.draft);
  const { digest } = await network.desk<{ digest: string }>("charter", "propose", draft);
  say(`charter ${charter.id} proposed, digest ${digest.slice(0, 16)}…`);
  await Promise.all(
    network.nodes.map(async (node) => {
      await waitFor(`the charter at ${node.name}`, async () => {
        const charters = await node.command<{ id: string }[]>("charter", "list");
        return charters.some(({ id }) => id === charter.id) ? true : null;
      });
    }),
  );
  // On the telephone in real life: each borough reads its words to the others.
  const words = new Map<string, string>();
  for (const node of network.nodes) {
    const { self } = await node.command<{ self: { name: string; fingerprint: string } }>("peers", "list");
    words.set(node.name, self.fingerprint);
  }
  for (const node of network.nodes) {
    for (const [peer, fingerprint] of words) {
      if (peer !== node.name) await node.command("peers", "trust", peer, ...fingerprint.split(" "));
    }
    await node.command("charter", "approve", charter.id, "--as", "demo-lead");
  }
  await waitFor("every approval at the desk", async () => {
    const charters = await network.desk<{ id: string; decisions: { decision: string }[] }[]>("charter", "list");
    const approvals = charters.find(({ id }) => id === charter.id)?.decisions ?? [];
    return approvals.filter(({ decision }) => decision === "approve").length === network.nodes.length ? true : null;
  });
  say(`peers' keys confirmed and charter approved in ${network.nodes.length} boroughs`);
}

export interface LaunchedRound {
  readonly round: string;
  readonly state: string;
  readonly reason: string | null;
  readonly events: readonly { readonly atMs: number; readonly state: string; readonly detail: string }[];
}

/** Launches a round and follows it to its end. */
export async function runRound(
  network: LocalNetwork,
  charterId: string,
  onEvent: (event: LaunchedRound["events"][number]) => void,
  timeoutMs = 120_000,
): Promise<LaunchedRound> {
  const { round } = await network.desk<{ round: string }>("round", "launch", charterId);
  let told = 0;
  return waitFor(
    "the end of the round",
    async () => {
      const status = await network.desk<LaunchedRound & { over: boolean }>("round", "status", round);
      for (const event of status.events.slice(told)) onEvent(event);
      told = status.events.length;
      return status.over ? status : null;
    },
    timeoutMs,
  );
}

function supervise(home: string, args: readonly string[]): LocalProgram {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const logFile = join(home, "serve.log");
  let running: Program | null = null;
  return {
    home,
    logFile,
    get program() {
      if (running === null) throw new Error(`${args.slice(0, 2).join(" ")} has not been started`);
      return running;
    },
    start() {
      running = startProgram(args, logFile);
    },
  };
}

interface Ports {
  readonly enrol: number;
  readonly relay: number;
}

export async function waitForPorts(home: string): Promise<Ports> {
  return waitFor("the coordinator's ports", () => {
    try {
      return JSON.parse(readFileSync(join(home, "ports.json"), "utf8")) as Ports;
    } catch {
      return null;
    }
  });
}
