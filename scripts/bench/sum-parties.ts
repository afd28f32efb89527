import { isEqualBytes } from "../../shared/base/bytes.ts";
import type { RandomSource } from "../../shared/base/clock.ts";
import { assert } from "../../shared/base/errors.ts";
import type { StatementSigner } from "../../shared/base/statement.ts";
import {
  agreeToInputs,
  createShares,
  maskedInputDigest,
  maskInput,
  openCohort,
  readInputs,
  revealShares,
  type Cohort,
  type Inputs,
} from "../../shared/aggregation/client.ts";
import { quorum, type SumContext, type SumSecrets } from "../../shared/aggregation/context.ts";
import { openSum } from "../../shared/aggregation/opener.ts";
import {
  encodeAgreements,
  encodeCohort,
  encodeInputs,
  encodeOpening,
  readAgree,
  readMaskedInput,
  readShares,
  readUnmask,
  recoverMasks,
  sumMasked,
} from "../../shared/aggregation/server.ts";
import { generateDhKey } from "../../shared/crypto/key-agreement.ts";
import { generateSigningKey } from "../../shared/crypto/signature.ts";
import { createDelegation, createSigner, createVerifier } from "../../shared/protocol/identity.ts";
import { cpuSeconds } from "./harness.ts";

/**
 * One secure sum, every message of it, all parties in this process and one after the other, each step's processor time
 * told for the party that takes it. Two nodes open. Relays, journals and the network are not part of it.
 */
export interface SumAsked {
  readonly nodes: number;
  readonly words: number;
  /** Nodes that share and then deliver nothing: the coordinator has their masks to take off. */
  readonly dropOuts: number;
  /** One node's words. */
  readonly input: (node: number) => BigUint64Array;
  readonly random: RandomSource;
}

export const NODE_STEPS = ["shares", "cohort", "mask", "agree", "reveal"] as const;
export const COORDINATOR_STEPS = ["relay", "recover", "add", "openings"] as const;
type NodeStep = (typeof NODE_STEPS)[number];
type CoordinatorStep = (typeof COORDINATOR_STEPS)[number];

export interface SumRun {
  /** Seconds of processor time, by node that went through to the end. */
  readonly nodes: readonly Readonly<Record<NodeStep, number>>[];
  readonly coordinator: Readonly<Record<CoordinatorStep, number>>;
  /** Of one opener: from the opening to the sum. */
  readonly openSeconds: number;
  readonly sum: BigUint64Array;
  /** Bodies of one node's messages to the coordinator, and of the notices it gets, the opening not among them. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** What an opener gets beside. */
  readonly openingBytes: number;
}

/** As of a round of today; the statements' delegation runs a day. */
const clock = { nowMs: Date.now };
const DAY_MS = 86_400_000;
const OPENERS = [0, 1];

interface Owner {
  readonly self: number;
  readonly secrets: SumSecrets;
  readonly signer: StatementSigner;
  readonly spent: Record<NodeStep, number>;
}

