import { afterEach, describe, expect, it } from "vitest";
import { bytesToHex, concatBytes } from "../../shared/base/bytes.ts";
import { encodeValue } from "../../shared/base/encoding.ts";
import { createEvaluator } from "../../shared/learning/evaluator.ts";
import { modelDigest } from "../../shared/learning/published-model.ts";
import type { LearningRows, LearningTask } from "../../shared/learning/task.ts";
import { learningTask } from "../../shared/protocol/learning-task.ts";
import { homesEquation, scoresOf, startEvaluation } from "../helpers/evaluated.ts";
import { pooled } from "../helpers/learn-in-the-open.ts";
import { bitsOf, StoredValues, valuesOfDatabase, wordsFound, type StoredValue } from "../helpers/stored-values.ts";
import { publishedOf, type Family, type Home, type Training } from "../helpers/trained.ts";
import { codeOf } from "../unit/shared/crypto/support.ts";
import { scoreTask } from "../unit/shared/learning/evaluation-support.ts";

/** What comes out of an evaluation, and what must not: to its readers, to the coordinator, to who reads a node's log. */
let network: Training | null = null;
afterEach(() => {
  network?.cleanUp();
  network = null;
});

const HELD = bytesToHex(modelDigest(homesEquation())).slice(0, 12);
/** A score as the histogram's sums take it. */
const gridOf = (score: number) => BigInt(Math.round(score * 2 ** 31));
const METRICS = ["auc", "accuracy", "brier", "calibration", "precision-at", "recall-at", "lift-at", "group-gaps"];
const ALL = { metrics: METRICS, groups: ["tenure"], bins: 64, top: [100] };

interface Value {
  readonly value: string;
  readonly rows: number | "c";
  readonly positives: number | "c";
}
interface Published {
  readonly evaluation: Readonly<Record<string, unknown>> & {
    readonly rows: number;
    readonly groups: readonly { readonly values: readonly Value[]; readonly gaps: unknown }[];
  };
}

async function evaluated(homes: (homes: Home[], borough: number) => void): Promise<Published["evaluation"]> {
  network = await startEvaluation({ evaluate: ALL, homes });
  const { round } = await network.train();
  return (publishedOf(round) as unknown as Published).evaluation;
}

describe("a released evaluation", () => {
  // Two or one of a borough's homes have the label, nine of all.
  it.each<[string, 0 | 1]>([
    ["positives", 1],
    ["negatives", 0],
  ])("of nine %s says nothing that rests on them", async (_, label) => {
    const figures = await evaluated((homes, borough) => {
      for (const [at, home] of homes.entries())
        home.hmo = at < (borough === 0 ? 1 : 2) ? label : ((1 - label) as 0 | 1);
    });
    const rows = pooled(network!.rows());
    expect(rows.label.filter((each) => each === label).length).toBe(9);
    expect(figures).toMatchObject({
      rows: 650,
      positives: "c",
      auc: "c",
      brier: "c",
      calibration: "c",
      top: [{ k: 100, precision: "c", recall: "c", lift: "c" }],
    });
    const withheld = { rows: "c", positives: "c", auc: "c", recall: "c", precision: "c", recallAt: ["c"] };
    for (const { values, gaps } of figures.groups) {
      for (const value of values) expect(value).toMatchObject(withheld);
      expect(gaps).toEqual({ auc: "c", recall: "c", precision: "c", recallAt: ["c"] });
    }
  });

  it("of ten of each says so, the control", async () => {
    const figures = await evaluated((homes) => {
      for (const [at, home] of homes.entries()) home.hmo = at < 2 ? 1 : 0;
    });
    expect(figures).toMatchObject({ rows: 650, positives: 10, auc: { least: expect.any(Number) as number } });
  });

  it("withholds a group of nine homes, and another, so that no difference is theirs", async () => {
    const figures = await evaluated((homes, borough) => {
      for (const [at, home] of homes.entries()) {
        home.tenure = at < (borough === 0 ? 1 : 2) ? "social" : at % 5 === 0 ? "rented" : "owned";
      }
    });
    const rows = pooled(network!.rows());
    const tenure = rows.groups[0]!;
    const labelled = (place: number, label: number) =>
      tenure.filter((value, row) => value === place && rows.label[row] === label).length;
    expect(tenure.filter((value) => value === 2).length).toBe(9);
    const [{ values, gaps }] = figures.groups as [Published["evaluation"]["groups"][number]];
    expect(values.map(({ rows: shown }) => shown)).toEqual([expect.any(Number), "c", "c"]);
    expect(values.slice(1).map(({ positives }) => positives)).toEqual(["c", "c"]);
    // What is left over of all is two groups' rows, of either label enough.
    for (const label of [0, 1]) expect(labelled(1, label) + labelled(2, label)).toBeGreaterThanOrEqual(10);
    expect(gaps).toEqual({ auc: "c", recall: "c", precision: "c", recallAt: ["c"] });
  });
});

