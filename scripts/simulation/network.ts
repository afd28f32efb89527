import type { Database } from "better-sqlite3";
import { assembleCoordinator, type Coordinator } from "../../coordinator/assemble.ts";
import { isFinal, type RoundRow } from "../../coordinator/rounds/round-row.ts";
import { assembleNode, type NodeCore, type NodeSurroundings } from "../../node/assemble.ts";
import { createConsentStore } from "../../node/data/consent-store.ts";
import { openNodeDatabase } from "../../node/data/database.ts";
import { importFile, type ImportReport } from "../../node/data/import/import-file.ts";
import { parseMappingText } from "../../node/data/import/mapping.ts";
import { createMemoryHead } from "../../node/egress/head-file.ts";
import { createRowWorkers } from "../../node/learning/row-workers.ts";
import { createRoundStore } from "../../node/data/round-store.ts";
import { createMemoryRoundKeys, type RoundKeys } from "../../node/round/round-keys.ts";
import { createVault, type Vault } from "../../node/round/vault.ts";
import { receiveNotice } from "../../node/runtime.ts";
import { IN_MEMORY, type Workspace } from "../../shared/base/scratch.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import type { MatchObserver } from "../../node/round/round-node.ts";
import type { Relay } from "../../shared/protocol/relay.ts";
import { generateSigningKey } from "../../shared/crypto/signature.ts";
import { charterDigest, encodeCharter, fairnessOf, type Charter } from "../../shared/protocol/charter.ts";
import { completeDraft } from "../../shared/protocol/charter-document.ts";
import { signDecision } from "../../shared/protocol/decision.ts";
import { createDelegation, rootKeyText } from "../../shared/protocol/identity.ts";
import { parsePolicyText } from "../../shared/protocol/policy.ts";
import { verifyRoster } from "../../shared/protocol/roster.ts";
import { createLog } from "../../shared/host/logs.ts";
import { inlineCurveWork, type CurveWork } from "../../shared/matching/curve-work.ts";
import { createSeededRandom, createVirtualClock, type VirtualClock } from "./seeded.ts";

/**
 * A whole network in one process: the very code of coordinator and nodes over databases in memory, one virtual clock,
 * seeded dice, messages handed over directly. Nothing moves but by `step`, so that a test or a researcher can look at,
 * stop or restart any party between any two steps.
 */
export interface SimulatedNode {
  readonly name: string;
  readonly db: Database;
  readonly roundKeys: RoundKeys;
  /** What its import said; null without rows. */
  readonly imported: ImportReport | null;
  /** Its round secrets, as only the process that holds the key files can read them. */
  readonly vault: Vault;
  /** The node's parts as they run now; another object after a restart. */
  parts(): ReturnType<NodeCore["connect"]>;
  core(): NodeCore;
  /** Forgets everything that is not in the database or the key files, as a kill does. */
  restart(): void;
  /** While down it hears and says nothing. */
  isDown: boolean;
  /** One look at notices, outbox and work; true if something moved. */
  step(): Promise<boolean>;
}

export interface SimulatedNetwork {
  readonly clock: VirtualClock;
  coordinator(): Coordinator;
  restartCoordinator(): void;
  readonly nodes: readonly SimulatedNode[];
  readonly charter: Charter;
  readonly coordinatorDb: string;
  /** The party hears and says nothing until so much time has passed, or for good; a kill makes it forget its memory. */
  silence(name: string, options: { afterMs: number | null; isKilled: boolean }): void;
  launch(): Promise<Uint8Array>;
  round(id: Uint8Array): Promise<RoundRow>;
  /** All nodes step until none moves. */
  settle(): Promise<void>;
  /** Runs to the end; where nothing moves, the clock goes on to the next deadline. */
  finish(id: Uint8Array, between?: (round: RoundRow) => Promise<void> | void): Promise<RoundRow>;
  close(): void;
}

export interface SimulatedBorough {
  readonly name: string;
  /** Null for a party without rows. */
  readonly csv: string | null;
  readonly mapping: string;
  /** A second dataset by the same mapping: rows that a model is evaluated on. */
  readonly heldOut?: { readonly dataset: string; readonly csv: string };
}

/** What people write: the operator's draft without keys, and every borough's policy. */
export interface SimulatedDocuments {
  readonly dataset: string;
  readonly draft: string;
  policy(coordinatorKey: string): string;
}

/** When every simulation begins: a charter must be in force then. */
export const START_MS = Date.UTC(2026, 10, 2, 9);

/** As the programs do: what cannot be delivered now waits. */
async function deliverOrWait(parts: ReturnType<NodeCore["connect"]>): Promise<boolean> {
  try {
    return await parts.deliver();
  } catch (error) {
    if (error instanceof ProtocolError) return false;
    throw error;
  }
}

