import { describe, expect, it } from "vitest";
import { deviations, readFlambyHeart, readPublished } from "../../scripts/bench/flamby-heart.ts";
import { fedavgFromDrawnStarts, fedavgInTheOpen } from "../../scripts/bench/learning-fedavg.ts";
import { hasLearningData, LEARNING_FOLDER } from "../helpers/learning-data.ts";

/** Beside FLamby's Fed-Heart-Disease: its rows, split, batches, steps, rounds, starts and way to normalise. */
const heart = hasLearningData ? readFlambyHeart(LEARNING_FOLDER) : null;

describe.runIf(heart !== null)("gradient learners beside FLamby's (skipped: no shared data)", () => {
  it.each([
    ["FedAvg100", {}],
    ["FedProx100", { name: "fedprox", mu: 0.01 }],
  ] as const)("%s: accuracy by hospital and of all is within two standard deviations of the published", (name, own) => {
    const published = readPublished(LEARNING_FOLDER).find(({ method }) => method === name)!;
    const away = deviations(fedavgFromDrawnStarts(heart!, own), published);
    expect(away).toHaveLength(5);
    for (const [place, sds] of away.entries()) expect.soft(Math.abs(sds), `set ${place}`).toBeLessThanOrEqual(2);
  });

  it("FedAvg from 0 finds no fewer of the pooled test than from FLamby's starts on average", () => {
    const { pooled } = fedavgInTheOpen(heart!, { seed: 42, isDrawn: false });
    expect(pooled).toBeGreaterThanOrEqual(fedavgFromDrawnStarts(heart!).pooled);
  });
});
