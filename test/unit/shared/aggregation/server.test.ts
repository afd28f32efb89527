import { describe, expect, it } from "vitest";
import { isEqualBytes } from "../../../../shared/base/bytes.ts";
import { encodeValue } from "../../../../shared/base/encoding.ts";
import { maskInput, revealShares } from "../../../../shared/aggregation/client.ts";
import type { SumContext, SumSecrets } from "../../../../shared/aggregation/context.ts";
import { hkdfSha256 } from "../../../../shared/crypto/hash.ts";
import { generateDhKey, sharedSecret } from "../../../../shared/crypto/key-agreement.ts";
import { addMaskStream, littleEndianWords } from "../../../../shared/crypto/mask-stream.ts";
import {
  readAgree,
  readMaskedInput,
  readShares,
  readUnmask,
  recoverMasks,
  type UnmaskAnswer,
} from "../../../../shared/aggregation/server.ts";
import { maskedInputBody, sharesBody } from "../../../../shared/aggregation/bodies.ts";
import {
  agree,
  agreementsNotice,
  createSumNetwork,
  enter,
  ownerOf,
  type SumNetwork,
} from "../../../helpers/sum-network.ts";
import { codeOf, flipBit, present, seededRandom } from "../crypto/support.ts";

const network = createSumNetwork({ owners: 7, seed: "server" });
const { context } = network;
const all = context.owners;
const [first = NaN, ...rest] = all;

function answersOf(of: SumNetwork, members: readonly number[]): Map<number, UnmaskAnswer> {
  const agreements = agreementsNotice(new Map(members.map((from) => [from, agree(of, all, members, from)])));
  return new Map(
    members.map((from) => {
      const body = revealShares(context, enter(of, all, from).cohort, agree(of, all, members, from), agreements);
      return [from, readUnmask(body)];
    }),
  );
}

function falsified(answer: UnmaskAnswer): UnmaskAnswer {
  const flip = (shares: ReadonlyMap<number, Uint8Array>) =>
    new Map([...shares].map(([party, share]) => [party, flipBit(share, party)]));
  return { selfMaskShares: flip(answer.selfMaskShares), maskKeyShares: flip(answer.maskKeyShares) };
}

const announcements = [...network.announcements.values()];

describe("recovering masks", () => {
  it("gives b of who delivered and the mask key of who did not, never both for one party", () => {
    const { selfMasks, maskKeys } = recoverMasks(context, announcements, rest, answersOf(network, rest));
    expect([...selfMasks.keys()]).toEqual(rest);
    expect([...maskKeys.keys()]).toEqual([first]);
    expect(isEqualBytes(present(maskKeys.get(first)), ownerOf(network, first).secrets.maskSecret)).toBe(true);
    for (const [party, selfMask] of selfMasks) {
      expect(isEqualBytes(selfMask, ownerOf(network, party).secrets.selfMask)).toBe(true);
    }
  });

  it("answers hold shares of one kind for each party", () => {
    for (const answer of answersOf(network, rest).values()) {
      expect([...answer.selfMaskShares.keys()]).toEqual(rest);
      expect([...answer.maskKeyShares.keys()]).toEqual([first]);
    }
  });

  it("survives one falsified answer among more than the quorum, whoever sends it", () => {
    for (const liar of rest) {
      const answers = answersOf(network, rest);
      answers.set(liar, falsified(present(answers.get(liar))));
      expect(codeOf(() => recoverMasks(context, announcements, rest, answers))).toBe("no error");
    }
  });

  it("names the position whose secret does not come out when every set of shares holds a false one", () => {
    const answers = new Map([...answersOf(network, rest)].slice(0, context.threshold));
    const [liar] = rest;
    answers.set(present(liar), falsified(present(answers.get(present(liar)))));
    expect(codeOf(() => recoverMasks(context, announcements, rest, answers))).toBe("integrity");
    expect(() => recoverMasks(context, announcements, rest, answers)).toThrow(`position ${first}`);
  });

  it("fails with one answer fewer than the quorum", () => {
    const answers = [...answersOf(network, rest)];
    const enough = new Map(answers.slice(0, context.threshold));
    const few = new Map(answers.slice(0, context.threshold - 1));
    expect(codeOf(() => recoverMasks(context, announcements, rest, enough))).toBe("no error");
    expect(codeOf(() => recoverMasks(context, announcements, rest, few))).toBe("integrity");
  });
});

