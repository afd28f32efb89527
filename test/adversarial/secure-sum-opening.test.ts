import { describe, expect, it } from "vitest";
import { revealShares } from "../../shared/aggregation/client.ts";
import {
  MASKED_INPUT_LABEL,
  maskedInputBody,
  openingBody,
  SHARES_LABEL,
  statementsBody,
} from "../../shared/aggregation/bodies.ts";
import { openSum } from "../../shared/aggregation/opener.ts";
import { encodeOpening, readUnmask, recoverMasks, sumMasked } from "../../shared/aggregation/server.ts";
import { sha256 } from "../../shared/crypto/hash.ts";
import {
  agree,
  agreementsNotice,
  createSumNetwork,
  enter,
  maskedInputs,
  ownerOf,
  plainSum,
  wordBytes,
  wordsToHex,
  type SumNetwork,
} from "../helpers/sum-network.ts";
import { codeOf, flipBit, present } from "../unit/shared/crypto/support.ts";

/** What the coordinator holds at the end: that it says nothing without an opener, and that it cannot be bent. */
function finish(network: SumNetwork, members: readonly number[]) {
  const { context } = network;
  const cohort = [...context.owners];
  const agreements = agreementsNotice(new Map(members.map((by) => [by, agree(network, cohort, members, by)])));
  const answers = new Map(
    members.map((from) => {
      const agreed = agree(network, cohort, members, from);
      return [from, readUnmask(revealShares(context, enter(network, cohort, from).cohort, agreed, agreements))];
    }),
  );
  const announcements = [...network.announcements.values()];
  const inputs = maskedInputs(network, cohort, members);
  const recovery = recoverMasks(context, announcements, members, answers);
  const maskedSum = sumMasked(context, inputs, recovery);
  return { announcements, inputs, agreements, recovery, maskedSum };
}

