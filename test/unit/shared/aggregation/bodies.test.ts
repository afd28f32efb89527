import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeValue, type Value } from "../../../../shared/base/encoding.ts";
import { ProtocolError } from "../../../../shared/base/errors.ts";
import { MAX_PARTIES } from "../../../../shared/base/limits.ts";
import {
  agreeToInputs,
  decodeCohortState,
  encodeCohortState,
  maskedInputDigest,
  openCohort,
  readInputs,
  revealShares,
  verifyAgreements,
} from "../../../../shared/aggregation/client.ts";
import {
  agreeStatementBody,
  cohortBody,
  cohortStateBody,
  inputStatementBody,
  maskedInputBody,
  openingBody,
  sharesBody,
  sharesStatementBody,
  statementsBody,
  unmaskBody,
} from "../../../../shared/aggregation/bodies.ts";
import { openSum } from "../../../../shared/aggregation/opener.ts";
import {
  encodeInputs,
  encodeOpening,
  readAgree,
  readMaskedInput,
  readShares,
  readUnmask,
  recoverMasks,
  sumMasked,
} from "../../../../shared/aggregation/server.ts";
import {
  agree,
  agreementsNotice,
  cohortNotice,
  createSumNetwork,
  enter,
  maskedInputs,
  ownerOf,
} from "../../../helpers/sum-network.ts";
import { codeOf, flipBit, present } from "../crypto/support.ts";

const party = fc.integer({ min: 0, max: MAX_PARTIES - 1 });
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const anyBytes = fc.uint8Array({ maxLength: 100 });
const byParty = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<[number, T][]> =>
  fc
    .uniqueArray(fc.tuple(party, item), { selector: ([position]) => position, maxLength: 8 })
    .map((entries) => entries.toSorted(([a], [b]) => a - b));
const parties = byParty(fc.constant(null)).map((entries) => entries.map(([position]) => position));

/** Each body with values of its shape. */
const CODECS = {
  "shares statement": [sharesStatementBody, fc.record({ jobKey: bytes(32), selfMaskHash: bytes(32), held: anyBytes })],
  "masked input statement": [inputStatementBody, fc.record({ jobKey: bytes(32), digest: bytes(32) })],
  agreement: [
    agreeStatementBody,
    fc.record({
      jobKey: bytes(32),
      u1: parties,
      u2: parties,
      u3: parties,
      digests: fc.array(bytes(32), { maxLength: 8 }),
      ledgerHead: bytes(32),
    }),
  ],
  shares: [sharesBody, fc.record({ statement: anyBytes, envelopes: byParty(anyBytes), seeds: byParty(anyBytes) })],
  cohort: [cohortBody, byParty(fc.record({ statement: anyBytes, envelope: anyBytes }))],
  "masked input": [maskedInputBody, fc.record({ statement: anyBytes, words: anyBytes })],
  statements: [statementsBody, byParty(anyBytes)],
  "unmask answer": [unmaskBody, fc.record({ selfMaskShares: byParty(bytes(32)), maskKeyShares: byParty(bytes(32)) })],
  opening: [
    openingBody,
    fc.record({
      agreements: anyBytes,
      cohort: byParty(anyBytes),
      inputs: byParty(fc.record({ statement: anyBytes, words: anyBytes })),
      selfMasks: byParty(bytes(32)),
      maskKeys: byParty(bytes(32)),
      seeds: byParty(anyBytes),
      sum: anyBytes,
    }),
  ],
  "cohort state": [
    cohortStateBody,
    fc.record({
      members: parties,
      commitments: byParty(bytes(32)),
      held: byParty(anyBytes),
      maskKeyShares: byParty(bytes(32)),
      selfMaskShares: byParty(bytes(32)),
    }),
  ],
} as const;

interface Codec {
  encode(body: never): Uint8Array;
  decode(encoded: Uint8Array): unknown;
}
const codecs = Object.entries(CODECS) as unknown as [string, [Codec, fc.Arbitrary<never>]][];

describe("bodies of the secure sum", () => {
  it.each(codecs)("%s: decoding inverts encoding, and encoding decoding", (_, [codec, values]) => {
    fc.assert(
      fc.property(values, (value) => {
        const encoded = codec.encode(value);
        const decoded = codec.decode(encoded);
        expect(decoded).toEqual(value);
        expect(codec.encode(decoded as never)).toEqual(encoded);
      }),
    );
  });

  it.each(codecs)("%s: any bytes and any value decode or throw a typed error", (_, [codec, values]) => {
    const either = (encoded: Uint8Array) => {
      const code = codeOf(() => codec.decode(encoded));
      expect(["no error", "malformed"]).toContain(code);
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), either));
    fc.assert(
      fc.property(canonicalValue, (value) => {
        either(encodeValue(value));
      }),
    );
    fc.assert(
      fc.property(values, fc.nat(), fc.nat(7), (value, at, bit) => {
        either(flipBit(codec.encode(value), at, bit));
      }),
    );
  });

  it("refuse a party twice, out of order or beyond the charter's most", () => {
    const body = (positions: number[]) => encodeValue(positions.map((position) => [position, new Uint8Array(1)]));
    expect(codeOf(() => statementsBody.decode(body([1, 2, MAX_PARTIES - 1])))).toBe("no error");
    for (const wrong of [[1, 1], [2, 1], [-1], [MAX_PARTIES], [0.5]]) {
      expect(codeOf(() => statementsBody.decode(body(wrong)))).toBe("malformed");
    }
  });

  it("keep a cohort over a restart", () => {
    const network = createSumNetwork({ owners: 3, seed: "state" });
    const { cohort } = enter(network, network.context.owners, 3);
    expect(decodeCohortState(encodeCohortState(cohort))).toEqual(cohort);
  });
});

