import { isEqualBytes } from "../base/bytes.ts";
import { ProtocolError } from "../base/errors.ts";
import { dhPublicKey } from "../crypto/key-agreement.ts";
import { addMaskStream, littleEndianWords } from "../crypto/mask-stream.ts";
import { openSmall } from "../crypto/sealing.ts";
import {
  checkWords,
  isSameSet,
  isSubset,
  maskedInputBody,
  openingBody,
  SHARES_LABEL,
  sharesStatementBody,
} from "./bodies.ts";
import { verifyAgreements } from "./client.ts";
import { leastCohort, type SumContext } from "./context.ts";
import { envelopeContext, envelopeSealKey, selfMaskHash } from "./masks.ts";
import { readMaskedInput, sumMasked, type MaskedInput } from "./server.ts";

/**
 * An opener's side: computes the masked sum anew from the inputs whose digests t owners signed, requires the
 * coordinator's to equal it (so that a lying coordinator cannot shift a figure towards a threshold), and takes off
 * the result masks. It learns the sum and nothing of one owner: pairwise masks within U3 are never revealed.
 *
 * @returns U3 and the exact sum of its inputs modulo 2^64
 * @throws ProtocolError "integrity" naming the check
 */
export function openSum(
  context: SumContext,
  { self, envelopeSecret }: { readonly self: number; readonly envelopeSecret: Uint8Array },
  body: Uint8Array,
): { members: number[]; sum: BigUint64Array } {
  const opening = openingBody.decode(body);
  const cohort = opening.cohort.map(([party]) => party);
  const members = opening.inputs.map(([party]) => party);
  if (!isSubset(cohort, context.owners) || !isSubset(members, cohort)) {
    throw refuse("opening: the sets are not within each other");
  }
  if (context.wholeCohort && !isSameSet(members, cohort)) throw refuse("opening: U3 is not U2");
  if (members.length < leastCohort(context)) throw refuse("opening: fewer than the charter's quorum");

  const inputs = new Map<number, MaskedInput>();
  for (const [party, { statement, words }] of opening.inputs) {
    inputs.set(party, readMaskedInput(context, cohort, party, maskedInputBody.encode({ statement, words })));
  }
  const digests = new Map([...inputs].map(([party, { digest }]) => [party, digest]));
  const signers = verifyAgreements(context, cohort, { members, digests }, opening.agreements);
  if (signers < context.threshold) throw refuse("opening: fewer agreements than the quorum");

  const recovery = { selfMasks: new Map(opening.selfMasks), maskKeys: new Map(opening.maskKeys) };
  verifyRecovery(context, opening.cohort, members, recovery);
  const sum = sumMasked(context, inputs, recovery);
  const claimed = littleEndianWords(checkWords(context, opening.sum, "opening: sum"));
  if (sum.some((word, index) => word !== claimed[index])) {
    throw refuse("opening: the coordinator's sum is not the sum of what was agreed");
  }

  const seeds = new Map(opening.seeds);
  for (const party of members) {
    const sealed = seeds.get(party);
    if (sealed === undefined) throw refuse("opening: a result seed is missing");
    const route = { use: "result-seed" as const, from: party, to: self };
    const key = envelopeSealKey(context, envelopeSecret, party, route);
    const seed = openSmall(key, envelopeContext(context, route), sealed);
    if (seed.length !== 32) throw refuse("opening: a result seed is not 32 bytes");
    addMaskStream(sum, seed, -1);
    seed.fill(0);
  }
  return { members, sum };
}

/** Every secret is the one its owner committed to, b for U3 and the mask key for the others. */
function verifyRecovery(
  context: SumContext,
  cohort: [number, Uint8Array][],
  members: readonly number[],
  { selfMasks, maskKeys }: { selfMasks: Map<number, Uint8Array>; maskKeys: Map<number, Uint8Array> },
): void {
  for (const [party, statement] of cohort) {
    const signed = sharesStatementBody.parse(context.verifier.open(party, SHARES_LABEL, statement));
    if (!isEqualBytes(signed.jobKey, context.jobKey)) throw refuse("opening: shares signed for another attempt");
    const selfMask = selfMasks.get(party);
    const maskKey = maskKeys.get(party);
    const isRight = members.includes(party)
      ? maskKey === undefined &&
        selfMask !== undefined &&
        isEqualBytes(selfMaskHash(context, party, selfMask), signed.selfMaskHash)
      : selfMask === undefined &&
        maskKey !== undefined &&
        isEqualBytes(dhPublicKey(maskKey), context.maskKeys.get(party)!);
    if (!isRight) throw refuse("opening: a recovered secret is not what its owner committed to");
  }
  if (selfMasks.size + maskKeys.size !== cohort.length) throw refuse("opening: a secret of a party outside U2");
}

function refuse(message: string): ProtocolError {
  return new ProtocolError("integrity", message);
}