/** @throws AssertionError where the opened sum is not that of the inputs */
export function runSum({ nodes, words, dropOuts, input, random }: SumAsked): SumRun {
  const everyone = Array.from({ length: nodes }, (_, node) => node);
  const spent = everyone.map(() => ({ shares: 0, cohort: 0, mask: 0, agree: 0, reveal: 0 }));
  const coordinator = { relay: 0, recover: 0, add: 0, openings: 0 };
  const { owners, context } = createParties(everyone, words, spent, random);
  // The last ones go, so that the openers stay.
  const delivering = owners.slice(0, nodes - dropOuts);
  const members = delivering.map(({ self }) => self);

  const shares = owners.map(({ secrets, signer, spent: own }) =>
    spend(own, "shares", () => createShares(context, secrets, new Uint8Array(32), signer, random)),
  );
  const announcements = spend(coordinator, "relay", () => shares.map((body, from) => readShares(context, from, body)));

  let cohortBytes = 0;
  const cohorts = owners.map(({ self, secrets, spent: own }): Cohort => {
    const notice = spend(coordinator, "relay", () => encodeCohort(announcements, self));
    cohortBytes = notice.length;
    return spend(own, "cohort", () => openCohort(context, secrets, notice));
  });

  const masked = delivering.map(({ self, secrets, signer, spent: own }) => {
    const figures = input(self);
    return spend(own, "mask", () => maskInput(context, secrets, cohorts[self]!, figures, signer));
  });
  const inputs = spend(
    coordinator,
    "relay",
    () => new Map(members.map((from, index) => [from, readMaskedInput(context, context.owners, from, masked[index]!)])),
  );
  const inputsNotice = spend(coordinator, "relay", () => encodeInputs(inputs));

  const agreed = delivering.map(({ self, signer, spent: own }, index): Inputs & { readonly statement: Uint8Array } =>
    spend(own, "agree", () => {
      const cohort = cohorts[self]!;
      const read = readInputs(context, cohort, inputsNotice);
      const digest = maskedInputDigest(masked[index]!);
      return agreeToInputs(context, self, cohort, read, digest, new Uint8Array(32), signer);
    }),
  );
  const agreements = spend(coordinator, "relay", () => {
    members.forEach((from, index) => {
      readAgree(context, from, agreed[index]!.statement);
    });
    return encodeAgreements(new Map(members.map((from, index) => [from, agreed[index]!.statement])));
  });
  const revealed = delivering.map(({ self, spent: own }, index) =>
    spend(own, "reveal", () => revealShares(context, cohorts[self]!, agreed[index]!, agreements)),
  );

  const answers = spend(
    coordinator,
    "relay",
    () => new Map(members.map((from, index) => [from, readUnmask(revealed[index]!)])),
  );
  const recovery = spend(coordinator, "recover", () => recoverMasks(context, announcements, members, answers));
  const maskedSum = spend(coordinator, "add", () => sumMasked(context, inputs, recovery));
  const openings = spend(coordinator, "openings", () =>
    OPENERS.map((opener) => encodeOpening({ announcements, inputs, agreements, recovery, maskedSum, opener })),
  );
  const opening = { seconds: 0 };
  const [opener] = owners;
  const secret = { self: opener!.self, envelopeSecret: opener!.secrets.envelopeSecret };
  const { sum } = spend(opening, "seconds", () => openSum(context, secret, openings[0]!));
  checkSum(sum, members.map(input));
  return {
    nodes: delivering.map(({ spent: own }) => own),
    coordinator,
    openSeconds: opening.seconds,
    sum,
    sentBytes: shares[0]!.length + masked[0]!.length + agreed[0]!.statement.length + revealed[0]!.length,
    receivedBytes: cohortBytes + inputsNotice.length + agreements.length,
    openingBytes: openings[0]!.length,
  };
}

/** Drawing an attempt's keys is part of the step that shares them; the identities are of before. */
function createParties(
  everyone: readonly number[],
  words: number,
  spent: readonly Record<NodeStep, number>[],
  random: RandomSource,
): { readonly owners: readonly Owner[]; readonly context: SumContext } {
  const identities = everyone.map(() => {
    const [root, operational] = [generateSigningKey(random), generateSigningKey(random)];
    const body = { operationalKey: operational.publicKey, serial: 1, notAfterMs: clock.nowMs() + DAY_MS };
    const delegation = createDelegation(root.secretKey, body);
    return { root: root.publicKey, signer: createSigner({ delegation, operationalSecret: operational.secretKey }) };
  });
  const drawn = everyone.map((self) =>
    spend(spent[self]!, "shares", () => ({ mask: generateDhKey(random), envelope: generateDhKey(random) })),
  );
  const context: SumContext = {
    jobKey: random.bytes(32),
    owners: everyone,
    openers: OPENERS,
    threshold: quorum(everyone.length),
    minimumContributors: 3,
    wholeCohort: false,
    words,
    maskKeys: new Map(drawn.map(({ mask }, self) => [self, mask.publicKey])),
    envelopeKeys: new Map(drawn.map(({ envelope }, self) => [self, envelope.publicKey])),
    verifier: createVerifier({ roots: identities.map(({ root }) => root), clock }),
  };
  const owners = everyone.map((self): Owner => ({
    self,
    secrets: {
      self,
      maskSecret: drawn[self]!.mask.secretKey,
      envelopeSecret: drawn[self]!.envelope.secretKey,
      selfMask: random.bytes(32),
      resultMask: random.bytes(32),
    },
    signer: identities[self]!.signer,
    spent: spent[self]!,
  }));
  return { owners, context };
}

function spend<Step extends string, T>(account: Record<Step, number>, step: Step, work: () => T): T {
  const before = cpuSeconds();
  const done = work();
  account[step] += cpuSeconds() - before;
  return done;
}

function checkSum(sum: BigUint64Array, inputs: readonly BigUint64Array[]): void {
  const known = new BigUint64Array(sum.length);
  for (const words of inputs) words.forEach((word, index) => (known[index]! += word));
  assert(isEqualBytes(new Uint8Array(sum.buffer), new Uint8Array(known.buffer)), "the opened sum is the inputs' own");
}
