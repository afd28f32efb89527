import { describe, expect, it } from "vitest";
import { isEqualBytes } from "../../shared/base/bytes.ts";
import { openCohort, revealShares } from "../../shared/aggregation/client.ts";
import { cohortBody, SHARES_LABEL } from "../../shared/aggregation/bodies.ts";
import { decideQuestion } from "../../shared/aggregation/question-rule.ts";
import { readUnmask, recoverMasks } from "../../shared/aggregation/server.ts";
import { generateDhKey } from "../../shared/crypto/key-agreement.ts";
import {
  agree,
  agreementsNotice,
  cohortNotice,
  createSumNetwork,
  enter,
  ownerOf,
  sharesFrom,
  type SumNetwork,
} from "../helpers/sum-network.ts";
import { present, seededRandom } from "../unit/shared/crypto/support.ts";

/**
 * A lying coordinator that tells different nodes, or the same nodes in different attempts, different things: each
 * story true by itself. What it wants is both kinds of share of one party, or two sums that differ by one.
 */
const network = createSumNetwork({ owners: 7, seed: "stories" }); // t = 5
const replay = createSumNetwork({ owners: 7, seed: "stories", attempt: 2 });
const { context } = network;
const all = [...context.owners];
const victim = present(all[4]);
const withoutVictim = all.filter((position) => position !== victim);

describe("a coordinator that tells two groups two stories", () => {
  interface Story {
    readonly cohort: readonly number[];
    readonly inputs: readonly number[];
  }
  /** Every way to tell each node one of two stories; each story is told only to nodes that stand in it. */
  function* everySplit(a: Story, b: Story): Generator<Map<number, Story>> {
    for (let choice = 0; choice < 2 ** all.length; choice++) {
      const told = new Map(all.map((position, index) => [position, ((choice >> index) & 1) === 0 ? a : b]));
      if ([...told].every(([position, story]) => story.inputs.includes(position))) yield told;
    }
  }

  /** What the coordinator gets when it shows each node any mixture of the agreements that it can collect. */
  function answersUnder(told: ReadonlyMap<number, Story>): Map<number, Uint8Array> {
    const agreements = new Map(
      [...told].map(([position, { cohort, inputs }]) => [position, agree(network, cohort, inputs, position)]),
    );
    const answers = new Map<number, Uint8Array>();
    for (const [position, story] of told) {
      const group = new Map([...agreements].filter(([from]) => told.get(from) === story));
      const cohort = enter(network, story.cohort, position).cohort;
      const agreed = present(agreements.get(position));
      for (const shown of [group, agreements]) {
        const answer = sharesFrom(() => revealShares(context, cohort, agreed, agreementsNotice(shown)));
        if (answer !== null) answers.set(position, answer);
      }
    }
    return answers;
  }

  const whole: Story = { cohort: all, inputs: all };
  const cases: [string, Story, Story][] = [
    ["the victim delivered, and it dropped out before its input", whole, { cohort: all, inputs: withoutVictim }],
    ["two different U2", whole, { cohort: withoutVictim, inputs: withoutVictim }],
    ["two U3 that both lack somebody", { cohort: all, inputs: all.slice(1) }, { cohort: all, inputs: withoutVictim }],
  ];

  it.each(cases)("%s: never both kinds of share, and none where neither group is a quorum", (_, a, b) => {
    let refused = 0;
    let answered = 0;
    for (const told of everySplit(a, b)) {
      const answers = answersUnder(told);
      const groups = [a, b].map((story) => [...told.values()].filter((given) => given === story).length);
      if (Math.max(...groups) < context.threshold) {
        expect(answers.size).toBe(0);
        refused += 1;
      } else {
        const read = [...answers].map(([position, answer]) => [position, readUnmask(answer)] as const);
        const selfMask = read.some(([, answer]) => answer.selfMaskShares.has(victim));
        const maskKey = read.some(([, answer]) => answer.maskKeyShares.has(victim));
        expect(selfMask && maskKey).toBe(false);
        answered += 1;
      }
    }
    // Both must have been tried.
    expect(refused).toBeGreaterThan(10);
    expect(answered).toBeGreaterThan(2);
  });

  it("two different U1 or job specs give two J*: no envelope of one group opens in the other", () => {
    const other = { ...context, jobKey: replay.context.jobKey };
    for (const position of all) {
      const { secrets } = ownerOf(network, position);
      const notice = cohortNotice(network, all, position);
      expect(sharesFrom(() => (openCohort(other, secrets, notice), notice))).toBeNull();
      expect(sharesFrom(() => (openCohort(context, secrets, notice), notice))).not.toBeNull();
      // Even where its statements were made anew under the other J*, the sealed shares stay shut.
      const resigned = cohortBody.encode(
        cohortBody.decode(notice).map(([party, entry]) => {
          const { selfMaskHash, held } = present(network.announcements.get(party));
          const { signer } = ownerOf(network, party);
          return [
            party,
            { ...entry, statement: signer.sign(SHARES_LABEL, { jobKey: other.jobKey, selfMaskHash, held }) },
          ];
        }),
      );
      expect(sharesFrom(() => (openCohort(other, secrets, resigned), notice))).toBeNull();
    }
  });

  it("a mask key of the coordinator's making in a node's U1 gives it no share that fits", () => {
    const mine = generateDhKey(seededRandom("coordinator's mask key"));
    const forged = { ...context, maskKeys: new Map(context.maskKeys).set(victim, mine.publicKey) };
    const members = withoutVictim;
    const answers = new Map(
      members.map((from) => {
        const agreements = agreementsNotice(new Map(members.map((by) => [by, agree(network, all, members, by)])));
        const { cohort } = enter(network, all, from);
        return [from, readUnmask(revealShares(context, cohort, agree(network, all, members, from), agreements))];
      }),
    );
    const announcements = [...network.announcements.values()];
    expect(() => recoverMasks(forged, announcements, members, answers)).toThrow(`position ${victim}`);
    expect(() => recoverMasks(context, announcements, members, answers)).not.toThrow();
  });
});

