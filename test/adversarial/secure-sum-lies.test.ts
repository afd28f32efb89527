import { describe, expect, it } from "vitest";
import {
  agreeToInputs,
  createShares,
  maskedInputDigest,
  openCohort,
  readInputs,
  revealShares,
  type Inputs,
} from "../../shared/aggregation/client.ts";
import {
  AGREE_LABEL,
  cohortBody,
  MASKED_INPUT_LABEL,
  SHARES_LABEL,
  sharesBody,
  statementsBody,
} from "../../shared/aggregation/bodies.ts";
import type { SumContext } from "../../shared/aggregation/context.ts";
import { encodeInputs, readUnmask } from "../../shared/aggregation/server.ts";
import { generateDhKey } from "../../shared/crypto/key-agreement.ts";
import { generateSigningKey } from "../../shared/crypto/signature.ts";
import {
  agree,
  cohortNotice,
  createSumNetwork,
  createTestSigner,
  enter,
  maskedInputs,
  ownerOf,
  sharesFrom,
  type SumNetwork,
} from "../helpers/sum-network.ts";
import { flipBit, present, seededRandom } from "../unit/shared/crypto/support.ts";

/**
 * A lying coordinator against honest nodes. It holds every body they sent and may say anything to anybody; what it
 * wants is shares, and every lie here must leave it with none. Each table's first row is the truth: it must pass.
 */
const network = createSumNetwork({ owners: 7, seed: "lies" }); // t = 5
const replay = createSumNetwork({ owners: 7, seed: "lies", attempt: 2 });
const { context } = network;
const all = [...context.owners];
const self = present(all[2]);
const victim = present(all[4]);
const withoutVictim = all.filter((position) => position !== victim);
const stranger = 0;
const puppetSigner = createTestSigner(generateSigningKey(seededRandom("puppet")).secretKey);

type Entries<T> = [number, T][];
/** The entries, with one of them replaced. */
function replaced<T>(entries: Entries<T>, position: number, change: (item: T) => T): Entries<T> {
  return entries.map(([party, item]) => [party, party === position ? change(item) : item]);
}

describe("a lying cohort notice", () => {
  const honest = cohortBody.decode(cohortNotice(network, all, self));
  const earlier = cohortBody.decode(cohortNotice(replay, all, self));
  const elsewhere = cohortBody.decode(cohortNotice(network, all, present(all[0])));
  const of = <T>(entries: Entries<T>, position: number): T => present(new Map(entries).get(position));
  const signed = (jobKey: Uint8Array) =>
    puppetSigner.sign(SHARES_LABEL, { jobKey, selfMaskHash: new Uint8Array(32), held: new Uint8Array(0) });
  const puppet = { statement: signed(context.jobKey), envelope: of(honest, victim).envelope };
  /** What the coordinator would seal in the victim's place, with an envelope key of its own. */
  const forged = () => {
    const random = seededRandom("forged envelope");
    const { secretKey } = generateDhKey(random);
    const secrets = { ...ownerOf(network, victim).secrets, envelopeSecret: secretKey, maskSecret: secretKey };
    const body = sharesBody.decode(createShares(context, secrets, new Uint8Array(0), puppetSigner, random));
    return of(body.envelopes, self);
  };

  /** The opener that is no owner, as a member: everything it would need, honestly signed and sealed. */
  const outsider = () => {
    const secrets = {
      ...ownerOf(network, victim).secrets,
      self: stranger,
      envelopeSecret: present(network.openers.get(stranger)),
    };
    const signer = present(network.signers.get(stranger));
    const body = sharesBody.decode(createShares(context, secrets, new Uint8Array(0), signer, seededRandom("outsider")));
    return { statement: body.statement, envelope: of(body.envelopes, self) };
  };
  /** What this node sealed for the victim: under the same shared secret, the other way. */
  const reflected = () => of(sharesBody.decode(present(network.shares.get(self))).envelopes, victim);
  const recommitted = ownerOf(network, self).signer.sign(SHARES_LABEL, {
    jobKey: context.jobKey,
    selfMaskHash: new Uint8Array(32).fill(1),
    held: new Uint8Array(0),
  });

  const lies: [string, Entries<{ statement: Uint8Array; envelope: Uint8Array }>, boolean?][] = [
    ["the truth", honest, true],
    ["the truth about fewer, still a quorum", honest.slice(0, 5), true],
    ["fewer than the quorum", honest.slice(0, 4)],
    ["without the node itself", honest.filter(([party]) => party !== self)],
    ["a stranger as a member", [[stranger, puppet], ...honest]],
    ["a party of the charter that is not in U1", [[stranger, outsider()], ...honest]],
    ["a party of no charter", [...honest, [99, puppet]]],
    ["a member twice", [present(honest[0]), ...honest]],
    ["a puppet in a member's place", replaced(honest, victim, () => puppet)],
    ["another member's statement in a member's place", replaced(honest, victim, () => of(honest, present(all[0])))],
    ["a statement changed", replaced(honest, victim, (e) => ({ ...e, statement: flipBit(e.statement, 60) }))],
    ["a statement missing", replaced(honest, victim, (e) => ({ ...e, statement: new Uint8Array(0) }))],
    ["an envelope missing", replaced(honest, victim, (e) => ({ ...e, envelope: new Uint8Array(0) }))],
    ["an envelope changed", replaced(honest, victim, (e) => ({ ...e, envelope: flipBit(e.envelope, 40) }))],
    ["an envelope addressed to somebody else", replaced(honest, victim, () => of(elsewhere, victim))],
    ["an envelope of another member", replaced(honest, victim, (e) => ({ ...e, envelope: of(honest, 1).envelope }))],
    ["an envelope of the coordinator's making", replaced(honest, victim, (e) => ({ ...e, envelope: forged() }))],
    ["a member's shares of the attempt before", replaced(honest, victim, () => of(earlier, victim))],
    [
      "an envelope of the attempt before",
      replaced(honest, victim, (e) => ({ ...e, envelope: of(earlier, victim).envelope })),
    ],
    [
      "a commitment of the attempt before with the envelope of this",
      replaced(honest, victim, (e) => ({ ...e, statement: of(earlier, victim).statement })),
    ],
    ["the node's own envelope thrown back at it", replaced(honest, victim, (e) => ({ ...e, envelope: reflected() }))],
    ["the node's own commitment to another seed", replaced(honest, self, (e) => ({ ...e, statement: recommitted }))],
    ["the whole notice of the attempt before", earlier],
    ["the node's own commitment of the attempt before", replaced(honest, self, () => of(earlier, self))],
  ];

  it.each(lies)("%s", (_, entries, isTrue = false) => {
    const { secrets } = ownerOf(network, self);
    const opened = sharesFrom(() => {
      openCohort(context, secrets, cohortBody.encode(entries));
      return new Uint8Array(0);
    });
    expect(opened !== null).toBe(isTrue);
  });
});

