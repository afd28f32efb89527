import { afterEach, describe, expect, it } from "vitest";
import { encodeValue, type Value } from "../../shared/base/encoding.ts";
import { sha256 } from "../../shared/crypto/hash.ts";
import { charterDigest } from "../../shared/protocol/charter.ts";
import { statementBody } from "../../shared/protocol/identity.ts";
import { decodeJob, encodeJob, verifyJob, type JobSpec } from "../../shared/protocol/job.ts";
import type { MessageType } from "../../shared/protocol/messages.ts";
import { COORDINATOR, type PostHeader } from "../../shared/protocol/relay.ts";
import {
  modelStatementsBody,
  NEXT_MODEL_LABEL,
  nextModelBody,
  preflightRequestBody,
  type NextModel,
} from "../../shared/protocol/round-messages.ts";
import type { RoundRow } from "../../coordinator/rounds/round-row.ts";
import { startSimulation } from "../helpers/simulated.ts";
import { factsOf, tell } from "../helpers/told.ts";
import { leftBehind, startTraining, textOf, type Training } from "../helpers/trained.ts";
import { dealt, learnInTheOpen, pooled } from "../helpers/learn-in-the-open.ts";
import { codeOf } from "../unit/shared/crypto/support.ts";

/** A coordinator, openers and owners that lie while a model is learned. Where nothing is refused, the model is the control. */
let training: Training;
afterEach(() => {
  training.cleanUp();
});

type Node = Training["nodes"][number];
const NOTHING = { secrets: 0, results: 0, key: null };
const ABORTED = { state: "aborted", release: null };
/** The last has too few rows: the first sum is of the four others. */
const SIZES = [120, 150, 110, 140, 60];
const [OPENER, OWNER, OUTSIDE] = [2, 3, 4];

const sign = (position: number, body: NextModel) => ({
  party: position,
  statement: training.nodes[position]!.core().signer.sign(NEXT_MODEL_LABEL, { ...body }),
});
const honestModel = ({ model }: RoundRow) =>
  nextModelBody.parse(statementBody(modelStatementsBody.decode(model!)[0]!.statement));

function requestOf(model: Uint8Array | null, matchAttempt: number): Uint8Array {
  const deadlineMs = training.clock.nowMs() + 600_000;
  return preflightRequestBody.encode({ charter: charterDigest(training.charter), matchAttempt, deadlineMs, model });
}

/** A next model by these signers, the first two openers unless named. */
function signedBy(body: NextModel, signers: readonly number[] = [0, 1]): Uint8Array {
  return modelStatementsBody.encode(signers.map((position) => sign(position, body)));
}

/** Changes of a fit's state that no opener could come to; the design's first feature is a number, its last a category. */
function impossibleStates(state: Record<string, Value>): [string, Record<string, Value>][] {
  const coefficients = state["coefficients"] as number[];
  const design = state["design"] as Record<string, Value>[];
  const first = (change: Record<string, Value>) => ({
    ...state,
    design: [{ ...design[0], ...change }, ...design.slice(1)],
  });
  const last = (change: Record<string, Value>) => ({
    ...state,
    design: [...design.slice(0, -1), { ...design.at(-1), ...change }],
  });
  const withoutLabel = Object.fromEntries(Object.entries(state).filter(([name]) => name !== "label"));
  return [
    ["a coefficient above the cap", { ...state, coefficients: [65, ...coefficients.slice(1)] }],
    ["a coefficient below it", { ...state, coefficients: [...coefficients.slice(0, -1), -64.5] }],
    ["a coefficient too few", { ...state, coefficients: coefficients.slice(1) }],
    ["a coefficient too many", { ...state, coefficients: [...coefficients, 0] }],
    ["a coefficient that is a text", { ...state, coefficients: ["0", ...coefficients.slice(1)] }],
    ["a field that nobody knows", { ...state, only: [17] }],
    ["a field missing", withoutLabel],
    ["another stage", { ...state, stage: "rows" }],
    ["a survey that carries coefficients", { stage: "survey", coefficients }],
    ["more rows than there can be", { ...state, rowsBits: 40 }],
    ["a broken number of rows", { ...state, rowsBits: 1.5 }],
    ["a step beyond the last", { ...state, step: 201 }],
    ["a scale so fine that it singles out a value", first({ centre: 0.5, scale: 2 ** -16 })],
    ["a scale finer than any", first({ centre: 0.5, scale: 2 ** -20 })],
    ["a scale that is no power of two", first({ scale: 0.3 })],
    ["a centre on one person's value", first({ centre: 0.4373 })],
    ["a centre beyond the range", first({ centre: 2 })],
    [
      "a column for missing values, where rows with gaps are dropped",
      { ...first({ missing: true }), coefficients: [...coefficients, 0] },
    ],
    ["a feature less", { ...state, design: design.slice(1) }],
    [
      "a feature of another type",
      { ...state, design: [{ kind: "flag", value: true, missing: false }, ...design.slice(1)] },
    ],
    [
      "a category with a column that is nobody's",
      { ...last({ levels: [0, 1, 3] }), coefficients: [...coefficients, 0] },
    ],
    ["a category with other codes", last({ levels: [0, 1] })],
    ["a label's scale too fine", { ...state, label: { centre: 0.5, scale: 2 ** -16 } }],
  ];
}

