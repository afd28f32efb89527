import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { createModelStore } from "../../node/data/model-store.ts";
import type { RoundRow } from "../../coordinator/rounds/round-row.ts";
import type { Value } from "../../shared/base/encoding.ts";
import { sha256 } from "../../shared/crypto/hash.ts";
import { modelDigest as releasedDigest } from "../../shared/learning/published-model.ts";
import { charterDigest } from "../../shared/protocol/charter.ts";
import { statementBody } from "../../shared/protocol/identity.ts";
import { decodeJob, encodeJob, verifyJob, type JobSpec } from "../../shared/protocol/job.ts";
import { charterLearner, modelDigest } from "../../shared/protocol/learning-task.ts";
import type { MessageType, NoticeType } from "../../shared/protocol/messages.ts";
import type { Notice } from "../../shared/protocol/relay.ts";
import { modelStatementsBody, preflightBody, preflightRequestBody } from "../../shared/protocol/round-messages.ts";
import { expectNothing, homesEquation, lies, sentBy, signNextModel, startEvaluation } from "../helpers/evaluated.ts";
import { factsOf, tell } from "../helpers/told.ts";
import { publishedOf, startTraining, type Training } from "../helpers/trained.ts";
import { codeOf } from "../unit/shared/crypto/support.ts";

/** A coordinator that lies where a released model is judged. */
let network: Training;
afterEach(() => {
  network.cleanUp();
});

const [OPENER, OWNER] = [2, 3];

describe("a coordinator that asks for a second sum", () => {
  it("is refused whatever it sends, also what all openers signed, and changes nothing", async () => {
    network = await startEvaluation();
    let jobKey: Uint8Array = new Uint8Array();
    let refused = 0;
    lies(network.nodes[0]!, "agree", (body) => {
      ({ jobKey } = statementBody(body) as { jobKey: Uint8Array });
      return body;
    });
    const { round } = await network.train(({ id, state }) => {
      if (state !== "unmask" && state !== "open") return;
      const openers = network.nodes.slice(0, 3);
      const signed = (change: Record<string, Value>) =>
        modelStatementsBody.encode(
          openers.map((node, party) => ({
            party,
            statement: signNextModel(node, jobKey, { stage: "evaluate", ...change }),
          })),
        );
      const asked: [string, Uint8Array | null, attempt: number, matchAttempt: number][] = [
        ["the same sum again", null, 1, 1],
        ["a second attempt", null, 2, 2],
        ["a second attempt at the first's match", null, 2, 1],
        ["the state that it is", signed({}), 2, 2],
        ["the state that it is, of the first match", signed({}), 2, 1],
        ["a state of a training", signed({ stage: "survey" }), 2, 2],
        ["a state with coefficients", signed({ coefficients: [1] }), 2, 2],
        ["a third attempt", signed({}), 3, 3],
        ["nobody's state", modelStatementsBody.encode([]), 2, 2],
      ];
      const deadlineMs = network.clock.nowMs() + 600_000;
      for (const node of [network.nodes[OWNER]!, network.nodes[OPENER]!]) {
        for (const [what, model, attempt, matchAttempt] of asked) {
          const before = factsOf(node);
          const request = { charter: charterDigest(network.charter), matchAttempt, deadlineMs, model };
          tell(node, id, "preflight", attempt, preflightRequestBody.encode(request));
          expect(factsOf(node), `${what}, ${node.name}`).toEqual(before);
          refused++;
        }
      }
    });
    expect(jobKey.length).toBe(32);
    expect(refused).toBe(36);
    expect(round).toMatchObject({ state: "released", attempt: 1 });
  });

  it("makes no attempt of its own where somebody is lost: the round ends, or goes on with who is left", async () => {
    network = await startEvaluation({ sizes: [120, 130, 140, 150] });
    const { round } = await network.train(({ state }) => {
      if (state === "agree") network.silence("borough-4", { afterMs: null, isKilled: true });
    });
    expect(round).toMatchObject({ state: "released", attempt: 1 });
    network.cleanUp();
    network = await startEvaluation({ sizes: [120, 130, 140, 150] });
    const { round: lost } = await network.train(({ state }) => {
      if (state === "keys") network.silence("borough-4", { afterMs: null, isKilled: true });
    });
    expect(lost).toMatchObject({ state: "aborted", attempt: 1, release: null });
  });
});

