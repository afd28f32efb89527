import { afterEach, describe, expect, it } from "vitest";
import { createModelStore } from "../../node/data/model-store.ts";
import { maskedInputBody, MASKED_INPUT_LABEL } from "../../shared/aggregation/bodies.ts";
import { concatBytes } from "../../shared/base/bytes.ts";
import { encodeValue, type Value } from "../../shared/base/encoding.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import { sha256 } from "../../shared/crypto/hash.ts";
import { modelDigest } from "../../shared/learning/published-model.ts";
import { statementBody } from "../../shared/protocol/identity.ts";
import type { MessageType } from "../../shared/protocol/messages.ts";
import { COORDINATOR, type Relay } from "../../shared/protocol/relay.ts";
import { PROTECTED_RESULT_LABEL, protectedResultBody } from "../../shared/protocol/round-messages.ts";
import { expectNothing, homesEquation, lies, sentBy, signNextModel, startEvaluation } from "../helpers/evaluated.ts";
import { leftBehind, publishedOf, type Training } from "../helpers/trained.ts";
import { codeOf } from "../unit/shared/crypto/support.ts";

/** Openers, boroughs and model files that lie where a released model is judged. */
let network: Training;
afterEach(() => {
  network.cleanUp();
});

type Node = Training["nodes"][number];
const OWNER = 3;

describe("a next model where there is none", () => {
  it("passes neither an opener's gate nor the mailbox", async () => {
    network = await startEvaluation();
    let tried = 0;
    const { round } = await network.train(async ({ id, state, charter }) => {
      if (state !== "open") return;
      const node = network.nodes[0]!;
      const { gate } = node.core();
      const agreed = gate.sentBody({ round: id, attempt: 1, type: "agree" })!;
      const { jobKey } = statementBody(agreed) as { jobKey: Uint8Array };
      const body = signNextModel(node, jobKey, { stage: "evaluate" });
      const route = { round: id, attempt: 1, to: COORDINATOR, pair: null };
      const content = { kind: "final", body } as const;
      const send = (type: MessageType) => () =>
        node.db.transaction(() => gate.send({ ...route, type, charterDigest: charter, jobKey, content }))();
      expect(codeOf(send("next-model"))).toBe("refused");
      // Nor as the result that it is not.
      expect(codeOf(send("protected-result"))).toBe("malformed");
      const header = { ...route, messageId: new Uint8Array(16).fill(3), sizeBytes: body.length, sha256: sha256(body) };
      const posted = network
        .coordinator()
        .mailbox.relayFor(node.name)
        .post({ ...header, type: "next-model" }, 0, [body]);
      await expect(posted).rejects.toMatchObject({ code: "not-allowed" });
      tried++;
    });
    expect(tried).toBeGreaterThan(0);
    expect(round).toMatchObject({ state: "released", attempt: 1, model: null });
  });
});

describe("an opener that signs something else", () => {
  const resultOf = (change: (evaluation: Record<string, Value>) => Record<string, Value>) => (node: Node) => {
    lies(node, "protected-result", (statement) => {
      const body = protectedResultBody.parse(statementBody(statement));
      const result = body.result as { evaluation: Record<string, Value> };
      const lie = { ...body, result: { ...result, evaluation: change(result.evaluation) } };
      return node.core().signer.sign(PROTECTED_RESULT_LABEL, lie);
    });
  };

  it.each<[string, number[], (evaluation: Record<string, Value>) => Record<string, Value>]>([
    ["one, another count", [1], (evaluation) => ({ ...evaluation, rows: 645 })],
    ["two, another Brier score", [0, 1], (evaluation) => ({ ...evaluation, brier: 0.1 })],
    ["one, a figure more", [2], (evaluation) => ({ ...evaluation, raw: [1, 2, 3] })],
  ])("ends the round: %s", async (_, who, change) => {
    network = await startEvaluation();
    for (const position of who) resultOf(change)(network.nodes[position]!);
    const { round } = await network.train();
    expect(round.reason).toBe("the openers' results differ");
    expectNothing(network, round);
  });

  it("is kept nowhere where all of them sign what is no evaluation", async () => {
    network = await startEvaluation();
    for (const node of network.nodes.slice(0, 3)) {
      lies(node, "protected-result", (statement) => {
        const body = protectedResultBody.parse(statementBody(statement));
        return node.core().signer.sign(PROTECTED_RESULT_LABEL, { ...body, result: { family: "logistic", members: 5 } });
      });
    }
    const { round } = await network.train();
    expect(round.state).toBe("released");
    for (const node of network.nodes) expect(leftBehind(node, round.id), node.name).toMatchObject({ results: 0 });
  });

  it("cannot pass off a next model as a result", async () => {
    const posted: unknown[] = [];
    // Past its own gate, as a program that is not this one would.
    const wrapRelay = (name: string, relay: Relay): Relay => ({
      ...relay,
      async post(header, offset, chunks) {
        if (name !== "borough-2" || header.type !== "protected-result") return relay.post(header, offset, chunks);
        const { jobKey } = statementBody(concatBytes(...chunks)) as { jobKey: Uint8Array };
        const body = signNextModel(network.nodes[1]!, jobKey, { stage: "evaluate" });
        posted.push(await relay.post({ ...header, sizeBytes: body.length, sha256: sha256(body) }, 0, [body]));
        throw new ProtocolError("unavailable", "what the program itself would say stays here");
      },
    });
    network = await startEvaluation({ wrapRelay });
    const { round } = await network.train();
    expect(posted.length).toBeGreaterThan(0);
    expect(round).toMatchObject({ state: "released", attempt: 1, model: null });
    expect(publishedOf(round)).toMatchObject({ members: 5, evaluation: { rows: 650 } });
  });
});

