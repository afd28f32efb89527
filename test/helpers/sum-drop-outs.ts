import { expect } from "vitest";
import { isEqualBytes } from "../../shared/base/bytes.ts";
import { leastCohort } from "../../shared/aggregation/context.ts";
import { selfMaskHash } from "../../shared/aggregation/masks.ts";
import type { UnmaskAnswer } from "../../shared/aggregation/server.ts";
import { dhPublicKey } from "../../shared/crypto/key-agreement.ts";
import { combineShares } from "../../shared/crypto/shamir.ts";
import { present, seededRandom } from "../unit/shared/crypto/support.ts";
import { plainSum, runSum, SUM_STEPS, wordsToHex, type SumEnd, type SumNetwork, type SumStep } from "./sum-network.ts";

/** Drop-out patterns of a secure sum and what each must come to; for the sample in npm test and the sweep in test/slow. */

type End = "released" | SumEnd;

/** What the protocol says of a pattern, by counting alone. */
function expectedEnd({ context }: SumNetwork, lost: ReadonlyMap<number, SumStep>): { end: End; members: number[] } {
  const left = (step: SumStep) =>
    context.owners.filter((position) => {
      const at = lost.get(position);
      return at === undefined || SUM_STEPS.indexOf(at) > SUM_STEPS.indexOf(step);
    });
  const members = left("masked-input");
  const isWhole = members.length === left("shares").length;
  // With nobody left there is no node to refuse; the openers do.
  if (left("shares").length === 0) return { end: "opening", members };
  if (left("shares").length < leastCohort(context)) return { end: "cohort", members };
  if (members.length === 0) return { end: "unmask", members };
  if (members.length < leastCohort(context) || (context.wholeCohort && !isWhole)) return { end: "inputs", members };
  if (left("agree").length < context.threshold) return { end: "agreements", members };
  if (left("unmask").length < context.threshold) return { end: "unmask", members };
  return { end: "released", members };
}

/** Runs a pattern and holds it against what it must come to. */
export function expectOutcome(network: SumNetwork, lost: ReadonlyMap<number, SumStep>): End {
  const { end, members } = expectedEnd(network, lost);
  const outcome = runSum(network, lost);
  if (outcome.end === "released") {
    expect(end).toBe("released");
    expect(outcome.members).toEqual(members);
    expect(wordsToHex(outcome.sum)).toBe(wordsToHex(plainSum(network, members)));
  } else {
    expect(outcome.at).toBe(end);
    expect(outcome.code).toBe("integrity");
    if (end !== "unmask") expect(outcome.answers.size).toBe(0);
    expectNothingDecodable(network, outcome.answers);
  }
  return end;
}

/** No secret comes out of the shares that the coordinator was given, however few it says are enough. */
export function expectNothingDecodable(network: SumNetwork, answers: ReadonlyMap<number, UnmaskAnswer>): void {
  const { context } = network;
  for (const position of context.owners) {
    const selfMask = combineAll(answers, ({ selfMaskShares }) => selfMaskShares.get(position));
    const maskKey = combineAll(answers, ({ maskKeyShares }) => maskKeyShares.get(position));
    const { selfMaskHash: committed } = present(network.announcements.get(position));
    if (selfMask !== null) expect(isEqualBytes(selfMaskHash(context, position, selfMask), committed)).toBe(false);
    if (maskKey !== null) {
      expect(isEqualBytes(dhPublicKey(maskKey), present(context.maskKeys.get(position)))).toBe(false);
    }
  }
}

function combineAll(
  answers: ReadonlyMap<number, UnmaskAnswer>,
  shareOf: (answer: UnmaskAnswer) => Uint8Array | undefined,
): Uint8Array | null {
  const shares = new Map(
    [...answers].flatMap(([sender, answer]): [number, Uint8Array][] => {
      const share = shareOf(answer);
      return share === undefined ? [] : [[sender + 1, share]];
    }),
  );
  return shares.size === 0 ? null : combineShares(shares, shares.size);
}

/**
 * Different patterns, most of them close to the N − t that a sum survives. Who is lost before sharing is one of a few
 * sets, so that a sweep does not spend its time on the cohort's envelopes.
 */
export function seededPatterns(network: SumNetwork, count: number): Map<number, SumStep>[] {
  const { owners, threshold } = network.context;
  const dice = seededRandom(`drop-outs of ${owners.length}`);
  const roll = (sides: number) => Buffer.from(dice.bytes(4)).readUInt32BE() % sides;
  const pick = (from: readonly number[], most: number) => {
    const pool = [...from];
    return Array.from({ length: Math.min(most, pool.length) }, () => present(pool.splice(roll(pool.length), 1)[0]));
  };
  const spare = owners.length - threshold;
  const early = Array.from({ length: 6 }, () => pick(owners, roll(Math.ceil(spare / 2) + 1)));
  const later = SUM_STEPS.filter((step) => step !== "shares");
  const patterns = new Map<string, Map<number, SumStep>>();
  while (patterns.size < count) {
    const unshared = present(early[roll(early.length)]);
    const gone = pick(
      owners.filter((position) => !unshared.includes(position)),
      roll(spare + 2),
    );
    const lost = new Map<number, SumStep>([
      ...unshared.map((position): [number, SumStep] => [position, "shares"]),
      ...gone.map((position): [number, SumStep] => [position, present(later[roll(later.length)])]),
    ]);
    patterns.set(JSON.stringify([...lost].sort(([a], [b]) => a - b)), lost);
  }
  return [...patterns.values()];
}
