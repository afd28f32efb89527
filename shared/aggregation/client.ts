import { concatBytes, isEqualBytes } from "../base/bytes.ts";
import type { RandomSource } from "../base/clock.ts";
import { assert, ProtocolError } from "../base/errors.ts";
import type { StatementSigner } from "../base/statement.ts";
import { sha256 } from "../crypto/hash.ts";
import { addMaskStream } from "../crypto/mask-stream.ts";
import { openSmall, sealSmall } from "../crypto/sealing.ts";
import { splitSecret } from "../crypto/shamir.ts";
import {
  AGREE_LABEL,
  agreeStatementBody,
  cohortBody,
  cohortStateBody,
  inputStatementBody,
  isSameSet,
  isSubset,
  maskedInputBody,
  MASKED_INPUT_LABEL,
  SHARE_PAIR_BYTES,
  SHARES_LABEL,
  sharesBody,
  sharesStatementBody,
  sortedEntries,
  statementsBody,
  unmaskBody,
} from "./bodies.ts";
import { leastCohort, type SumContext, type SumSecrets } from "./context.ts";
import { addPairMasks, envelopeContext, envelopeSealKey, selfMaskHash } from "./masks.ts";

/**
 * An owner's side of the secure sum, in the order the protocol runs (protocol.md, "Secure sum"): share → input →
 * agree → unmask. Every notice is the coordinator's and so attacker-controlled: each function first checks what the
 * table's column "the node checks first" says, and throws before anything of the answer exists.
 */

/** U2 as this owner verified it, with the shares that the others entrusted to it. */
export interface Cohort {
  readonly members: readonly number[];
  /** H(b) by member. */
  readonly commitments: ReadonlyMap<number, Uint8Array>;
  /** What each member said it holds, signed along with its shares; opaque here. */
  readonly held: ReadonlyMap<number, Uint8Array>;
  readonly maskKeyShares: ReadonlyMap<number, Uint8Array>;
  readonly selfMaskShares: ReadonlyMap<number, Uint8Array>;
}

/** U3 and the digests of its masked inputs, by member. */
export interface Inputs {
  readonly members: readonly number[];
  readonly digests: ReadonlyMap<number, Uint8Array>;
}

/**
 * Share: the body of `shares`. One sealed envelope for each owner of U1 (itself too) with its Shamir shares of this
 * node's mask key and self-mask seed, one for each opener with the result seed.
 * @param held an opaque statement of the caller, signed along
 */
export function createShares(
  context: SumContext,
  secrets: SumSecrets,
  held: Uint8Array,
  signer: StatementSigner,
  random: RandomSource,
): Uint8Array {
  const { self } = secrets;
  // x = charter position + 1: never 0, where the secret lies.
  const xs = context.owners.map((position) => position + 1);
  const maskKeyShares = splitSecret(secrets.maskSecret, xs, context.threshold, random);
  const selfMaskShares = splitSecret(secrets.selfMask, xs, context.threshold, random);
  const seal = (use: "mask-shares" | "result-seed", to: number, plaintext: Uint8Array): [number, Uint8Array] => {
    const route = { use, from: self, to };
    const key = envelopeSealKey(context, secrets.envelopeSecret, to, route);
    return [to, sealSmall(key, envelopeContext(context, route), plaintext, random)];
  };
  const statement = signer.sign(SHARES_LABEL, {
    ...sharesStatementBody.parse({
      jobKey: context.jobKey,
      selfMaskHash: selfMaskHash(context, self, secrets.selfMask),
      held,
    }),
  });
  return sharesBody.encode({
    statement,
    envelopes: context.owners.map((to) =>
      seal("mask-shares", to, concatBytes(maskKeyShares.get(to + 1)!, selfMaskShares.get(to + 1)!)),
    ),
    seeds: context.openers.map((to) => seal("result-seed", to, secrets.resultMask)),
  });
}

/**
 * The notice `cohort`: U2 ⊆ U1, large enough, this node in it with its own commitment, everyone's signature, and
 * every envelope opens.
 * @throws ProtocolError "integrity" naming the check
 */