export async function createSimulation(options: {
  readonly seed: number;
  readonly boroughs: readonly SimulatedBorough[];
  readonly documents: SimulatedDocuments;
  /** A file, so that the coordinator can be restarted; a folder of its own is the caller's to give. */
  readonly coordinatorDb: string;
  /** Where each node's database stands; in memory unless given. */
  readonly nodeDb?: (name: string) => string;
  /** double-salt's arithmetic, in place unless given. */
  readonly curve?: CurveWork;
  /** Told of each node's import. */
  readonly onImported?: (report: ImportReport) => void;
  /** Told how long each step of a party took, by the machine's own clock. */
  readonly onStep?: (name: string, ms: number) => void;
  /** Told of every match, whoever makes it. */
  readonly observer?: MatchObserver;
  /** Wraps each node's relay: a lying coordinator, a recorder. */
  readonly wrapRelay?: (name: string, relay: Relay) => Relay;
  /** Where nodes keep lists and digests; by default in memory. */
  readonly workspace?: Workspace;
  /** Gets the nodes' log lines, warnings and errors; nowhere without. */
  readonly nodeLog?: { write(line: string): void };
}): Promise<SimulatedNetwork> {
  const clock = createVirtualClock(START_MS);
  // Threads begin with the first large pass over rows, and few rows need none.
  const rowWorkers = createRowWorkers();
  const dice = (name: string) => createSeededRandom(options.seed, name);
  const log = createLog("simulation", { write: () => undefined }, "error");
  const nodeLog = options.nodeLog === undefined ? log : createLog("node", options.nodeLog, "warn");
  const key = generateSigningKey(dice("coordinator key"));
  const keys = { ...key, authority: { certificateDer: new Uint8Array(), keyPkcs8Der: new Uint8Array() } };
  const open = () =>
    assembleCoordinator({
      database: options.coordinatorDb,
      name: "simulated desk",
      keys,
      clock,
      random: dice("coordinator"),
      log,
    });
  let coordinator = open();

  const nodes: (SimulatedNode & { approve(charter: Charter): void })[] = [];
  for (const borough of options.boroughs) {
    nodes.push(await createNode(borough));
  }
  const newest = (await coordinator.store.newestRoster())!;
  const charter = completeDraft(options.documents.draft, verifyRoster(key.publicKey, newest.body, newest.version));
  const digest = charterDigest(charter);
  await coordinator.store.addCharter(
    { digest, id: charter.id, version: charter.version, body: encodeCharter(charter) },
    charter.parties.map(({ id }) => id),
    clock.nowMs(),
  );
  const wakes: { atMs: number; node: SimulatedNode }[] = [];
  const network: SimulatedNetwork = {
    clock,
    coordinator: () => coordinator,
    restartCoordinator() {
      coordinator.store.close();
      coordinator = open();
    },
    nodes,
    charter,
    coordinatorDb: options.coordinatorDb,
    silence(name, { afterMs, isKilled }) {
      const node = nodes.find((each) => each.name === name);
      if (node === undefined) throw new Error(`${name} is no party`);
      node.isDown = true;
      if (isKilled) node.restart();
      if (afterMs !== null) wakes.push({ atMs: clock.nowMs() + afterMs, node });
    },
    async launch() {
      const id = dice(`round ${clock.nowMs()}`).bytes(16);
      await coordinator.store.rounds.propose({ id, charter: digest, nowMs: clock.nowMs() });
      return id;
    },
    async round(id) {
      return (await coordinator.store.rounds.one(id))!;
    },
    async settle() {
      for (;;) {
        let moved = false;
        for (const node of nodes) if (!node.isDown && (await node.step())) moved = true;
        if (!moved) return;
      }
    },
    async finish(id, between) {
      for (;;) {
        const round = await network.round(id);
        if (isFinal(round.state)) {
          await network.settle();
          return round;
        }
        await between?.(round);
        await network.settle();
        if (await coordinator.driver.step()) continue;
        const next = Math.min(round.deadlineMs, ...wakes.map(({ atMs }) => atMs));
        clock.advanceTo(Math.max(clock.nowMs() + 1000, next));
        for (const wake of wakes.splice(0)) {
          if (wake.atMs <= clock.nowMs()) wake.node.isDown = false;
          else wakes.push(wake);
        }
      }
    },
    close() {
      void rowWorkers.close();
      coordinator.store.close();
      for (const { db } of nodes) db.close();
    },
  };
  await network.settle();
  for (const node of nodes) node.approve(charter);
  await network.settle();
  return network;

  async function createNode(borough: SimulatedBorough) {
    const { name } = borough;
    const random = dice(name);
    const root = generateSigningKey(random);
    const operational = generateSigningKey(random);
    const secret = random.bytes(32);
    await coordinator.store.addInvitation({ secretSha256: secret, name, expiresMs: clock.nowMs() + 1000 });
    await coordinator.store.enrol({
      secretSha256: secret,
      name,
      rootKey: root.publicKey,
      certificateSha256: random.bytes(32),
      nowMs: clock.nowMs(),
    });
    const delegation = createDelegation(root.secretKey, {
      operationalKey: operational.publicKey,
      serial: 1,
      notAfterMs: clock.nowMs() + 365 * 86_400_000,
    });
    const db = openNodeDatabase(options.nodeDb?.(name) ?? ":memory:");
    // What is made up need not outlive a power cut.
    db.pragma("synchronous = OFF");
    const policy = parsePolicyText(options.documents.policy(rootKeyText(key.publicKey)));
    const around: NodeSurroundings = {
      db,
      identity: {
        name,
        rootKey: root.publicKey,
        delegation,
        operationalSecret: operational.secretKey,
        coordinatorKey: key.publicKey,
      },
      head: createMemoryHead(),
      policy: () => policy,
      roundKeys: createMemoryRoundKeys(random),
      clock,
      random,
      log: nodeLog,
      curve: options.curve ?? inlineCurveWork,
      rows: rowWorkers,
      workspace: options.workspace ?? IN_MEMORY,
      ...(options.observer === undefined ? {} : { observer: options.observer }),
    };
    const load = (file: string, dataset: string) =>
      importFile({
        db,
        file,
        dataset,
        mapping: parseMappingText(borough.mapping),
        rejectsFile: "/dev/null",
        clock,
      });
    const imported = borough.csv === null ? null : await load(borough.csv, options.documents.dataset);
    if (imported !== null) options.onImported?.(imported);
    if (borough.heldOut !== undefined) await load(borough.heldOut.csv, borough.heldOut.dataset);
    // The relay is looked up at every call: the coordinator may have been restarted.
    const relay: Relay = {
      follow: (after, signal) => coordinator.mailbox.relayFor(name).follow(after, signal),
      held: (messageId) => coordinator.mailbox.relayFor(name).held(messageId),
      post: (header, offset, chunks) => coordinator.mailbox.relayFor(name).post(header, offset, chunks),
      fetch: (messageId, offset) => coordinator.mailbox.relayFor(name).fetch(messageId, offset),
      acknowledge: (messageId, sha256) => coordinator.mailbox.relayFor(name).acknowledge(messageId, sha256),
      renew: (request) => coordinator.mailbox.relayFor(name).renew(request),
    };
    const wrapped = options.wrapRelay?.(name, relay) ?? relay;
    let core = assembleNode(around);
    let parts = core.connect(wrapped);
    const node = {
      name,
      db,
      imported,
      roundKeys: around.roundKeys,
      vault: createVault(createRoundStore(db), around.roundKeys, random),
      core: () => core,
      parts: () => parts,
      isDown: false,
      restart() {
        core = assembleNode(around);
        parts = core.connect(wrapped);
      },
      async step() {
        const startedAt = performance.now();
        const notices = await coordinator.store.noticesAfter(name, parts.rounds.cursor(), 100);
        for (const notice of notices) receiveNotice(parts, notice);
        const delivered = await deliverOrWait(parts);
        const advanced = await parts.engine.advance();
        options.onStep?.(name, performance.now() - startedAt);
        return notices.length > 0 || delivered || advanced;
      },
      approve(agreed: Charter) {
        const store = createConsentStore(db);
        const person = generateSigningKey(random);
        store.addPerson({ name: "lead", role: "governance lead", publicKey: person.publicKey }, clock.nowMs());
        const roster = store.roster()!;
        for (const peer of verifyRoster(key.publicKey, roster.body, roster.version).parties) {
          store.confirmPeer(peer.name, peer.rootKey, clock.nowMs());
        }
        const decided = {
          charter: charterDigest(agreed),
          party: name,
          person: "lead",
          role: "governance lead",
          personKey: person.publicKey,
          decision: "approve" as const,
          reason: "",
          atMs: clock.nowMs(),
          // A simulation asks nobody: it is the rehearsal.
          ...(fairnessOf(agreed) === undefined ? {} : { rehearsal: new Uint8Array(32) }),
        };
        const statement = signDecision(person.secretKey, decided);
        store.addDecision(decided.charter, {
          decision: "approve",
          person: "lead",
          statement,
          decidedMs: clock.nowMs(),
        });
      },
    };
    return node;
  }
}
