import { isEqualBytes } from "../base/bytes.ts";
import { ProtocolError } from "../base/errors.ts";
import { sha256 } from "../crypto/hash.ts";
import { dhPublicKey } from "../crypto/key-agreement.ts";
import { addMaskStream, littleEndianWords } from "../crypto/mask-stream.ts";
import { combineShares } from "../crypto/shamir.ts";
import { SMALL_OVERHEAD_BYTES } from "../crypto/sealing.ts";
import {
  AGREE_LABEL,
  agreeStatementBody,
  checkWords,
  cohortBody,
  inputStatementBody,
  isSameSet,
  maskedInputBody,
  MASKED_INPUT_LABEL,
  openingBody,
  SHARE_PAIR_BYTES,
  SHARES_LABEL,
  sharesBody,
  sharesStatementBody,
  sortedEntries,
  statementsBody,
  unmaskBody,
} from "./bodies.ts";
import type { SumContext } from "./context.ts";
import { addPairMasks, selfMaskHash } from "./masks.ts";

/**
 * The coordinator's side of the secure sum: it checks, relays and adds. It ends with Σ(x + PRG(r)) over U3, which
 * looks uniform to whoever lacks the result seeds, and those are sealed to the openers.
 */

/** An owner's `shares`, verified. */
export interface Announcement {
  readonly party: number;
  readonly statement: Uint8Array;
  readonly selfMaskHash: Uint8Array;
  readonly held: Uint8Array;
  /** Sealed, by recipient. */
  readonly envelopes: ReadonlyMap<number, Uint8Array>;
  readonly seeds: ReadonlyMap<number, Uint8Array>;
}

export interface MaskedInput {
  readonly statement: Uint8Array;
  readonly digest: Uint8Array;
  /** 8·d bytes, little-endian. */
  readonly words: Uint8Array;
}

export interface UnmaskAnswer {
  readonly selfMaskShares: ReadonlyMap<number, Uint8Array>;
  readonly maskKeyShares: ReadonlyMap<number, Uint8Array>;
}

/** Reconstructed secrets: b of who delivered, the mask key of who did not. Never both for one party. */
export interface Recovery {
  readonly selfMasks: ReadonlyMap<number, Uint8Array>;
  readonly maskKeys: ReadonlyMap<number, Uint8Array>;
}

/** @throws ProtocolError unless `from` signed it for this attempt and it holds exactly one envelope per owner and opener. */
export function readShares(context: SumContext, from: number, body: Uint8Array): Announcement {
  const { statement, envelopes, seeds } = sharesBody.decode(body);
  const signed = sharesStatementBody.parse(context.verifier.open(from, SHARES_LABEL, statement));
  if (!isEqualBytes(signed.jobKey, context.jobKey)) throw refuse("shares: signed for another attempt");
  checkEnvelopes(envelopes, context.owners, SHARE_PAIR_BYTES, "envelopes");
  checkEnvelopes(seeds, context.openers, 32, "seeds");
  return {
    party: from,
    statement,
    selfMaskHash: signed.selfMaskHash,
    held: signed.held,
    envelopes: new Map(envelopes),
    seeds: new Map(seeds),
  };
}

function checkEnvelopes(sealed: [number, Uint8Array][], to: readonly number[], plainBytes: number, what: string): void {
  const isWhole =
    isSameSet(
      sealed.map(([party]) => party),
      to,
    ) && sealed.every(([, bytes]) => bytes.length === plainBytes + SMALL_OVERHEAD_BYTES);
  if (!isWhole) throw new ProtocolError("malformed", `shares: ${what} are not one for each recipient`);
}

/** The notice `cohort` for one member of U2: everyone's signed commitment, and the envelopes addressed to it. */
export function encodeCohort(announcements: readonly Announcement[], recipient: number): Uint8Array {
  return cohortBody.encode(
    inOrder(announcements).map(({ party, statement, envelopes }) => [
      party,
      { statement, envelope: envelopes.get(recipient)! },
    ]),
  );
}

/** By position, in whatever order they arrived: one set has one encoding. */
function inOrder(announcements: readonly Announcement[]): Announcement[] {
  return announcements.toSorted((a, b) => a.party - b.party);
}

/** @throws ProtocolError unless `from` is in U2, and signed the digest of these d words for this attempt. */
export function readMaskedInput(
  context: SumContext,
  members: readonly number[],
  from: number,
  body: Uint8Array,
): MaskedInput {
  if (!members.includes(from)) throw new ProtocolError("wrong-phase", "masked input: from a party that is not in U2");
  const { statement, words } = maskedInputBody.decode(body);
  checkWords(context, words, "masked input");
  const digest = sha256(words);
  const signed = inputStatementBody.parse(context.verifier.open(from, MASKED_INPUT_LABEL, statement));
  if (!isEqualBytes(signed.jobKey, context.jobKey)) throw refuse("masked input: signed for another attempt");
  if (!isEqualBytes(signed.digest, digest)) throw refuse("masked input: not the words that were signed");
  return { statement, digest, words };
}

/** The notice `inputs`: U3 with every signed digest. */
export function encodeInputs(inputs: ReadonlyMap<number, MaskedInput>): Uint8Array {
  return statementsBody.encode(sortedEntries(inputs).map(([party, { statement }]) => [party, statement]));
}