describe("reading bodies", () => {
  it("refuses shares that leave out a recipient, or hold an envelope of another length", () => {
    const body = sharesBody.decode(present(network.shares.get(first)));
    const read = (changed: typeof body) => codeOf(() => readShares(context, first, sharesBody.encode(changed)));
    expect(read(body)).toBe("no error");
    expect(read({ ...body, envelopes: body.envelopes.slice(1) })).toBe("malformed");
    expect(read({ ...body, seeds: body.seeds.slice(1) })).toBe("malformed");
    expect(read({ ...body, seeds: body.envelopes })).toBe("malformed");
    const short = body.envelopes.map(([to, sealed]): [number, Uint8Array] => [to, sealed.slice(1)]);
    expect(read({ ...body, envelopes: short })).toBe("malformed");
  });

  it("refuses another's shares", () => {
    expect(codeOf(() => readShares(context, first, present(network.shares.get(present(rest[0])))))).toBe("integrity");
  });

  it("refuses what the same party signed for another attempt", () => {
    const replay = createSumNetwork({ owners: 7, seed: "server", attempt: 2 });
    const readers: [readonly [Uint8Array, Uint8Array], (body: Uint8Array) => unknown][] = [
      [
        [present(network.shares.get(first)), present(replay.shares.get(first))],
        (body) => readShares(context, first, body),
      ],
      [
        [enter(network, all, first).masked, enter(replay, all, first).masked],
        (body) => readMaskedInput(context, all, first, body),
      ],
      [
        [agree(network, all, all, first).statement, agree(replay, all, all, first).statement],
        (body) => {
          readAgree(context, first, body);
        },
      ],
    ];
    for (const [[now, then], read] of readers) {
      expect(codeOf(() => read(now))).toBe("no error");
      expect(codeOf(() => read(then))).toBe("integrity");
    }
  });

  it("refuses an input from outside the cohort, of another length, or with other words than were signed", () => {
    const { masked } = enter(network, all, first);
    const { statement, words } = maskedInputBody.decode(masked);
    expect(codeOf(() => readMaskedInput(context, all, first, masked))).toBe("no error");
    expect(codeOf(() => readMaskedInput(context, rest, first, masked))).toBe("wrong-phase");
    const read = (other: Uint8Array) =>
      codeOf(() => readMaskedInput(context, all, first, maskedInputBody.encode({ statement, words: other })));
    expect(read(words.slice(8))).toBe("malformed");
    expect(read(words.slice(1))).toBe("malformed");
    expect(read(flipBit(words, 5))).toBe("integrity");
    expect(codeOf(() => readMaskedInput(context, all, first, encodeValue(null)))).toBe("malformed");
  });
});

describe("a masked input", () => {
  it("is the same bytes for the same attempt, and others for the next", () => {
    const again = createSumNetwork({ owners: 7, seed: "server" });
    expect(enter(again, all, first).masked).toEqual(enter(network, all, first).masked);
    const next = createSumNetwork({ owners: 7, seed: "server", attempt: 2 });
    expect(ownerOf(next, first).input).toEqual(ownerOf(network, first).input);
    expect(enter(next, all, first).masked).not.toEqual(enter(network, all, first).masked);
  });

  it("hides behind masks that follow from both ends' keys and from J*", () => {
    const { secrets, input, signer } = ownerOf(network, first);
    const { cohort, masked } = enter(network, all, first);
    const make = (of: Partial<SumContext>, own: Partial<SumSecrets> = {}) =>
      maskedInputBody.decode(maskInput({ ...context, ...of }, { ...secrets, ...own }, cohort, input, signer)).words;
    const { words } = maskedInputBody.decode(masked);
    expect(make({})).toEqual(words);
    const other = generateDhKey(seededRandom("another key"));
    const [peer] = rest;
    expect(make({}, { maskSecret: other.secretKey })).not.toEqual(words);
    expect(make({ maskKeys: new Map(context.maskKeys).set(present(peer), other.publicKey) })).not.toEqual(words);
    expect(make({ jobKey: new Uint8Array(32) })).not.toEqual(words);
    expect(make({}, { selfMask: new Uint8Array(32) })).not.toEqual(words);
    expect(make({}, { resultMask: new Uint8Array(32) })).not.toEqual(words);
  });

  it("is not made with a peer whose key gives the same secret to everybody", () => {
    const { secrets, input, signer } = ownerOf(network, first);
    const { cohort } = enter(network, all, first);
    const maskKeys = new Map(context.maskKeys).set(present(rest[0]), new Uint8Array(32));
    expect(codeOf(() => maskInput({ ...context, maskKeys }, secrets, cohort, input, signer))).toBe("integrity");
  });

  it("is the protocol's y: plus the pair masks towards later positions, minus those towards earlier ones", () => {
    for (const self of all) {
      const { secrets, input } = ownerOf(network, self);
      const expected = input.slice();
      addMaskStream(expected, secrets.selfMask, 1);
      addMaskStream(expected, secrets.resultMask, 1);
      for (const peer of all.filter((position) => position !== self)) {
        const shared = sharedSecret(secrets.maskSecret, present(context.maskKeys.get(peer)));
        const info = encodeValue(["portmoot/pair-mask/v1", Math.min(self, peer), Math.max(self, peer)]);
        addMaskStream(expected, hkdfSha256(shared, context.jobKey, info, 32), self < peer ? 1 : -1);
      }
      const { words } = maskedInputBody.decode(enter(network, all, self).masked);
      expect(littleEndianWords(words)).toEqual(expected);
    }
  });

  it("leaves the caller's words as they were", () => {
    const before = ownerOf(network, first).input.slice();
    enter(network, all.slice(0, 6), first);
    expect(ownerOf(network, first).input).toEqual(before);
  });
});
