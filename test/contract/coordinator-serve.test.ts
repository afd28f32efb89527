import { existsSync, statSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { coordinatorFiles, readCoordinatorConfig, readCoordinatorKeys, readPorts } from "../../coordinator/home.ts";
import { serveCoordinator } from "../../coordinator/serve.ts";
import { systemClock } from "../../shared/host/clock.ts";
import { createLog } from "../../shared/host/logs.ts";
import { systemRandom } from "../../shared/host/random.ts";
import { openRelayClient } from "../../node/wire/relay-client.ts";
import { charterDigest, encodeCharter } from "../../shared/protocol/charter.ts";
import { decodeEnrolmentReply } from "../../shared/protocol/enrolment.ts";
import { bytesOf, enrolmentRequest } from "../helpers/coordinator.ts";
import { createDeskHome, type DeskHome } from "../helpers/desk-home.ts";
import { present } from "../helpers/egress-node.ts";
import { exampleCharter } from "../helpers/example-charter.ts";

/** `coordinator serve` as its process runs it: listeners, driver, and commands beside it over the same database. */
let desk: DeskHome;
let stop: AbortController;
let serving: Promise<void> = Promise.resolve();
let taken: Server | null = null;

beforeEach(async () => {
  desk = createDeskHome();
  await desk.run("init", "--name", "desk", "--address", "127.0.0.1");
});
afterEach(async () => {
  stop.abort();
  await serving.catch(() => undefined);
  taken?.close();
  taken = null;
  desk.remove();
});

async function serve(
  driver: "auto" | "manual" = "auto",
  change: { relayPort?: number; enrolPort?: number } = {},
): Promise<string[]> {
  const { home } = desk;
  const before = existsSync(coordinatorFiles(home).ports) ? statSync(coordinatorFiles(home).ports).mtimeMs : 0;
  const lines: string[] = [];
  const config = readCoordinatorConfig(home);
  stop = new AbortController();
  serving = serveCoordinator({
    home,
    config: { ...config, listen: { ...config.listen, ...change } },
    keys: readCoordinatorKeys(home),
    driver,
    clock: systemClock,
    random: systemRandom,
    log: createLog("coordinator", { write: (line) => void lines.push(line) }),
    signal: stop.signal,
  });
  await Promise.race([
    serving,
    until(() => existsSync(coordinatorFiles(home).ports) && statSync(coordinatorFiles(home).ports).mtimeMs > before),
  ]);
  return lines;
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let looks = 0; looks < 500; looks++) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("it did not come to be");
}

/** Enrols with an invitation of the command and opens the relay, as a node does. */
async function node(name: string) {
  const { invitation } = (await desk.facts("invite", name)) as { invitation: string };
  const { body, tlsKeyPkcs8Der } = await enrolmentRequest(invitation, { nowMs: Date.now() });
  const ports = present(readPorts(desk.home));
  const reply = await desk.withParts(({ enrolment }) => enrolment.enrol(body, ports.relay));
  const { certificateDer, caDer } = decodeEnrolmentReply(reply);
  const address = `127.0.0.1:${ports.relay}`;
  return openRelayClient({ address, caDer, certificateDer, tlsKeyPkcs8Der, clock: systemClock });
}

async function launch(): Promise<string> {
  const charter = exampleCharter();
  await desk.enter("camden", "newham", "hackney", "gla");
  await desk.withParts(({ store }) =>
    store.addCharter(
      { digest: charterDigest(charter), id: charter.id, version: 1, body: encodeCharter(charter) },
      [],
      Date.now(),
    ),
  );
  const { round } = (await desk.facts("round", "launch", charter.id)) as { round: string };
  return round;
}

const stateOf = async (round: string) => ((await desk.facts("round", "status", round)) as { state: string }).state;

describe("coordinator serve", () => {
  it("takes free ports at its first start, says which, and keeps to them", async () => {
    await serve();
    const first = present(readPorts(desk.home));
    expect(first.enrol).not.toBe(first.relay);
    expect(statSync(coordinatorFiles(desk.home).ports).mode & 0o777).toBe(0o600);
    stop.abort();
    await serving;
    await serve();
    expect(readPorts(desk.home)).toEqual(first);
  });

  it("serves nodes, and hears what a command beside it does", async () => {
    const lines = await serve();
    const relay = await node("camden");
    try {
      expect(await relay.held(bytesOf(16))).toBe(0);
      const types: string[] = [];
      const following = (async () => {
        for await (const { type } of relay.follow(0, new AbortController().signal)) types.push(type);
      })();
      await until(() => types.length === 1);
      await desk.enter("newham");
      await until(() => types.length === 2);
      expect(types).toEqual(["roster", "roster"]);
      const ended = expect(following).rejects.toMatchObject({ code: "not-allowed" });
      await desk.run("revoke", "camden");
      await ended;
      await expect(relay.held(bytesOf(16))).rejects.toMatchObject({ code: "not-allowed" });
    } finally {
      relay.close();
    }
    expect(lines.join("")).toMatch(/coordinator serves/);
    expect(lines.join("")).not.toMatch(/"level":"error"/);
  });

  it("ends its streams and its loop when it is asked to", async () => {
    await serve();
    const relay = await node("camden");
    const following = expect(
      (async () => {
        for await (const notice of relay.follow(5, new AbortController().signal)) expect(notice).toBeNull();
      })(),
    ).rejects.toMatchObject({ code: "unavailable" });
    await new Promise((resolve) => setTimeout(resolve, 100));
    stop.abort();
    await serving;
    await following;
    relay.close();
  });

  it("moves rounds by itself", async () => {
    await serve("auto");
    const round = await launch();
    await until(async () => (await stateOf(round)) === "preflight");
  });

  it("with a manual driver moves a round one step where it is asked, and no further", async () => {
    await serve("manual");
    const round = await launch();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await stateOf(round)).toBe("proposed");
    expect(await desk.facts("round", "step")).toMatchObject({ moved: true, rounds: [{ state: "preflight" }] });
    expect(await desk.facts("round", "step")).toMatchObject({ moved: false, rounds: [{ state: "preflight" }] });
  });

  it.each(["relayPort", "enrolPort"])(
    "says what to look for where its %s is taken, and leaves nothing open",
    async (which) => {
      const server = createServer();
      taken = server;
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as AddressInfo;
      const free = await freePort();
      await expect(serve("auto", { relayPort: free, [which]: port })).rejects.toMatchObject({
        code: "unavailable",
        hint: "is another coordinator serving there?",
      });
      expect(readPorts(desk.home)).toBeNull();
      expect(await isTaken(free)).toBe(false);
    },
  );
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function isTaken(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => {
      resolve(true);
    });
    server.listen(port, "127.0.0.1", () => {
      server.close(() => {
        resolve(false);
      });
    });
  });
}
