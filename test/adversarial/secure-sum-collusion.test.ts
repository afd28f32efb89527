import { describe, expect, it } from "vitest";
import { isEqualBytes } from "../../shared/base/bytes.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import { revealShares } from "../../shared/aggregation/client.ts";
import { maskedInputBody, openingBody } from "../../shared/aggregation/bodies.ts";
import { addPairMasks, envelopeContext, envelopeSealKey, selfMaskHash } from "../../shared/aggregation/masks.ts";
import {
  encodeOpening,
  readUnmask,
  recoverMasks,
  sumMasked,
  type UnmaskAnswer,
} from "../../shared/aggregation/server.ts";
import { dhPublicKey } from "../../shared/crypto/key-agreement.ts";
import { addMaskStream, littleEndianWords } from "../../shared/crypto/mask-stream.ts";
import { openSmall } from "../../shared/crypto/sealing.ts";
import { combineShares } from "../../shared/crypto/shamir.ts";
import {
  agree,
  agreementsNotice,
  createSumNetwork,
  enter,
  maskedInputs,
  ownerOf,
  wordsToHex,
  type SumNetwork,
} from "../helpers/sum-network.ts";
import { present } from "../unit/shared/crypto/support.ts";

/**
 * Boroughs that pool everything they have, one of them an opener, first under an honest coordinator and then with a
 * lying one. The coalition is given the strongest attack there is on one borough's input: it takes off every mask that
 * it derives, was told or can put together from shares. One member more, and the same attack succeeds.
 */

/** What a coalition has gathered about its victim. */
interface Loot {
  /** The victim's masked input, and the cohort it was made for. */
  readonly masked: Uint8Array;
  readonly cohort: readonly number[];
  readonly selfMaskShares: ReadonlyMap<number, Uint8Array>;
  readonly maskKeyShares: ReadonlyMap<number, Uint8Array>;
  /** Owners whose mask secrets the coalition has. */
  readonly colluders: readonly number[];
  /** As an opener's envelope key opens it. */
  readonly resultMask: Uint8Array;
  /** b, where somebody was told it. */
  readonly selfMask: Uint8Array | null;
  /** Mask keys of parties that dropped out, as an opener is shown them. */
  readonly dropped: ReadonlyMap<number, Uint8Array>;
}

interface Spoils {
  /** The victim's input, if everything came off. */
  readonly input: BigUint64Array;
  readonly hasSelfMask: boolean;
  readonly hasMaskKey: boolean;
}

function attack(network: SumNetwork, victim: number, loot: Loot): Spoils {
  const { context } = network;
  const guess = littleEndianWords(maskedInputBody.decode(loot.masked).words).slice();
  addMaskStream(guess, loot.resultMask, -1);

  const { selfMaskHash: committed } = present(network.announcements.get(victim));
  const selfMask = loot.selfMask ?? combineAll(loot.selfMaskShares);
  const hasSelfMask = isEqualBytes(selfMaskHash(context, victim, selfMask), committed);
  addMaskStream(guess, selfMask, -1);

  const maskKey = combineAll(loot.maskKeyShares);
  const hasMaskKey = isEqualBytes(dhPublicKey(maskKey), present(context.maskKeys.get(victim)));
  if (hasMaskKey) addPairMasks(context, guess, { self: victim, maskSecret: maskKey }, loot.cohort, -1);
  else {
    // Its masks with the coalition come off from the coalition's side; those with honest owners stay.
    for (const colluder of loot.colluders) {
      addPairMasks(context, guess, ownerOf(network, colluder).secrets, [victim], 1);
    }
    for (const [self, maskSecret] of loot.dropped) addPairMasks(context, guess, { self, maskSecret }, [victim], 1);
  }
  return { input: guess, hasSelfMask, hasMaskKey };
}

function combineAll(shares: ReadonlyMap<number, Uint8Array>): Uint8Array {
  return shares.size === 0 ? new Uint8Array(32) : combineShares(shares, shares.size);
}