describe("a coordinator that sends another job", () => {
  it("is refused field by field, and ends the round where it insists", async () => {
    network = await startEvaluation();
    const training = await startTraining({ seed: 5 });
    const asTraining = charterLearner(training.charter);
    training.cleanUp();
    const { round } = await network.train(({ id, state, job: encoded }) => {
      if (state !== "keys") return;
      const job = decodeJob(encoded!);
      const check = (change: Partial<JobSpec>) => {
        const own = {
          charterDigest: charterDigest(network.charter),
          rosterDigest: job.roster,
          commitment: job.commitments[OWNER]!,
          position: OWNER,
          step: { state: { stage: "evaluate" }, members: null },
          nowMs: network.clock.nowMs(),
        };
        verifyJob(decodeJob(encodeJob({ ...job, ...change })), network.charter, own);
      };
      check({});
      const survey = asTraining.begin();
      const wrong: Partial<JobSpec>[] = [
        { charter: charterDigest(training.charter) },
        { model: null },
        { model: sha256(job.model!) },
        { model: releasedDigest(homesEquation()) },
        { model: modelDigest(training.charter, survey), words: asTraining.layout(survey).words },
        { words: job.words + 1 },
        { words: job.words - 1 },
        { question: sha256(job.question) },
        { step: 1 },
        { attempt: 2 },
        { attempt: 2, matchAttempt: 2 },
        { attempt: 2, matchAttempt: 2, step: 1 },
        { contributors: [0, 1, 2] },
        { contributors: [1, 0, 2, 3, 4] },
        { contributors: [0, 1, 2, 3, 3] },
        { contributors: [0, 1, 2, 3, 4, 5] },
        { contributors: [] },
        { threshold: 3 },
        { minimumContributors: 2 },
        { owners: 4 },
        { commitments: job.commitments.map((each, at) => (at === OWNER ? sha256(each!) : each)) },
        { deadlines: { ...job.deadlines, openMs: job.deadlines.openMs + 1e10 } },
      ];
      for (const change of wrong) {
        const code = codeOf(() => {
          check(change);
        });
        expect(["integrity", "expired"], JSON.stringify(change)).toContain(code);
      }
      tell(network.nodes[OWNER]!, id, "job", 1, encodeJob({ ...job, words: job.words - 1 }));
    });
    expectNothing(network, round);
    expect(sentBy(network.nodes[OWNER]!).slice(-2)).toEqual(["preflight-answer", "abort"]);
  });
});

describe("a coordinator that replays a training", () => {
  /** Of the same boroughs under the same keys: what their coordinator said to one of them, and to an opener. */
  let old: { readonly round: Uint8Array; readonly owner: readonly Notice[]; readonly opener: readonly Notice[] };
  beforeAll(async () => {
    const training = await startTraining({ seed: 5 });
    try {
      const { round } = await training.train();
      const said = (name: string) => training.coordinator().store.noticesAfter(name, 0, 1000);
      old = { round: round.id, owner: await said("borough-4"), opener: await said("borough-3") };
    } finally {
      training.cleanUp();
    }
  });

  it("has no round of it, and no training under an approval of an evaluation", async () => {
    network = await startEvaluation({ seed: 5 });
    const node = network.nodes[OWNER]!;
    const said = old.owner.filter(({ round }) => round !== null);
    expect(new Set(said.map(({ type }) => type)).size).toBeGreaterThan(6);
    const before = factsOf(node) as { sent: number };
    for (const { type, attempt, body } of said) if (type !== "preflight") tell(node, old.round, type, attempt, body);
    expect(factsOf(node)).toEqual(before);
    const [preflight] = said.filter(({ type }) => type === "preflight");
    tell(node, old.round, "preflight", 1, preflight!.body);
    expect(factsOf(node)).toMatchObject({ attempts: [], sent: before.sent + 1, secrets: 0 });
    const { gate } = node.core();
    const answer = gate.sentBody({ round: old.round, attempt: 1, type: "preflight-answer" })!;
    expect(preflightBody.parse(statementBody(answer))).toMatchObject({
      answer: "not-approved",
      contributes: false,
      commitment: null,
    });
    expect((await network.train()).round.state).toBe("released");
  });

  // Each told where the node expects that very message: it is out, and what is released is of this round alone.
  it.each<[NoticeType, RoundRow["state"], MessageType]>([
    ["job", "keys", "preflight-answer"],
    ["entries", "match", "keys"],
    ["cohort", "input", "shares"],
    ["inputs", "agree", "masked-input"],
    ["agreements", "unmask", "agree"],
    ["opening", "open", "unmask"],
    ["result", "open", "unmask"],
  ])("gets nothing for its old %s", async (type, at, last) => {
    network = await startEvaluation({ seed: 5 });
    const [position, notices] = type === "opening" ? [OPENER, old.opener] : [OWNER, old.owner];
    const node = network.nodes[position]!;
    let told = 0;
    const { round } = await network.train(({ id, state }) => {
      if (state !== at) return;
      expect(sentBy(node).at(-1)).toBe(last);
      for (const { body } of notices.filter((notice) => notice.type === type)) {
        tell(node, id, type, 1, body);
        told++;
      }
    });
    expect(told).toBeGreaterThan(0);
    expect(sentBy(node).slice(sentBy(node).indexOf(last) + 1)).toEqual([type === "opening" ? "result" : "abort"]);
    expect(createModelStore(node.db).models().length).toBe(1);
    if (round.release !== null) expect(publishedOf(round)).toMatchObject({ evaluation: { accuracy: {}, auc: {} } });
  });
});
