import { afterEach, describe, expect, it } from "vitest";
import { concatBytes } from "../../shared/base/bytes.ts";
import { decodeValue, type Value } from "../../shared/base/encoding.ts";
import { readLearningRows } from "../../node/learning/rows.ts";
import { learningTask } from "../../shared/protocol/learning-task.ts";
import type { LearningRows } from "../../shared/learning/task.ts";
import { dealt, learnInTheOpen, pooled } from "../helpers/learn-in-the-open.ts";
import { publishedOf, startTraining, type Training } from "../helpers/trained.ts";
import { bitsOf, StoredValues, valuesOfDatabase, wordsFound, type StoredValue } from "../helpers/stored-values.ts";

/** Promise 1 in a training: what the coordinator saw and holds, scanned for every figure that it must not have. */
let training: Training;
afterEach(() => {
  training.cleanUp();
});

/** So many rows that their counts are no small numbers, which stand everywhere. */
const SIZES = [4021, 3907, 4433];

/** The rows' figures as anybody might write them: counts, and for every column sum, mean, variance and deviation. */
function figuresOf(rows: LearningRows): { counts: number[]; figures: number[] } {
  const counts = [rows.count];
  const figures: number[] = [];
  const add = (column: Float64Array, least: number, most: number) => {
    const levels = new Map<number, number>();
    for (const value of column) levels.set(value, (levels.get(value) ?? 0) + 1);
    if (levels.size < 10) counts.push(...levels.values());
    for (const values of [column, column.map((value) => (value - least) / (most - least))]) {
      const sum = values.reduce((all, value) => all + value, 0);
      const mean = sum / rows.count;
      const squares = values.reduce((all, value) => all + (value - mean) ** 2, 0);
      const variance = squares / (rows.count - 1);
      figures.push(sum, mean, squares, variance, Math.sqrt(variance), Math.sqrt(squares / rows.count));
    }
  };
  const task = learningTask(training.charter);
  const { attribute } = task.label;
  add(rows.label, attribute.type === "number" ? attribute.least : 0, attribute.type === "number" ? attribute.most : 1);
  task.features.forEach((feature, index) => {
    const [least, most] = feature.type === "number" ? [feature.least, feature.most] : [0, 1];
    add(rows.features[index]!, least, most);
  });
  return { counts: counts.filter((count) => count > 1000), figures };
}

function numbersIn(value: Value): number[] {
  if (typeof value === "number") return [value];
  if (value === null || typeof value !== "object" || value instanceof Uint8Array) return [];
  return Object.values(value).flatMap((each) => numbersIn(each));
}

const isNear = (a: number, b: number) => Math.abs(a - b) <= 1e-7 * Math.abs(b);

describe.each(["linear", "logistic"] as const)("a %s model's coordinator", (family) => {
  it("holds and sees no count, sum, mean or deviance of one borough or of all, before the release or beside it", async () => {
    const passed: Uint8Array[] = [];
    training = await startTraining({
      family,
      sizes: SIZES,
      wrapRelay: (_, relay) => ({
        ...relay,
        async post(header, offset, chunks) {
          const body = concatBytes(...chunks);
          // What is protected for release may come near a figure; it is looked at below.
          if (header.type !== "protected-result") passed.push(body);
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
    const stored: StoredValue[] = [];
    const memories: Uint8Array[] = [];
    const { round, states } = await training.train(({ id, attempt, state, release }) => {
      expect(release).toBeNull();
      if (state === "proposed" || state === "open") stored.push(...valuesOfDatabase(training.coordinatorDb));
      const [opener] = training.nodes;
      const of = { round: id, attempt };
      if (state === "keys" && attempt > 1) memories.push(opener!.vault.get(of, "memory"));
    });
    expect(round.state).toBe("released");
    const task = learningTask(training.charter);
    const rows = training.nodes.map(({ db }) => readLearningRows(db, { dataset: "homes", task }));
    const open = learnInTheOpen(training.learner, dealt(pooled(rows)));
    const exact = open.outcome.kind === "finished" ? (open.outcome.exact as Record<string, number>) : {};

    const all = [...rows, pooled(rows)].map(figuresOf);
    const counts = [...new Set(all.flatMap((each) => each.counts))];
    const figures = [...all.flatMap((each) => each.figures), exact["deviance"]!, exact["nullDeviance"]!, exact["aic"]!];
    expect(counts.length).toBeGreaterThan(20);
    expect(figures.length).toBeGreaterThan(150);

    // Every word of every local and pooled sum, at every state; small ones stand everywhere by chance.
    const sums = new Set(
      [open.states[0]!, ...states].flatMap((state) =>
        [...rows, pooled(rows)].flatMap((own) => [...training.learner.contribute(state, own)]),
      ),
    );
    const large = [...sums].filter((word) => word >= 1n << 24n && BigInt.asUintN(64, -word) >= 1n << 24n);
    const secret = new Set([...large, ...figures.filter((figure) => figure !== 0).map(bitsOf)]);
    expect(secret.size).toBeGreaterThan(300);

    const blobs = [...stored.filter((value) => value instanceof Uint8Array), ...passed];
    const values = new StoredValues([...stored, ...passed.map((body) => Buffer.from(body))]);
    expect(wordsFound(blobs, secret)).toBe(0);
    expect(counts.flatMap((count) => values.waysToHold(count).map((way) => `${count} as ${way}`))).toEqual([]);

    // Nor in a state itself, however scaled: what an opener writes there would be for everybody to read.
    const nearest = (value: Value) =>
      numbersIn(value).filter(
        (number) =>
          number !== 0 && Math.abs(number) !== 1 && [...counts, ...figures].some((figure) => isNear(number, figure)),
      );
    for (const state of states) expect(nearest(state)).toEqual([]);

    // The controls: an opener's memory holds them, and each scan finds them there.
    expect(memories.length).toBeGreaterThan(1);
    expect(wordsFound(memories, secret)).toBeGreaterThan(5);
    const survey = open.sums[0]!;
    const words = new StoredValues([Buffer.from(survey.buffer)]);
    if (family === "logistic")
      expect(counts.filter((count) => words.waysToHold(count).length > 0).length).toBeGreaterThan(1);
    expect(words.waysToHold(pooled(rows).count)).toEqual(family === "linear" ? ["words"] : []);
    expect(numbersIn(decodeValue(memories.at(-1)!)).length).toBeGreaterThan(5);
    expect(nearest({ ...states.at(-1)!, n: pooled(rows).count })).toEqual([pooled(rows).count]);
    expect(nearest({ ...states.at(-1)!, design: [{ mean: figures[1]! }] })).toEqual([figures[1]]);
    // What is released is protected: the count to the nearest five, the deviance to four figures.
    const published = publishedOf(round) as Record<string, number>;
    expect(published["n"]! % 5).toBe(0);
    expect(Number(published["deviance"]!.toPrecision(4))).toBe(published["deviance"]);
  });
});
