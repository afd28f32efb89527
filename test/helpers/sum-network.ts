import { z } from "zod";
import { bytesToHex, isEqualBytes } from "../../shared/base/bytes.ts";
import { decodeValue, encodeValue, type Value } from "../../shared/base/encoding.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import { parseShape } from "../../shared/base/shape.ts";
import type { StatementSigner, StatementVerifier } from "../../shared/base/statement.ts";
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
  type Announcement,
  type MaskedInput,
  type UnmaskAnswer,
} from "../../shared/aggregation/server.ts";
import { digest } from "../../shared/crypto/hash.ts";
import { generateDhKey } from "../../shared/crypto/key-agreement.ts";
import { littleEndianWords } from "../../shared/crypto/mask-stream.ts";
import { generateSigningKey, signBytes, verifySignature } from "../../shared/crypto/signature.ts";
import { present, seededRandom } from "../unit/shared/crypto/support.ts";

/**
 * A whole secure sum in one process, for tests: every party's secrets in plain sight, each step callable alone so
 * that a test can lie at it, and `runSum`, an honest coordinator that carries on whatever is left of the network.
 * Steps are pure, so each is computed once for one set of arguments; that is what makes all drop-out patterns affordable.
 */

const testStatement = z.strictObject({
  label: z.string(),
  body: z.instanceof(Uint8Array),
  signature: z.instanceof(Uint8Array),
});

/** {label, body, signature} under one key, without delegations. */
export function createTestSigner(secretKey: Uint8Array): StatementSigner {
  return {
    sign: (label, body) =>
      encodeValue({ label, body: encodeValue(body), signature: signBytes(secretKey, digest(label, body)) }),
  };
}

export function createTestVerifier(roots: ReadonlyMap<number, Uint8Array>): StatementVerifier {
  const verified = new Map<string, Uint8Array>();
  return {
    open(party, label, statement) {
      const key = `${party} ${label} ${Buffer.from(statement).toString("latin1")}`;
      const known = verified.get(key);
      if (known !== undefined) return decodeValue(known);
      const root = roots.get(party);
      if (root === undefined) throw new ProtocolError("integrity", "statement: no confirmed key");
      const signed = parseShape(testStatement, decodeValue(statement), "statement");
      if (signed.label !== label) throw new ProtocolError("integrity", "statement: another label");
      const body: Value = decodeValue(signed.body);
      verifySignature(root, digest(label, body), signed.signature);
      verified.set(key, signed.body);
      return body;
    },
  };
}

export interface SumOwner {
  readonly secrets: SumSecrets;
  readonly signer: StatementSigner;
  readonly input: BigUint64Array;
}

/** A member of U2 once it has sent its input. */
export interface Entrant {
  readonly cohort: Cohort;
  /** The body of `masked-input`. */
  readonly masked: Uint8Array;
}

export interface SumNetwork {
  readonly context: SumContext;
  readonly owners: ReadonlyMap<number, SumOwner>;
  /** Envelope secrets of the openers. */
  readonly openers: ReadonlyMap<number, Uint8Array>;
  /** Everyone's, the opener's that is no owner too. */
  readonly signers: ReadonlyMap<number, StatementSigner>;
  /** The bodies of `shares`. */
  readonly shares: ReadonlyMap<number, Uint8Array>;
  readonly announcements: ReadonlyMap<number, Announcement>;
  readonly memo: Map<string, unknown>;
}

export interface SumNetworkOptions {
  /** How many. They take the odd charter positions, so that a position is never an index. */
  readonly owners: number;
  readonly seed: string | number;
  /** Another attempt of the same parties: the same identities, fresh keys, another J*. */
  readonly attempt?: number;
  readonly words?: number;
  readonly wholeCohort?: boolean;
  readonly minimumContributors?: number;
  /** One word of one owner's input; random over the whole ring where not given. */
  readonly figure?: (position: number, word: number) => bigint;
}

/** Position 0 opens without being an owner, position 1 is an owner too. */
export const OPENERS = [0, 1] as const;

