import { describe, expect, it } from "vitest";
import { protectEvaluation, type PublishedProbabilities } from "../../../../shared/learning/evaluation-release.ts";
import { opened, scoreTask, type ScoredRow } from "./evaluation-support.ts";

/** `count` rows of one score. */
function rows(count: number, score: number, label: number, sex: number): ScoredRow[] {
  return Array.from({ length: count }, () => ({ score, label, sex, ward: 0 }));
}

/** Enough of everything further down. */
const CROWD = [0, 1].flatMap((sex) => [...rows(60, 0.1, 1, sex), ...rows(200, 0.1, 0, sex)]);

function published(top: readonly number[], scored: readonly ScoredRow[]) {
  const task = scoreTask({ top, bins: 4096, metrics: ["precision-at", "recall-at", "lift-at", "group-gaps"] });
  const { top: places, groups } = protectEvaluation(task, opened(task, scored)) as PublishedProbabilities;
  const bySex = groups.find(({ attribute }) => attribute === "sex")!;
  return {
    precision: places.map(({ precision }) => precision),
    recall: places.map(({ recall }) => recall),
    lift: places.map(({ lift }) => lift),
    recallAt: bySex.values.map(({ recallAt }) => recallAt),
    gaps: bySex.gaps.recallAt,
  };
}

describe("figures at several places from the top", () => {
  // Of the first hundred 42 are positive, and so is the next row.
  const scored = [
    ...rows(37, 0.9, 1, 0),
    ...rows(5, 0.9, 1, 1),
    ...rows(58, 0.9, 0, 0),
    ...rows(1, 0.8, 1, 0),
    ...CROWD,
  ];

  it("are shown at one place", () => {
    const { precision, recall } = published([100], scored);
    expect(precision[0]).toEqual({ least: 0.38, most: 0.42 });
    expect(recall[0]).not.toBe("c");
  });

  it("are withheld where two places together say what each one's range does not", () => {
    const { precision, recall, lift, recallAt, gaps } = published([100, 101], scored);
    for (const figures of [precision, recall, lift, ...recallAt, gaps]) expect(figures).toEqual(["c", "c"]);
  });

  it("are withheld too where a run of positives lies between", () => {
    const run = [...scored, ...rows(10, 0.7, 1, 0)];
    expect(published([100, 111], run).precision).toEqual(["c", "c"]);
    expect(published([101, 111], run).precision).not.toContain("c");
  });

  it("are shown where there is room between them, and where there are no more rows", () => {
    const { precision } = published([100, 300, 5000], scored);
    expect(precision.map((figure) => typeof figure)).toEqual(["object", "object", "string"]);
    expect(precision[2]).toBe("z");
  });
});

describe("figures of groups at a place from the top", () => {
  it("are withheld where they leave a small group's figure next to nothing", () => {
    // 31 positives among the first hundred, one of them of the second group.
    const scored = [...rows(30, 0.9, 1, 0), ...rows(1, 0.9, 1, 1), ...rows(69, 0.9, 0, 0), ...CROWD];
    const { precision, recallAt, gaps } = published([100], scored);
    expect(precision[0]).not.toBe("c");
    expect(recallAt).toEqual([["c"], ["c"]]);
    expect(gaps).toEqual(["c"]);
  });

  it("are shown where every group has enough", () => {
    const scored = [...rows(30, 0.9, 1, 0), ...rows(20, 0.9, 1, 1), ...rows(50, 0.9, 0, 0), ...CROWD];
    const { recallAt } = published([100], scored);
    for (const [figure] of recallAt) expect(typeof figure).toBe("object");
  });
});