describe("what the coordinator of an evaluation holds and sees", () => {
  it("is no count of a borough nor of all before the release, and no score at any time", async () => {
    const passed: Uint8Array[] = [];
    let isReleased = false;
    const protectedResults: Uint8Array[] = [];
    network = await startEvaluation({
      // So many rows, and so few bins, that their counts are no small numbers, which stand everywhere.
      sizes: [4021, 3907, 4433],
      evaluate: { metrics: ["auc", "accuracy", "brier", "calibration", "group-gaps"], bins: 8 },
      wrapRelay: (_, relay) => ({
        ...relay,
        async post(header, offset, chunks) {
          const body = concatBytes(...chunks);
          (header.type === "protected-result" ? protectedResults : passed).push(body);
          return relay.post(header, offset, [body]);
        },
        async *fetch(messageId, offset) {
          for await (const part of relay.fetch(messageId, offset)) {
            passed.push(Uint8Array.from(part));
            yield part;
          }
        },
      }),
    });
    const { charter, coordinatorDb } = network;
    const stored: StoredValue[] = [];
    const { round } = await network.train(({ release }) => {
      isReleased ||= release !== null;
      stored.push(...valuesOfDatabase(coordinatorDb));
    });
    expect(round.state).toBe("released");
    expect(isReleased).toBe(false);

    const task = learningTask(charter);
    const boroughs = network.rows();
    const all = [...boroughs, pooled(boroughs)];
    const words = all.map((rows) =>
      createEvaluator(task, (own) => scoresOf(charter, own)).contribute({ stage: "evaluate" }, rows),
    );
    const counts = new Set(words.flatMap((own) => [...own]).filter((word) => word > 1000n && word < 1n << 24n));
    for (const rows of all) counts.add(BigInt(rows.count)).add(BigInt(rows.label.filter((each) => each === 1).length));
    expect(counts.size).toBeGreaterThan(12);
    const large = words.flatMap((own) => [...own].filter((word) => word >= 1n << 24n));
    expect(large.length).toBeGreaterThan(30);
    // 0.5 on the histogram's grid is how any message writes its 64 bits.
    const scores = [...scoresOf(charter, pooled(boroughs))].filter((score) => gridOf(score) !== 2n ** 30n);

    const held = new StoredValues([...stored, ...passed.map((body) => Buffer.from(body))]);
    const found = [...counts].map(Number).flatMap((count) => held.waysToHold(count).map((way) => `${count} as ${way}`));
    expect(found).toEqual([]);
    const blobs = [...stored.filter((value) => value instanceof Uint8Array), ...passed];
    expect(wordsFound(blobs, new Set(large))).toBe(0);
    // Scores not after the release either, as doubles or as the histogram's figures.
    const after = [
      ...blobs,
      ...protectedResults,
      ...valuesOfDatabase(coordinatorDb).filter((v) => typeof v === "object"),
    ];
    const figures = new Set([...scores.map(bitsOf), ...scores.map(gridOf)]);
    expect(figures.size).toBeGreaterThan(3000);
    expect(wordsFound(after, figures)).toBe(0);

    // The controls: in a sum that is not masked, and in scores that were sent, each scan finds them.
    const open = Buffer.from(words.at(-1)!.buffer);
    const seen = new StoredValues([open]);
    expect([...counts].filter((count) => seen.waysToHold(Number(count)).length > 0).length).toBeGreaterThan(5);
    expect(wordsFound([open], new Set(large))).toBeGreaterThan(5);
    expect(wordsFound([Uint8Array.of(1, ...Buffer.from(Float64Array.of(scores[7]!).buffer))], figures)).toBe(1);
  });
});

