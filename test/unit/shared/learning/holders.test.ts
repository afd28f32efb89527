import { describe, expect, it } from "vitest";
import type { ProtocolError } from "../../../../shared/base/errors.ts";
import { createGradientLearner } from "../../../../shared/learning/gradient.ts";
import type { Learner } from "../../../../shared/learning/learner.ts";
import { createNewtonLearner } from "../../../../shared/learning/newton.ts";
import type { Feature, LearningRows, LearningTask } from "../../../../shared/learning/task.ts";
import { dealt, learnInTheOpen, pooled, rowWords } from "../../../helpers/learn-in-the-open.ts";
import {
  category,
  flag,
  newtonTask,
  number,
  seededNumbers,
  toRows,
  type ExactResult,
} from "../../../helpers/learning-data.ts";

/** What fewer than three boroughs have has no coefficient of its own; how many have it is counted once a borough. */
const BOROUGHS = [0, 1, 2, 3, 4];
const ROWS = 60;

/** Five boroughs with a number, and beside it what that borough has in that row. */
function boroughsWith(valueAt: (borough: number, row: number) => number): LearningRows[] {
  return BOROUGHS.map((borough) => {
    const next = seededNumbers(`holders ${borough}`);
    const table = Array.from({ length: ROWS }, (_, row) => ({
      x: next(),
      label: next(),
      value: valueAt(borough, row),
    }));
    return toRows(table, ({ x, label }) => Number(label < 0.3 + 0.4 * x), [({ x }) => x, ({ value }) => value]);
  });
}

function taskOf(feature: Feature, rest: Parameters<typeof newtonTask>[1] = {}): LearningTask {
  return newtonTask([number("x", 0, 1), feature], rest);
}

function fitted(
  task: LearningTask,
  rows: readonly LearningRows[],
): Pick<ExactResult, "features" | "merged" | "dropped"> {
  const { outcome } = learnInTheOpen(createNewtonLearner(task), rows);
  if (outcome.kind !== "finished") throw new Error(outcome.why);
  const { features, merged, dropped } = outcome.exact as unknown as ExactResult;
  return { features, merged, dropped };
}

describe("a level", () => {
  const use = category("use", ["a", "b", "c", "d"]);
  /** a and b are everywhere, c in so many boroughs, in a third of the rows. */
  const heldBy = (holders: number) => boroughsWith((borough, row) => (borough < holders ? row % 3 : row % 2));

  it.each([1, 2])("that %i of five boroughs have is merged, however many rows it has", (holders) => {
    expect(fitted(taskOf(use), heldBy(holders))).toEqual({
      features: ["x", "use_b"],
      merged: [{ feature: "use", levels: ["c"], into: "a" }],
      dropped: [{ name: "use_d", why: "absent" }],
    });
  });

  it("that three have stays", () => {
    expect(fitted(taskOf(use), heldBy(3))).toMatchObject({ features: ["x", "use_b", "use_c"], merged: [] });
  });

  it("of few boroughs joins the reference with others of few, whose union may be of the same ones", () => {
    const split = boroughsWith((borough, row) => (row % 3 < 2 ? row % 3 : borough < 2 ? 2 : borough < 4 ? 3 : 0));
    expect(fitted(taskOf(use), split)).toMatchObject({
      features: ["x", "use_b"],
      merged: [{ feature: "use", levels: ["c", "d"], into: "a" }],
    });
  });

  it("of few boroughs is merged into other beside a rare one that enough have", () => {
    // c: two rows in each borough; d: twenty in the first.
    const rows = boroughsWith((borough, row) => (row < 2 ? 2 : borough === 0 && row % 3 === 2 ? 3 : row % 2));
    expect(fitted(taskOf(use, { controls: { minimumLevelCount: 10 } }), rows)).toMatchObject({
      features: ["x", "use_b", "use_other"],
      merged: [{ feature: "use", levels: ["c", "d"], into: "other" }],
    });
  });

  it("that is the reference takes the least of the others, until three have it", () => {
    const rows = boroughsWith((borough, row) => (borough === 0 ? row % 4 : 1 + (row % 3)));
    const { features, merged } = fitted(taskOf(use), rows);
    expect(merged).toHaveLength(1);
    expect(merged[0]).toMatchObject({ feature: "use", into: "a", levels: [expect.any(String)] });
    expect(features).toEqual(
      ["x", "use_b", "use_c", "use_d"].filter((name) => name !== `use_${merged[0]!.levels[0]!}`),
    );
  });

  it("that only one borough has beside what only the others have leaves no column", () => {
    const rows = boroughsWith((borough) => (borough === 0 ? 1 : 0));
    expect(fitted(taskOf(use), rows)).toMatchObject({
      features: ["x"],
      dropped: [
        { name: "use_c", why: "absent" },
        { name: "use_d", why: "absent" },
        { name: "use", why: "few-boroughs" },
      ],
    });
  });

  it("of every borough's own, as a ward is, leaves no column", () => {
    const ward = category("ward", ["a", "b", "c", "d", "e"]);
    const { features, merged } = fitted(
      taskOf(ward),
      boroughsWith((borough) => borough),
    );
    expect(features).toEqual(["x"]);
    expect(merged).toEqual([{ feature: "ward", levels: ["b", "c", "d", "e"], into: "a" }]);
  });

  it("of one borough stays in a rehearsal, which is not for release", () => {
    expect(fitted(taskOf(use, { controls: { notForRelease: true } }), heldBy(1))).toMatchObject({
      features: ["x", "use_b", "use_c"],
      merged: [],
    });
  });

  it("is merged by a gradient learner too", () => {
    const algorithm = { name: "fedavg", rounds: 1, localUpdates: 5, batch: 8, learningRate: 0.1 } as const;
    const task = { ...taskOf(use), algorithm: { ...algorithm, mu: 0, serverLearningRate: 1 } };
    const learner = createGradientLearner(task, () => ({ bytes: (length) => new Uint8Array(length) }));
    const { states, sums } = learnInTheOpen(learner, heldBy(2));
    expect(states[1]!["design"]).toMatchObject([{}, { levels: [0, 1, 0, 0], missing: 0, other: 0 }]);
    expect(sums[0]).toEqual(learnInTheOpen(createNewtonLearner(taskOf(use)), heldBy(2)).sums[0]);
  });
});

