import { afterEach, describe, expect, it } from "vitest";
import type { ModelState } from "../../shared/learning/newton-state.ts";
import { publishedOf, startTraining, type Training } from "../helpers/trained.ts";

/** What few boroughs have, through whole rounds: borough intercepts stay at home, also those that go by another name. */
let training: Training;
afterEach(() => {
  training.cleanUp();
});

/** Five boroughs, of which the first so many alone have social homes, each of them dozens. */
async function trainedWith(holders: number) {
  training = await startTraining({
    homes: (homes, borough) => {
      if (borough < holders) return;
      for (const home of homes) if (home.tenure === "social") home.tenure = "owned";
    },
  });
  const { round, states } = await training.train();
  expect(round.reason).toBeNull();
  const models = states.map((state) => state as ModelState);
  expect(models.map(({ stage }) => stage)).toEqual(expect.arrayContaining(["fit", "final"]));
  return { models, published: publishedOf(round) as unknown as Published };
}

interface Published {
  readonly features: readonly string[];
  readonly merged: readonly unknown[];
  readonly model: { readonly coefficients: readonly { readonly feature: string; readonly level: string | null }[] };
}

const levelsOf = ({ model }: Published) =>
  model.coefficients.filter(({ feature }) => feature === "tenure").map(({ level }) => level);

describe("a level", () => {
  it("that one of five boroughs has is merged in the release, and no public state has a column for it", async () => {
    const { models, published } = await trainedWith(1);
    for (const { design, coefficients } of models) {
      expect(design.at(-1)).toEqual({ kind: "category", levels: [0, 1, 0], missing: 0, other: 0 });
      expect(coefficients).toHaveLength(5);
    }
    expect(published.features).toEqual(["age", "visits", "exempt", "tenure_rented"]);
    expect(published.merged).toEqual([{ feature: "tenure", levels: ["social"], into: "owned" }]);
    expect(levelsOf(published)).toEqual(["rented"]);
  });

  it("that three of five have has its own coefficient", async () => {
    const { models, published } = await trainedWith(3);
    for (const { design, coefficients } of models) {
      expect(design.at(-1)).toEqual({ kind: "category", levels: [0, 1, 2], missing: 0, other: 0 });
      expect(coefficients).toHaveLength(6);
    }
    expect(published.merged).toEqual([]);
    expect(levelsOf(published)).toEqual(["rented", "social"]);
  });
});