describe("a lying inputs notice", () => {
  const inputs = (of: SumNetwork) => statementsBody.decode(encodeInputs(maskedInputs(of, all, all)));
  const honest = inputs(network);
  const earlier = new Map(inputs(replay));
  const digestBy = (signer: typeof puppetSigner, jobKey: Uint8Array) =>
    signer.sign(MASKED_INPUT_LABEL, { jobKey, digest: new Uint8Array(32).fill(9) });
  const victimSigner = ownerOf(network, victim).signer;
  const ask = (entries: Entries<Uint8Array>, members = all, of: SumContext = context) => {
    const { cohort, masked } = enter(network, members, self);
    const { signer } = ownerOf(network, self);
    return sharesFrom(() => {
      const read = readInputs(of, cohort, statementsBody.encode(entries));
      return agreeToInputs(of, self, cohort, read, maskedInputDigest(masked), new Uint8Array(32), signer).statement;
    });
  };

  const lies: [string, Entries<Uint8Array>, boolean?][] = [
    ["the truth", honest, true],
    ["the truth about fewer, still a quorum", honest.slice(0, 5), true],
    ["fewer than the quorum", honest.slice(0, 4)],
    ["without the node itself", honest.filter(([party]) => party !== self)],
    ["a stranger among those who delivered", [[stranger, digestBy(puppetSigner, context.jobKey)], ...honest]],
    ["a member twice", [present(honest[0]), ...honest]],
    ["a digest signed by a puppet", replaced(honest, victim, () => digestBy(puppetSigner, context.jobKey))],
    ["another member's digest", replaced(honest, victim, () => present(new Map(honest).get(1)))],
    ["a digest of the attempt before", replaced(honest, victim, () => present(earlier.get(victim)))],
    [
      "the member's own signature under another attempt",
      replaced(honest, victim, () => digestBy(victimSigner, replay.context.jobKey)),
    ],
    [
      "the node's own digest replaced by one it signed for other words",
      replaced(honest, self, () => digestBy(ownerOf(network, self).signer, context.jobKey)),
    ],
  ];

  it.each(lies)("%s", (_, entries, isTrue = false) => {
    expect(ask(entries) !== null).toBe(isTrue);
  });

  it("names a party that this node was told had dropped before sharing", () => {
    const truth = statementsBody.decode(encodeInputs(maskedInputs(network, withoutVictim, withoutVictim)));
    const lie = [...truth, ...honest.filter(([party]) => party === victim)].sort(([a], [b]) => a - b);
    expect(ask(truth, withoutVictim)).not.toBeNull();
    expect(ask(lie, withoutVictim)).toBeNull();
  });

  it("leaves out a member in a match", () => {
    const match = { ...context, wholeCohort: true };
    expect(ask(honest, all, match)).not.toBeNull();
    expect(
      ask(
        honest.filter(([party]) => party !== victim),
        all,
        match,
      ),
    ).toBeNull();
  });
});