describe("a node's log of an evaluation", () => {
  it("says why it takes part without rows or stops, and names no value, count or figure", async () => {
    const lines: string[] = [];
    network = await startEvaluation({
      sizes: [121, 153, 117, 149, 137, 67, 123],
      lacking: ["borough-5"],
      nodeLog: { write: (line) => void lines.push(line) },
    });
    const { round } = await network.train(({ state }) => {
      if (state !== "input") return;
      network!.nodes[2]!.db.prepare("UPDATE models SET body = ?").run(encodeValue(homesEquation("linear")));
      network!.nodes[3]!.db.prepare("DELETE FROM models").run();
    });
    expect(round.release).toBeNull();
    const said = lines.map((line) => JSON.parse(line) as { msg: string; rule?: string; err?: { message: string } });
    const reasons = said.map(({ msg, rule, err }) => `${msg}: ${rule ?? err?.message ?? ""}`.replace(HELD, "DIGEST"));
    expect([...new Set(reasons)].sort()).toEqual([
      "attempt ended by a failed check: model: what is stored here is not what its digest says",
      "step put off: operation.model: DIGEST is not here",
      "takes part without rows: controls.minimumRows: this borough has fewer usable rows",
      "takes part without rows: operation.model: DIGEST is not here",
    ]);
    const texts = said.map((line) => {
      const text = JSON.stringify({ ...line, time: "", err: { ...line.err, at: [] } });
      return text.replace(HELD, "");
    });
    const values = network
      .rows()
      .flatMap(({ count, label, features }) => [
        count,
        label.filter((each) => each === 1).length,
        ...features.flatMap((column) => [...column].filter((value) => value > 20 || value % 1 !== 0)),
      ]);
    const shown = new Set(texts.flatMap((text) => text.match(/\d+(\.\d+)?/g) ?? []).map(Number));
    expect(values.filter((value) => shown.has(value))).toEqual([]);
    for (const text of texts) expect(text).not.toMatch(/owned|rented|social/);
  });
});

