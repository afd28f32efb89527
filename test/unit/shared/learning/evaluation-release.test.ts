import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeValue, encodeValue } from "../../../../shared/base/encoding.ts";
import { protectEvaluation, type PublishedProbabilities } from "../../../../shared/learning/evaluation-release.ts";
import { exactEvaluation, type ExactProbabilities } from "../../../../shared/learning/exact-evaluation.ts";
import type { LearningTask } from "../../../../shared/learning/task.ts";
import { CONTROLS, manyScoredRows, opened, scoredRows, scoreTask, type ScoredRow } from "./evaluation-support.ts";

const task = scoreTask({ top: [5, 25, 60], bins: 64 });

function published(scored: readonly ScoredRow[], of: LearningTask = task): PublishedProbabilities {
  return protectEvaluation(of, opened(of, scored)) as PublishedProbabilities;
}

function exact(scored: readonly ScoredRow[], of: LearningTask = task): ExactProbabilities {
  return exactEvaluation(of, opened(of, scored)) as ExactProbabilities;
}

/** `count` rows of a label, scores spread over the bins beneath and above. */
function some(count: number, label: number, { sex = 0, ward = 0, from = 0, to = 1 } = {}): ScoredRow[] {
  const step = (to - from) / count;
  return Array.from({ length: count }, (_, index) => ({ score: from + step * (index + 0.5), label, sex, ward }));
}

const anyRows = fc.oneof(scoredRows, manyScoredRows);

describe("what is published of an evaluation", () => {
  it("holds the exact figure wherever it shows a range", () => {
    let shown = 0;
    fc.assert(
      fc.property(manyScoredRows, (scored) => {
        const [real, open] = [exact(scored), published(scored)];
        const pairs: [unknown, unknown][] = [
          [real.accuracy, open.accuracy],
          [real.auc, open.auc],
          ...real.top.flatMap((top, index): [unknown, unknown][] => [
            [top.precision, open.top[index]!.precision],
            [top.recall, open.top[index]!.recall],
            [top.lift, open.top[index]!.lift],
          ]),
          ...real.groups.flatMap(({ values }, group) =>
            values.flatMap((value, place): [unknown, unknown][] => {
              const other = open.groups[group]!.values[place]!;
              return [
                [value.auc, other.auc],
                [value.recall, other.recall],
                [value.precision, other.precision],
                ...value.recallAt.map((recall, at): [unknown, unknown] => [recall, other.recallAt[at]!]),
              ];
            }),
          ),
        ];
        for (const [value, range] of pairs) {
          if (value === null || typeof range === "string") continue;
          const { least, most } = asBracket(value);
          const { least: low, most: high } = asBracket(range);
          expect(low).toBeLessThanOrEqual(least + 1e-9);
          expect(high).toBeGreaterThanOrEqual(most - 1e-9);
          shown++;
        }
      }),
    );
    expect(shown).toBeGreaterThan(1000);
  });

  it("shows no count but nothing, or a rounded one from the minimum on", () => {
    fc.assert(
      fc.property(anyRows, (scored) => {
        const open = published(scored);
        const counts = [
          open.rows,
          open.positives,
          ...open.groups.flatMap(({ values }) => values.flatMap(({ rows, positives }) => [rows, positives])),
          ...(open.calibration === null || open.calibration === "c"
            ? []
            : open.calibration.groups.flatMap(({ rows, positives }) => [rows, positives])),
        ];
        for (const count of counts) {
          if (count !== "c") expect(count === 0 || (count >= 10 && count % 5 === 0)).toBe(true);
        }
      }),
    );
  });

  it("leaves no difference between all rows and the groups shown that is a small group", () => {
    fc.assert(
      fc.property(anyRows, (scored) => {
        for (const [key, { values }] of (["sex", "ward"] as const).map(
          (key, at) => [key, published(scored).groups[at]!] as const,
        )) {
          const shown = values.flatMap(({ rows }, place) => (rows === "c" ? [] : [place]));
          const rest = scored.filter((one) => !shown.includes(one[key]));
          for (const label of [0, 1]) {
            const count = rest.filter((one) => one.label === label).length;
            expect(shown.length === 0 || count === 0 || count >= 10).toBe(true);
          }
        }
      }),
    );
  });

  it("withholds a group with few positives, and another where it would be the difference", () => {
    const scored = [
      ...some(200, 0, { ward: 0 }),
      ...some(100, 1, { ward: 0 }),
      ...some(80, 0, { ward: 1 }),
      ...some(40, 1, { ward: 1 }),
      ...some(50, 0, { ward: 2 }),
      ...some(9, 1, { ward: 2 }),
    ];
    expect(published(scored).groups[1]!.values.map(({ positives }) => positives)).toEqual([100, "c", "c"]);
    const ten = [...scored, ...some(1, 1, { ward: 2 })];
    expect(published(ten).groups[1]!.values.map(({ positives }) => positives)).toEqual([100, 40, 10]);
    expect(published(scored).groups[1]!.gaps.auc).toBe("c");
  });

  it("withholds the area of few rows, and gives that of more no digit beyond one pair", () => {
    expect(published([...some(9, 1), ...some(500, 0)]).auc).toBe("c");
    expect(published([...some(500, 1), ...some(9, 0)]).auc).toBe("c");
    expect(published(some(500, 0)).auc).toBe("z");
    const { least, most } = published([...some(10, 1, { from: 0.3 }), ...some(10, 0)]).auc as ReturnType<
      typeof asBracket
    >;
    for (const end of [least, most]) expect(Math.abs(end * 100 - Math.round(end * 100))).toBeLessThan(1e-9);
  });

  it("withholds how many of the first k were found where those that were not, or were missed, are few", () => {
    const found = (hits: number, missed: number): unknown =>
      published(
        [
          ...some(hits, 1, { from: 0.9 }),
          ...some(25 - hits, 0, { from: 0.9 }),
          ...some(missed, 1, { to: 0.5 }),
          ...some(300, 0, { to: 0.5 }),
        ],
        scoreTask({ top: [25], bins: 64 }),
      ).top[0]!.precision;
    expect(found(13, 30)).toEqual({ least: (15 - 2) / 25, most: (15 + 2) / 25 });
    expect(found(9, 30)).toBe("c");
    expect(found(20, 30)).toBe("c");
    expect(found(13, 5)).toBe("c");
    expect(found(0, 30)).toEqual({ least: 0, most: 0 });
  });

  it("merges calibration's groups until each has enough of both labels", () => {
    const scored = [...some(1000, 0), ...some(35, 1, { from: 0.5 })];
    const { calibration } = published(scored);
    if (calibration === null || calibration === "c") throw new Error("it is shown");
    expect(calibration.groups.length).toBeLessThanOrEqual(3);
    expect(calibration.groups.length).toBeGreaterThan(1);
    expect(published([...some(1000, 0), ...some(9, 1)]).calibration).toBe("c");
  });

  it("says not applicable where there are fewer rows than k", () => {
    expect(published([...some(20, 0), ...some(20, 1)]).top[2]).toMatchObject({ k: 60, precision: "z", recall: "z" });
  });

  it("has only what was asked for", () => {
    const open = published([...some(100, 0), ...some(100, 1)], scoreTask({ metrics: ["accuracy"], top: [20] }));
    expect([open.auc, open.brier, open.calibration, open.groups]).toEqual([null, null, null, []]);
    expect(open.top).toEqual([{ k: 20, precision: null, recall: null, lift: null }]);
  });

  it("is a canonical value", () => {
    fc.assert(
      fc.property(anyRows, (scored) => {
        const open = published(scored);
        expect(decodeValue(encodeValue(open))).toEqual(open);
      }),
    );
  });
});