export function openCohort(context: SumContext, secrets: SumSecrets, body: Uint8Array): Cohort {
  const { self } = secrets;
  const entries = cohortBody.decode(body);
  const members = entries.map(([party]) => party);
  if (!isSubset(members, context.owners)) throw refuse("cohort: names a party that is not in U1");
  if (members.length < leastCohort(context)) throw refuse("cohort: smaller than the charter's quorum");
  if (!members.includes(self)) throw refuse("cohort: this node is not in it");
  const commitments = new Map<number, Uint8Array>();
  const held = new Map<number, Uint8Array>();
  const maskKeyShares = new Map<number, Uint8Array>();
  const selfMaskShares = new Map<number, Uint8Array>();
  for (const [party, { statement, envelope }] of entries) {
    const signed = sharesStatementBody.parse(context.verifier.open(party, SHARES_LABEL, statement));
    if (!isEqualBytes(signed.jobKey, context.jobKey)) throw refuse("cohort: shares signed for another attempt");
    const route = { use: "mask-shares" as const, from: party, to: self };
    const key = envelopeSealKey(context, secrets.envelopeSecret, party, route);
    const shares = openSmall(key, envelopeContext(context, route), envelope);
    if (shares.length !== SHARE_PAIR_BYTES) throw refuse("cohort: an envelope does not hold two shares");
    commitments.set(party, signed.selfMaskHash);
    held.set(party, signed.held);
    maskKeyShares.set(party, shares.slice(0, 32));
    selfMaskShares.set(party, shares.slice(32));
  }
  if (!isEqualBytes(commitments.get(self)!, selfMaskHash(context, self, secrets.selfMask))) {
    throw refuse("cohort: this node's own commitment was changed");
  }
  return { members, commitments, held, maskKeyShares, selfMaskShares };
}

/** A cohort as bytes to keep wrapped: it holds secrets of others. */
export function encodeCohortState(cohort: Cohort): Uint8Array {
  return cohortStateBody.encode({
    members: [...cohort.members],
    commitments: sortedEntries(cohort.commitments),
    held: sortedEntries(cohort.held),
    maskKeyShares: sortedEntries(cohort.maskKeyShares),
    selfMaskShares: sortedEntries(cohort.selfMaskShares),
  });
}

export function decodeCohortState(bytes: Uint8Array): Cohort {
  const state = cohortStateBody.decode(bytes);
  return {
    members: state.members,
    commitments: new Map(state.commitments),
    held: new Map(state.held),
    maskKeyShares: new Map(state.maskKeyShares),
    selfMaskShares: new Map(state.selfMaskShares),
  };
}

/**
 * Input: the body of `masked-input`, y = x + PRG(b) + PRG(r) ± Σ PRG(k_uv) modulo 2^64 over U2, and its signed digest.
 * @param input d words; the caller has refused overflow
 */
export function maskInput(
  context: SumContext,
  secrets: SumSecrets,
  cohort: Cohort,
  input: BigUint64Array,
  signer: StatementSigner,
): Uint8Array {
  assert(input.length === context.words, "an input has the layout's length");
  const masked = input.slice();
  addMaskStream(masked, secrets.selfMask, 1);
  addMaskStream(masked, secrets.resultMask, 1);
  addPairMasks(context, masked, secrets, cohort.members, 1);
  const words = new Uint8Array(masked.buffer);
  const statement = signer.sign(MASKED_INPUT_LABEL, {
    ...inputStatementBody.parse({ jobKey: context.jobKey, digest: sha256(words) }),
  });
  return maskedInputBody.encode({ statement, words });
}

/** The digest that a `masked-input` body stands under. */
export function maskedInputDigest(body: Uint8Array): Uint8Array {
  return sha256(maskedInputBody.decode(body).words);
}

/**
 * The notice `inputs`: U3 ⊆ U2 (= U2 in a match), large enough, each digest signed by its sender.
 * @throws ProtocolError "integrity" naming the check
 */