describe("a sum that no boroughs' rows could make", () => {
  const score = (row: number) => ((row * 7) % 100) / 100;
  const label = (row: number) => (row % 3 === 0 ? 1 : 0);
  const rowsWith = (count: number, of: (row: number) => number, groups: readonly ((row: number) => number)[] = []) => {
    const column = (value: (row: number) => number) => Float64Array.from({ length: count }, (_, row) => value(row));
    return { count, label: column(of), features: [], groups: groups.map(column) } satisfies LearningRows;
  };
  const judged = (family: Family): { task: LearningTask; rows: LearningRows; scores: Float64Array } => {
    const way = { missing: "indicator", algorithm: { name: "released" } } as const;
    if (family === "logistic") {
      const rows = rowsWith(600, label, [(row) => row % 2, (row) => row % 3]);
      return {
        task: scoreTask({ top: [100] }, way),
        rows,
        scores: Float64Array.from(rows.label, (_, row) => score(row)),
      };
    }
    const cost = { attribute: { name: "calls", type: "number", least: 0, most: 60 }, positive: null } as const;
    const task = scoreTask({ metrics: ["accuracy"], groups: [] }, { ...way, family, label: cost });
    const rows = rowsWith(600, (row) => row % 40);
    return { task, rows, scores: rows.label.map((y, row) => Math.max(0.5, y + (row % 7) - 3)) };
  };

  // By family: the part, the place in it, and how much is added, in the part's own unit.
  it.each<[string, Family, string, number, number]>([
    ["fewer negatives than none", "logistic", "negatives", 3, -600],
    ["fewer positives than none", "logistic", "positives", 0, -600],
    ["more rows than there can be", "logistic", "negatives", 0, 2 ** 50],
    ["rows in a group that are nobody's", "logistic", "ward=south positives", 4, 600],
    ["fewer rows in a group than none", "logistic", "sex=yes negatives", 4, -600],
    ["more flagged than there are", "logistic", "flagged", 0, 600],
    ["fewer flagged than none", "logistic", "flagged", 1, -600],
    ["fewer flagged than score above 0.5", "logistic", "flagged", 1, -20],
    ["more flagged than score above 0.5", "logistic", "flagged", 0, 20],
    ["more flagged in a group than score above 0.5", "logistic", "ward=north flagged", 1, 20],
    ["scores above their bin", "logistic", "scores", 2, 50],
    ["scores below their bin", "logistic", "scores", 15, -50],
    ["scores below 0", "logistic", "scores", 0, -50],
    ["squared errors below 0", "logistic", "squared-errors", 0, -600],
    ["squared errors above one a row", "logistic", "squared-errors", 0, 600],
    ["squared errors less than its scores have", "logistic", "squared-errors", 0, -50],
    ["squared errors more than its scores have", "logistic", "squared-errors", 0, 50],
    ["fewer rows than none", "linear", "rows", 0, -601],
    ["fewer rows than their labels need", "linear", "rows", 0, -400],
    ["labels above their range", "linear", "labels", 0, 600],
    ["labels below their range", "linear", "labels", 0, -600],
    ["labels' squares below 0", "linear", "squared-labels", 0, -600],
    ["labels' squares above the labels", "linear", "squared-labels", 0, 300],
    ["labels' squares too small for the labels", "linear", "squared-labels", 0, -80],
    ["errors too large for their squares", "linear", "errors", 0, 200],
    ["errors too far below for their squares", "linear", "errors", 0, -200],
    ["squared errors below 0", "linear", "squared-errors", 0, -5],
    ["squared errors beyond what a row may have", "linear", "squared-errors", 0, 600 * 257],
    ["a deviance below 0", "poisson", "deviance", 0, -4000],
    ["labels' logarithms below 0", "poisson", "log-labels", 0, -(2 ** 20)],
    ["squared errors below 0", "poisson", "squared-errors", 0, -5],
  ])("is refused by who opens it: %s (%s)", (_, family, part, place, add) => {
    const { task, rows, scores } = judged(family);
    const evaluator = createEvaluator(task, () => scores);
    const state = evaluator.begin();
    const words = evaluator.contribute(state, rows);
    expect(evaluator.learn(state, null, words, 5).kind).toBe("finished");
    const { parts } = evaluator.layout(state);
    const index = parts.findIndex(({ name }) => name === part);
    const at = parts.slice(0, index).reduce((sum, { length }) => sum + length, place);
    words[at] = words[at]! + BigInt(Math.round(add * 2 ** parts[index]!.fractionBits));
    expect(codeOf(() => evaluator.learn(state, null, words, 5))).toBe("integrity");
  });

  it("is refused where a word is missing or too many", () => {
    const { task, rows, scores } = judged("logistic");
    const evaluator = createEvaluator(task, () => scores);
    const state = evaluator.begin();
    const words = evaluator.contribute(state, rows);
    for (const other of [words.subarray(1), new BigUint64Array([...words, 0n]), new BigUint64Array()]) {
      expect(codeOf(() => evaluator.learn(state, null, other, 5))).toBe("integrity");
    }
  });
});
