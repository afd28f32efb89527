import type { Database } from "./data/database.ts";
import type { Clock, RandomSource } from "../shared/base/clock.ts";
import type { Workspace } from "../shared/base/scratch.ts";
import type { StatementSigner } from "../shared/base/statement.ts";
import type { Log } from "../shared/host/logs.ts";
import type { CurveWork } from "../shared/matching/curve-work.ts";
import type { Relay } from "../shared/protocol/relay.ts";
import { createSigner, createVerifier, parseRootKey } from "../shared/protocol/identity.ts";
import { verifyNotice } from "../shared/protocol/notices.ts";
import { createConsentStore } from "./data/consent-store.ts";
import { createModelStore } from "./data/model-store.ts";
import { createOwnSideStore } from "./data/own-side-store.ts";
import { createRoundStore } from "./data/round-store.ts";
import { createGate, type Gate } from "./egress/gate.ts";
import type { HeadFile } from "./egress/head-file.ts";
import { openLedger, type Ledger } from "./egress/ledger.ts";
import { createLearningSource } from "./learning/learning-source.ts";
import type { RowWorkers } from "./learning/row-workers.ts";
import { createPopulationSource } from "./matching/population-source.ts";
import { createConsent, type PolicySource } from "./policy/consent.ts";
import { keepDocument, newestRosterDigest } from "./policy/documents.ts";
import { createAttemptWork } from "./round/attempt-work.ts";
import { createRoundEngine } from "./round/engine.ts";
import type { MatchObserver } from "./round/round-node.ts";
import type { RoundKeys } from "./round/round-keys.ts";
import { createVault } from "./round/vault.ts";
import type { RuntimeParts } from "./runtime.ts";

/** What a node is: a name, keys, and the coordinator it enrolled with. */
export interface NodeIdentity {
  readonly name: string;
  readonly rootKey: Uint8Array;
  /** The signed delegation of the operational key. */
  readonly delegation: Uint8Array;
  readonly operationalSecret: Uint8Array;
  /** Receipt and notice key of the coordinator, from the invitation. */
  readonly coordinatorKey: Uint8Array;
}

export interface NodeSurroundings {
  readonly db: Database;
  readonly identity: NodeIdentity;
  readonly head: HeadFile;
  readonly policy: PolicySource;
  readonly roundKeys: RoundKeys;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly log: Log;
  /** Where double-salt's arithmetic is done: worker threads, or in place. */
  readonly curve: CurveWork;
  /** Where a model's passes over the rows are done: worker threads. */
  readonly rows: RowWorkers;
  /** A simulation's; none in a program. */
  readonly observer?: MatchObserver;
  readonly workspace: Workspace;
}

export interface NodeCore {
  readonly gate: Gate;
  readonly ledger: Ledger;
  readonly signer: StatementSigner;
  /** The rest of a runtime, once there is a relay. */
  connect(relay: Relay): Omit<RuntimeParts, "idle" | "backOff">;
}

/** Puts the node's parts together; commands use the gate, `serve` and the simulation connect it. */
export function assembleNode(around: NodeSurroundings): NodeCore {
  const { db, identity, clock, random, log, roundKeys } = around;
  const { name, coordinatorKey } = identity;
  const store = createConsentStore(db);
  const signer = createSigner(identity);
  const ledger = openLedger({ db, head: around.head, signer, clock });
  const consent = createConsent({ store, policy: around.policy, clock, self: identity });
  const gate = createGate({
    db,
    name,
    ledger,
    random,
    consent: (digest) => consent.check(digest),
    coordinatorKey,
    log,
  });
  const rounds = createRoundStore(db);
  return {
    gate,
    ledger,
    signer,
    connect(relay) {
      const engine = createRoundEngine({
        name,
        rounds,
        vault: createVault(rounds, roundKeys, random),
        roundKeys,
        gate,
        clock,
        random,
        signer,
        log,
        relay,
        learning: createLearningSource(db, around.rows),
        models: createModelStore(db),
        ownSide: createOwnSideStore(db),
        observer: around.observer ?? null,
        population: createPopulationSource(db, around.workspace),
        curve: around.curve,
        workspace: around.workspace,
        work: createAttemptWork(),
        consent: (digest) => consent.check(digest).charter,
        verifierFor: (charter) =>
          createVerifier({
            roots: charter.parties.map(({ rootKey }) => parseRootKey(rootKey)),
            clock,
            serials: store.serials,
          }),
        policy: around.policy,
        rosterDigest: () => newestRosterDigest(store),
        ledgerHead: () => ledger.digest(),
      });
      return {
        relay,
        engine,
        rounds,
        log,
        deliver: () => gate.deliver(relay),
        verifyNotice: (notice) => {
          verifyNotice(coordinatorKey, name, notice);
        },
        keepDocument: (notice) => {
          keepDocument({ store, coordinatorKey, clock }, notice);
        },
      };
    },
  };
}