describe("a lying agreements notice", () => {
  const agreedBy = (of: SumNetwork, cohort: readonly number[], inputs: readonly number[]) =>
    new Map(inputs.map((from) => [from, agree(of, cohort, inputs, from)]));
  const truth = agreedBy(network, all, all);
  const own = present(truth.get(self));
  const honest = [...truth].map(([party, { statement }]): [number, Uint8Array] => [party, statement]);
  const other = agreedBy(network, all, withoutVictim);
  const otherCohort = agreedBy(network, withoutVictim, withoutVictim);
  const earlier = agreedBy(replay, all, all);
  const body = (changes: Record<string, unknown>, signer = ownerOf(network, victim).signer) =>
    signer.sign(AGREE_LABEL, {
      jobKey: context.jobKey,
      u1: all,
      u2: all,
      u3: all,
      digests: all.map((position) => present(own.digests.get(position))),
      ledgerHead: new Uint8Array(32),
      ...(changes as Record<string, Uint8Array>),
    });
  const ask = (entries: Entries<Uint8Array>, agreed: Inputs = own, of: SumContext = context) => {
    const { cohort } = enter(network, all, self);
    return sharesFrom(() => revealShares(of, cohort, agreed, statementsBody.encode(entries)));
  };
  const says = (changes: Record<string, unknown>) => replaced(honest, victim, () => body(changes));
  const statementOf = (agreements: typeof truth, party: number) => present(agreements.get(party)).statement;

  const lies: [string, Entries<Uint8Array>, boolean?][] = [
    ["the truth", honest, true],
    ["the truth from a bare quorum", honest.slice(2), true],
    ["the truth in a statement of this test's making", says({}), true],
    ["one signature fewer than the quorum", honest.slice(3)],
    ["one signature twice", [present(honest[3]), ...honest.slice(3)]],
    ["a signer from outside", [[stranger, body({}, puppetSigner)], ...honest.slice(3)]],
    ["a signature by a puppet", replaced(honest, victim, () => body({}, puppetSigner))],
    ["one member's signature as another's", replaced(honest, victim, () => statementOf(truth, 1))],
    ["an agreement of the attempt before", replaced(honest, victim, () => statementOf(earlier, victim))],
    ["a member that was told another U1", says({ u1: withoutVictim })],
    ["a member that was told another U2", says({ u2: withoutVictim })],
    ["a member that was told another U3", says({ u3: withoutVictim })],
    ["a member that was told another digest", says({ digests: all.map(() => new Uint8Array(32)) })],
    ["a member that was told fewer digests", says({ digests: [] })],
    ["a member that signed another attempt", says({ jobKey: replay.context.jobKey })],
    ["a full set for another U3", [...other].map(([party, { statement }]) => [party, statement])],
    ["a full set for another U2", [...otherCohort].map(([party, { statement }]) => [party, statement])],
  ];

  it.each(lies)("%s", (_, entries, isTrue = false) => {
    expect(ask(entries) !== null).toBe(isTrue);
  });

  it("a quorum made up with a signer that dropped out", () => {
    const agreed = present(other.get(self));
    const truth = [...other].map(([party, { statement }]): [number, Uint8Array] => [party, statement]);
    const digests = withoutVictim.map((position) => present(agreed.digests.get(position)));
    const dropped: [number, Uint8Array] = [victim, body({ u3: withoutVictim, digests })];
    const madeUp = [...truth.slice(0, 4), dropped].sort(([a], [b]) => a - b);
    expect(ask(truth.slice(0, 5), agreed)).not.toBeNull();
    expect(ask(madeUp, agreed)).toBeNull();
  });

  it("asks twice: the same bytes for the same sets, nothing for others", () => {
    const first = present(ask(honest) ?? undefined);
    expect(ask(honest)).toEqual(first);
    expect(ask(honest.slice(2))).toEqual(first);
    // The node keeps what it signed; the coordinator can only show it other agreements.
    expect(ask([...other].map(([party, { statement }]) => [party, statement]))).toBeNull();
    expect(readUnmask(first).maskKeyShares.size).toBe(0);
  });

  it("counts on a threshold of its own: the nodes have the charter's", () => {
    const few = honest.slice(0, 2);
    const lowered = { ...context, threshold: 2 };
    // The coordinator itself would be content with two …
    expect(ask(few, own, lowered)).not.toBeNull();
    // … and has nothing that a node would take.
    for (let count = 0; count < context.threshold; count++) expect(ask(honest.slice(0, count))).toBeNull();
  });
});