describe("a flag", () => {
  it.each([
    ["yes", 1],
    ["no", 0],
  ])("whose %s two boroughs have is left out, and says why", (_, value) => {
    const rows = boroughsWith((borough, row) => (borough < 2 && row % 2 === 0 ? value : 1 - value));
    expect(fitted(taskOf(flag("empty")), rows)).toMatchObject({
      features: ["x"],
      dropped: [{ name: "empty", why: "few-boroughs" }],
    });
  });

  it("whose yes three have stays", () => {
    const rows = boroughsWith((borough, row) => Number(borough < 3 && row % 2 === 0));
    expect(fitted(taskOf(flag("empty")), rows)).toMatchObject({ features: ["x", "empty"], dropped: [] });
  });
});

describe("a missing value", () => {
  const indicator = { missing: "indicator" } as const;
  const gapsIn = (isIn: (borough: number) => boolean) =>
    boroughsWith((borough, row) => (isIn(borough) && row % 2 === 0 ? NaN : Number(row % 4 === 1)));

  it.each([number("size", 0, 1), flag("size")])("of two boroughs has no indicator ($type)", (feature) => {
    expect(
      fitted(
        taskOf(feature, indicator),
        gapsIn((borough) => borough < 2),
      ),
    ).toMatchObject({
      features: ["x", "size"],
      dropped: [{ name: "size_missing", why: "few-boroughs" }],
    });
    expect(
      fitted(
        taskOf(feature, indicator),
        gapsIn((borough) => borough < 3),
      ),
    ).toMatchObject({
      features: ["x", "size", "size_missing"],
      dropped: [],
    });
  });

  it("of a category in two boroughs is merged like a level", () => {
    const rows = gapsIn((borough) => borough < 2);
    expect(fitted(taskOf(category("size", ["a", "b"]), indicator), rows)).toMatchObject({
      features: ["x", "size_b"],
      merged: [{ feature: "size", levels: ["missing"], into: "a" }],
    });
  });

  it.each([number("size", 0, 1), flag("size")])(
    "everywhere but in two boroughs leaves out what only those have, and the indicator that tells them apart ($type)",
    (feature) => {
      const rows = boroughsWith((borough, row) => (borough < 2 ? row % 2 : NaN));
      const { features, dropped } = fitted(taskOf(feature, indicator), rows);
      expect(features).toEqual(["x"]);
      expect(dropped).toEqual([
        { name: "size_missing", why: "few-boroughs" },
        { name: "size", why: "few-boroughs" },
      ]);
    },
  );

  it("counts in usable rows alone: where rows with gaps are left out nobody holds it", () => {
    const { features, dropped } = fitted(
      taskOf(number("size", 0, 1)),
      gapsIn((borough) => borough < 2),
    );
    expect({ features, dropped }).toEqual({ features: ["x", "size"], dropped: [] });
  });
});

