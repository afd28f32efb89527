import { expect } from "vitest";
import type { RoundRow } from "../../coordinator/rounds/round-row.ts";
import { createModelStore } from "../../node/data/model-store.ts";
import { openEquation } from "../../node/learning/held-model.ts";
import type { Value } from "../../shared/base/encoding.ts";
import { scoreByEquation } from "../../shared/learning/equation-terms.ts";
import type { PublishedModel } from "../../shared/learning/published-model.ts";
import type { LearningRows } from "../../shared/learning/task.ts";
import type { LearningCharter } from "../../shared/protocol/charter.ts";
import { learningTask } from "../../shared/protocol/learning-task.ts";
import type { MessageType } from "../../shared/protocol/messages.ts";
import { NEXT_MODEL_LABEL } from "../../shared/protocol/round-messages.ts";
import { homesModel } from "./learning-homes.ts";
import { leftBehind, startTraining, type Family, type Training } from "./trained.ts";

/** A released model of the made-up homes (trained.ts), by the very equation that made their labels. */
export function homesEquation(family: Family = "logistic"): PublishedModel {
  const { label, intercept, by } = {
    logistic: { label: "hmo", intercept: -3.5, by: 1 },
    linear: { label: "cost", intercept: 300, by: 120 },
    poisson: { label: "calls", intercept: -1.25, by: 0.5 },
  }[family];
  const value = (feature: string, estimate: number) => ({ feature, of: "value" as const, level: null, estimate });
  return homesModel({
    equation: {
      family,
      intercept,
      features: [
        { type: "number", name: "age", unit: "years", least: 0, most: 120 },
        { type: "number", name: "visits", unit: "visits", least: 0, most: 40 },
        { type: "flag", name: "exempt", yes: ["Y"] },
        { type: "category", name: "tenure", codes: ["owned", "rented", "social"], merged: [] },
      ],
      coefficients: [
        value("age", 0.05 * by),
        value("visits", 0.1 * by),
        value("exempt", -0.7 * by),
        { feature: "tenure", of: "level", level: "rented", estimate: 0.6 * by },
      ],
      missing: "drop-row",
      label: { attribute: label, description: label },
      digits: 4,
    },
  });
}

/** Boroughs that agreed to have that model judged. @param lacking those that do not hold it */
export async function startEvaluation(
  options: Omit<NonNullable<Parameters<typeof startTraining>[0]>, "judged"> & { lacking?: readonly string[] } = {},
): Promise<Training> {
  const { lacking = [], ...rest } = options;
  const judged = homesEquation(options.family);
  const network = await startTraining({ ...rest, judged });
  for (const { name, db } of network.nodes) {
    if (!lacking.includes(name)) createModelStore(db).add(judged, { origin: "file", atMs: network.clock.nowMs() });
  }
  return network;
}

/** By row, as a borough scores its rows in that round. */
export function scoresOf(charter: LearningCharter, rows: LearningRows, family: Family = "logistic"): Float64Array {
  return scoreByEquation(learningTask(charter), openEquation(homesEquation(family).equation), rows);
}

type Node = Training["nodes"][number];

/** The types of the messages that a node committed, in order. */
export function sentBy({ db }: Node): unknown[] {
  return db.prepare("SELECT type FROM spool ORDER BY rowid").pluck().all();
}

/** A node whose program says something else in place of one message, in its ledger as on the wire. */
export function lies(node: Node, type: MessageType, change: (body: Uint8Array) => Uint8Array): void {
  const { gate } = node.core();
  const send = gate.send.bind(gate);
  const lie: typeof send = (message) => {
    const { content } = message;
    if (message.type !== type || content.kind !== "final") return send(message);
    return send({ ...message, content: { kind: "final", body: change(content.body) } });
  };
  Object.assign(gate, { send: lie });
}

/** A statement that no opener of an evaluation makes. */
export function signNextModel(node: Node, jobKey: Uint8Array, state: Record<string, Value>): Uint8Array {
  return node.core().signer.sign(NEXT_MODEL_LABEL, { jobKey, members: [0, 1, 2, 3, 4], state });
}

/** Nothing came out, and no node keeps anything. */
export function expectNothing({ nodes }: Training, round: RoundRow): void {
  expect(round).toMatchObject({ state: "aborted", release: null });
  for (const node of nodes)
    expect(leftBehind(node, round.id), node.name).toEqual({ secrets: 0, results: 0, key: null });
}