/** Pearson's statistic of the bytes against the uniform distribution; 255 degrees of freedom. */
function chiSquare(bytes: Uint8Array): number {
  const counts = new Array<number>(256).fill(0);
  for (const byte of bytes) counts[byte] = present(counts[byte]) + 1;
  const expected = bytes.length / 256;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

// Both tails at about one in ten thousand. The seed is fixed: this passes always or never.
const LEAST = 178;
const MOST = 346;

describe("the coordinator's masked sum", () => {
  const network = createSumNetwork({ owners: 5, seed: "uniform", words: 8192, figure: (_, word) => BigInt(word % 50) });
  const all = [...network.context.owners];
  const parts = finish(network, all);

  it("is uniform without an opener", () => {
    const statistic = chiSquare(wordBytes(parts.maskedSum));
    expect(statistic).toBeGreaterThan(LEAST);
    expect(statistic).toBeLessThan(MOST);
  });

  it("is uniform however the same figures differ from it", () => {
    // The figures are known here: what is left is the result masks, and they too look like nothing.
    const sum = plainSum(network, all);
    const statistic = chiSquare(wordBytes(parts.maskedSum.map((word, index) => word - present(sum[index]))));
    expect(statistic).toBeGreaterThan(LEAST);
    expect(statistic).toBeLessThan(MOST);
  });

  it("is uniform as each masked input is", () => {
    for (const { words } of parts.inputs.values()) {
      const statistic = chiSquare(words);
      expect(statistic).toBeGreaterThan(LEAST);
      expect(statistic).toBeLessThan(MOST);
    }
  });

  it("shows at once where result masks are missing", () => {
    const envelopeSecret = present(network.openers.get(0));
    const opened = openSum(network.context, { self: 0, envelopeSecret }, encodeOpening({ ...parts, opener: 0 }));
    expect(wordsToHex(opened.sum)).toBe(wordsToHex(plainSum(network, all)));
    expect(chiSquare(wordBytes(opened.sum))).toBeGreaterThan(1000 * MOST);
  });
});

describe("an opener", () => {
  const network = createSumNetwork({ owners: 7, seed: "opener" });
  const { context } = network;
  const all = [...context.owners];
  const gone = present(all[3]);
  const members = all.filter((position) => position !== gone);
  const victim = present(all[5]);
  const parts = finish(network, members);
  const opener = 0;
  const envelopeSecret = present(network.openers.get(opener));
  const honest = openingBody.decode(encodeOpening({ ...parts, opener }));
  type Opening = typeof honest;
  const open = (opening: Opening, of = context) =>
    openSum(of, { self: opener, envelopeSecret }, openingBody.encode(opening));

  it("gets the exact sum of who delivered", () => {
    expect(open(honest).members).toEqual(members);
    expect(wordsToHex(open(honest).sum)).toBe(wordsToHex(plainSum(network, members)));
  });

  const shift = (bytes: Uint8Array, by: bigint): Uint8Array => {
    const words = new BigUint64Array(bytes.slice().buffer);
    words[0] = present(words[0]) + by;
    return wordBytes(words);
  };
  const changed = <T>(entries: [number, T][], position: number, change: (item: T) => T): [number, T][] =>
    entries.map(([party, item]) => [party, party === position ? change(item) : item]);
  const without = <T>(entries: [number, T][], position: number) => entries.filter(([party]) => party !== position);
  const resigned = (words: Uint8Array) => ({
    statement: ownerOf(network, victim).signer.sign(MASKED_INPUT_LABEL, {
      jobKey: context.jobKey,
      digest: sha256(words),
    }),
    words,
  });
  const shiftedWords = shift(present(new Map(honest.inputs).get(victim)).words, 1000n);
  const agreements = statementsBody.decode(honest.agreements);
  const replay = createSumNetwork({ owners: 7, seed: "opener", attempt: 2 });
  const earlier = openingBody.decode(encodeOpening({ ...finish(replay, members), opener }));
  const elsewhere = openingBody.decode(encodeOpening({ ...parts, opener: 1 }));
  /** The same lie with the sum that follows from it, so that comparing sums cannot be what notices. */
  const bent = (opening: Opening): Opening => {
    const inputs = new Map(opening.inputs);
    const recovery = { selfMasks: new Map(opening.selfMasks), maskKeys: new Map(opening.maskKeys) };
    return { ...opening, sum: wordBytes(sumMasked(context, inputs, recovery)) };
  };
  const committedElsewhere = ownerOf(network, victim).signer.sign(SHARES_LABEL, {
    jobKey: replay.context.jobKey,
    selfMaskHash: present(network.announcements.get(victim)).selfMaskHash,
    held: new Uint8Array(0),
  });
  const leftOut = (position: number): Opening => ({
    ...honest,
    inputs: without(honest.inputs, position),
    selfMasks: without(honest.selfMasks, position),
    maskKeys: [
      ...honest.maskKeys,
      [position, ownerOf(network, position).secrets.maskSecret] as [number, Uint8Array],
    ].sort(([a], [b]) => a - b),
  });

  const sums: [string, Opening][] = [
    ["a sum shifted by one", { ...honest, sum: shift(honest.sum, 1n) }],
    ["a sum with a bit changed", { ...honest, sum: flipBit(honest.sum, 17) }],
    ["a sum of another length", { ...honest, sum: honest.sum.slice(8) }],
  ];

  it.each(sums)("refuses %s", (_, opening) => {
    expect(codeOf(() => open(opening))).toMatch(/^(integrity|malformed)$/);
  });

  const lies: [string, Opening][] = [
    [
      "an input shifted, and the sum with it",
      {
        ...honest,
        inputs: changed(honest.inputs, victim, (input) => ({ ...input, words: shiftedWords })),
        sum: shift(honest.sum, 1000n),
      },
    ],
    [
      "an input shifted and signed anew by its own party after the others agreed",
      {
        ...honest,
        inputs: changed(honest.inputs, victim, () => resigned(shiftedWords)),
        sum: shift(honest.sum, 1000n),
      },
    ],
    ["a member left out, its mask key given", leftOut(victim)],
    ["an input missing", { ...honest, inputs: without(honest.inputs, victim) }],
    ["an agreement short of the quorum", { ...honest, agreements: statementsBody.encode(agreements.slice(0, 4)) }],
    ["another attempt's agreements", { ...honest, agreements: earlier.agreements }],
    ["no agreements", { ...honest, agreements: statementsBody.encode([]) }],
    [
      "a self mask that is not the committed one",
      { ...honest, selfMasks: changed(honest.selfMasks, victim, (b) => flipBit(b, 3)) },
    ],
    ["a self mask missing", { ...honest, selfMasks: without(honest.selfMasks, victim) }],
    [
      "a mask key that is not the public one's",
      { ...honest, maskKeys: changed(honest.maskKeys, gone, (key) => flipBit(key, 9)) },
    ],
    ["a mask key missing", { ...honest, maskKeys: [] }],
    [
      "both secrets of one party",
      {
        ...honest,
        maskKeys: [
          [gone, present(honest.maskKeys[0])[1]],
          [victim, ownerOf(network, victim).secrets.maskSecret],
        ],
      },
    ],
    ["a self mask of a party outside U2", { ...honest, selfMasks: [[0, new Uint8Array(32)], ...honest.selfMasks] }],
    [
      "a mask key of a party outside U2",
      { ...honest, maskKeys: [[0, new Uint8Array(32).fill(1)], ...honest.maskKeys] },
    ],
    ["a result seed missing", { ...honest, seeds: without(honest.seeds, victim) }],
    [
      "a result seed of another party",
      { ...honest, seeds: changed(honest.seeds, victim, () => present(new Map(honest.seeds).get(1))) },
    ],
    ["a result seed sealed to another opener", { ...honest, seeds: elsewhere.seeds }],
    ["the result seeds of another attempt", { ...honest, seeds: earlier.seeds }],
    ["a cohort without the party that dropped out", { ...honest, cohort: without(honest.cohort, gone), maskKeys: [] }],
    ["commitments of another attempt", { ...honest, cohort: earlier.cohort }],
    [
      "a commitment to the right seed under another attempt",
      { ...honest, cohort: changed(honest.cohort, victim, () => committedElsewhere) },
    ],
    ["the opening of another attempt", earlier],
  ];

  it.each(lies)("refuses %s, with the sum as it was and with the one that follows", (_, opening) => {
    expect(codeOf(() => open(opening))).toMatch(/^(integrity|malformed)$/);
    expect(codeOf(() => open(bent(opening)))).toMatch(/^(integrity|malformed)$/);
  });

  it("refuses a cohort that lost somebody in a match", () => {
    expect(codeOf(() => open(honest, { ...context, wholeCohort: true }))).toBe("integrity");
  });

  it("refuses a cohort below the charter's minimum, agreed to or not", () => {
    expect(codeOf(() => open(honest, { ...context, minimumContributors: 6 }))).toBe("no error");
    expect(codeOf(() => open(honest, { ...context, minimumContributors: 7 }))).toBe("integrity");
  });

  it("learns no mask key of a party that delivered", () => {
    expect(honest.maskKeys.map(([party]) => party)).toEqual([gone]);
    const { words } = maskedInputBody.decode(enter(network, all, victim).masked);
    expect(present(new Map(honest.inputs).get(victim)).words).toEqual(words);
  });
});