export function readInputs(context: SumContext, cohort: Cohort, body: Uint8Array): Inputs {
  const entries = statementsBody.decode(body);
  const members = entries.map(([party]) => party);
  if (!isSubset(members, cohort.members)) throw refuse("inputs: names a party that is not in U2");
  if (context.wholeCohort && !isSameSet(members, cohort.members)) throw refuse("inputs: U3 is not U2");
  if (members.length < leastCohort(context)) throw refuse("inputs: fewer than the charter's quorum");
  const digests = new Map(
    entries.map(([party, statement]) => {
      const signed = inputStatementBody.parse(context.verifier.open(party, MASKED_INPUT_LABEL, statement));
      if (!isEqualBytes(signed.jobKey, context.jobKey)) throw refuse("inputs: a digest is signed for another attempt");
      return [party, signed.digest];
    }),
  );
  return { members, digests };
}

/**
 * Agree: signs U1, U2, U3 and the digests, after the caller has asked the question rule. A node signs once an attempt.
 * @param ownDigest what this node sent, from its own outbox
 */
export function agreeToInputs(
  context: SumContext,
  self: number,
  cohort: Cohort,
  inputs: Inputs,
  ownDigest: Uint8Array,
  ledgerHead: Uint8Array,
  signer: StatementSigner,
): Inputs & { readonly statement: Uint8Array } {
  const own = inputs.digests.get(self);
  if (own === undefined) throw refuse("inputs: this node is not in U3");
  if (!isEqualBytes(own, ownDigest)) throw refuse("inputs: this node's own digest was changed");
  const statement = signer.sign(AGREE_LABEL, {
    ...agreeStatementBody.parse({
      jobKey: context.jobKey,
      u1: [...context.owners],
      u2: [...cohort.members],
      u3: [...inputs.members],
      digests: inputs.members.map((member) => inputs.digests.get(member)!),
      ledgerHead,
    }),
  });
  return { ...inputs, statement };
}

/**
 * Unmask: with at least t members of U3 agreeing on the same U1, U2, U3 and digests as this node signed, the body of
 * `unmask`. For a member of U3 its share of b, for one of U2∖U3 its share of the mask key: never both for one party,
 * since that would bare its input.
 * @throws ProtocolError "integrity" naming the check; nothing is revealed then
 */
export function revealShares(context: SumContext, cohort: Cohort, agreed: Inputs, body: Uint8Array): Uint8Array {
  const signers = verifyAgreements(context, cohort.members, agreed, body);
  if (signers < context.threshold) throw refuse("agreements: fewer than the quorum");
  const gone = cohort.members.filter((member) => !agreed.members.includes(member));
  return unmaskBody.encode({
    selfMaskShares: agreed.members.map((member) => [member, cohort.selfMaskShares.get(member)!]),
    maskKeyShares: gone.map((member) => [member, cohort.maskKeyShares.get(member)!]),
  });
}

/**
 * Checks a set of agreements against what is expected of them; one that differs is a lie told to somebody.
 * @returns how many distinct members of U3 signed
 */
export function verifyAgreements(
  context: SumContext,
  cohort: readonly number[],
  agreed: Inputs,
  body: Uint8Array,
): number {
  const entries = statementsBody.decode(body);
  for (const [party, statement] of entries) {
    if (!agreed.members.includes(party)) throw refuse("agreements: a signer is not in U3");
    const signed = agreeStatementBody.parse(context.verifier.open(party, AGREE_LABEL, statement));
    const isEqual =
      isEqualBytes(signed.jobKey, context.jobKey) &&
      isSameSet(signed.u1, context.owners) &&
      isSameSet(signed.u2, cohort) &&
      isSameSet(signed.u3, agreed.members) &&
      signed.digests.length === agreed.members.length &&
      agreed.members.every((member, index) => isEqualBytes(signed.digests[index]!, agreed.digests.get(member)!));
    if (!isEqual) throw refuse("agreements: a signer was told something else");
  }
  return entries.length;
}

function refuse(message: string): ProtocolError {
  return new ProtocolError("integrity", message);
}
