import { afterEach, describe, expect, it } from "vitest";
import { createModelStore } from "../../node/data/model-store.ts";
import { openEquation } from "../../node/learning/held-model.ts";
import { exactMetrics } from "../../scripts/simulation/train/exact-metrics.ts";
import { bytesToHex } from "../../shared/base/bytes.ts";
import { scoreByEquation } from "../../shared/learning/equation-terms.ts";
import { modelDigest, type PublishedModel } from "../../shared/learning/published-model.ts";
import { learningTask } from "../../shared/protocol/learning-task.ts";
import { pooled } from "../helpers/learn-in-the-open.ts";
import { leftBehind, publishedOf, startTraining, withdraw, type Family, type Training } from "../helpers/trained.ts";

/** Whole rounds that hold a released model against rows it was not learned from. */
const SIZES = [130, 160, 120, 150, 140];
let network: Training;
afterEach(() => {
  network.cleanUp();
});

/** A model as the boroughs of a training keep it; one of each family is enough. */
const learned = new Map<Family, PublishedModel>();
async function learn(family: Family = "logistic"): Promise<PublishedModel> {
  const model = learned.get(family) ?? (await train(family));
  learned.set(family, model);
  return model;
}

async function train(family: Family): Promise<PublishedModel> {
  network = await startTraining({ family, seed: 5 });
  try {
    await network.train();
    return createModelStore(network.nodes[0]!.db).models()[0]!.model;
  } finally {
    network.cleanUp();
  }
}

/** Boroughs with other homes, of which those that are named do not hold the model. */
async function judge(
  judged: PublishedModel,
  { family = "logistic", lacking = [] }: { family?: Family; lacking?: readonly string[] } = {},
): Promise<void> {
  network = await startTraining({ family, seed: 9, sizes: SIZES, judged });
  for (const { name, db } of network.nodes) {
    if (!lacking.includes(name)) createModelStore(db).add(judged, { origin: "file", atMs: network.clock.nowMs() });
  }
}

interface Published {
  readonly members: number;
  readonly evaluation: Readonly<Record<string, number | { readonly least: number; readonly most: number }>>;
}

/** Of the rows of these boroughs in one place, whatever the network says. */
function exactly(judged: PublishedModel, boroughs = network.rows()) {
  const rows = pooled(boroughs);
  return exactMetrics(scoreByEquation(learningTask(network.charter), openEquation(judged.equation), rows), rows.label);
}

function expectWithin(exact: number | null, published: Published["evaluation"][string]): void {
  const { least, most } = published as { least: number; most: number };
  expect(exact).toBeGreaterThanOrEqual(least);
  expect(exact).toBeLessThanOrEqual(most);
}

describe("an evaluation of a released model", () => {
  it("is one sum, whose published ranges hold the figures of all rows in one place", async () => {
    const model = await learn();
    await judge(model);
    const { round, states } = await network.train();
    expect(round).toMatchObject({ state: "released", attempt: 1 });
    expect(states).toEqual([]);
    const { members, evaluation } = publishedOf(round) as unknown as Published;
    expect(members).toBe(5);
    const exact = exactly(model);
    expect(exact.rows).toBe(700);
    expect(evaluation["rows"]).toBe(700);
    expectWithin(exact.auc, evaluation["auc"]!);
    expectWithin(exact.accuracy, evaluation["accuracy"]!);
    expect(evaluation["brier"]).toBe(Number(exact.brier!.toPrecision(4)));
  });

  it("leaves every node with the model that it had, and nothing of the round but what was released", async () => {
    const model = await learn();
    await judge(model);
    const { round } = await network.train();
    for (const node of network.nodes) {
      const kept = createModelStore(node.db)
        .models()
        .map(({ digest }) => bytesToHex(digest));
      expect(kept).toEqual([bytesToHex(modelDigest(model))]);
      expect(leftBehind(node, round.id)).toEqual({ secrets: 0, results: 1, key: null });
    }
  });

  it.each(["linear", "poisson"] as const)("of a %s model publishes its errors", async (family) => {
    const model = await learn(family);
    await judge(model, { family });
    const { round } = await network.train();
    const { evaluation } = publishedOf(round) as unknown as Published;
    const rows = pooled(network.rows());
    const scores = scoreByEquation(learningTask(network.charter), openEquation(model.equation), rows);
    const mean = rows.label.reduce((sum, label, row) => sum + (scores[row]! - label), 0) / rows.count;
    expect(evaluation["meanError"]).toBe(Number(mean.toPrecision(4)));
  });

  it("goes on without the rows of a borough that does not hold the model", async () => {
    const model = await learn();
    await judge(model, { lacking: ["borough-5"] });
    const { round } = await network.train();
    expect(round).toMatchObject({ state: "released", attempt: 1 });
    const { members, evaluation } = publishedOf(round) as unknown as Published;
    expect(members).toBe(4);
    expectWithin(exactly(model, network.rows().slice(0, 4)).auc, evaluation["auc"]!);
  });

  it("does not begin where too few boroughs hold the model", async () => {
    const model = await learn();
    await judge(model, { lacking: ["borough-1", "borough-2", "borough-3"] });
    const { round } = await network.train();
    expect(round).toMatchObject({ state: "refused", release: null });
  });

  it("publishes nothing where an approval is taken back before the sum", async () => {
    const model = await learn();
    await judge(model);
    const { round } = await network.train(({ state }) => {
      if (state !== "input") return;
      for (const node of network.nodes.slice(0, 2)) withdraw(node, network.charter, network.clock.nowMs());
    });
    expect(round).toMatchObject({ state: "aborted", release: null });
  });

  it("comes to the same bytes where every node and the coordinator are restarted between any two steps", async () => {
    const model = await learn();
    await judge(model);
    const whole = publishedOf((await network.train()).round);
    network.cleanUp();
    await judge(model);
    const seen = new Set<string>();
    const { round } = await network.train(({ state }) => {
      for (const node of network.nodes) node.restart();
      if (!seen.has(state)) network.restartCoordinator();
      seen.add(state);
    });
    expect(seen.size).toBeGreaterThan(6);
    expect(publishedOf(round)).toEqual(whole);
  });
});
