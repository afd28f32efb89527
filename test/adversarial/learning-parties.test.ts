import { afterEach, describe, expect, it } from "vitest";
import { maskedInputBody, MASKED_INPUT_LABEL } from "../../shared/aggregation/bodies.ts";
import { concatBytes } from "../../shared/base/bytes.ts";
import type { Value } from "../../shared/base/encoding.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import { sha256 } from "../../shared/crypto/hash.ts";
import { statementBody } from "../../shared/protocol/identity.ts";
import type { MessageType } from "../../shared/protocol/messages.ts";
import type { Relay } from "../../shared/protocol/relay.ts";
import { NEXT_MODEL_LABEL, nextModelBody } from "../../shared/protocol/round-messages.ts";
import type { RoundRow } from "../../coordinator/rounds/round-row.ts";
import { leftBehind, startTraining, textOf, type Training } from "../helpers/trained.ts";
import { dealt, learnInTheOpen, pooled } from "../helpers/learn-in-the-open.ts";

/** Openers and owners of a training that say something else than their programs would, under their own signatures. */
let training: Training;
afterEach(() => {
  training.cleanUp();
});

type Node = Training["nodes"][number];
const NOTHING = { secrets: 0, results: 0, key: null };
/** The last has too few rows: the first sum is of the four others. */
const SIZES = [120, 150, 110, 140, 60];

/** Sends something else in place of one message, under the sender's own signature. */
function inPlaceOf(
  who: readonly string[],
  { type, attempt }: { type: MessageType; attempt: number },
  change: (body: Uint8Array, node: Node) => Uint8Array,
): (name: string, relay: Relay) => Relay {
  return (name, relay) => ({
    ...relay,
    async post(header, offset, chunks) {
      if (!who.includes(name) || header.type !== type || header.attempt !== attempt) {
        return relay.post(header, offset, chunks);
      }
      const body = change(
        concatBytes(...chunks),
        training.nodes.find((each) => each.name === name)!,
      );
      const digest = sha256(body);
      await relay.post({ ...header, messageId: digest.slice(0, 16), sizeBytes: body.length, sha256: digest }, 0, [
        body,
      ]);
      throw new ProtocolError("unavailable", "what the program itself would say stays here");
    },
  });
}

const OPENERS = ["borough-1", "borough-2", "borough-3"];

function otherModel(
  who: readonly string[],
  attempt: number,
  change: (state: Record<string, Value>) => Record<string, Value>,
) {
  return inPlaceOf(who, { type: "next-model", attempt }, (statement, node) => {
    const body = nextModelBody.parse(statementBody(statement));
    return node.core().signer.sign(NEXT_MODEL_LABEL, { ...body, state: change({ ...body.state }) });
  });
}

/** Nothing came out, and no node keeps anything. */
function expectNothing(round: RoundRow): void {
  expect(round).toMatchObject({ state: "aborted", release: null });
  for (const node of training.nodes) expect(leftBehind(node, round.id), node.name).toEqual(NOTHING);
}

describe("openers that lie", () => {
  const step = (state: Record<string, Value>) => ({
    ...state,
    coefficients: (state["coefficients"] as number[]).map((b) => b + 0.001),
  });

  it.each([[["borough-2"]], [["borough-1", "borough-2"]]])(
    "end the training where another one differs: %j",
    async (who) => {
      training = await startTraining({ family: "linear", sizes: SIZES, wrapRelay: otherModel(who, 2, step) });
      const { round } = await training.train();
      expect(round.reason).toBe("the openers' results differ");
      expectNothing(round);
    },
  );

  it.each<[string, "linear" | "logistic", (state: Record<string, Value>) => Record<string, Value>]>([
    ["promises fewer rows than one borough has", "linear", (state) => ({ ...state, rowsBits: 3 })],
    [
      "puts the whole weight on who stands at one value",
      "logistic",
      (state) => {
        const [first, ...others] = state["design"] as Record<string, Value>[];
        const [, , ...rest] = state["coefficients"] as number[];
        return {
          ...state,
          design: [{ ...first, centre: 0.5, scale: 2 ** -12 }, ...others],
          coefficients: [0, 64, ...rest],
        };
      },
    ],
    [
      "gives nobody any weight",
      "logistic",
      (state) => ({ ...state, coefficients: [64, ...(state["coefficients"] as number[]).slice(1)] }),
    ],
  ])("get no sum even all together, at a model that %s", async (_, family, change) => {
    training = await startTraining({ family, sizes: SIZES, wrapRelay: otherModel(OPENERS, 1, change) });
    const { round } = await training.train();
    expect(round.attempt).toBe(2);
    expectNothing(round);
    for (const { db } of training.nodes) {
      const sent = db.prepare("SELECT type FROM spool WHERE attempt = 2").pluck().all();
      expect(sent).not.toContain("masked-input");
    }
  });
});

describe("an owner that sends a masked input of another length", () => {
  const shorter = (attempt: number) =>
    inPlaceOf(["borough-4"], { type: "masked-input", attempt }, (body, node) => {
      const words = maskedInputBody.decode(body).words.slice(8);
      const { jobKey } = statementBody(maskedInputBody.decode(body).statement) as { jobKey: Uint8Array };
      const statement = node.core().signer.sign(MASKED_INPUT_LABEL, { jobKey, digest: sha256(words) });
      return maskedInputBody.encode({ statement, words });
    });

  it("is left out of the first sum, and of the model", async () => {
    const sizes = [...SIZES.slice(0, 4), 130];
    training = await startTraining({ family: "linear", sizes, wrapRelay: shorter(1) });
    const { round, states } = await training.train();
    expect(round.state).toBe("released");
    const rows = training.rows().filter((_, at) => at !== 3);
    expect(states.map(textOf)).toEqual(
      learnInTheOpen(training.learner, dealt(pooled(rows)))
        .states.slice(1)
        .map(textOf),
    );
  });

  it("ends the training in a later one", async () => {
    training = await startTraining({ family: "linear", sizes: SIZES, wrapRelay: shorter(2) });
    expectNothing((await training.train()).round);
  });
});