describe("the question rule across attempts", () => {
  // t = 7 of ten. Each attempt has fresh keys; what the nodes remember is which cohorts they signed for.
  const histories = new Map<number, string[][]>();
  const attempts = [1, 2, 3, 4].map((attempt) => createSumNetwork({ owners: 10, seed: "questions", attempt }));
  const owners = [...present(attempts[0]).context.owners];

  /** How many nodes give shares when the coordinator asks for the sum over `members`. */
  function ask(of: SumNetwork, members: readonly number[]): number {
    const agreements = new Map<number, ReturnType<typeof agree>>();
    for (const position of members) {
      const history = histories.get(position) ?? [];
      const cohort = members.map(String);
      if (decideQuestion(history, cohort) === "refused") continue;
      histories.set(position, [...history, cohort]);
      agreements.set(position, agree(of, members, members, position));
    }
    if (agreements.size === 0) return 0;
    const notice = agreementsNotice(agreements);
    return [...agreements].filter(([position, agreed]) => {
      const { cohort } = enter(of, members, position);
      return sharesFrom(() => revealShares(of.context, cohort, agreed, notice)) !== null;
    }).length;
  }

  it("opens a first and a far enough second cohort, and gives no share for a near one or a third", () => {
    const [first, second, third, fourth] = attempts;
    expect(ask(present(first), owners)).toBe(10);
    // Nine of ten: the difference would be one borough's figure.
    expect(ask(present(second), owners.slice(1))).toBe(0);
    expect(ask(present(third), owners.slice(3))).toBe(7);
    // Another seven: six of them have signed twice, and the three that have not are no quorum.
    expect(ask(present(fourth), owners.slice(0, 7))).toBe(0);
  });
});

it("the secrets of two attempts have nothing in common", () => {
  for (const position of all) {
    const a = ownerOf(network, position).secrets;
    const b = ownerOf(replay, position).secrets;
    expect(isEqualBytes(a.maskSecret, b.maskSecret)).toBe(false);
    expect(isEqualBytes(enter(network, all, position).masked, enter(replay, all, position).masked)).toBe(false);
  }
});