describe("who holds a level", () => {
  const task = newtonTask([category("use", ["a", "b", "c"]), flag("empty"), number("x", 0, 1)], {
    missing: "indicator",
    controls: { minimumRows: 1 },
  });
  /** Levels of `use` by row; every second home empty, the last number missing. */
  const borough = (...codes: number[]): LearningRows => {
    const table = codes.map((code, row) => ({ code, row }));
    return toRows(table, ({ row }) => row % 2, [
      ({ code }) => code,
      ({ row }) => row % 2,
      ({ row }) => (row === codes.length - 1 ? NaN : row / codes.length),
    ]);
  };
  const learner = createNewtonLearner(task);
  const survey = learner.begin();
  const holdersIn = (words: BigUint64Array) => [...words.slice(-9)].map(Number);
  const sumOf = (boroughs: readonly LearningRows[]) => firstSum(learner, boroughs);

  it("is one word for each level, and for missing cells, of 1 or 0 however many rows there are", () => {
    const parts = learner.layout(survey).parts.map(({ name, length }) => [name, length]);
    expect(parts.at(-1)).toEqual(["holders", 4 + 3 + 2]);
    expect(holdersIn(learner.contribute(survey, borough(0, 0, 1, 0)))).toEqual([1, 1, 0, 0, 1, 1, 0, 1, 1]);
    expect(holdersIn(learner.contribute(survey, borough(2, NaN, NaN)))).toEqual([0, 0, 1, 1, 1, 1, 0, 1, 1]);
    expect(holdersIn(sumOf([borough(0, 0, 1, 0), borough(2, NaN, NaN)]))).toEqual([1, 1, 1, 1, 2, 2, 0, 2, 2]);
  });

  it("is the same whether a borough's rows are passed over at once or in pieces", () => {
    const own = borough(0, 1, 0, 2, 0, 0, 1, NaN, 0);
    for (const pieces of [2, 3, 9]) {
      const passes = dealt(own, pieces).map((piece) => learner.pass(survey, piece));
      expect(learner.words(survey, passes, own)).toEqual(learner.contribute(survey, own));
    }
  });

  it("is all that another split of the same rows among boroughs changes, where three or more have everything", () => {
    const use = category("use", ["a", "b", "c"]);
    const everywhere = boroughsWith((_, row) => row % 3);
    const newton = createNewtonLearner(taskOf(use));
    const one = learnInTheOpen(newton, everywhere);
    const other = learnInTheOpen(newton, dealt(pooled(everywhere), 7));
    expect(other.states).toEqual(one.states);
    expect(other.sums[0]).not.toEqual(one.sums[0]);
    expect(rowWords(newton, other)).toEqual(rowWords(newton, one));
  });

  describe("is refused by an opener", () => {
    const boroughs = [borough(0, 0, 1, 0), borough(0, 1, 1, 0), borough(0, 2, 1, 0)];
    const codeOf = (words: BigUint64Array): unknown => {
      try {
        return learner.learn(survey, null, words, boroughs.length).kind;
      } catch (error) {
        return (error as ProtocolError).code;
      }
    };

    it("where it is the rows' own, but for too few of them: the control", () => {
      expect(codeOf(sumOf(boroughs))).toBe("stopped");
    });

    // From the end: a, b, c, missing; no, yes, missing; there, missing.
    it.each([
      ["more boroughs than were summed", 9, 4n],
      ["more boroughs than rows", 7, 2n],
      ["none where there are rows", 9, 0n],
      ["one where there are no rows", 6, 1n],
      ["none of a number's rows", 2, 0n],
      ["a number below zero", 9, 2n ** 64n - 1n],
    ])("as %s", (_, fromEnd, word) => {
      const words = sumOf(boroughs);
      words[words.length - fromEnd] = word;
      expect(codeOf(words)).toBe("integrity");
    });
  });
});

/** The first sum, added up. */
function firstSum(learner: Learner, boroughs: readonly LearningRows[]): BigUint64Array {
  const state = learner.begin();
  const sum = new BigUint64Array(learner.layout(state).words);
  for (const rows of boroughs) learner.contribute(state, rows).forEach((word, at) => (sum[at]! += word));
  return sum;
}