function asBracket(value: unknown): { least: number; most: number } {
  return typeof value === "number" ? { least: value, most: value } : (value as { least: number; most: number });
}

describe("a group that few boroughs have", () => {
  const held = { ...task, controls: CONTROLS };
  const of = (ward: number, count: number) => [...some(count, 0, { ward }), ...some(count, 1, { ward })];
  const shown = (...boroughs: ScoredRow[][]) => {
    const { groups } = protectEvaluation(held, opened(held, ...boroughs)) as PublishedProbabilities;
    return groups.find(({ attribute }) => attribute === "ward")!.values.map(({ rows }) => rows);
  };

  it("is shown where three have it", () => {
    const borough = [...of(0, 30), ...of(1, 40), ...of(2, 50)];
    expect(shown(borough, borough, borough)).toEqual([180, 240, 300]);
  });

  it.each([1, 2])("is withheld where %i have it, and with it the smallest other, from which it would follow", (few) => {
    const boroughs = [0, 1, 2].map((place) => [...(place < few ? of(0, 90) : []), ...of(1, 40), ...of(2, 50)]);
    expect(shown(...boroughs)).toEqual(["c", "c", 300]);
  });

  it("is shown of one where the charter is not for release", () => {
    const rehearsal = { ...held, controls: { ...CONTROLS, notForRelease: true as const } };
    const { groups } = protectEvaluation(rehearsal, opened(rehearsal, of(0, 90))) as PublishedProbabilities;
    expect(groups.find(({ attribute }) => attribute === "ward")!.values[0]!.rows).toBe(180);
  });
});