/** @throws ProtocolError unless `from` signed an agreement for this attempt. */
export function readAgree(context: SumContext, from: number, body: Uint8Array): void {
  const signed = agreeStatementBody.parse(context.verifier.open(from, AGREE_LABEL, body));
  if (!isEqualBytes(signed.jobKey, context.jobKey)) throw refuse("agreement: signed for another attempt");
}

/** The notice `agreements`. @param agreements bodies of `agree` by signer */
export function encodeAgreements(agreements: ReadonlyMap<number, Uint8Array>): Uint8Array {
  return statementsBody.encode(sortedEntries(agreements));
}

/** @throws ProtocolError "malformed" */
export function readUnmask(body: Uint8Array): UnmaskAnswer {
  const { selfMaskShares, maskKeyShares } = unmaskBody.decode(body);
  return { selfMaskShares: new Map(selfMaskShares), maskKeyShares: new Map(maskKeyShares) };
}

/**
 * Puts the seeds and keys together from t answers and checks each against what its owner committed to.
 * @param cohort U2's announcements @param members U3 @param answers unmask answers by sender
 * @throws ProtocolError "integrity" naming the charter position whose secret does not come out
 */
export function recoverMasks(
  context: SumContext,
  cohort: readonly Announcement[],
  members: readonly number[],
  answers: ReadonlyMap<number, UnmaskAnswer>,
): Recovery {
  const selfMasks = new Map<number, Uint8Array>();
  const maskKeys = new Map<number, Uint8Array>();
  for (const { party, selfMaskHash: committed } of cohort) {
    if (members.includes(party)) {
      const isRight = (secret: Uint8Array) => isEqualBytes(selfMaskHash(context, party, secret), committed);
      selfMasks.set(
        party,
        recover(context, answers, ({ selfMaskShares }) => selfMaskShares.get(party), isRight, party),
      );
    } else {
      const publicKey = context.maskKeys.get(party)!;
      const isRight = (secret: Uint8Array) => isEqualBytes(dhPublicKey(secret), publicKey);
      maskKeys.set(
        party,
        recover(context, answers, ({ maskKeyShares }) => maskKeyShares.get(party), isRight, party),
      );
    }
  }
  return { selfMasks, maskKeys };
}

/** Any t right shares give the secret; a wrong one among more than t is survived by leaving a run of shares out. */
function recover(
  { threshold }: SumContext,
  answers: ReadonlyMap<number, UnmaskAnswer>,
  shareOf: (answer: UnmaskAnswer) => Uint8Array | undefined,
  isRight: (secret: Uint8Array) => boolean,
  party: number,
): Uint8Array {
  const shares = sortedEntries(answers).flatMap(([sender, answer]): [number, Uint8Array][] => {
    const share = shareOf(answer);
    return share === undefined ? [] : [[sender + 1, share]];
  });
  for (let start = 0; start < shares.length; start++) {
    const some = new Map([...shares, ...shares].slice(start, start + threshold));
    if (some.size < threshold) break;
    const secret = combineShares(some, threshold);
    if (isRight(secret)) return secret;
  }
  throw refuse(`unmask: the shares of the party at position ${party} do not give what it committed to`);
}

/**
 * Σ_{U3}(x + PRG(r)) modulo 2^64: the masked inputs less the self masks of U3 and the pairwise masks towards U2∖U3.
 */
export function sumMasked(
  context: SumContext,
  inputs: ReadonlyMap<number, Pick<MaskedInput, "words">>,
  recovery: Recovery,
): BigUint64Array {
  const sum = new BigUint64Array(context.words);
  for (const { words } of inputs.values()) {
    const input = littleEndianWords(words);
    for (let word = 0; word < sum.length; word++) sum[word]! += input[word]!;
  }
  for (const selfMask of recovery.selfMasks.values()) addMaskStream(sum, selfMask, -1);
  // What a dropped party's mask key added at the others: its own masks towards them, with the other sign.
  for (const [self, maskSecret] of recovery.maskKeys) {
    addPairMasks(context, sum, { self, maskSecret }, [...inputs.keys()], 1);
  }
  return sum;
}

/**
 * What one opener gets: everything it needs to compute the masked sum itself and check it against what the owners
 * agreed to, and the result seeds sealed to it.
 */
export function encodeOpening(parts: {
  readonly announcements: readonly Announcement[];
  readonly inputs: ReadonlyMap<number, MaskedInput>;
  readonly agreements: Uint8Array;
  readonly recovery: Recovery;
  readonly maskedSum: BigUint64Array;
  readonly opener: number;
}): Uint8Array {
  const { inputs, agreements, recovery, maskedSum, opener } = parts;
  const announcements = inOrder(parts.announcements);
  return openingBody.encode({
    agreements,
    cohort: announcements.map(({ party, statement }) => [party, statement]),
    inputs: sortedEntries(inputs).map(([party, { statement, words }]) => [party, { statement, words }]),
    selfMasks: sortedEntries(recovery.selfMasks),
    maskKeys: sortedEntries(recovery.maskKeys),
    seeds: announcements
      .filter(({ party }) => inputs.has(party))
      .map(({ party, seeds }) => [party, seeds.get(opener)!]),
    sum: new Uint8Array(maskedSum.buffer, maskedSum.byteOffset, maskedSum.byteLength),
  });
}

function refuse(message: string): ProtocolError {
  return new ProtocolError("integrity", message);
}