/** The victim's result seed as an opener of the coalition opens it. */
function openResultMask({ context, announcements, openers }: SumNetwork, victim: number, opener: number): Uint8Array {
  const sealed = present(present(announcements.get(victim)).seeds.get(opener));
  const route = { use: "result-seed" as const, from: victim, to: opener };
  const key = envelopeSealKey(context, present(openers.get(opener)), victim, route);
  return openSmall(key, envelopeContext(context, route), sealed);
}

/** The colluders' own shares of the victim's secrets: theirs from the cohort notice, whatever is revealed later. */
function ownShares(network: SumNetwork, cohort: readonly number[], colluders: readonly number[], victim: number) {
  const states = colluders.map((position) => [position + 1, enter(network, cohort, position).cohort] as const);
  return {
    selfMaskShares: new Map(states.map(([x, state]) => [x, present(state.selfMaskShares.get(victim))])),
    maskKeyShares: new Map(states.map(([x, state]) => [x, present(state.maskKeyShares.get(victim))])),
  };
}

/** The opener among the owners of every test network. */
const OPENER = 1;

describe("colluding boroughs under an honest coordinator", () => {
  /** An honest run in which somebody drops out, and all that the coalition sees of it. */
  function lootOf(network: SumNetwork, colluders: readonly number[], victim: number): Loot {
    const { context } = network;
    const cohort = [...context.owners];
    const lost = cohort.filter((position) => position !== victim && !colluders.includes(position)).slice(1, 2);
    const members = cohort.filter((position) => !lost.includes(position));
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
    const opener = OPENER;
    // An opener is shown the masked inputs and what came off them.
    const opening = openingBody.decode(
      encodeOpening({ announcements, inputs, agreements, recovery, maskedSum, opener }),
    );
    return {
      masked: maskedInputBody.encode(present(new Map(opening.inputs).get(victim))),
      cohort,
      ...ownShares(network, cohort, colluders, victim),
      colluders,
      resultMask: openResultMask(network, victim, opener),
      selfMask: present(new Map(opening.selfMasks).get(victim)),
      dropped: new Map(opening.maskKeys),
    };
  }

  it.each([5, 7, 10, 13])("t − 1 of %i, an opener among them, cannot unmask another; t can", (owners) => {
    const network = createSumNetwork({ owners, seed: `colluders ${owners}`, words: 4 });
    const { threshold } = network.context;
    const victim = present(network.context.owners.at(-2));
    const others = network.context.owners.filter((position) => position !== victim);
    const truth = wordsToHex(ownerOf(network, victim).input);

    const few = attack(network, victim, lootOf(network, others.slice(0, threshold - 1), victim));
    expect(few).toMatchObject({ hasSelfMask: true, hasMaskKey: false });
    expect(wordsToHex(few.input)).not.toBe(truth);

    const enough = attack(network, victim, lootOf(network, others.slice(0, threshold), victim));
    expect(enough.hasMaskKey).toBe(true);
    expect(wordsToHex(enough.input)).toBe(truth);
  });

  it("t − 1 shares fit every secret alike: each byte of the missing share gives another key", () => {
    const network = createSumNetwork({ owners: 7, seed: "perfect", words: 1 });
    const victim = 13;
    const colluders = network.context.owners.slice(0, network.context.threshold - 1);
    const { maskKeyShares } = ownShares(network, network.context.owners, colluders, victim);
    const first = new Set<number>();
    for (let byte = 0; byte < 256; byte++) {
      const missing = new Uint8Array(32).fill(byte);
      const key = combineShares(new Map([...maskKeyShares, [victim + 1, missing]]), network.context.threshold);
      first.add(present(key[0]));
    }
    expect(first.size).toBe(256);
  });
});