const { value: canonicalValue } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false),
    fc.integer(),
    fc.string(),
    fc.uint8Array({ maxLength: 40 }),
    bytes(32),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(
      fc.constantFrom("statement", "envelopes", "words", "jobKey", "members", "sum", "__proto__", "x"),
      tie("value"),
      { maxKeys: 4 },
    ),
  ),
}));

/** One honest run, every body of it, and who reads it. */
function everyReader(): Record<string, [body: Uint8Array, read: (body: Uint8Array) => unknown]> {
  const network = createSumNetwork({ owners: 4, seed: "readers", words: 2 });
  const { context } = network;
  const all = [...context.owners];
  const members = all.slice(1);
  const self = present(members[0]);
  const { secrets, signer } = ownerOf(network, self);
  const { cohort, masked } = enter(network, all, self);
  const inputs = maskedInputs(network, all, members);
  const agreed = agree(network, all, members, self);
  const agreements = agreementsNotice(new Map(members.map((from) => [from, agree(network, all, members, from)])));
  const answer = revealShares(context, cohort, agreed, agreements);
  const answers = new Map(
    members.map((from) => [
      from,
      readUnmask(revealShares(context, enter(network, all, from).cohort, agreed, agreements)),
    ]),
  );
  const announcements = all.map((position) => present(network.announcements.get(position)));
  const recovery = recoverMasks(context, announcements, members, answers);
  const maskedSum = sumMasked(context, inputs, recovery);
  const opener = 0;
  const envelopeSecret = present(network.openers.get(opener));
  return {
    readShares: [present(network.shares.get(self)), (body) => readShares(context, self, body)],
    openCohort: [cohortNotice(network, all, self), (body) => openCohort(context, secrets, body)],
    decodeCohortState: [encodeCohortState(cohort), decodeCohortState],
    readMaskedInput: [masked, (body) => readMaskedInput(context, all, self, body)],
    maskedInputDigest: [masked, maskedInputDigest],
    agreeToInputs: [
      encodeInputs(inputs),
      (body) => {
        const own = maskedInputDigest(masked);
        return agreeToInputs(context, self, cohort, readInputs(context, cohort, body), own, new Uint8Array(32), signer);
      },
    ],
    readAgree: [
      agreed.statement,
      (body) => {
        readAgree(context, self, body);
      },
    ],
    verifyAgreements: [agreements, (body) => verifyAgreements(context, all, agreed, body)],
    revealShares: [agreements, (body) => revealShares(context, cohort, agreed, body)],
    readUnmask: [answer, readUnmask],
    recoverMasks: [
      answer,
      (body) => recoverMasks(context, announcements, members, new Map(answers).set(self, readUnmask(body))),
    ],
    openSum: [
      encodeOpening({ announcements, inputs, agreements, recovery, maskedSum, opener }),
      (body) => openSum(context, { self: opener, envelopeSecret }, body),
    ],
  };
}

describe("readers of the secure sum", () => {
  const readers = Object.entries(everyReader());

  it.each(readers)("%s takes what an honest party sent", (_, [body, read]) => {
    expect(() => read(body)).not.toThrow();
  });

  it.each(readers)(
    "%s gives a value or a typed error for a body cut, lengthened, changed or made up",
    (_, [body, read]) => {
      const typed = (attempt: Uint8Array) => {
        try {
          read(attempt);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      };
      const runs = { numRuns: 60 };
      fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), typed), runs);
      fc.assert(
        fc.property(canonicalValue, (value) => {
          typed(encodeValue(value));
        }),
        runs,
      );
      fc.assert(
        fc.property(fc.nat(body.length - 1), (length) => {
          typed(body.slice(0, length));
        }),
        runs,
      );
      fc.assert(
        fc.property(fc.nat(), fc.nat(7), (at, bit) => {
          typed(flipBit(body, at, bit));
        }),
        runs,
      );
      fc.assert(
        fc.property(fc.nat(body.length), fc.uint8Array({ minLength: 1, maxLength: 40 }), (at, piece) => {
          const changed = body.slice();
          changed.set(piece.subarray(0, body.length - at), at);
          typed(changed);
          typed(Uint8Array.from([...body, ...piece]));
        }),
        runs,
      );
    },
  );
});