describe("a borough whose words cannot be", () => {
  /** Adds to words of the named part, under the borough's own signature. */
  function falsify(node: Node, part: string, add: bigint): void {
    const { parts } = network.learner.layout(network.learner.begin());
    const place = parts.slice(
      0,
      parts.findIndex(({ name }) => name === part),
    );
    const at = 8 * place.reduce((sum, { length }) => sum + length, 0);
    lies(node, "masked-input", (body) => {
      const { statement, words } = maskedInputBody.decode(body);
      const { jobKey } = statementBody(statement) as { jobKey: Uint8Array };
      const view = new DataView(words.buffer, words.byteOffset);
      view.setBigUint64(at, BigInt.asUintN(64, view.getBigUint64(at, true) + add), true);
      const signed = node.core().signer.sign(MASKED_INPUT_LABEL, { jobKey, digest: sha256(words) });
      return maskedInputBody.encode({ statement: signed, words });
    });
  }

  it.each<[string, string, bigint]>([
    ["a count below 0", "negatives", -1000n],
    ["more of a group's rows than there are", "tenure=owned positives", 1000n],
    ["squared errors below 0", "squared-errors", -(1n << 45n)],
  ])("ends the round, and no opener signs anything: %s", async (_, part, add) => {
    network = await startEvaluation();
    falsify(network.nodes[OWNER]!, part, add);
    const { round } = await network.train();
    expect(round.reason).toBe("a check failed at a borough");
    expectNothing(network, round);
    for (const node of network.nodes) expect(sentBy(node)).not.toContain("protected-result");
  });

  it("is released where it can be, the control", async () => {
    network = await startEvaluation();
    falsify(network.nodes[OWNER]!, "negatives", 20n);
    const { round } = await network.train();
    expect(publishedOf(round)).toMatchObject({ evaluation: { rows: 670 } });
  });
});

describe("a model that is not what its digest says", () => {
  const digest = modelDigest(homesEquation());
  const other = () => {
    const model = homesEquation();
    return { ...model, equation: { ...model.equation, intercept: 2 } };
  };
  const forge = ({ db }: Node) =>
    db.prepare("UPDATE models SET body = ? WHERE digest = ?").run(encodeValue(other()), digest).changes;
  const drop = ({ db }: Node) => {
    createModelStore(db).add(other(), { origin: "file", atMs: network.clock.nowMs() });
    return db.prepare("DELETE FROM models WHERE digest = ?").run(digest).changes;
  };

  it.each([
    ["another equation under its digest", forge],
    ["another model instead", drop],
  ])("keeps its borough's rows out from the beginning: %s", async (_, change) => {
    network = await startEvaluation();
    expect(change(network.nodes[OWNER]!)).toBe(1);
    const { round } = await network.train();
    expect(publishedOf(round)).toMatchObject({ members: 4, evaluation: { rows: 510 } });
    expect(sentBy(network.nodes[OWNER]!)).not.toContain("masked-input");
  });

  it.each([
    ["another equation under its digest", forge],
    ["another model instead", drop],
  ])("gives nothing where it came after the preflight: %s", async (_, change) => {
    network = await startEvaluation();
    let changed = 0;
    const { round } = await network.train(({ state }) => {
      if (state === "input") changed += change(network.nodes[OWNER]!);
    });
    expect(changed).toBe(1);
    expect(sentBy(network.nodes[OWNER]!)).not.toContain("masked-input");
    expect(publishedOf(round)).toMatchObject({ members: 4, evaluation: { rows: 510 } });
  });

  it("gives nothing of a dataset that was replaced after the preflight", async () => {
    network = await startEvaluation();
    const { round } = await network.train(({ state }) => {
      if (state === "input") network.nodes[OWNER]!.db.prepare("UPDATE attempts SET snapshot = snapshot + 1").run();
    });
    expect(sentBy(network.nodes[OWNER]!)).not.toContain("masked-input");
    expect(publishedOf(round)).toMatchObject({ members: 4, evaluation: { rows: 510 } });
  });
});