describe("colluding boroughs with a lying coordinator", () => {
  type Told = "delivered" | "dropped" | "nothing";

  /**
   * The best lie: the victim's input is in, some honest nodes are told so and give shares of b, others are told that it
   * dropped out and give shares of its mask key; the colluders sign both stories and throw in their own shares.
   */
  function lootUnder(network: SumNetwork, colluders: readonly number[], victim: number, told: Map<number, Told>): Loot {
    const { context } = network;
    const cohort = [...context.owners];
    const selfMaskShares = new Map<number, Uint8Array>();
    const maskKeyShares = new Map<number, Uint8Array>();
    for (const story of ["delivered", "dropped"] as const) {
      const members = story === "delivered" ? cohort : cohort.filter((position) => position !== victim);
      const honest = [...told].filter(([, of]) => of === story).map(([position]) => position);
      const signers = [...honest, ...colluders];
      const agreements = agreementsNotice(new Map(signers.map((by) => [by, agree(network, cohort, members, by)])));
      for (const from of honest) {
        const answer = answerOf(network, cohort, members, from, agreements);
        if (answer === null) continue;
        const selfMaskShare = answer.selfMaskShares.get(victim);
        const maskKeyShare = answer.maskKeyShares.get(victim);
        if (selfMaskShare !== undefined) selfMaskShares.set(from + 1, selfMaskShare);
        if (maskKeyShare !== undefined) maskKeyShares.set(from + 1, maskKeyShare);
      }
    }
    const own = ownShares(network, cohort, colluders, victim);
    return {
      masked: enter(network, cohort, victim).masked,
      cohort,
      selfMaskShares: new Map([...selfMaskShares, ...own.selfMaskShares]),
      maskKeyShares: new Map([...maskKeyShares, ...own.maskKeyShares]),
      colluders,
      resultMask: openResultMask(network, victim, OPENER),
      selfMask: null,
      dropped: new Map(),
    };
  }

  function answerOf(
    network: SumNetwork,
    cohort: readonly number[],
    members: readonly number[],
    from: number,
    agreements: Uint8Array,
  ): UnmaskAnswer | null {
    const agreed = agree(network, cohort, members, from);
    try {
      return readUnmask(revealShares(network.context, enter(network, cohort, from).cohort, agreed, agreements));
    } catch (error) {
      if (error instanceof ProtocolError) return null;
      throw error;
    }
  }

  /** Every way of telling the honest nodes; the victim itself can only be told that it delivered, or nothing. */
  function everyLie(honest: readonly number[], victim: number): Map<number, Told>[] {
    return honest.reduce<Map<number, Told>[]>(
      (lies, position) =>
        lies.flatMap((lie) =>
          (position === victim
            ? (["delivered", "nothing"] as const)
            : (["delivered", "dropped", "nothing"] as const)
          ).map((told) => new Map(lie).set(position, told)),
        ),
      [new Map<number, Told>()],
    );
  }

  function successes(network: SumNetwork, count: number): { tried: number; unmasked: number } {
    const { owners } = network.context;
    const colluders = owners.slice(0, count);
    const victim = present(owners[count]);
    const truth = wordsToHex(ownerOf(network, victim).input);
    const lies = everyLie(owners.slice(count), victim);
    const won = lies.filter((told) => {
      const spoils = attack(network, victim, lootUnder(network, colluders, victim, told));
      const isRead = wordsToHex(spoils.input) === truth;
      expect(isRead).toBe(spoils.hasSelfMask && spoils.hasMaskKey);
      return isRead;
    });
    return { tried: lies.length, unmasked: won.length };
  }

  it.each([4, 5, 6, 7, 8])("2t − N − 1 of %i cannot unmask whatever it tells whom; 2t − N can", (owners) => {
    const network = createSumNetwork({ owners, seed: `liars ${owners}`, words: 2 });
    const most = 2 * network.context.threshold - owners - 1;
    const few = successes(network, most);
    expect(few.tried).toBe(2 * 3 ** (owners - most - 1));
    expect(few.unmasked).toBe(0);
    expect(successes(network, most + 1).unmasked).toBeGreaterThan(0);
  });
});