describe("a coordinator that lies about the model", () => {
  it("is refused whatever it sends in place of the next state, and changes nothing", async () => {
    training = await startTraining({ family: "linear", sizes: SIZES });
    const owner = training.nodes[OWNER]!;
    const old: Uint8Array[] = [];
    const forgeries = (round: RoundRow): [string, Uint8Array, number?][] => {
      const honest = honestModel(round);
      const { jobKey, members, state } = honest;
      const request = (model: Uint8Array | null, matchAttempt = round.attempt) => requestOf(model, matchAttempt);
      const statements = modelStatementsBody.decode(round.model!);
      const moved = {
        ...honest,
        state: { ...state, coefficients: [0.25, ...(state["coefficients"] as number[]).slice(1)] },
      };
      const changed = Array.from({ length: Math.ceil(round.model!.length / 41) }, (_, index): [string, Uint8Array] => {
        const bytes = Uint8Array.from(round.model!);
        bytes[index * 41]! ^= 1 << (index % 8);
        return [`a bit changed at ${index * 41}`, request(bytes)];
      });
      return [
        ["no model", request(null)],
        ["a model of nobody's making", request(encodeValue([{ ...honest }]))],
        ["one opener's alone", request(encodeValue([statements[0]!]))],
        ["one opener's, twice", request(signedBy(honest, [0, 0]))],
        ["an opener's and an owner's", request(signedBy(honest, [0, OWNER]))],
        ["two owners'", request(signedBy(honest, [OWNER, OUTSIDE]))],
        [
          "one opener's statement under another's name",
          request(modelStatementsBody.encode([statements[0]!, { ...statements[0]!, party: 1 }])),
        ],
        ["two openers' that differ", request(modelStatementsBody.encode([sign(0, honest), sign(1, moved)]))],
        ["that of another round or step", request(signedBy({ ...honest, jobKey: sha256(jobKey) }))],
        ["of one borough fewer", request(signedBy({ ...honest, members: members.slice(1) }))],
        ["of one borough more", request(signedBy({ ...honest, members: [...members, OUTSIDE] }))],
        ["of nobody", request(signedBy({ ...honest, members: [] }))],
        ["of another attempt's match", request(round.model, round.attempt - 1)],
        ["a step too early", request(round.model, round.attempt + 1), round.attempt + 1],
        ["a sum at this step once more", request(null, round.attempt - 1), round.attempt - 1],
        ["a sum at this step once more, at its model", request(round.model, round.attempt - 1), round.attempt - 1],
        ...changed,
        ...old.map((model, index): [string, Uint8Array] => [`the model of step ${index + 2} again`, request(model)]),
        ...impossibleStates({ ...state }).map(([what, other]): [string, Uint8Array] => [
          what,
          request(signedBy({ ...honest, state: other as NextModel["state"] })),
        ]),
      ];
    };
    let refused = 0;
    const trained = await training.train((round) => {
      if (round.state !== "proposed" || round.attempt < 2 || round.attempt > 3) return;
      for (const [what, body, attempt = round.attempt] of forgeries(round)) {
        const before = factsOf(owner);
        tell(owner, round.id, "preflight", attempt, body);
        expect(factsOf(owner), what).toEqual(before);
        refused++;
      }
      // An opener refuses what it did not come to itself, whoever signed it.
      const opener = training.nodes[OPENER]!;
      const honest = honestModel(round);
      const before = factsOf(opener);
      const another = { ...honest, state: { ...honest.state, step: 9 } };
      tell(opener, round.id, "preflight", round.attempt, requestOf(signedBy(another), round.attempt));
      expect(factsOf(opener)).toEqual(before);
      old.push(round.model!);
    });
    expect(refused).toBeGreaterThan(80);
    const open = learnInTheOpen(training.learner, dealt(pooled(training.rows().slice(0, 4))));
    expect(trained.states.map(textOf)).toEqual(open.states.slice(1).map(textOf));
    expect(trained.round.state).toBe("released");
  });

  it("is refused where a job is not that of the step, field by field", async () => {
    training = await startTraining({ family: "linear", sizes: SIZES });
    const { round } = await training.train((now) => {
      if (now.state !== "keys" || now.attempt !== 2) return;
      const job = decodeJob(now.job!);
      const { state, members } = honestModel(now);
      const check = (change: Partial<JobSpec>) => {
        const own = {
          charterDigest: charterDigest(training.charter),
          rosterDigest: job.roster,
          commitment: job.commitments[OWNER]!,
          position: OWNER,
          step: { state, members },
          nowMs: training.clock.nowMs(),
        };
        verifyJob(decodeJob(encodeJob({ ...job, ...change })), training.charter, own);
      };
      check({});
      const wrong: Partial<JobSpec>[] = [
        { model: sha256(job.model!) },
        { model: null },
        { words: job.words + 1 },
        { step: 0 },
        { step: 2 },
        { attempt: 3 },
        { matchAttempt: 1 },
        { question: sha256(job.question) },
        { contributors: [0, 1, 3] },
        { contributors: [0, 1, 2] },
        { contributors: [0, 1, 2, 3, OUTSIDE] },
        { contributors: [0, 1, 3, OUTSIDE] },
        { contributors: [1, 0, 2, 3] },
        { threshold: 3 },
        { minimumContributors: 2 },
        { owners: 4 },
        { commitments: job.commitments.map((each, at) => (at === OWNER ? sha256(each!) : each)) },
        { deadlines: { ...job.deadlines, openMs: job.deadlines.openMs + 1e10 } },
      ];
      for (const change of wrong) {
        expect(["integrity", "expired"], JSON.stringify(change)).toContain(
          codeOf(() => {
            check(change);
          }),
        );
      }
      // Told so in the round, the node ends it: no key, no sum.
      tell(training.nodes[OWNER]!, now.id, "job", 2, encodeJob({ ...job, contributors: [0, 1, 3] }));
    });
    expect(round).toMatchObject({ ...ABORTED, attempt: 2 });
    const { db } = training.nodes[OWNER]!;
    expect(db.prepare("SELECT type FROM spool WHERE attempt = 2 ORDER BY rowid").pluck().all()).toEqual([
      "preflight-answer",
      "abort",
    ]);
    for (const node of training.nodes) expect(leftBehind(node, round.id)).toEqual(NOTHING);
  });
});