export function createSumNetwork(options: SumNetworkOptions): SumNetwork {
  const { owners: count, seed, attempt = 1, words = 3, wholeCohort = false, minimumContributors = 3 } = options;
  const positions = Array.from({ length: count }, (_, index) => 2 * index + 1);
  const everyone = [0, ...positions];
  const random = seededRandom(`${seed} attempt ${attempt}`);
  const identities = new Map(everyone.map((p) => [p, generateSigningKey(seededRandom(`${seed} identity ${p}`))]));
  const envelopes = new Map(everyone.map((p) => [p, generateDhKey(random)]));
  const masks = new Map(positions.map((p) => [p, generateDhKey(random)]));
  const context: SumContext = {
    jobKey: random.bytes(32),
    owners: positions,
    openers: OPENERS,
    threshold: quorum(count),
    minimumContributors,
    wholeCohort,
    words,
    maskKeys: new Map([...masks].map(([p, { publicKey }]) => [p, publicKey])),
    envelopeKeys: new Map([...envelopes].map(([p, { publicKey }]) => [p, publicKey])),
    verifier: createTestVerifier(new Map([...identities].map(([p, { publicKey }]) => [p, publicKey]))),
  };
  const signers = new Map([...identities].map(([p, { secretKey }]) => [p, createTestSigner(secretKey)]));
  const figures = seededRandom(`${seed} figures`);
  const draw = () => littleEndianWords(figures.bytes(8))[0] ?? 0n;
  const owners = new Map(
    positions.map((self): [number, SumOwner] => [
      self,
      {
        secrets: {
          self,
          maskSecret: present(masks.get(self)).secretKey,
          envelopeSecret: present(envelopes.get(self)).secretKey,
          selfMask: random.bytes(32),
          resultMask: random.bytes(32),
        },
        signer: present(signers.get(self)),
        input: BigUint64Array.from({ length: words }, (_, word) => options.figure?.(self, word) ?? draw()),
      },
    ]),
  );
  const shares = new Map(
    [...owners].map(([self, { secrets, signer }]) => [
      self,
      createShares(context, secrets, Uint8Array.of(self), signer, random),
    ]),
  );
  return {
    context,
    owners,
    openers: new Map(OPENERS.map((p) => [p, present(envelopes.get(p)).secretKey])),
    signers,
    shares,
    announcements: new Map([...shares].map(([from, body]) => [from, readShares(context, from, body)])),
    memo: new Map(),
  };
}

export function ownerOf(network: SumNetwork, position: number): SumOwner {
  return present(network.owners.get(position));
}

/** What the honest coordinator would tell `recipient` of a cohort. */
export function cohortNotice(network: SumNetwork, members: readonly number[], recipient: number): Uint8Array {
  return encodeCohort(
    members.map((member) => present(network.announcements.get(member))),
    recipient,
  );
}

/** `openCohort` and `maskInput` of one owner that is told `members`. */
export function enter(network: SumNetwork, members: readonly number[], self: number): Entrant {
  return once(network, `enter ${self} ${members.join()}`, () => {
    const { secrets, signer, input } = ownerOf(network, self);
    const cohort = openCohort(network.context, secrets, cohortNotice(network, members, self));
    return { cohort, masked: maskInput(network.context, secrets, cohort, input, signer) };
  });
}

/** The masked inputs of `delivered`, each made for the cohort `members`, as the coordinator reads them. */
export function maskedInputs(network: SumNetwork, members: readonly number[], delivered: readonly number[]) {
  return new Map(
    delivered.map((from): [number, MaskedInput] => [
      from,
      once(network, `masked ${from} ${members.join()}`, () =>
        readMaskedInput(network.context, members, from, enter(network, members, from).masked),
      ),
    ]),
  );
}

/** `readInputs` and `agreeToInputs` of one owner that was told `cohort` and now `inputs`. */
export function agree(
  network: SumNetwork,
  cohort: readonly number[],
  inputs: readonly number[],
  self: number,
): Inputs & { readonly statement: Uint8Array } {
  return once(network, `agree ${self} ${cohort.join()} of ${inputs.join()}`, () => {
    const entrant = enter(network, cohort, self);
    const notice = once(network, `inputs ${cohort.join()} of ${inputs.join()}`, () =>
      encodeInputs(maskedInputs(network, cohort, inputs)),
    );
    const read = readInputs(network.context, entrant.cohort, notice);
    const own = maskedInputDigest(entrant.masked);
    const { signer } = ownerOf(network, self);
    return agreeToInputs(network.context, self, entrant.cohort, read, own, new Uint8Array(32).fill(self), signer);
  });
}

export function agreementsNotice(agreements: ReadonlyMap<number, { readonly statement: Uint8Array }>): Uint8Array {
  return encodeAgreements(new Map([...agreements].map(([from, { statement }]) => [from, statement])));
}

/** The shares that a node gives, or null where it refuses. */
export function sharesFrom(reveal: () => Uint8Array): Uint8Array | null {
  try {
    return reveal();
  } catch (error) {
    if (error instanceof ProtocolError && ["integrity", "malformed"].includes(error.code)) return null;
    throw error;
  }
}

export type SumStep = "shares" | "masked-input" | "agree" | "unmask";
export const SUM_STEPS = ["shares", "masked-input", "agree", "unmask"] as const;

export type SumEnd = "cohort" | "inputs" | "agreements" | "unmask" | "opening";