describe("a message of another kind of round", () => {
  const header = (type: MessageType, round: Uint8Array, to: string): PostHeader => ({
    messageId: new Uint8Array(16).fill(3),
    type,
    round,
    attempt: 1,
    to,
    pair: to === COORDINATOR ? null : [0, 1],
    sizeBytes: 1,
    sha256: sha256(Uint8Array.of(7)),
  });

  it("is refused in a training, by the mailbox and by the gate", async () => {
    training = await startTraining({ family: "linear", sizes: SIZES });
    const [node, other] = training.nodes as [Node, Node];
    const { round } = await training.train(async ({ id, state, attempt, charter }) => {
      if (state !== "match" || attempt !== 1) return;
      for (const type of [
        "list",
        "masked-list",
        "remasked-list",
        "pair-result",
        "pair-figure",
        "own-side-list",
      ] as const) {
        const relay = training.coordinator().mailbox.relayFor(node.name);
        await expect(relay.post(header(type, id, other.name), 0, [Uint8Array.of(7)])).rejects.toMatchObject({
          code: "not-allowed",
        });
        const sealed = {
          kind: "sealed",
          sealer: { seal: (bytes: Uint8Array) => bytes },
          frames: [Uint8Array.of(7)],
        } as const;
        const send = () =>
          node.db.transaction(() =>
            node.core().gate.send({
              type,
              to: other.name,
              round: id,
              attempt: 1,
              pair: [0, 1],
              charterDigest: charter,
              jobKey: id,
              content: sealed,
            }),
          )();
        expect(codeOf(send), type).toBe("refused");
      }
      tell(node, id, "message", 1, Uint8Array.of(7));
    });
    // A notice that is none of this round's ends it: a check that fails aborts.
    expect(round.state).toBe("aborted");
  });

  it("is refused in a match: there is no next model", async () => {
    training = await startTraining({ family: "linear", sizes: SIZES });
    const match = await startSimulation({ boroughs: 3, residents: 300 });
    try {
      const id = await match.launch();
      const relay = match.coordinator().mailbox.relayFor(match.nodes[0]!.name);
      const posted = relay.post(header("next-model", id, COORDINATOR), 0, [Uint8Array.of(7)]);
      await expect(posted).rejects.toMatchObject({ code: "not-allowed" });
      await expect(relay.post(header("abort", id, COORDINATOR), 0, [Uint8Array.of(7)])).resolves.toBeDefined();
    } finally {
      match.cleanUp();
    }
  });
});

it("figures that are none are no state, and cannot be written as one", async () => {
  training = await startTraining({ family: "linear", sizes: SIZES });
  const [, state] = learnInTheOpen(training.learner, dealt(pooled(training.rows()))).states;
  training.learner.verify(state!);
  for (const figure of [NaN, Infinity, -Infinity, -0]) {
    const coefficients = [figure, ...(state!["coefficients"] as number[]).slice(1)];
    if (!Object.is(figure, -0))
      expect(
        codeOf(() => {
          training.learner.verify({ ...state!, coefficients });
        }),
        String(figure),
      ).toBe("integrity");
    expect(
      codeOf(() => encodeValue({ ...state!, coefficients })),
      String(figure),
    ).toBe("malformed");
  }
});