export type SumOutcome =
  | { readonly end: "released"; readonly members: readonly number[]; readonly sum: BigUint64Array }
  | {
      readonly end: "aborted";
      /** The notice that every node refused, or where the answers did not suffice, or the openers refused. */
      readonly at: SumEnd;
      readonly code: string;
      /** What the coordinator was given before. */
      readonly answers: ReadonlyMap<number, UnmaskAnswer>;
    };

/**
 * One attempt under an honest but stubborn coordinator: it goes on with whoever is left, so that an abort is always
 * the nodes' own (or the mathematics').
 * @param lost the step that an owner no longer takes @param arrive the order in which bodies come in
 */
export function runSum(
  network: SumNetwork,
  lost: ReadonlyMap<number, SumStep> = new Map(),
  arrive: (senders: number[]) => number[] = (senders) => senders,
): SumOutcome {
  const { context } = network;
  const takes = (step: SumStep) => (position: number) => {
    const at = lost.get(position);
    return at === undefined || SUM_STEPS.indexOf(at) > SUM_STEPS.indexOf(step);
  };
  const aborted = (at: SumEnd, code: string, answers = new Map<number, UnmaskAnswer>()): SumOutcome => ({
    end: "aborted",
    at,
    code,
    answers,
  });

  const cohort = context.owners.filter(takes("shares"));
  const entered = fromAll(cohort, (self) => enter(network, cohort, self));
  if (entered instanceof ProtocolError) return aborted("cohort", entered.code);

  const members = cohort.filter(takes("masked-input"));
  const inputs = maskedInputs(network, cohort, arrive([...members]));
  const agreed = fromAll(members, (self) => agree(network, cohort, members, self));
  if (agreed instanceof ProtocolError) return aborted("inputs", agreed.code);

  const signers = arrive(members.filter(takes("agree")));
  for (const from of signers) readAgree(context, from, present(agreed.get(from)).statement);
  const notice = agreementsNotice(new Map(signers.map((from) => [from, present(agreed.get(from))])));
  const revealed = once(network, `reveal ${cohort.join()} of ${members.join()} by ${signers.toSorted(up).join()}`, () =>
    fromAll(members, (self) => {
      const { cohort: own } = enter(network, cohort, self);
      return readUnmask(revealShares(context, own, present(agreed.get(self)), notice));
    }),
  );
  if (revealed instanceof ProtocolError) return aborted("agreements", revealed.code);

  const senders = arrive(members.filter((position) => takes("agree")(position) && takes("unmask")(position)));
  const answers = new Map(senders.map((from) => [from, present(revealed.get(from))]));
  const announcements = arrive([...cohort]).map((position) => present(network.announcements.get(position)));
  let recovery;
  try {
    recovery = recoverMasks(context, announcements, members, answers);
  } catch (error) {
    if (error instanceof ProtocolError) return aborted("unmask", error.code, answers);
    throw error;
  }
  const maskedSum = sumMasked(context, inputs, recovery);
  const openers = OPENERS.filter((position) => !lost.has(position));
  const opened = fromAll(openers, (opener) => {
    const body = encodeOpening({ announcements, inputs, agreements: notice, recovery, maskedSum, opener });
    return openSum(context, { self: opener, envelopeSecret: present(network.openers.get(opener)) }, body);
  });
  if (opened instanceof ProtocolError) return aborted("opening", opened.code, answers);
  const [first, ...others] = [...opened.values()];
  for (const other of others) {
    if (!isEqualBytes(wordBytes(present(first).sum), wordBytes(other.sum))) throw new Error("two openers see two sums");
  }
  return { end: "released", ...present(first) };
}

/** Σ of the owners' inputs modulo 2^64: what a released sum must be. */
export function plainSum(network: SumNetwork, members: readonly number[]): BigUint64Array {
  const sum = new BigUint64Array(network.context.words);
  for (const member of members) {
    ownerOf(network, member).input.forEach((word, index) => {
      sum[index] = present(sum[index]) + word;
    });
  }
  return sum;
}

export function wordBytes(words: BigUint64Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

export function wordsToHex(words: BigUint64Array): string {
  return bytesToHex(wordBytes(words));
}

/** Every node's answer, or the error where they refuse. Nodes that were told the same must judge the same. */
function fromAll<T>(nodes: readonly number[], answer: (self: number) => T): Map<number, T> | ProtocolError {
  const answers = new Map<number, T>();
  let refusal: ProtocolError | null = null;
  for (const self of nodes) {
    try {
      answers.set(self, answer(self));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      refusal = error;
    }
  }
  if (refusal === null) return answers;
  if (answers.size > 0) throw new Error(`some nodes refuse and some do not: ${refusal.message}`);
  return refusal;
}

function once<T>(network: SumNetwork, key: string, compute: () => T): T {
  if (!network.memo.has(key)) network.memo.set(key, compute());
  return network.memo.get(key) as T;
}

function up(a: number, b: number): number {
  return a - b;
}
